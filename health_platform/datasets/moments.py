"""Reading days and moments as hospital systems write them.

Seen from real senders: ISO 8601, ``yyyy-MM-dd HH:mm:ss``, ``yyyy/MM/dd``, the compact ``yyyyMMddHHmmss`` of the WS 363
data elements, and the milliseconds since 1970 that Java libraries write. A text without a zone is Beijing time.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from health_platform.datasets.errors import BadValue
from health_platform.kernel.clock import LOCAL_ZONE

EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2200, 1, 1)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEIJING_EPOCH = datetime(1970, 1, 1, 8)  # noqa: DTZ001 - as written there
_MILLISECOND = timedelta(milliseconds=1)
# China kept summer time from 1986 to 1991 and other offsets before 1949; from 1992 a fixed offset is exact.
_FIXED_OFFSET_SINCE = 1992
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})?(?:\.?([0-9]{3}))?")
_LOOSE = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:(?:[T ]+|(?<=日))([0-9]{1,2})[:时]([0-9]{1,2})(?:[:分]([0-9]{1,2})?(?:\.([0-9]{1,6}))?)?秒?)?"
)
_JAVA_MILLISECONDS = re.compile(r"-?[0-9]{9,13}")


def parse_instant(text: str) -> int:
    """Milliseconds since 1970-01-01 UTC of a written moment.

    Raises:
        BadValue: no known way of writing a moment, or outside 1900–2200.
    """
    moment = _moment(text)
    if moment.tzinfo is None and _FIXED_OFFSET_SINCE <= moment.year < LATEST.year:
        return (moment - _BEIJING_EPOCH) // _MILLISECOND
    if not EARLIEST.year <= moment.year < LATEST.year:
        raise BadValue("range", "日期应在 1900 年至 2200 年之间")
    return ((moment if moment.tzinfo else moment.replace(tzinfo=LOCAL_ZONE)) - _EPOCH) // _MILLISECOND


def parse_day(text: str) -> date:
    """The local calendar day of a written day or moment.

    Raises:
        BadValue: as :func:`parse_instant`.
    """
    moment = _moment(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(LOCAL_ZONE)
    if not EARLIEST.year <= moment.year < LATEST.year:
        raise BadValue("range", "日期应在 1900 年至 2200 年之间")
    return moment.date()


def _moment(text: str) -> datetime:
    if text.lstrip("-").isdecimal() and len(text) != len("yyyymmdd"):
        return _digits(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _loose(text)


def _digits(text: str) -> datetime:
    """Twelve digits may be yyyyMMddHHmm or milliseconds since 1970; a plausible year decides for the former."""
    if moment := _compact(text):
        return moment
    if _JAVA_MILLISECONDS.fullmatch(text):
        return _EPOCH + int(text) * _MILLISECOND
    raise BadValue("type", "不是可识别的日期时间")


def _compact(text: str) -> datetime | None:
    match = _COMPACT.fullmatch(text)
    if match is None or not EARLIEST.year <= int(match[1]) < LATEST.year:
        return None
    try:
        return _from_parts(match.groups(default="0"))
    except BadValue:
        return None


def _loose(text: str) -> datetime:
    match = _LOOSE.fullmatch(text)
    if match is None:
        raise BadValue("type", "不是可识别的日期时间")
    return _from_parts(match.groups(default="0"))


def _from_parts(parts: tuple[str, ...]) -> datetime:
    """Year to second and milliseconds as a time without a zone: the caller knows whose it is."""
    year, month, day, hour, minute, second = (int(part) for part in parts[:6])
    try:
        return datetime(year, month, day, hour, minute, second, int(parts[6].ljust(6, "0")))  # noqa: DTZ001
    except ValueError:
        raise BadValue("type", "不是真实存在的日期时间") from None
