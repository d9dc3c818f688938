"""Where the names of the expressions lie in the warehouse: one dataset's rows as the scans read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from etl.quality.rules import COMMON, GAP
from health_platform.datasets.api import Dataset
from health_platform.kernel.clock import LOCAL_ZONE
from health_platform.kernel.warehouse.api import Place, quote, text

SEPARATOR = "\x1f"
"""Between the parts of a composed key, as in ``etl.places``."""


@dataclass(frozen=True)
class Rows:
    """The visible rows of a dataset: columns by expression name, key, day, and the condition that leaves withdrawn rows out.

    ``alias`` is put before column names in joins.
    """

    dataset: Dataset
    alias: str = ""

    def column(self, name: str) -> str:
        """SQL of a field, a common value or a mapping gap."""
        if name.startswith(GAP):
            return f"has({self._own('unmapped')}, {text(name.removeprefix(GAP))})"
        if name in COMMON and name not in self.dataset.by_name:
            return self._common(name)
        return self._own(name)

    @property
    def key(self) -> str:
        """SQL of the row's key."""
        parts = [self._own(name) for name in self.dataset.key]
        return f"toString({parts[0]})" if len(parts) == 1 else f"concat({f', {text(SEPARATOR)}, '.join(parts)})"

    @property
    def dated(self) -> bool:
        """True if rows have an event; registers are dated by acceptance."""
        return bool(self.dataset.time) or self.dataset.parent is not None

    @property
    def day(self) -> str:
        """SQL of the local day a row counts for."""
        return f"toDate32({self._own(self.clock)}, {text(LOCAL_ZONE.key)})"

    @property
    def clock(self) -> str:
        """The column that dates a row."""
        return "event_time" if self.dated else "received_at"

    @property
    def current(self) -> str:
        """SQL condition: not withdrawn by the sender."""
        return f"ifNull({self._own(self.dataset.void)}, 0) = 0" if self.dataset.void else "1"

    def within(self, days: Iterable[date]) -> tuple[str, dict[str, object]]:
        """SQL condition for rows of these days, with its parameters."""
        wanted = sorted(days)
        span = (
            f"{self._own(self.clock)} >= toDateTime64(%(first)s, 3, {text(LOCAL_ZONE.key)})"
            f" AND {self._own(self.clock)} < toDateTime64(%(last)s, 3, {text(LOCAL_ZONE.key)}) + INTERVAL 1 DAY"
        )
        values: dict[str, object] = {"first": f"{wanted[0]} 00:00:00", "last": f"{wanted[-1]} 00:00:00"}
        if len(wanted) == (wanted[-1] - wanted[0]).days + 1:
            return span, values
        return f"{span} AND {self.day} IN %(days)s", {**values, "days": tuple(str(day) for day in wanted)}

    def _own(self, name: str) -> str:
        return f"{self.alias}.{quote(name)}" if self.alias else quote(name)

    def _common(self, name: str) -> str:
        event = self._own("event_time")
        match name:
            case "event_time":
                return event if self.dated else "CAST(NULL AS Nullable(DateTime64(3, 'UTC')))"
            case "due_at":
                return self._due(event) if self.dated else "CAST(NULL AS Nullable(DateTime64(3, 'UTC')))"
            case _:
                return self._own(name)

    def _due(self, event: str) -> str:
        due = self.dataset.due
        if due.delay is not None:
            return f"({event} + toIntervalSecond({int(due.delay.total_seconds())}))"
        # Beijing has had no summer time since 1992 and the deadlines are younger, so whole days are exact.
        return (
            f"toDateTime64(toStartOfDay(toTimeZone({event}, {text(LOCAL_ZONE.key)})), 3, {text(LOCAL_ZONE.key)})"
            f" + toIntervalDay({1 + (due.days or 0)})"
        )


def source(place: Place, dataset: Dataset, alias: str = "") -> str:
    """The rows of a dataset's table as they stand now."""
    return f"{place.table(dataset.name)}{f' AS {alias}' if alias else ''} FINAL"
