"""How single values lose detail, step by step. The last step of every ladder is ``ANY``.

A ladder turns a value into text at a level; level 0 is the finest that is ever handed out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

ANY: Final = "*"
MISSING: Final = ""
OLDEST: Final = 90
"""Ages from here on are one group: the very old are few enough to be recognised (45 CFR 164.514(b)(2)(i)(C))."""

Step = Callable[[object], str]


@dataclass(frozen=True)
class Ladder:
    """The steps from the finest permitted value to ``ANY``."""

    name: str
    steps: tuple[Step, ...]

    @property
    def top(self) -> int:
        """Level at which only ``ANY`` is left."""
        return len(self.steps)

    def at(self, level: int, value: object) -> str:
        """The value as text at a level. A missing value stays missing below the top: its absence is a fact of its own."""
        if level >= self.top:
            return ANY
        return MISSING if value is None or value == "" else self.steps[level](value)


def age_ladder(reference: date, width: int = 5) -> Ladder:
    """A day of birth as age group on ``reference``: ``width`` years, then 10, then 20."""
    widths = sorted({width, 10, 20})
    return Ladder("age", tuple(_age_group(reference, each) for each in widths if each >= width))


def time_ladder(finest: str) -> Ladder:
    """A day from ``finest`` (day, month, quarter or year) upwards."""
    names = ("day", "month", "quarter", "year")
    return Ladder("time", tuple(_TIMES[name] for name in names[names.index(finest) :]))


def place_ladder() -> Ladder:
    """A division code as county, then city, then province."""
    return Ladder("place", tuple(_prefix(length) for length in (6, 4, 2)))


def code_ladder() -> Ladder:
    """A code as it is, or nothing."""
    return Ladder("code", (str,))


def shifted(day: date, days: int) -> date:
    """The day moved by so many days; the ends of the calendar stand."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return day


def _age_group(reference: date, width: int) -> Step:
    def group(value: object) -> str:
        if not isinstance(value, date):
            return MISSING
        age = reference.year - value.year - ((reference.month, reference.day) < (value.month, value.day))
        if age >= OLDEST:
            return f"{OLDEST}+"
        low = max(0, age) // width * width
        return f"{low}-{low + width - 1}"

    return group


def _prefix(length: int) -> Step:
    return lambda value: str(value)[:length].ljust(6, "0") if length < 6 else str(value)[:6]


def _month(value: object) -> str:
    return value.strftime("%Y-%m") if isinstance(value, date) else MISSING


def _quarter(value: object) -> str:
    return f"{value.year}Q{(value.month + 2) // 3}" if isinstance(value, date) else MISSING


def _year(value: object) -> str:
    return str(value.year) if isinstance(value, date) else MISSING


def _day(value: object) -> str:
    return value.strftime("%Y-%m-%d") if isinstance(value, date) else MISSING


_TIMES: Final[dict[str, Step]] = {"day": _day, "month": _month, "quarter": _quarter, "year": _year}
