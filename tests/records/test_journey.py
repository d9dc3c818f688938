"""From uploads of two hospitals to one record: pipeline, person index and record service together, with a real worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from empi.api import Actor, Ruling, merge, pairs, unmerge
from empi.models import IdentityRow
from etl.api import Sender, Upload, accept, ensure_tables
from health_platform.app import create_platform
from health_platform.kernel.jobs import Worker
from health_platform.kernel.outbox import OutboxDelivery
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.records.api import Overview, Section, open_record
from health_platform.records.models import STALE, RecordSummary
from health_platform.records.refreshing import mark, refresh_stale
from health_platform.records.summarising import build
from health_platform.settings import Settings

pytestmark = pytest.mark.system("A06", "A07", "A08", "A15")

DOCTOR = Principal(1, "user", "医师", scope=Scope(divisions=("4115",)))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    platform = create_platform(Settings(home=tmp_path_factory.mktemp("city"), components="registry,empi,etl"))
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    yield platform
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


def send(platform: Platform, institution: int, dataset: str, rows: list[dict[str, object]], message: str) -> None:
    content = json.dumps(rows, ensure_ascii=False).encode()
    with platform.database.unit_of_work(system_scope("test")) as session:
        accept(session, Upload(Sender(institution, "411502000000"), dataset, message, content, "json", "upsert"))


def visit(number: str, patient: str, name: str, id_number: str, diagnosis: str, day: str) -> dict[str, object]:
    return {
        "visit_no": number,
        "patient_id": patient,
        "patient_name": name,
        "id_type": "01",
        "id_number": id_number,
        "gender": "1",
        "birth_date": f"{id_number[6:10]}-{id_number[10:12]}-{id_number[12:14]}",
        "started_at": f"{day}T09:00:00+08:00",
        "diagnosis": "I10",
        "diagnosis_text": diagnosis,
    }


def person_of(platform: Platform, institution: int) -> int:
    with platform.database.unit_of_work(system_scope("test")) as session:
        found = session.scalars(select(IdentityRow.person_id).where(IdentityRow.institution_id == institution))
        return int(found.one() or 0)


def kept_of(platform: Platform, person: int) -> dict[str, Any]:
    """The stored summary, which was made together with others."""
    with platform.database.unit_of_work(system_scope("test")) as session:
        return session.get_one(RecordSummary, person).content


def alone(platform: Platform, person: int) -> dict[str, Any]:
    """The summary of this person made by itself."""
    with platform.database.unit_of_work(system_scope("test")) as session:
        made = build(platform.warehouse, pairs(session, person))
    assert made.rows
    return json.loads(json.dumps(made.content()))


def stale_in(platform: Platform) -> set[int]:
    with platform.database.unit_of_work(system_scope("test")) as session:
        return set(session.scalars(select(RecordSummary.person_id).where(RecordSummary.pairs_digest == STALE)))


def overview(platform: Platform, person: int) -> Overview:
    with platform.database.unit_of_work(DOCTOR.scope) as session:
        return open_record(platform, session, DOCTOR, person).overview()


def test_one_record_from_two_hospitals_through_merge_and_unmerge(city: Platform) -> None:
    send(city, 11, "visit", [visit("v1", "p1", "张建国", "11010519491231002X", "高血压", "2024-05-01")], "m1")
    send(city, 12, "visit", [visit("v2", "q1", "欧阳秀英", "440524198001010013", "糖尿病", "2024-05-02")], "m2")
    Worker(city).drain()
    first, second = person_of(city, 11), person_of(city, 12)
    assert first != second
    assert [event.title for event in overview(city, first).visits] == ["高血压"]
    marked = stale_in(city)
    assert second in marked  # by the events of the pipeline
    assert first not in marked, "a reader keeps for the next what it had to build itself"
    assert refresh_stale(city) >= 1
    assert [kept_of(city, person) for person in (first, second)] == [alone(city, person) for person in (first, second)]
    assert stale_in(city) == set()

    with city.database.unit_of_work(system_scope("test")) as session:
        outcome = merge(session, first, second, Ruling(Actor("person", "管理员", 1), "同一人"))
        kept = outcome.person_id
    assert [event.title for event in overview(city, kept).visits] == ["糖尿病", "高血压"]
    Worker(city).drain()
    with city.database.unit_of_work(DOCTOR.scope) as session:
        page = open_record(city, session, DOCTOR, kept).section(Section.VISIT)
        assert [event.institution_id for event in page.events] == [12, 11]

    with city.database.unit_of_work(system_scope("test")) as session:
        unmerge(session, outcome.decision_id, Ruling(Actor("person", "管理员", 1), "看错了"))
    assert [event.title for event in overview(city, first).visits] == ["高血压"]
    assert [event.title for event in overview(city, second).visits] == ["糖尿病"]


def test_what_a_reader_built_before_a_mark_does_not_outlive_it(city: Platform) -> None:
    rows = [visit("k1", "k1", "周平", "440524198001010013", "感冒", "2024-06-01")]
    send(city, 13, "visit", rows, "k1")
    Worker(city).drain()
    person = person_of(city, 13)
    with city.database.unit_of_work(DOCTOR.scope, reading=True) as session:
        assert open_record(city, session, DOCTOR, person).overview().visits
        with city.database.unit_of_work(system_scope("test")) as other:
            mark(other, [person])
    assert person in stale_in(city)
    with city.database.unit_of_work(DOCTOR.scope, reading=True) as session:
        assert open_record(city, session, DOCTOR, person).overview().visits
    assert person not in stale_in(city)
    assert kept_of(city, person) == alone(city, person)


def test_summaries_rest_while_a_large_load_is_on_its_way(city: Platform) -> None:
    for number in range(22):
        rows = [visit(f"w{number}", f"w{number}", "李卫", "440524198001010013", "感冒", "2024-06-01")]
        send(city, 20 + number, "visit", rows, f"w{number}")
    Worker(city).drain()
    person = person_of(city, 20)
    marks = select(OutboxDelivery).where(OutboxDelivery.consumer == "records.summary").order_by(OutboxDelivery.id)
    with city.database.unit_of_work(system_scope("test")) as session:
        session.get_one(RecordSummary, person).pairs_digest = STALE
        on_the_way = {mark.id: mark.state for mark in session.scalars(marks).all()[-21:]}
        assert len(on_the_way) == 21
        for number in on_the_way:
            session.get_one(OutboxDelivery, number).state = "waiting"
    assert refresh_stale(city) == 0
    with city.database.unit_of_work(system_scope("test")) as session:
        assert session.get_one(RecordSummary, person).pairs_digest == STALE
        for number, state in on_the_way.items():
            session.get_one(OutboxDelivery, number).state = state
    assert refresh_stale(city) >= 1
    with city.database.unit_of_work(system_scope("test")) as session:
        assert session.get_one(RecordSummary, person).pairs_digest != STALE
