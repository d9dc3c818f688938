"""Faults worked into the rows of careless institutions, recorded as truth so that quality control can be judged."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from demonstration.city.rows import Row, stamp
from demonstration.city.truth import Defect

_NEEDED = (
    "diagnosis",
    "diagnosis_text",
    "patient_name",
    "item_name",
    "drug_name",
    "gender",
    "birth_date",
    "specimen_category_name",
)
_CODED = ("gender", "visit_kind", "diagnosis", "item_code", "id_type")
_TIMES = (("started_at", "ended_at"), ("specimen_sampling_date", "specimen_receiving_date"))
_MOMENTS = ("diagnosed_at", "charged_at", "observed_at", "vaccinated_at")
WRONG_CODE = "X9"
NO_MOMENT = "0000-00-00 00:00:00"  # what some databases put where a time is missing; no row with it can be loaded

Spoiled = tuple[str, dict[str, Any]] | None
"""The field that was spoiled and the row afterwards; nothing when the row has no field this fault can hit."""


@dataclass
class Defects:
    """Spoils the rows of one resident by the habits of their institutions; ``planted`` is the truth."""

    seed: int
    resident: int
    planted: list[Defect] = field(default_factory=list)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"defects-{self.seed}-{self.resident}")  # noqa: S311 - must be repeatable

    def spoil(self, row: Row) -> Row:
        """The row as it is sent: usually itself, sometimes with one fault."""
        habits, luck = row.unit.habits, self._chance.random()
        for kind, share in (
            ("missing", habits.missing),
            ("wrong_code", habits.wrong_code),
            ("order_of_times", habits.order_of_times),
            ("unreadable", 0.0 if row.unit.way == "fhir" else habits.unreadable),  # a server of FHIR refuses the whole bundle
        ):
            if luck < share:
                return self._spoiled(kind, row)
            luck -= share
        return row

    def _spoiled(self, kind: str, row: Row) -> Row:
        spoiled = _SPOILERS[kind](row.fields, self._chance)
        if spoiled is None:
            return row
        name, fields = spoiled
        self.planted.append(Defect(row.unit.key, row.dataset, row.key, name, kind))
        return replace(row, fields=fields)


def _missing(fields: dict[str, Any], chance: random.Random) -> Spoiled:
    present = [name for name in _NEEDED if name in fields]
    if not present:
        return None
    lost = chance.choice(present)
    return lost, {name: value for name, value in fields.items() if name != lost}


def _wrong_code(fields: dict[str, Any], chance: random.Random) -> Spoiled:
    present = [name for name in _CODED if name in fields]
    if not present:
        return None
    name = chance.choice(present)
    return name, {**fields, name: WRONG_CODE}


def _order_of_times(fields: dict[str, Any], chance: random.Random) -> Spoiled:
    for first, second in _TIMES:
        if first in fields and second in fields:
            moment = datetime.fromisoformat(fields[first]) - timedelta(days=2)
            return second, {**fields, second: stamp(moment)}
    return None


def _unreadable(fields: dict[str, Any], chance: random.Random) -> Spoiled:
    name = next((name for name in _MOMENTS if name in fields), None)
    return (name, {**fields, name: NO_MOMENT}) if name else None


_SPOILERS = {
    "missing": _missing,
    "wrong_code": _wrong_code,
    "order_of_times": _order_of_times,
    "unreadable": _unreadable,
}
