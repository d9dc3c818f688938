"""From record values to the charts of the record browser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from markupsafe import Markup

from browser_ui.charts.api import (
    Chart,
    Course,
    Lane,
    Mark,
    Period,
    Range,
    Reading,
    Series,
    line_chart,
    medication_bars,
    sparkline,
    timeline,
)
from browser_ui.record.words import mark_of
from health_platform.kernel import clock
from health_platform.records.api import LabPoint, LabSeries, LifeMark, Medication, Section

LANES = (
    Lane("op", "就诊"),
    Lane("ip", "手术"),
    Lane("lab", "检验"),
    Lane("img", "影像检查"),
    Lane("ph", "公卫服务"),
    Lane("vac", "预防接种"),
)
LANE_OF = {
    Section.VISIT: "op",
    Section.OPERATION: "ip",
    Section.LAB_REPORT: "lab",
    Section.LAB: "lab",
    Section.EXAM: "img",
    Section.SERVICE: "ph",
    Section.VACCINATION: "vac",
}


def life_strip(marks: Iterable[LifeMark], birth: date | None, today: date) -> Markup:
    """The life-course strip; a month of one section is one mark that says how many events it holds."""
    shown = reports_once(mark for mark in marks if mark.section in LANE_OF and mark.events)
    middle = {month: min(month.replace(day=15), today) for month in {mark.month for mark in shown}}
    drawn = [
        Mark(LANE_OF[mark.section], middle[mark.month], mark.section.label, mark.abnormal > 0, mark.events) for mark in shown
    ]
    return timeline(drawn, LANES, birth=birth, today=today)


def reports_once(marks: Iterable[LifeMark]) -> list[LifeMark]:
    """One mark per laboratory report, not one more per result in it; a result's abnormality marks its report."""
    known = list(marks)
    abnormal = {mark.month for mark in known if mark.section is Section.LAB and mark.abnormal}
    reported = {mark.month for mark in known if mark.section is Section.LAB_REPORT}
    return [
        mark._replace(abnormal=1) if mark.section is Section.LAB_REPORT and mark.month in abnormal else mark
        for mark in known
        if mark.section is not Section.LAB or mark.month not in reported
    ]


def trend(series: LabSeries, most: int = 6) -> Markup:
    """The last results of one item in one unit."""
    points = [point for point in series.points[:most] if point.number is not None]
    readings = [Reading(point.time, point.number or 0.0, mark_of(point)) for point in points]
    return sparkline(readings, _range(points), label=series.name)


def _range(points: Sequence[LabPoint]) -> Range:
    """The range of the newest result that has one; older results may have been judged by another."""
    known = next((point for point in points if point.low is not None or point.high is not None), None)
    return Range(known.low, known.high) if known else Range()


def lab_chart(series: Sequence[LabSeries]) -> Markup:
    """All results of one item, one line per unit: results in different units are never joined."""
    days = sorted({_day(point.time) for one in series for point in one.points if point.number is not None})
    if len(days) < 2:
        return Markup("")
    lines = []
    for one in series:
        by_day = {_day(point.time): point.number for point in reversed(one.points)}
        lines.append(Series(one.unit or "无单位", tuple(by_day.get(day) for day in days)))
    name = series[0].name
    unit = series[0].unit if len(series) == 1 else ""
    normal = _range(series[0].points) if len(series) == 1 else Range()
    labels = tuple(day.strftime("%y-%m-%d") for day in days)
    chart = Chart(name, labels, unit=unit, width=1100, height=240, band=(normal.low, normal.high))
    return line_chart(chart, lines)


def drug_bars(medications: Sequence[Medication], conflicts: frozenset[str], today: date, width: int = 150) -> Markup:
    """Bars aligned with the list of the same medicines; ``width`` in pixels."""
    courses = [Course(one.name, tuple(_periods(one, today)), drug_state(one, conflicts)) for one in medications]
    return medication_bars(courses, today=today, width=width)


def _periods(one: Medication, today: date) -> Iterator[Period]:
    """What the prescriptions cover: a gap between two stays a gap."""
    for start, end in one.spans:
        yield Period(_day(start), max(_day(start), min(_day(end), today)))


def drug_state(one: Medication, conflicts: frozenset[str]) -> str:
    """ "risk" when it is in use against a known allergy, "off" when it is over."""
    if not one.active:
        return "off"
    return "risk" if one.name in conflicts else ""


def _day(at: datetime) -> date:
    return clock.local(at).date()
