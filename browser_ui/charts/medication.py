"""Medication as bars over the last two years: what, from when to when, and how much supply is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from browser_ui.charts.svg import Scale, node, picture

ROW = 19
AXIS = 15


@dataclass(frozen=True)
class Period:
    """One stretch of supply; both days included."""

    start: date
    end: date


@dataclass(frozen=True)
class Course:
    """One medicine. ``state`` is "" (in use), "risk", "warn" or "off" (stopped)."""

    name: str
    periods: tuple[Period, ...]
    state: str = ""


def joined(periods: Sequence[Period], slack: timedelta = timedelta(days=7)) -> list[Period]:
    """Overlapping or nearly touching periods as one; the result is sorted and disjoint."""
    found: list[Period] = []
    for period in sorted(periods, key=lambda item: (item.start, item.end)):
        if found and period.start <= found[-1].end + slack:
            found[-1] = Period(found[-1].start, max(found[-1].end, period.end))
        else:
            found.append(period)
    return found


def medication_bars(courses: Sequence[Course], *, today: date, months: int = 24, width: int = 150) -> Markup:
    """One row of bars per course, in the order given, aligned with a list whose rows are 19 px high."""
    start = today - timedelta(days=round(months * 30.44))
    across = Scale(start.toordinal(), today.toordinal(), 2, width - 3)
    height = ROW * len(courses) + AXIS
    parts = [*_axis(across, start, today, height)]
    for index, course in enumerate(courses):
        parts += [_bar(course, period, across, index) for period in joined(course.periods) if period.end >= start]
    parts.append(node("line", x1=width - 3, x2=width - 3, y1=0, y2=height - AXIS, class_="now"))
    in_use = sum(course.state != "off" for course in courses)
    title = f"近 {months} 个月用药 {len(courses)} 种，在用 {in_use} 种"
    return picture(width, height, parts, title=title, class_="bars")


def _bar(course: Course, period: Period, across: Scale, index: int) -> Markup:
    left, right = across.inside(period.start.toordinal()), across.inside(period.end.toordinal())
    title = node("title", f"{course.name} {period.start.isoformat()} 至 {period.end.isoformat()}")
    shape = node("rect", x=left, y=ROW * index + 5, width=max(2.0, right - left), height=9, rx=2)
    return node("g", title, shape, class_=f"bar {course.state}".strip())


def _axis(across: Scale, start: date, today: date, height: int) -> list[Markup]:
    parts: list[Markup] = []
    for year, month in _half_years(start, today):
        x = across(date(year, month, 1).toordinal())
        parts.append(node("line", x1=x, x2=x, y1=0, y2=height - AXIS, class_="c-grid"))
        if x + 30 < across.end:
            parts.append(node("text", f"{year % 100:02d}-{month:02d}", x=x, y=height - 3))
    return parts


def _half_years(start: date, today: date) -> list[tuple[int, int]]:
    months = [(year, month) for year in range(start.year, today.year + 1) for month in (1, 7)]
    return [(year, month) for year, month in months if start <= date(year, month, 1) <= today]
