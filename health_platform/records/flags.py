"""How a result stands to its range: the source's own flag, raised to critical by the platform's limits."""

from __future__ import annotations

from functools import cache

from health_platform.records.definitions.limits import CRITICAL_LIMITS, CriticalLimit
from health_platform.records.values import Flag
from health_platform.records.wording import plain

# Codes of the front-end software (1 normal, 2 high, 3 low) and of HL7 table 0078.
_FLAGS: dict[str, Flag] = {
    "2": "h", "H": "h", "HU": "hh", "HH": "hh", "偏高": "h", "↑": "h",
    "3": "l", "L": "l", "LU": "ll", "LL": "ll", "偏低": "l", "↓": "l",
    "A": "a", "AA": "a", "异常": "a",
}  # fmt: skip
RAISED = tuple(sorted(_FLAGS))
"""The codes of sources that call a result abnormal."""

_POSITIVE = ("阳性", "positive", "检出", "(+)", "+")


def flag_of(name: str, value: str, unit: str, reported: str) -> Flag:
    """The flag of one result; "" is normal or unjudged. Nothing is judged against ranges of other laboratories."""
    flag = _FLAGS.get(reported.strip().upper(), "")
    number = number_of(value)
    if number is not None and (limit := _limit(plain(name))) is not None and plain(unit) in _units(limit):
        if limit.high is not None and number > limit.high:
            return "hh"
        if limit.low is not None and number < limit.low:
            return "ll"
    if not flag and number is None and _is_positive(value):
        return "a"
    return flag


def number_of(value: str) -> float | None:
    """The value as a number; None for texts and for values with a comparison (``<0.01``)."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _is_positive(value: str) -> bool:
    words = plain(value)
    return any(words.startswith(plain(word)) for word in _POSITIVE) if words else False


@cache
def _limit(name: str) -> CriticalLimit | None:
    return next((limit for limit in CRITICAL_LIMITS if name in {plain(known) for known in limit.names}), None)


@cache
def _units(limit: CriticalLimit) -> frozenset[str]:
    return frozenset(plain(unit) for unit in limit.units)
