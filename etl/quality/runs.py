"""What a run is: days to judge, the rules it judges by, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from etl.quality.rules import Rule


@dataclass
class Run:
    """What a run did. ``errors``: rule → why it could not be run."""

    run_id: int
    started: datetime
    days: dict[str, set[date]]
    rules: Mapping[str, Rule]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def months(self) -> list[date]:
        """First days of the months touched."""
        return sorted({day.replace(day=1) for days in self.days.values() for day in days})
