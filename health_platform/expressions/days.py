"""Functions on days and moments. A moment's day is its calendar day in Beijing."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from health_platform.expressions.functions import Emitter, Function, Term, takes
from health_platform.expressions.nodes import Call, Kind
from health_platform.kernel.clock import LOCAL_ZONE

FIRST: Final = date(1900, 1, 1)
LAST: Final = date(2299, 12, 31)
_EPOCH = date(1970, 1, 1)
_FARTHEST = 200_000
"""Days or months beyond which every shift leaves the range of days."""

EITHER: Final = (Kind.DAY, Kind.INSTANT)


def day_of(value: date | datetime) -> date:
    """The Beijing calendar day of a moment; a day as it is."""
    return value.astimezone(LOCAL_ZONE).date() if isinstance(value, datetime) else value


def in_range(day: date) -> date | None:
    """The day, or unknown outside 1900–2299."""
    return day if FIRST <= day <= LAST else None


def _as_day(term: Term) -> str:
    return f"toDate32({term.text}, '{LOCAL_ZONE.key}')" if term.kind is Kind.INSTANT else term.text


def _on_days(template: str) -> Callable[[Emitter, Call, Sequence[Term]], str]:
    return lambda emitter, call, terms: template.format(*(_as_day(term) for term in terms))


def _toward_zero(value: int, unit: int) -> Decimal:
    return Decimal(value // unit if value >= 0 else -(-value // unit))


def _days_between(earlier: date, later: date) -> Decimal:
    return Decimal((day_of(later) - day_of(earlier)).days)


def _month_number(day: date) -> int:
    return (day.year * 12 + day.month) * 100 + day.day


def _months_between(earlier: date, later: date) -> Decimal:
    return _toward_zero(_month_number(day_of(later)) - _month_number(day_of(earlier)), 100)


def _year_number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _years_between(earlier: date, later: date) -> Decimal:
    return _toward_zero(_year_number(day_of(later)) - _year_number(day_of(earlier)), 10_000)


def _elapsed(unit: timedelta) -> Callable[[datetime, datetime], Decimal]:
    def between(earlier: datetime, later: datetime) -> Decimal:
        return _toward_zero((later - earlier) // timedelta(milliseconds=1), unit // timedelta(milliseconds=1))

    return between


def _emit_elapsed(unit: timedelta) -> str:
    milliseconds = unit // timedelta(milliseconds=1)
    return f"intDiv(toUnixTimestamp64Milli({{1}}) - toUnixTimestamp64Milli({{0}}), {milliseconds})"


def _add_days(day: date, count: Decimal) -> date | None:
    if abs(count) > _FARTHEST:
        return None
    number = (day_of(day) - _EPOCH).days + int(count)
    return in_range(_EPOCH + timedelta(days=number)) if abs(number) <= _FARTHEST else None


def _add_months(day: date, count: Decimal) -> date | None:
    if abs(count) > _FARTHEST:
        return None
    plain = day_of(day)
    year, month = divmod(plain.year * 12 + plain.month - 1 + int(count), 12)
    if not FIRST.year <= year <= LAST.year:
        return None
    return date(year, month + 1, min(plain.day, monthrange(year, month + 1)[1]))


def _shift(moved: str) -> Callable[[Emitter, Call, Sequence[Term]], str]:
    """``moved`` in terms of a day ``d`` and a whole number ``n``; bound by a lambda, as both are used twice."""

    def emit(emitter: Emitter, call: Call, terms: Sequence[Term]) -> str:
        width = max(128, terms[1].width)
        count = emitter.wide(terms[1], width)
        limit = f"CAST({_FARTHEST} AS Nullable(Decimal({38 if width == 128 else 76}, 6)))"
        # What lies under a NULL may be any number, and a conversion would overflow on it.
        clamped = f"toInt64(ifNull(if(abs(n) > {limit}, {limit}, n), 0))"
        whole = f"arrayElement(arrayMap(n -> if(n IS NULL, NULL, {clamped}), [{count}]), 1)"
        return f"arrayElement(arrayMap((d, n) -> {moved}, [{_as_day(terms[0])}], [{whole}]), 1)"

    return emit


_LOW, _HIGH = (FIRST - _EPOCH).days, (LAST - _EPOCH).days
_DAYS_MOVED = f"if((toInt32(d) + n) BETWEEN {_LOW} AND {_HIGH}, toDate32(toInt32(toInt32(d) + n)), NULL)"
_MONTHS_MOVED = (
    f"if((toYear(d) * 12 + toMonth(d) - 1 + n) BETWEEN {FIRST.year * 12} AND {LAST.year * 12 + 11}, addMonths(d, n), NULL)"
)

_MONTH_NUMBER = "(toInt64(toRelativeMonthNum({0})) * 100 + toDayOfMonth({0}))"
_TWO = takes(EITHER, EITHER, gives=Kind.NUMBER)
_PART = takes(EITHER, gives=Kind.NUMBER)
_MOMENTS = takes(Kind.INSTANT, Kind.INSTANT, gives=Kind.NUMBER)
_SHIFT = takes(EITHER, Kind.NUMBER, gives=Kind.DAY)


def _months_emit(emitter: Emitter, call: Call, terms: Sequence[Term]) -> str:
    earlier, later = (_MONTH_NUMBER.format(_as_day(term)) for term in terms)
    return f"intDiv({later} - {earlier}, 100)"


DAYS: Final = (
    Function(
        "day_of",
        "day_of(时间)",
        "时间所在的北京日期",
        takes(EITHER, gives=Kind.DAY),
        day_of,
        _on_days("{0}"),
        "{0}的日期",
    ),
    Function(
        "days_between",
        "days_between(较早, 较晚)",
        "相隔天数，颠倒时为负",
        _TWO,
        _days_between,
        _on_days(
            "(toInt64(toInt32({1})) - toInt32({0}))",
        ),
        "{0}至{1}的天数",
    ),
    Function(
        "months_between",
        "months_between(较早, 较晚)",
        "相隔的整月数",
        _TWO,
        _months_between,
        _months_emit,
        "{0}至{1}的整月数",
    ),
    Function(
        "years_between",
        "years_between(较早, 较晚)",
        "相隔的周年数，如年龄",
        _TWO,
        _years_between,
        _on_days(
            "intDiv(toInt64(toYYYYMMDD({1})) - toInt64(toYYYYMMDD({0})), 10000)",
        ),
        "{0}至{1}的周年数",
    ),
    Function(
        "hours_between",
        "hours_between(较早, 较晚)",
        "两个时间相隔的整小时数",
        _MOMENTS,
        _elapsed(timedelta(hours=1)),
        _emit_elapsed(timedelta(hours=1)),
        "{0}至{1}的小时数",
    ),
    Function(
        "minutes_between",
        "minutes_between(较早, 较晚)",
        "两个时间相隔的整分钟数",
        _MOMENTS,
        _elapsed(timedelta(minutes=1)),
        _emit_elapsed(timedelta(minutes=1)),
        "{0}至{1}的分钟数",
    ),
    Function(
        "add_days",
        "add_days(日期, 天数)",
        "若干天后的日期，负数为之前",
        _SHIFT,
        _add_days,
        _shift(_DAYS_MOVED),
        "{0}后{1}天",
        partial=True,
    ),
    Function(
        "add_months",
        "add_months(日期, 月数)",
        "若干月后的同日，月末取末日",
        _SHIFT,
        _add_months,
        _shift(_MONTHS_MOVED),
        "{0}后{1}月",
        partial=True,
    ),
    Function(
        "year",
        "year(日期)",
        "年份",
        _PART,
        lambda value: Decimal(day_of(value).year),
        _on_days(
            "toInt64(toYear({0}))",
        ),
        "{0}的年份",
    ),
    Function(
        "month",
        "month(日期)",
        "月份",
        _PART,
        lambda value: Decimal(day_of(value).month),
        _on_days(
            "toInt64(toMonth({0}))",
        ),
        "{0}的月份",
    ),
    Function(
        "quarter",
        "quarter(日期)",
        "季度",
        _PART,
        lambda value: Decimal((day_of(value).month + 2) // 3),
        _on_days(
            "toInt64(toQuarter({0}))",
        ),
        "{0}的季度",
    ),
)
