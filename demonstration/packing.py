"""From what happened to what is sent: each institution says it in its own way.

History goes as rows of datasets. What is newer than ``World.live_from`` goes as the institution's interface says it at the
moment it happens: HL7 v2 messages, FHIR bundles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import msgspec

from demonstration.city.institutions import Unit
from demonstration.city.rows import Row
from demonstration.sending.fhir import bundle
from demonstration.sending.hl7 import compact, registration, results

REGISTRATIONS, ADT, ORU, FHIR = "emr_patient_info", "adt", "oru", "fhir"
encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Letter:
    """One line to send: ``kind`` is a dataset, or the name of a message standard; ``rows`` is how many rows it holds."""

    unit: str
    kind: str
    content: bytes
    rows: int = 1


def pack(rows: Iterable[Row], live_from: date) -> Iterator[Letter]:
    """What the institutions send of one resident's rows."""
    by_unit: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_unit[row.unit.key].append(row)
    for own in by_unit.values():
        unit = own[0].unit
        live = [row for row in own if row.day >= live_from]
        letters, said = _LIVE.get(unit.way, _nothing)(unit, live)
        yield from letters
        for row in own:
            if id(row) not in said:
                yield Letter(unit.key, row.dataset, _line(unit, row))


def _line(unit: Unit, row: Row) -> bytes:
    """A row as it travels; the data API has names in camel case."""
    if unit.way == "data_api" and row.dataset.startswith("emr_"):
        return encode({camel(name): value for name, value in row.fields.items()})
    return encode(row.fields)


@cache
def camel(name: str) -> str:
    """``ex_lab_id`` → ``exLabId``."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


Packed = tuple[list[Letter], set[int]]
"""Letters and the rows they say, by identity."""


def _nothing(unit: Unit, rows: list[Row]) -> Packed:
    return [], set()


def _hl7(unit: Unit, rows: list[Row]) -> Packed:
    """Registrations as ADT^A28, laboratory reports with their items as ORU^R01."""
    facility, letters, said = unit.key.upper(), [], set()
    items: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.dataset == "emr_ex_lab_item":
            items[row.fields["ex_lab_id"]].append(row)
    for row in rows:
        if row.dataset == REGISTRATIONS:
            letters.append(Letter(unit.key, ADT, registration(facility, row.fields, _number(row)).encode()))
            said.add(id(row))
        elif row.dataset == "emr_ex_lab":
            own = items[row.key]
            message = results(facility, row.fields, [item.fields for item in own], _number(row))
            letters.append(Letter(unit.key, ORU, message.encode(), 1 + len(own)))
            said |= {id(row), *map(id, own)}
    return letters, said


def _number(row: Row) -> str:
    """Control id of a message: a later word on the same row is another message."""
    return f"{row.unit.key.upper()}-{row.key}-{compact(row.fields['operation_time'])}"


def _fhir(unit: Unit, rows: list[Row]) -> Packed:
    """Visits and diagnoses of one patient as a transaction bundle."""
    visits = [row for row in rows if row.dataset == "visit"]
    diagnoses = [row for row in rows if row.dataset == "diagnosis"]
    if not visits:
        return [], set()
    content: dict[str, Any] = bundle([row.fields for row in visits], [row.fields for row in diagnoses])
    letter = Letter(unit.key, FHIR, encode(content), len(visits) + len(diagnoses))
    return [letter], {id(row) for row in (*visits, *diagnoses)}


_LIVE = {"hl7": _hl7, "fhir": _fhir}
