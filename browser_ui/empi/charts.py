"""The waterfall of evidence, and the chart of match weights."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from browser_ui.charts.api import Chart, Series, bar_chart
from browser_ui.charts.svg import Scale, node, picture
from empi.api import Case, WeightBar

ROW, TOP, WIDTH, NAMES, VALUES = 22, 24, 620, 110, 60


def waterfall(case: Case) -> Markup:
    """How the evidence adds up, field by field, from the prior odds to the posterior, against the two thresholds.

    Bits to the right speak for one person, to the left for two; every bar starts where the one above it ends.
    """
    steps = [("先验", case.prior), *((line.label, line.bits) for line in case.lines if line.bits)]
    ends, total = [], 0.0
    for _, bits in steps:
        total += bits
        ends.append(total)
    across = _scale(ends, case)
    parts = [*_limits(case, across, len(steps))]
    for place, ((label, bits), end) in enumerate(zip(steps, ends, strict=True)):
        parts += _row(place, label, bits, (end - bits, end), across)
    y = TOP + ROW * len(steps) + 15
    parts.append(node("text", "合计", x=0, y=y))
    parts.append(node("text", f"{total:+.1f}", x=WIDTH, y=y, text_anchor="end"))
    title = f"证据瀑布图：合计 {total:+.1f} 比特，自动关联阈值 {case.certain_from:+.1f}"
    return picture(WIDTH, TOP + ROW * (len(steps) + 1), parts, title=title, class_="chart")


def _scale(ends: Sequence[float], case: Case) -> Scale:
    values = [0.0, *ends, case.certain_from, case.possible_from]
    return Scale(min(values), max(values), NAMES, WIDTH - VALUES)


def _limits(case: Case, across: Scale, rows: int) -> list[Markup]:
    parts: list[Markup] = []
    for value, label, anchor in ((case.certain_from, "关联", "start"), (case.possible_from, "疑似", "end")):
        x = across(value)
        parts.append(node("line", x1=x, x2=x, y1=TOP - 8, y2=TOP + ROW * rows, class_="c-axis", stroke_dasharray="3 3"))
        parts.append(node("text", label, x=x, y=11, text_anchor=anchor))
    return parts


def _row(place: int, label: str, bits: float, span: tuple[float, float], across: Scale) -> list[Markup]:
    start, end = across(min(span)), across(max(span))
    y = TOP + ROW * place
    colour = "c-s4" if place == 0 else "c-s1" if bits > 0 else "c-bad"
    bar = node(
        "rect",
        node("title", f"{label} {bits:+.1f} 比特"),
        x=start,
        y=y + 3,
        width=max(1.0, end - start),
        height=ROW - 8,
        class_=colour,
    )
    return [node("text", label, x=0, y=y + 15), bar, node("text", f"{bits:+.1f}", x=WIDTH, y=y + 15, text_anchor="end")]


def weight_bars(bars: Sequence[WeightBar]) -> Markup:
    """All stored evidence by weight, certain, possible and conflicting side by side."""
    labels = tuple(str(bar.low) for bar in bars)
    series = [
        Series("自动关联", tuple(float(bar.certain) for bar in bars)),
        Series("疑似", tuple(float(bar.possible) for bar in bars)),
        Series("冲突", tuple(float(bar.conflict) for bar in bars)),
    ]
    return bar_chart(Chart("匹配权重分布（比特）", labels, "对", width=900), series)
