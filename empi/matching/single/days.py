"""Comparing two calendar days; the same levels as ``empi.matching.days`` gives for columns of them."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from empi.matching.days import DIFFER, EQUAL, GUESSED, LUNAR, MISSING, SAME_YEAR, SLIP, YEAR_OFF


def compare_day(left: int, right: int) -> int:
    """The level of two days as yyyymmdd (0 = missing)."""
    if not left or not right:
        return MISSING
    if left == right:
        return EQUAL
    return _unequal(left, right)


def _unequal(left: int, right: int) -> int:
    if _one_slip(f"{left:08}", f"{right:08}"):
        return SLIP
    if 19 <= abs(gap_of(left, right)) <= 51:
        return LUNAR
    if left % 10000 == right % 10000 and abs(left // 10000 - right // 10000) == 1:
        return YEAR_OFF
    if left // 10000 == right // 10000:
        return GUESSED if 101 in (left % 10000, right % 10000) else SAME_YEAR
    return DIFFER


def gap_of(left: int, right: int) -> int:
    """Days from ``right`` to ``left``; both are real days."""
    return _ordinal(left) - _ordinal(right)


@lru_cache(maxsize=50_000)
def _ordinal(day: int) -> int:
    return date(day // 10000, day // 100 % 100, day % 100).toordinal()


def _one_slip(left: str, right: str) -> bool:
    """One digit different (but a step of one in the year's units), two neighbours exchanged, or month and day exchanged."""
    unequal = [place for place in range(8) if left[place] != right[place]]
    if len(unequal) == 1:
        place = unequal[0]
        return place != 3 or abs(int(left[3]) - int(right[3])) != 1
    if len(unequal) == 2:
        one, two = unequal
        if two == one + 1 and left[one] == right[two] and left[two] == right[one]:
            return True
    return left[:4] == right[:4] and left[4:6] == right[6:] and left[6:] == right[4:6]
