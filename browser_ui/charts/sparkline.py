"""A trend in the height of a table row: values over time, with the reference range as a band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from browser_ui.charts.svg import Scale, node, picture

PAD = 3.0


@dataclass(frozen=True)
class Reading:
    """One value. ``flag`` is the source's own: "" normal, "h", "hh", "l", "ll" or "a" (abnormal)."""

    at: datetime
    value: float
    flag: str = ""


@dataclass(frozen=True)
class Range:
    """A reference range; an open side is ``None``."""

    low: float | None = None
    high: float | None = None

    @property
    def known(self) -> bool:
        return self.low is not None or self.high is not None


def sparkline(readings: Sequence[Reading], normal: Range, *, label: str, width: int = 92, height: int = 20) -> Markup:
    """An inline SVG of at least two readings; fewer give an empty string, since one point is no trend.

    The vertical span covers the values and the bounds of the range. An open side of the range reaches the edge of the
    picture, so that ``< 1.8`` is drawn as an area and not as a hairline.
    """
    points = sorted(readings, key=lambda reading: reading.at)
    if len(points) < 2:
        return Markup("")
    across = Scale(points[0].at.timestamp(), points[-1].at.timestamp(), PAD, width - PAD)
    down = _vertical([point.value for point in points], normal, height)
    places = [(across(point.at.timestamp()), down(point.value), point.flag) for point in points]
    parts = [
        *_band(normal, down, width, height),
        node("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places), class_="c-line"),
        *(node("circle", cx=x, cy=y, r=1.8, class_=_colour(flag)) for x, y, flag in places if flag),
    ]
    return picture(width, height, parts, title=describe(label, points), class_="spark")


def describe(label: str, points: Sequence[Reading]) -> str:
    """The trend in words, for people who do not see the picture."""
    first, last = points[0], points[-1]
    way = "上升" if last.value > first.value else "下降" if last.value < first.value else "持平"
    return f"{label} {len(points)} 次，由 {first.value:g} 到 {last.value:g}，{way}"


def _vertical(values: Sequence[float], normal: Range, height: int) -> Scale:
    bounds = [bound for bound in (normal.low, normal.high) if bound is not None]
    low, high = min([*values, *bounds]), max([*values, *bounds])
    slack = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
    return Scale(low - slack, high + slack, height - PAD, PAD)


def _band(normal: Range, down: Scale, width: int, height: int) -> list[Markup]:
    if not normal.known:
        return []
    top = 0.0 if normal.high is None else down(normal.high)
    bottom = float(height) if normal.low is None else down(normal.low)
    return [node("rect", x=0, y=top, width=width, height=max(1.0, bottom - top), class_="c-band")]


def _colour(flag: str) -> str:
    return "c-low" if flag.startswith("l") else "c-bad"
