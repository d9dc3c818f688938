"""A whole life in one strip: two scales, lanes by kind, near events drawn as one mark with their number.

The last years matter most to a clinician, so they get most of the width (the right part); everything before shares
the left part. Dense patients would be a smear of dots: events of one lane closer than a mark's width become one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import pairwise
from operator import attrgetter

from markupsafe import Markup

from browser_ui.charts.svg import Scale, clean, node, picture

LANE = 17
LABEL = 74
TOP = 2
AXIS = 16
MARK = 9.0


@dataclass(frozen=True)
class Mark:
    """One event, or ``count`` events told together: lane key, day, what it was, whether it was abnormal."""

    lane: str
    day: date
    text: str
    abnormal: bool = False
    count: int = 1


@dataclass(frozen=True)
class Lane:
    """One row of the strip."""

    key: str
    label: str


@dataclass(frozen=True)
class Cluster:
    """Events of one lane that share one mark."""

    x: float
    marks: tuple[Mark, ...]

    @property
    def abnormal(self) -> bool:
        return any(mark.abnormal for mark in self.marks)

    @property
    def count(self) -> int:
        return sum(mark.count for mark in self.marks)

    @property
    def text(self) -> str:
        first, last = self.marks[0], self.marks[-1]
        if self.count == 1:
            return f"{first.day.isoformat()} {first.text}"
        if len(self.marks) == 1:
            return f"{first.day:%Y-%m} {first.text} {first.count} 次"
        kinds = "、".join(dict.fromkeys(mark.text for mark in self.marks[:4]))
        return f"{first.day.isoformat()} 至 {last.day.isoformat()}，{self.count} 次：{kinds}"


@dataclass(frozen=True)
class TwoScales:
    """Days to pixels: ``birth`` to ``bend`` on the left share, ``bend`` to ``today`` on the rest."""

    birth: date
    bend: date
    today: date
    start: float
    end: float
    share: float = 0.3

    @cached_property
    def middle(self) -> float:
        return self.start + (self.end - self.start) * self.share if self.birth < self.bend else self.start

    @cached_property
    def _early(self) -> Scale:
        return Scale(self.birth.toordinal(), self.bend.toordinal(), self.start, self.middle)

    @cached_property
    def _late(self) -> Scale:
        return Scale(self.bend.toordinal(), self.today.toordinal(), self.middle, self.end)

    def __call__(self, day: date) -> float:
        return (self._early if day < self.bend else self._late).inside(day.toordinal())


def clusters(marks: Iterable[Mark], scale: Callable[[date], float], width: float = MARK) -> list[Cluster]:
    """Events left to right, those within ``width`` pixels of a cluster's first event joined to it.

    Every mark is in exactly one cluster, and an abnormal mark makes its cluster abnormal.
    """
    found: list[list[Mark]] = []
    start = float("-inf")
    for mark in sorted(marks, key=attrgetter("day")):
        x = scale(mark.day)
        if x - start < width:
            found[-1].append(mark)
        else:
            found.append([mark])
            start = x
    return [Cluster(scale(group[len(group) // 2].day), tuple(group)) for group in found]


def timeline(marks: Sequence[Mark], lanes: Sequence[Lane], *, birth: date | None, today: date, width: int = 1186) -> Markup:
    """The strip. Lanes without events stay, empty: absence of events is information too."""
    bend = date(today.year - 5, 1, 1)
    first = min([birth or today, *(mark.day for mark in marks)], default=today)
    scale = TwoScales(min(first, today), max(bend, min(first, today)), today + timedelta(days=31), LABEL, width - 8)
    height = TOP + LANE * len(lanes) + AXIS
    by_lane: dict[str, list[Mark]] = {}
    for mark in marks:
        by_lane.setdefault(mark.lane, []).append(mark)
    place = cache(scale)  # marks of one month share its middle
    parts = [*_background(scale, height, width)]
    for index, lane in enumerate(lanes):
        parts += _lane(lane, clusters(by_lane.get(lane.key, ()), place), TOP + LANE * index + LANE / 2, width)
    title = f"生命历程，{sum(mark.count for mark in marks)} 个事件，{sum(mark.abnormal for mark in marks)} 处有异常"
    return picture(width, height, parts, title=title, class_="life")


def _lane(lane: Lane, groups: Sequence[Cluster], y: float, width: int) -> list[Markup]:
    name = node("text", lane.label, x=0, y=y + 4, class_="lane")
    rule = node("line", x1=LABEL, x2=width, y1=y + LANE / 2, y2=y + LANE / 2, class_="c-grid")
    return [name, rule, *(_mark(lane.key, group, y) for group in groups)]


def _mark(lane: str, group: Cluster, y: float) -> Markup:
    """Written out, not put together from nodes: a dense life has a hundred and more."""
    count = group.count
    name = f"e e-{lane}{' ab' if group.abnormal else ''}"
    title = clean(f"{group.text}{'（有异常）' if group.abnormal else ''}")
    return Markup(  # noqa: S704 - lanes are ours, the title was escaped above
        f'<g class="{name}"><title>{title}</title>{_dot(group.x, y) if count == 1 else _pill(group.x, y, count)}</g>'
    )


def _dot(x: float, y: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.6"/>'


def _pill(x: float, y: float, count: int) -> str:
    half = 7.6 if count > 9 else 4.4
    shown = count if count < 100 else "99+"
    shape = f'<rect x="{x - half:.1f}" y="{y - 5.5:.1f}" width="{half * 2:.1f}" height="11" rx="5.5"/>'
    return f'{shape}<text x="{x:.1f}" y="{y + 3.4:.1f}" class="count">{shown}</text>'


def _background(scale: TwoScales, height: int, width: int) -> list[Markup]:
    late = node("rect", x=scale.middle, y=0, width=width - scale.middle, height=height - AXIS, class_="late")
    return [late, *_years(scale, height), *_decades(scale, height)]


def _years(scale: TwoScales, height: int) -> list[Markup]:
    parts: list[Markup] = []
    for year in range(scale.bend.year, scale.today.year + 1):
        x = scale(date(year, 1, 1))
        parts.append(node("line", x1=x, x2=x, y1=0, y2=height - AXIS, class_="c-grid"))
        parts.append(node("text", year, x=x + 3, y=height - 4))
    return parts


def _decades(scale: TwoScales, height: int) -> list[Markup]:
    """Round years of the early part, 44 pixels apart at least, and none that would run into the late part."""
    years = range(scale.birth.year, scale.bend.year)
    for step in (1, 2, 5, 10, 20, 50):
        shown = [year for year in years if year % step == 0]
        places = [scale(date(year, 1, 1)) for year in shown]
        if all(right - left >= 44 for left, right in pairwise(places)):
            break
    return (
        [
            node("text", year, x=x, y=height - 4)
            for year, x in zip(shown, places, strict=True)
            if x + 36 < scale.middle and x >= scale.start
        ]
        if years
        else []
    )
