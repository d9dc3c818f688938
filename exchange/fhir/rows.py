"""Rows that came by other ways (HL7 v2, the data API, files) as FHIR resources of their person.

They are made when somebody asks, from the rows the caller may see in the person's record; nothing is stored. Therefore they are
found by person: ``$everything``, a search that names a patient, and reading by the id such an answer gave. Rows that came as
FHIR are not made again: there the resource itself is served.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

from empi.api import persons_of
from exchange.fhir.bundles import instant
from exchange.fhir.checking import Resource
from exchange.fhir.definitions.catalogue import ALL
from exchange.fhir.definitions.orders import PRESCRIBED_DRUG
from exchange.fhir.mapping import ResourceMap
from exchange.fhir.transactions import SOURCE
from health_platform.access.api import document_access
from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Call
from health_platform.kernel.parsing import LARGEST
from health_platform.records.api import WholeRow, open_record

PREFIX: Final = "row-"
PERSON: Final = "person-"
_PATIENT_ELEMENT: Final = frozenset({"AllergyIntolerance", "Immunization"})
_ID: Final = re.compile(f"{PREFIX}([0-9a-f]{{1,16}})-[0-9a-f]{{24}}")
_FILES: Final = "/api/v1/documents/"


def resources_of(call: Call, person_id: int, kinds: Iterable[str] = ()) -> list[Resource]:
    """Resources of a person's rows, newest first; of these kinds only, when any are named."""
    asked = frozenset(kinds)
    maps = {name: one for name, one in _maps().items() if not asked or one.kind in asked}
    if not maps:
        return []
    wishes = document_access(call.session, call.principal, person_id)
    try:
        record = open_record(call.platform, call.session, call.principal, person_id, wishes)
    except NotFound:
        return []
    rows = (row for row in record.rows_of(maps) if row.source != SOURCE)
    return [resource_of(maps[row.dataset], row, person_id) for row in rows]


def resource_by_id(call: Call, kind: str, logical_id: str) -> tuple[Resource, int] | None:
    """The resource of a row by the id an earlier answer gave, and its person; None when the caller may not see it."""
    key = _patient_key(logical_id)
    person_id = persons_of(call.session, [key]).get(key) if key is not None else None
    if person_id is None:
        return None
    found = (one for one in resources_of(call, person_id, (kind,)) if one["id"] == logical_id)
    return next(((one, person_id) for one in found), None)


def resource_of(one: ResourceMap, row: WholeRow, person_id: int) -> Resource:
    """A row as the resource its table declares, about the person as the index knows them."""
    said = {name: text for name, value in row.values.items() if (text := _text(value)) is not None}
    made = one.resource(said)
    subject = {"reference": f"Patient/{PERSON}{person_id}"}
    made["patient" if one.kind in _PATIENT_ELEMENT else "subject"] = subject
    made["identifier"] = [{"system": f"urn:institution:{row.institution}:{row.dataset}", "value": row.row_key}]
    if one.kind == "DocumentReference":
        _link_content(made)
    meta = {"versionId": str(row.version), "lastUpdated": instant(row.received), "source": f"urn:way-in:{row.source}"}
    rest = {name: value for name, value in made.items() if name != "resourceType"}
    return {"resourceType": one.kind, "id": _id(row), "meta": meta, **rest}


@cache
def _maps() -> Mapping[str, ResourceMap]:
    """By which table the rows of a dataset are shown."""
    found: dict[str, ResourceMap] = {}
    for one in ALL:
        if (one.reads_back or one is PRESCRIBED_DRUG) and one.kind not in ("Patient", "Practitioner"):
            found.setdefault(one.dataset, one)
    return found


def _link_content(made: Resource) -> None:
    """The row holds the digest of a stored file, which has an address of its own."""
    for content in made.get("content") or ():
        attachment = content.get("attachment") or {}
        if digest := attachment.pop("data", None):
            attachment["url"] = f"{_FILES}{digest}"


def _id(row: WholeRow) -> str:
    """Names the row by its patient key, so that it can be found again, and by the digest of its place and key."""
    digest = hashlib.sha256(f"{row.dataset}\x1f{row.institution}\x1f{row.row_key}".encode()).hexdigest()
    return f"{PREFIX}{row.patient_key:x}-{digest[:24]}"


def _patient_key(logical_id: str) -> int | None:
    match = _ID.fullmatch(logical_id)
    key = int(match[1], 16) if match else None
    return key if key is not None and key <= LARGEST else None


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def named_person(arguments: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The arguments of a search that name a patient: (name, id without type)."""
    for name, value in arguments:
        if name.split(":")[0] in ("patient", "subject") and name.split(":")[-1] in ("patient", "subject", "Patient"):
            yield name, value.removeprefix("Patient/")
