"""FHIR dates as spans of time: "2012-05" is a month, and a search value is a span too."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]
"""First and last instant, both included."""

FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)
_LOCAL: Final = ZoneInfo("Asia/Shanghai")
_MICROSECOND: Final = timedelta(microseconds=1)
_PARTS: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?")


@lru_cache(maxsize=20_000)
def span(text: str) -> Span:
    """The time a FHIR date, dateTime or instant covers; without a zone it is local (Beijing) time.

    Raises:
        ValueError: not a FHIR date.
    """
    match = _PARTS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date")
    year, month, day, hour, _, second, fraction, zone = match.groups()
    if hour is None:
        return _days(int(year), int(month or 0), int(day or 0))
    start = datetime.fromisoformat(_complete(text, second, fraction, zone))
    start = start.replace(tzinfo=_LOCAL) if start.tzinfo is None else start
    length = timedelta(minutes=1) if second is None else timedelta(seconds=1) if fraction is None else _MICROSECOND
    return _bounded(start, length)


def _complete(text: str, second: str | None, fraction: str | None, zone: str | None) -> str:
    clock = text[: 19 if second else 16] + ("" if second else ":00")
    if clock.endswith(":60"):  # a leap second; Python's clock has none
        clock = clock[:-2] + "59"
    return f"{clock}{(fraction or '')[:7]}{(zone or '').replace('Z', '+00:00')}"


def _days(year: int, month: int, day: int) -> Span:
    start = datetime(year, month or 1, day or 1, tzinfo=_LOCAL)
    days = 1 if day else monthrange(year, month)[1] if month else 366 if monthrange(year, 2)[1] == 29 else 365
    return _bounded(start, timedelta(days=days))


def _bounded(start: datetime, length: timedelta) -> Span:
    try:
        low = start.astimezone(UTC)
        return low, low + length - _MICROSECOND
    except OverflowError:
        return (FIRST, FIRST) if start.year < 2 else (LAST, LAST)


def period(start: str | None, end: str | None) -> Span:
    """The time a Period covers; an open end reaches to the end of time."""
    return span(start)[0] if start else FIRST, span(end)[1] if end else LAST
