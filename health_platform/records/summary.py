"""What is kept of a person so that an overview needs no reading of rows, and the form it is stored in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from health_platform.records.freshness import Reach
from health_platform.records.rows import EventRow, row_of

Pair = tuple[int, int]
FORM = 7
"""Grows when the stored form of a summary changes; rows of another form are made anew when they are read."""


class Tally(NamedTuple):
    """How many events of one section, class, division and line each local month holds.

    Three columns side by side, a month of a long life being one number in each: ``months`` are yyyymm, ascending.
    """

    section: str
    sensitive: str
    division: str
    line: str
    months: Sequence[int]
    events: Sequence[int]
    abnormal: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.events)


@dataclass(frozen=True)
class Summary:
    """What is kept of a person, of every division and class; ``built_at`` aware UTC."""

    rows: tuple[EventRow, ...]
    reaches: tuple[Reach, ...]
    tallies: tuple[Tally, ...]
    built_at: datetime

    def content(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "form": FORM,
            "rows": [list(row) for row in self.rows],
            "reaches": [list(vars(reach).values()) for reach in self.reaches],
            "tallies": [list(tally) for tally in self.tallies],
        }


def restored(content: Mapping[str, Any], built_at: datetime) -> Summary:
    """A summary from its stored form."""
    return Summary(
        rows=tuple(row_of(row) for row in content["rows"]),
        reaches=tuple(Reach(*row) for row in content["reaches"]),
        tallies=tuple(Tally(*tally) for tally in content["tallies"]),
        built_at=built_at,
    )


def pairs_digest(pairs: Iterable[Pair]) -> str:
    """A fingerprint of whose rows belong to a person."""
    text = ";".join(f"{shelf},{key}" for shelf, key in sorted(pairs))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
