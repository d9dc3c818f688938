"""Counts per day judged: against the institution's own past, and against what it declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Final

WEEKS: Final = 8
_LEAST_WEEKS: Final = 4
_LEAST_USUAL: Final = 5
_SPREADS: Final = 4
_MAD_TO_SD: Final = 1.4826
_SHARE: Final = 0.5

DECLARED: Final[Mapping[str, tuple[str, str]]] = {
    "outpatient": ("门急诊人次", "emr_outpatient_record"),
    "inpatient": ("入院人次", "emr_admission_info"),
    "test": ("检验报告份数", "emr_ex_lab"),
}
"""What institutions declare per day: label, and the dataset whose rows are counted against it."""


@dataclass(frozen=True)
class Usual:
    """The same weekday of the eight weeks before: median and median absolute deviation."""

    middle: float
    spread: float


def usual(rows: Mapping[date, int], day: date) -> Usual | None:
    """What is usual for a day, or None before an institution has four such weekdays behind its first upload."""
    first = min(rows, default=None)
    if first is None:
        return None
    past = [day - timedelta(weeks=week) for week in range(1, WEEKS + 1)]
    counts = [rows.get(each, 0) for each in past if each >= first]
    if len(counts) < _LEAST_WEEKS:
        return None
    middle = median(counts)
    return Usual(middle, median(abs(count - middle) for count in counts))


def abnormal(count: int, expected: Usual | None) -> bool | None:
    """True if a count is far from the usual: beyond four robust standard deviations and half the median. None if not known."""
    if expected is None or expected.middle < _LEAST_USUAL:
        return None
    allowed = max(_SPREADS * _MAD_TO_SD * expected.spread, _SHARE * expected.middle)
    return abs(count - expected.middle) > allowed


def as_decimal(value: float) -> Decimal:
    """A median for people: whole or half."""
    return Decimal(str(value))
