"""Six acceptances into a ward with two free beds at the same instant: two succeed, on PostgreSQL as on SQLite."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from health_platform.kernel.scope import SYSTEM, system_scope
from registry.resources.service import ResourceDraft, add
from tests.applications.referral.test_referral import ACCEPT, REQUEST
from tests.support.clinic import Clinic, Region, id_number, on, region
from tests.support.principals import client_for

pytestmark = pytest.mark.system("C03")


@pytest.fixture(params=["", "postgres"], ids=["sqlite", "postgres"])
def somewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Region]:
    url = request.getfixturevalue(request.param) if request.param else ""
    with region(tmp_path / "region", database_url=url) as made:
        yield made


def at_once(works: list[Any]) -> list[int]:
    """Run all from the same instant; the status of each, in order of size."""
    barrier, found = threading.Barrier(len(works)), list[int]()

    def run(work: Any) -> None:
        barrier.wait()
        found.append(work())

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(found)


def status(who: Clinic, method: str, path: str, body: dict[str, Any]) -> int:
    client = client_for(who.region.app, who.region.platform, who.region.shelf, who.who)
    with on("2025-03-03"):  # a thread has a clock of its own
        return int(client.open(f"/api/v1/apps/{who.application}{path}", method=method, json=body).status_code)


def test_a_ward_is_never_overbooked(somewhere: Region) -> None:
    township = replace(somewhere.clinic("411525100", "城关镇卫生院"), application="referral")
    county = replace(somewhere.clinic("411525", "固始县人民医院"), application="referral")
    with somewhere.platform.database.unit_of_work(system_scope("test")) as session:
        add(session, SYSTEM, county.who.institution_id or 0, ResourceDraft("bed", "心内科", 2, date(2025, 1, 1)))
    with on("2025-03-03"):
        asked = []
        for number in range(6):
            person = {"name": f"周建国{number}", "id_no": id_number(date(1958, 4, 2 + number))}
            answers = {**REQUEST, "to_unit": str(county.who.institution_id)}
            asked.append(township.post("/referral/cases", {"person": person, "answers": answers})["case_no"])
        paths = [f"/referral/cases/{number}/accept" for number in asked]
        found = at_once([lambda path=path: status(county, "POST", path, {"answers": ACCEPT}) for path in paths])
        assert found == [200, 200, 409, 409, 409, 409]
        held = county.call("GET", f"/resources/{county.who.institution_id}", 200)
        assert [(one["registered"], one["held"], one["free"]) for one in held] == [(2, 2, 0)]


def test_the_same_visit_sent_twice_at_once_is_asked_about(somewhere: Region) -> None:
    doctor = somewhere.clinic()
    with on("2025-03-03"):
        person = {"name": "王秀英", "id_no": id_number(date(1955, 1, 1), "2")}
        member = doctor.post("/hypertension/members", {"person": person, "answers": {"essential": True}, "day": "2025-01-02"})
        path = f"/hypertension/members/{member['id']}/hypertension_visit"
        sheet = {"answers": {"way": "1", "systolic": 138, "diastolic": 82, "adherence": "1", "adverse": False,
                             "new_complication": False}, "day": "2025-03-03"}  # fmt: skip
        assert at_once([lambda: status(doctor, "POST", path, sheet)] * 4) == [201, 409, 409, 409]
        assert len(doctor.get(f"/hypertension/members/{member['id']}")["submissions"]) == 2, "the entry form and one visit"
