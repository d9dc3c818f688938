"""A critical result waits for a doctor: neither its number nor its point of a curve may tell it before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from health_platform.records.api import Flag, LabPoint, LabSeries
from health_platform.residents.reading import OwnRecord

pytestmark = pytest.mark.system("I01")

NOW = datetime(2024, 6, 10, tzinfo=UTC)


@dataclass
class Trends:
    """A record that knows the trends of one item."""

    labs: tuple[LabSeries, ...]
    critical: tuple[Any, ...] = field(default=())

    def overview(self) -> Trends:
        return self


def series(*results: tuple[str, Flag]) -> Trends:
    points = tuple(
        LabPoint(f"r{place}", NOW - timedelta(days=place), value, float(value), flag, "3.5–5.3", "一院")
        for place, (value, flag) in enumerate(results)
    )
    return Trends((LabSeries("K", "血钾", "mmol/L", points),))


def own(record: Trends, *told: str) -> OwnRecord:
    return OwnRecord(record, frozenset(told))  # type: ignore[arg-type]


def test_an_older_critical_point_is_not_drawn_either() -> None:
    record = series(("4.1", ""), ("6.9", "hh"), ("4.4", ""))
    (shown,) = own(record).trends()
    assert [point.value for point in shown.points] == ["4.1", "4.4"]
    (told,) = own(record, "r1").trends()
    assert [point.value for point in told.points] == ["4.1", "6.9", "4.4"]


def test_a_series_whose_newest_result_waits_is_not_shown_at_all() -> None:
    assert own(series(("6.9", "hh"), ("4.4", ""))).trends() == []
