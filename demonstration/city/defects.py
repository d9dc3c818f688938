"""Faults worked into the rows of careless institutions, recorded as truth so that quality control can be judged."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from demonstration.city.rows import Row, stamp

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


@dataclass
class Defects:
    """Spoils rows by the habits of their institution; ``planted`` counts (institution, dataset, kind)."""

    seed: int
    planted: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"defects-{self.seed}")  # noqa: S311 - must be repeatable

    def spoil(self, row: Row) -> Iterator[Row]:
        """The row as it is sent: usually itself, sometimes with one fault."""
        habits, luck = row.unit.habits, self._chance.random()
        edges = (("missing", habits.missing), ("wrong_code", habits.wrong_code), ("order_of_times", habits.order_of_times))
        fields = row.fields
        for kind, share in edges:
            if luck < share:
                fields = self._spoiled(kind, row)
                break
            luck -= share
        yield row if fields is row.fields else replace(row, fields=fields)

    def _spoiled(self, kind: str, row: Row) -> dict[str, Any]:
        changed = _SPOILERS[kind](row.fields, self._chance)
        if changed is None:
            return row.fields
        self.planted[row.unit.key, row.dataset, kind] += 1
        return changed


def _missing(fields: dict[str, Any], chance: random.Random) -> dict[str, Any] | None:
    present = [name for name in _NEEDED if name in fields]
    if not present:
        return None
    lost = chance.choice(present)
    return {name: value for name, value in fields.items() if name != lost}


def _wrong_code(fields: dict[str, Any], chance: random.Random) -> dict[str, Any] | None:
    present = [name for name in _CODED if name in fields]
    return {**fields, chance.choice(present): "X9"} if present else None


def _order_of_times(fields: dict[str, Any], chance: random.Random) -> dict[str, Any] | None:
    for first, second in _TIMES:
        if first in fields and second in fields:
            moment = datetime.fromisoformat(fields[first]) - timedelta(days=2)
            return {**fields, second: stamp(moment)}
    return None


_SPOILERS = {"missing": _missing, "wrong_code": _wrong_code, "order_of_times": _order_of_times}
