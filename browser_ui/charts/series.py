"""Bar and line charts for statistics pages: a few series over named places or periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from browser_ui.charts.svg import Scale, node, picture, round_step

LEFT, RIGHT, TOP, BOTTOM = 44, 10, 22, 22


@dataclass(frozen=True)
class Series:
    """Values under one name, one per label of the chart; ``None`` is a gap, not a zero."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Chart:
    """The size and words of a chart. ``target`` draws a line, ``band`` shades a range of values."""

    title: str
    labels: tuple[str, ...]
    unit: str = ""
    width: int = 560
    height: int = 220
    target: float | None = None
    band: tuple[float | None, float | None] = (None, None)


def bar_chart(chart: Chart, series: Sequence[Series]) -> Markup:
    """Upright bars, series side by side. Bars start at zero: a cut axis would lie about proportions."""
    down = _vertical(chart, series, from_zero=True)
    slot = (chart.width - LEFT - RIGHT) / max(1, len(chart.labels))
    thick = slot * 0.72 / max(1, len(series))
    parts = [*_grid(chart, down), *_names(chart, slot), *_legend(series, "c-s")]
    for index, one in enumerate(series):
        for place, value in enumerate(one.values):
            if value is not None:
                x = LEFT + slot * place + slot * 0.14 + thick * index
                parts.append(_bar(chart, one, (x, thick), (place, value), down, index))
    return _finished(chart, series, [*parts, *_target(chart, down)])


def line_chart(chart: Chart, series: Sequence[Series]) -> Markup:
    """Lines over ordered labels. A gap in the values is a gap in the line."""
    down = _vertical(chart, series, from_zero=False)
    slot = (chart.width - LEFT - RIGHT) / max(1, len(chart.labels))
    parts = [*_grid(chart, down), *_names(chart, slot), *_legend(series, "c-s")]
    for index, one in enumerate(series):
        for run in _runs(one.values):
            places = [(LEFT + slot * (place + 0.5), down(value)) for place, value in run]
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            parts.append(node("polyline", points=line, class_=f"c-l{index % 6}"))
            parts += [_dot(chart, one, item, at, index) for item, at in zip(run, places, strict=True)]
    return _finished(chart, series, [*parts, *_target(chart, down)])


def _finished(chart: Chart, series: Sequence[Series], parts: Sequence[Markup]) -> Markup:
    return picture(chart.width, chart.height, parts, title=_words(chart, series), class_="chart")


def _bar(chart: Chart, one: Series, box: tuple[float, float], item: tuple[int, float], down: Scale, index: int) -> Markup:
    (x, thick), (place, value) = box, item
    top, zero = down(value), down(0)
    title = node("title", f"{chart.labels[place]} {one.name} {value:g}{chart.unit}")
    shape = node("rect", x=x, y=min(top, zero), width=max(1.0, thick - 1), height=max(0.5, abs(zero - top)))
    return node("g", title, shape, class_=f"c-s{index % 6}")


def _dot(chart: Chart, one: Series, item: tuple[int, float], at: tuple[float, float], index: int) -> Markup:
    title = node("title", f"{chart.labels[item[0]]} {one.name} {item[1]:g}{chart.unit}")
    return node("g", title, node("circle", cx=at[0], cy=at[1], r=2.6), class_=f"c-s{index % 6}")


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if run]


def _vertical(chart: Chart, series: Sequence[Series], *, from_zero: bool) -> Scale:
    values = [value for one in series for value in one.values if value is not None]
    values += [bound for bound in (chart.target, *chart.band) if bound is not None]
    low, high = min(values, default=0.0), max(values, default=1.0)
    low = min(0.0, low) if from_zero or 0 < low < high * 0.5 else low
    step = round_step(high - low or abs(high) or 1.0, 5)
    floor = step * (low // step)
    ceiling = step * -(-high // step)
    return Scale(floor, ceiling if ceiling > floor else floor + step, chart.height - BOTTOM, TOP)


def _band(chart: Chart, down: Scale) -> list[Markup]:
    low, high = chart.band
    if low is None and high is None:
        return []
    top = TOP if high is None else down.inside(high)
    bottom = chart.height - BOTTOM if low is None else down.inside(low)
    width = chart.width - LEFT - RIGHT
    return [node("rect", x=LEFT, y=float(top), width=width, height=max(1.0, bottom - top), class_="c-band")]


def _grid(chart: Chart, down: Scale) -> list[Markup]:
    step = round_step(down.high - down.low, 5)
    count = round((down.high - down.low) / step)
    parts = _band(chart, down)
    for index in range(count + 1):
        value = down.low + step * index
        y = down(value)
        parts.append(node("line", x1=LEFT, x2=chart.width - RIGHT, y1=y, y2=y, class_="c-grid"))
        parts.append(node("text", f"{value:g}", x=LEFT - 6, y=y + 4, text_anchor="end"))
    return [*parts, node("text", chart.unit, x=0, y=12)] if chart.unit else parts


def _names(chart: Chart, slot: float) -> list[Markup]:
    """Labels below the axis; when they are too many, every n-th."""
    longest = max((len(label) for label in chart.labels), default=1)
    every = max(1, round(longest * 11 / max(slot, 1) + 0.49))
    return [
        node("text", label, x=LEFT + slot * (place + 0.5), y=chart.height - 6, text_anchor="middle")
        for place, label in enumerate(chart.labels)
        if place % every == 0
    ]


def _legend(series: Sequence[Series], colour: str) -> list[Markup]:
    if len(series) < 2:
        return []
    parts: list[Markup] = []
    x = float(LEFT)
    for index, one in enumerate(series):
        parts.append(node("rect", x=x, y=4, width=9, height=9, class_=f"{colour}{index % 6}"))
        parts.append(node("text", one.name, x=x + 13, y=12))
        x += 26 + 11 * len(one.name)
    return parts


def _target(chart: Chart, down: Scale) -> list[Markup]:
    if chart.target is None:
        return []
    y = down(chart.target)
    line = node("line", x1=LEFT, x2=chart.width - RIGHT, y1=y, y2=y, class_="target")
    return [line, node("text", f"目标 {chart.target:g}{chart.unit}", x=chart.width - RIGHT, y=y - 3, text_anchor="end")]


def _words(chart: Chart, series: Sequence[Series]) -> str:
    names = "、".join(one.name for one in series)
    return f"{chart.title}：{names}" if names else f"{chart.title}：暂无数据"
