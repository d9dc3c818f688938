"""The hospitals at work: visits of this very moment, packed as each institution sends."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from demonstration.live import Hospitals, Tray
from demonstration.loading import Addresses
from demonstration.packing import ADT, FHIR, pack
from demonstration.remembered import Remembered, recall, remember
from demonstration.sending.http import Credentials
from demonstration.setup import Account, Placed
from health_platform.kernel import clock
from tests.demonstration.conftest import LAST, city

pytestmark = pytest.mark.system("A01")


def remembered() -> Remembered:
    made = city(count=200)
    placed = tuple(Placed(unit, number, Credentials(unit.key, "s")) for number, unit in enumerate(made.units, 1))
    return Remembered(made.seed, made.count, LAST, made.towns, placed, (Account("physician", "doctor", "p", "x"),))


@pytest.fixture
def hospitals() -> Hospitals:
    return Hospitals(remembered(), Addresses("http://none", "http://none", ("none", 1), Path("none")), 1.0)


def test_a_drawn_visit_happens_now(hospitals: Hospitals) -> None:
    now = clock.local(clock.now()).replace(tzinfo=None)
    drawn = hospitals.draw()
    assert abs(drawn.at - now) < timedelta(minutes=1)
    [started] = [row.fields["started_at"] for row in drawn.rows if row.dataset == "visit" and "started_at" in row.fields]
    assert abs(datetime.fromisoformat(started) - now) < timedelta(minutes=1)
    assert all(row.unit == drawn.unit for row in drawn.rows)


def test_each_institution_says_it_in_its_own_way(hospitals: Hospitals) -> None:
    kinds: dict[str, set[str]] = {}
    for _ in range(120):
        drawn = hospitals.draw()
        tray = Tray()
        tray.put(pack(drawn.rows, drawn.at.date()))
        kinds.setdefault(drawn.unit.way, set()).update(tray.names(drawn.unit.key))
    assert ADT in kinds["hl7"] and FHIR in kinds["fhir"]
    assert "emr_patient_info" not in kinds["hl7"] and "visit" not in kinds["fhir"]
    assert "visit" in kinds["batch"]


def test_numbers_of_today_never_meet_each_other(hospitals: Hospitals) -> None:
    keys = [(row.unit.key, row.dataset, row.key) for _ in range(60) for row in hospitals.draw().rows]
    visits = [key for key in keys if key[1] in ("visit", "charge")]
    assert len(visits) == len(set(visits))


def test_a_city_is_remembered_as_it_was(tmp_path: Path) -> None:
    assert recall(tmp_path) is None
    one = remembered()
    remember(tmp_path, one)
    assert recall(tmp_path) == one
    assert (tmp_path / "demonstration.json").stat().st_mode & 0o077 == 0
