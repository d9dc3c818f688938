"""Identities as rows of text, in which a whole city waits in memory and passes between processes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from empi.bulk.city import Gathered
from empi.identity import FACT_COLUMNS, RawIdentity

_KEPT = ("division_code", "line_code", "institution_id", "credentials")
_COLUMNS = (*FACT_COLUMNS, "domain_id", "local_id", "source_time", *_KEPT)
_TEXTS = (*FACT_COLUMNS, "local_id", "source_time", "division_code", "line_code")


def table_of_all(identities: Iterable[RawIdentity]) -> pa.Table:
    """The identities in the order of their keys; of several statements about one number the newest."""
    gathered = Gathered(_COLUMNS)
    for raw in identities:
        gathered.add(raw.patient_key, _as_row(raw))
    return gathered.table(newest_by="source_time")


def identities_of(table: pa.Table) -> list[RawIdentity]:
    """The identities of rows of ``table_of_all``."""
    return [_as_identity(row) for row in table.to_pylist()]


def _as_row(raw: RawIdentity) -> dict[str, str]:
    row = raw.facts()
    row["division_code"], row["line_code"] = raw.division_code, raw.line_code
    row["institution_id"] = str(raw.institution_id or "")
    return row


def _as_identity(row: dict[str, str]) -> RawIdentity:
    stated: dict[str, Any] = {name: row[name] for name in _TEXTS}
    credentials, institution_id = row["credentials"], row["institution_id"]
    return RawIdentity(
        institution=row["domain_id"],
        credentials=tuple((kind, number) for kind, number in json.loads(credentials)) if credentials else (),
        institution_id=int(institution_id) if institution_id else None,
        **stated,
    )
