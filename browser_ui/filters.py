"""How values are shown to people. Absent values are said to be absent, never shown as an empty cell or as zero."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from health_platform.kernel import clock

MISSING = Markup('<em class="missing">—</em>')


def show(value: Any) -> Any:
    """The value, or a dash where there is none."""
    return MISSING if value is None or value == "" else value


def month(value: date | None) -> Any:
    """The month of a date, ``2026-11``."""
    return MISSING if value is None else f"{value:%Y-%m}"


def day(value: date | datetime | None) -> Any:
    """A local date, ``2026-11-20``."""
    if value is None:
        return MISSING
    return clock.local(value).date().isoformat() if isinstance(value, datetime) else value.isoformat()


def short_day(value: date | datetime | None, today: date | None = None) -> Any:
    """A date in a narrow column: ``11-20`` within 12 months, ``2024-06`` before, so that no year is guessed."""
    if value is None:
        return MISSING
    local = clock.local(value).date() if isinstance(value, datetime) else value
    age = ((today or clock.today()) - local).days
    return local.strftime("%m-%d") if 0 <= age < 365 else local.strftime("%Y-%m")


def moment(value: datetime | None) -> Any:
    """A local date and time to the minute."""
    return MISSING if value is None else clock.local(value).isoformat(" ")[:16]  # a third of strftime's time


def written(value: str | None) -> Any:
    """A date or an instant that a system wrote by ISO 8601, as people write it; anything else as it stands."""
    try:
        read = datetime.fromisoformat(value or "")
    except ValueError:
        return show(value)
    if value and len(value) <= len("2026-11-20"):
        return value
    return read.strftime("%Y-%m-%d %H:%M") if read.tzinfo is None else moment(read)


def clock_or_day(value: datetime) -> str:
    """The time of today, ``09:32``; the date of any other day."""
    local = clock.local(value)
    return local.strftime("%H:%M") if local.date() == clock.today() else local.strftime("%Y-%m-%d")


def number(value: float | Decimal | None) -> Any:
    """A number without trailing zeros, with thousands marks."""
    if value is None:
        return MISSING
    text = f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float | Decimal) else f"{value:,}"
    return text or "0"


def money(value: float | Decimal | None) -> Any:
    """Yuan to the cent."""
    return MISSING if value is None else f"{value:,.2f}"


def duration(minutes: float | None) -> Any:
    """A span of minutes in the unit that fits: minutes under two hours, hours under two days, else days."""
    if minutes is None:
        return MISSING
    if minutes < 2 * 60:
        return f"{round(minutes)} 分钟"
    return f"{minutes / 60:.1f} 小时" if minutes < 2 * 24 * 60 else f"{number(round(minutes / 24 / 60))} 天"


def age(birth: date | None, today: date | None = None) -> str:
    """Age as a clinician says it: days under one month, months under three years, else years."""
    if birth is None:
        return "年龄不详"
    at = today or clock.today()
    months = (at.year - birth.year) * 12 + at.month - birth.month - (at.day < birth.day)
    if months < 1:
        return f"{(at - birth).days}天"
    return f"{months}月" if months < 36 else f"{months // 12}岁"


FILTERS = {
    "show": show,
    "day": day,
    "short_day": short_day,
    "written": written,
    "moment": moment,
    "number": number,
    "money": money,
    "duration": duration,
    "clock_or_day": clock_or_day,
    "age": age,
}
