"""What is asked of indicators, and what the answer looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from health_platform.engine.definitions.indicators import Indicator
from health_platform.engine.definitions.naming import add_months
from health_platform.kernel.errors import Invalid

By = Literal["total", "month", "division", "institution", "team", "worker"]
MOST_MONTHS = 36


@dataclass(frozen=True)
class Period:
    """From a day to a day, both included. Its year decides the version of the divisions."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise Invalid("engine.period", start=self.start, end=self.end)

    def months(self) -> list[Period]:
        """The calendar months of the period, the first and the last cut as the period is.

        Raises:
            Invalid: more than three years.
        """
        found, first = [], self.start.replace(day=1)
        while first <= self.end:
            following = add_months(first, 1)
            found.append(Period(max(first, self.start), min(following - timedelta(days=1), self.end)))
            first = following
            if len(found) > MOST_MONTHS:
                raise Invalid("engine.period", start=self.start, end=self.end)
        return found

    @property
    def year(self) -> int:
        """The year whose divisions are shown."""
        return self.end.year


@dataclass(frozen=True)
class Question:
    """Which indicators, of which period, by what, under which division.

    ``level`` is the length of a division code (4 city, 6 county, 9 town, 12 village) that groups stand at.
    """

    indicators: tuple[Indicator, ...]
    period: Period
    by: By = "total"
    level: int = 6
    under: str = ""


@dataclass(frozen=True)
class Cell:
    """One value with what it was made of. ``value`` is ``None`` when the denominator is nothing or unknown."""

    indicator: str
    numerator: Decimal
    denominator: Decimal | None
    value: Decimal | None


@dataclass
class Line:
    """One group with its cells; ``key`` is a division code, an institution id, a team or a worker's id."""

    key: str
    label: str
    cells: dict[str, Cell] = field(default_factory=dict)


def cell_of(indicator: Indicator, numerator: Decimal, denominator: Decimal | None) -> Cell:
    """A cell with its value: the quotient of sums, never a mean of quotients."""
    if not indicator.is_ratio:
        return Cell(indicator.code, numerator, None, round(numerator, indicator.places))
    value = None
    if denominator:
        value = round(numerator * indicator.scale / denominator, indicator.places)
    return Cell(indicator.code, numerator, denominator, value)
