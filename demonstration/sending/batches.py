"""Sending rows: by the batch API or by the hospital data API."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass

from demonstration.packing import camel
from demonstration.sending.http import Caller


@dataclass(frozen=True)
class Parcel:
    """Rows of one dataset from one institution as lines of JSON, small enough for one upload.

    The same parcel has the same message id in every run, so that sending it again changes nothing.
    """

    dataset: str
    message_id: str
    lines: Sequence[bytes]


def by_batch(caller: Caller, parcel: Parcel) -> None:
    """``POST /api/v1/uploads/{dataset}`` as gzipped NDJSON."""
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip", "X-Message-Id": parcel.message_id}
    caller.send("POST", f"/api/v1/uploads/{parcel.dataset}", gzip.compress(b"\n".join(parcel.lines), 1), headers)


def by_data_api(caller: Caller, parcel: Parcel) -> None:
    """``POST …/hclient/emr/receive/{entity}``: the way hospital information systems already speak."""
    headers = {"Content-Type": "application/json", "X-Message-Id": parcel.message_id}
    caller.send("POST", f"/hclient/emr/receive/{camel(parcel.dataset)}", b"[" + b",".join(parcel.lines) + b"]", headers)


def by_fhir(caller: Caller, bundle: bytes) -> None:
    """``POST /fhir/R4``: one transaction bundle."""
    caller.send("POST", "/fhir/R4", bundle, {"Content-Type": "application/fhir+json"})
