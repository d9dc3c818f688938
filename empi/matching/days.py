"""Reading calendar days and comparing them: slips of the pen, lunar dates, guessed and dummy days."""

from __future__ import annotations

import re
from datetime import date

import numpy as np

from empi.matching.arrays import I32, I64, U8, Flags
from empi.matching.text import squeeze

_SPLIT = re.compile(r"[-/.年月日T: ]+")
_LATEST = 2100

MISSING, EQUAL, SLIP, LUNAR, YEAR_OFF, GUESSED, SAME_YEAR, DIFFER, WINDOW = range(9)
LEVELS = ("missing", "equal", "slip", "lunar", "year_off", "guessed", "same_year", "differ", "window")


def read_day(raw: str, dummies: frozenset[str] = frozenset(), earliest: int = 1840) -> int | None:
    """A day as yyyymmdd, or None when it is absent, impossible, a dummy or before the year ``earliest``.

    Month 00 or day 00 read as 01.
    """
    if len(raw) == 10 and raw[4] == raw[7] == "-" and raw.isascii():  # nearly all, and read without looking for separators
        plain = raw[:4] + raw[5:7] + raw[8:]
        if plain.isdecimal():
            return None if plain in dummies else _checked(int(plain), earliest)
    text = squeeze(raw)
    if not text:
        return None
    parts = [part for part in _SPLIT.split(text) if part]
    digits = "".join(part.zfill(2) for part in parts[:3]) if len(parts) >= 3 and len(parts[0]) == 4 else text[:8]
    if len(parts) >= 3 and len(parts[0]) <= 2 and len(parts[2]) == 4:
        digits = parts[2] + parts[1].zfill(2) + parts[0].zfill(2)
    digits = digits[:8]
    if len(digits) == 4 and digits.isdecimal():
        digits += "0101"
    if len(digits) != 8 or not digits.isdecimal() or digits in dummies:
        return None
    return _checked(int(digits), earliest)


def _checked(day: int, earliest: int) -> int | None:
    year, month, of_month = day // 10000, day // 100 % 100 or 1, day % 100 or 1
    if not earliest <= year <= _LATEST:
        return None
    try:
        date(year, month, of_month)
    except ValueError:
        return None
    return year * 10000 + month * 100 + of_month


_DAYS_OF_MONTHS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def is_date(days: I64) -> Flags:
    """Which yyyymmdd values are days of the calendar."""
    year, month, of_month = days // 10000, days // 100 % 100, days % 100
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    length = _DAYS_OF_MONTHS[np.where(month <= 12, month, 0)] + (leap & (month == 2))
    return np.asarray((year > 0) & (of_month > 0) & (of_month <= length))


def ordinals(days: I32) -> I32:
    """Days since 1970-01-01 of yyyymmdd values (0 and nonsense give the earliest day; the caller masks them).

    Civil-from-days arithmetic after H. Hinnant, "chrono-compatible low-level date algorithms".
    """
    wide = days.astype(np.int64)
    month, of_month = wide // 100 % 100, wide % 100
    year = wide // 10000 - (month <= 2)
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + of_month - 1
    days_since = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return np.asarray(days_since, dtype=np.int32)


def compare_days(left: I32, right: I32) -> U8:
    """Level codes of pairs of yyyymmdd days (0 = missing). Symmetric."""
    out = np.full(len(left), DIFFER, dtype=np.uint8)
    out[left == right] = EQUAL
    missing = (left == 0) | (right == 0)
    out[missing] = MISSING
    rest = np.flatnonzero((left != right) & ~missing)
    if len(rest):
        out[rest] = _compare_unequal(left[rest], right[rest])
    return out


def _compare_unequal(left: I32, right: I32) -> U8:
    out = np.full(len(left), DIFFER, dtype=np.uint8)
    same_year = left // 10000 == right // 10000
    out[same_year] = SAME_YEAR
    out[same_year & ((left % 10000 == 101) | (right % 10000 == 101))] = GUESSED
    year_gap = np.abs(left // 10000 - right // 10000)
    out[(left % 10000 == right % 10000) & (year_gap == 1)] = YEAR_OFF
    gap = np.abs(ordinals(left) - ordinals(right))
    out[(gap >= 19) & (gap <= 51)] = LUNAR
    out[_one_slip(left, right)] = SLIP
    return out


def _one_slip(left: I32, right: I32) -> Flags:
    """One digit different, two neighbouring digits exchanged, or month and day exchanged.

    A lone change of the units of the year is left to ``YEAR_OFF`` when it is a step of one.
    """
    powers = 10 ** np.arange(7, -1, -1, dtype=np.int64)
    a = left[:, None].astype(np.int64) // powers % 10
    b = right[:, None].astype(np.int64) // powers % 10
    unequal = a != b
    count = unequal.sum(axis=1)
    one_digit = (count == 1) & ~(unequal[:, 3] & (np.abs(a[:, 3] - b[:, 3]) == 1))
    exchanged = (count == 2) & (
        (unequal[:, :-1] & unequal[:, 1:] & (a[:, :-1] == b[:, 1:]) & (a[:, 1:] == b[:, :-1])).any(axis=1)
    )
    month_day = (left // 10000 == right // 10000) & (left // 100 % 100 == right % 100) & (right // 100 % 100 == left % 100)
    return np.asarray(one_digit | exchanged | month_day)
