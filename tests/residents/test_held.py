"""A critical result waits for a doctor: neither its number nor its point of a curve may tell it before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from health_platform.records.api import Detail, DetailField, Event, Flag, LabPoint, LabSeries, Section
from health_platform.residents.reading import OwnRecord

pytestmark = pytest.mark.system("I01")

NOW = datetime(2024, 6, 10, tzinfo=UTC)


@dataclass
class Trends:
    """A record that knows the trends of one item."""

    labs: tuple[LabSeries, ...]
    critical: tuple[Any, ...] = field(default=())

    @property
    def parts(self) -> Trends:
        return self


def series(*results: tuple[str, Flag]) -> Trends:
    points = tuple(
        LabPoint(f"r{place}", NOW - timedelta(days=place), value, float(value), flag, "3.5–5.3", "一院")
        for place, (value, flag) in enumerate(results)
    )
    return Trends((LabSeries("K", "血钾", "mmol/L", points),))


def own(record: Trends | Report, *told: str) -> OwnRecord:
    return OwnRecord(record, frozenset(told))  # type: ignore[arg-type]


@dataclass
class Report:
    """A record that knows one laboratory report, whose conclusion tells the number of its one result."""

    flag: Flag

    def detail(self, ref: str) -> Detail:
        report = Event("report", Section.LAB_REPORT, "emr_ex_lab", NOW, "血清", note="血钾 6.9，立即处理")
        potassium = Event("r0", Section.LAB, "emr_ex_lab_item", NOW, "血钾", value="6.9", flag=self.flag)
        return Detail(report, "检验报告", (DetailField("text", "描述", "血钾 6.9", "narrative"),), (potassium,), ())


def told(record: Report, *released: str) -> str:
    found = own(record, *released).in_full("report")
    return f"{found.report.note} {found.texts} {[item.value for item in found.items]}"


def test_the_conclusion_of_a_report_waits_with_its_results() -> None:
    assert "6.9" not in told(Report("hh"))
    assert "立即处理" in told(Report("hh"), "r0") and "立即处理" in told(Report("h"))
    (listed,) = own(series()).shown([Report("hh").detail("report").event])
    assert listed.note == "", "in a list nobody has looked at its results"


def test_an_older_critical_point_is_not_drawn_either() -> None:
    record = series(("4.1", ""), ("6.9", "hh"), ("4.4", ""))
    (shown,) = own(record).trends()
    assert [point.value for point in shown.points] == ["4.1", "4.4"]
    (told,) = own(record, "r1").trends()
    assert [point.value for point in told.points] == ["4.1", "6.9", "4.4"]


def test_a_series_whose_newest_result_waits_is_not_shown_at_all() -> None:
    assert own(series(("6.9", "hh"), ("4.4", ""))).trends() == []
