"""Charts are pure functions of numbers: what is drawn is where the numbers say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from browser_ui.charts.api import (
    Chart,
    Course,
    Lane,
    Mark,
    Period,
    Range,
    Reading,
    Series,
    bar_chart,
    line_chart,
    medication_bars,
    sparkline,
    timeline,
)
from browser_ui.charts.medication import joined
from browser_ui.charts.svg import Scale, node, round_step
from browser_ui.charts.timeline import TwoScales, clusters

SVG = {"s": "http://www.w3.org/2000/svg"}
TODAY = date(2026, 11, 20)
DAYS = st.dates(date(1930, 1, 1), TODAY)
MARKS = st.lists(st.builds(Mark, st.sampled_from(["lab", "ip"]), DAYS, st.text(max_size=5), st.booleans()), max_size=60)


def drawn(svg: str) -> etree._Element:
    return etree.fromstring(str(svg))


def readings(*values: float, flag: str = "") -> list[Reading]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [Reading(start + timedelta(days=30 * n), value, flag) for n, value in enumerate(values)]


def test_text_is_escaped() -> None:
    assert str(node("text", "<b>&", class_='"x')) == '<text class="&#34;x">&lt;b&gt;&amp;</text>'


def test_a_rising_trend_rises_and_says_so() -> None:
    tree = drawn(sparkline(readings(4.0, 5.0, 8.3), Range(3.9, 6.1), label="空腹血糖"))
    heights = [float(place.split(",")[1]) for place in tree.find("s:polyline", SVG).get("points").split()]
    assert heights == sorted(heights, reverse=True)
    assert "由 4 到 8.3，上升" in tree.get("aria-label")


def test_an_open_side_of_the_range_reaches_the_edge() -> None:
    band = drawn(sparkline(readings(1.7, 2.4), Range(None, 1.8), label="LDL-C", height=20)).find("s:rect", SVG)
    assert float(band.get("y")) + float(band.get("height")) == 20 and float(band.get("height")) > 4
    band = drawn(sparkline(readings(46, 60), Range(60, None), label="eGFR")).find("s:rect", SVG)
    assert float(band.get("y")) == 0


def test_one_point_is_no_trend() -> None:
    assert sparkline(readings(1.0), Range(), label="x") == ""


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=12))
def test_every_point_stays_inside_the_picture(values: list[float]) -> None:
    tree = drawn(sparkline(readings(*values, flag="h"), Range(), label="x", width=92, height=20))
    dots = tree.findall("s:circle", SVG)
    assert all(0 <= float(dot.get("cy")) <= 20 and 0 <= float(dot.get("cx")) <= 92 for dot in dots)


@given(MARKS)
def test_clusters_lose_and_double_nothing(marks: list[Mark]) -> None:
    scale = TwoScales(date(1930, 1, 1), date(2021, 5, 1), TODAY, 70, 1180)
    found = clusters(marks, scale)
    assert sorted(mark.day for group in found for mark in group.marks) == sorted(mark.day for mark in marks)
    assert sum(group.abnormal for group in found) <= sum(mark.abnormal for mark in marks)
    assert any(group.abnormal for group in found) == any(mark.abnormal for mark in marks)
    starts = [scale(group.marks[0].day) for group in found]
    assert all(right - left >= 9 for left, right in pairwise(starts))


@given(DAYS, DAYS)
def test_later_days_are_never_left_of_earlier_ones(one: date, other: date) -> None:
    scale = TwoScales(date(1930, 1, 1), date(2021, 5, 1), TODAY, 70, 1180)
    assert scale(min(one, other)) <= scale(max(one, other))


@given(MARKS, st.one_of(st.none(), DAYS))
def test_any_life_can_be_drawn(marks: list[Mark], birth: date | None) -> None:
    tree = drawn(timeline(marks, (Lane("lab", "检验"), Lane("ip", "住院")), birth=birth, today=TODAY, width=1180))
    for mark in tree.iterfind(".//s:circle", SVG):
        assert 60 <= float(mark.get("cx")) <= 1180
    titles = [title.text or "" for title in tree.iterfind(".//s:title", SVG)]
    assert sum("（有异常）" in title for title in titles) <= sum(mark.abnormal for mark in marks)


def test_a_newborn_has_one_scale() -> None:
    tree = drawn(timeline([Mark("lab", TODAY, "足跟血")], (Lane("lab", "检验"),), birth=date(2026, 11, 1), today=TODAY))
    assert len(tree.findall(".//s:circle", SVG)) == 1


@given(st.lists(st.tuples(DAYS, st.integers(0, 400)), max_size=20))
def test_joined_periods_are_disjoint_and_cover_the_same_days(items: list[tuple[date, int]]) -> None:
    periods = [Period(start, start + timedelta(days=length)) for start, length in items]
    found = joined(periods)
    assert all(right.start > left.end + timedelta(days=7) for left, right in pairwise(found))
    assert all(any(one.start <= p.start and p.end <= one.end for one in found) for p in periods)


def test_stopped_medicine_is_drawn_as_stopped() -> None:
    courses = [
        Course("华法林", (Period(date(2026, 1, 1), TODAY),), "risk"),
        Course("阿司匹林", (Period(date(2025, 1, 1), date(2025, 6, 1)),), "off"),
        Course("旧药", (Period(date(2010, 1, 1), date(2010, 6, 1)),), "off"),
    ]
    tree = drawn(medication_bars(courses, today=TODAY))
    assert [bar.get("class") for bar in tree.iterfind(".//s:g", SVG)] == ["bar risk", "bar off"]
    assert tree.get("aria-label") == "近 24 个月用药 3 种，在用 1 种"


@given(st.floats(1e-3, 1e9), st.integers(2, 10))
def test_grid_steps_are_few_and_round(span: float, wanted: int) -> None:
    step = round_step(span, wanted)
    assert 0 < span / step <= wanted * 1.0001
    assert f"{step:e}"[0] in "125"


def test_bars_start_at_zero_and_gaps_are_not_zero() -> None:
    chart = Chart("建档率", ("浉河区", "平桥区", "罗山县"), unit="%", target=90)
    tree = drawn(bar_chart(chart, [Series("2026", (80.0, None, 40.0))]))
    bars = [bar.find("s:rect", SVG) for bar in tree.iterfind("s:g", SVG)]
    assert len(bars) == 2
    assert float(bars[0].get("height")) == pytest.approx(2 * float(bars[1].get("height")), abs=0.2)
    assert "目标 90%" in "".join(tree.itertext())
    lines = drawn(line_chart(chart, [Series("2026", (80.0, None, 40.0)), Series("2025", (1.0, 2.0, 3.0))]))
    assert len(lines.findall("s:polyline", SVG)) == 3


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e7, 1e7))
def test_scale_keeps_inside(low: float, high: float, value: float) -> None:
    assert 3 <= Scale(min(low, high), max(low, high), 17, 3).inside(value) <= 17
