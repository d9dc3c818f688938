"""What waits of several institutions goes by one insert a dataset; none of them notices the others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from etl import finishing, queue, senders
from etl.api import Upload
from etl.events import RowsLoaded, SenderDue
from etl.models import Batch, Channel, Load, SenderLease
from etl.pipeline import Pipeline, in_order
from health_platform.kernel import clock
from health_platform.kernel.errors import Unavailable
from health_platform.kernel.outbox import OutboxEvent
from tests.etl.conftest import Hospital

pytestmark = pytest.mark.system("A01", "A11")

Hospitals = Callable[[], Hospital]


def lab(key: str, patient: str = "p1", at: str = "2026-03-01 08:00:00", **more: Any) -> dict[str, Any]:
    return {"id": key, "patientId": patient, "examinationReportDate": at, **more}


def send_visit(hospital: Hospital) -> None:
    """The same keys in every hospital: they are its own."""
    hospital.send("emr_ex_lab", [lab("L1", bedNo=str(hospital.sender.institution_id))])
    hospital.send("emr_ex_lab_item", [{"id": "i1", "exLabId": "L1", "itemName": "血糖"}])


def loads_of(*hospitals: Hospital) -> list[Load]:
    """The loads that took their uploads, oldest first."""
    with hospitals[0].unit() as session:
        own = Batch.institution_id.in_([each.sender.institution_id for each in hospitals])
        mine = select(Batch.load_id).where(own).distinct()
        return list(session.scalars(select(Load).where(Load.id.in_(mine)).order_by(Load.id)))


def states(hospital: Hospital) -> set[str]:
    with hospital.unit() as session:
        return set(session.scalars(select(Batch.state).where(Batch.institution_id == hospital.sender.institution_id)))


def is_whole(hospital: Hospital) -> bool:
    """Report and item can be read, and are the hospital's own."""
    mine = str(hospital.sender.institution_id)
    ((_, bed, patient),) = hospital.rows("emr_ex_lab", "id", "bed_no", "patient_key")
    return bed == mine and hospital.rows("emr_ex_lab_item", "id", "patient_key") == [("i1", patient)]


@given(st.permutations(["emr_ex_lab_item", "observation", "emr_patient_info", "emr_ex_lab", "charge"]))
def test_patients_are_read_before_rows_that_mention_them_and_parents_before_details(names: list[str]) -> None:
    order = [each.name for each in in_order(names)]
    assert sorted(order) == sorted(names)
    assert order[0] == "emr_patient_info" and order.index("emr_ex_lab") < order.index("emr_ex_lab_item")


def test_uploads_of_several_institutions_land_by_one_insert_a_dataset(new_hospital: Hospitals) -> None:
    three = [new_hospital() for _ in range(3)]
    for each in three:
        send_visit(each)
    seen: list[str] = []
    three[0].platform.warehouse._observe = lambda one: seen.append(one.name)
    try:
        three[0].work()
    finally:
        three[0].platform.warehouse._observe = None
    seen = [name for name in seen if not name.startswith("health_platform.")]  # who comes first makes the tables
    assert seen == ["etl.some_places", "emr_ex_lab", "emr_ex_lab_item", "row_place"]
    assert all(is_whole(each) and states(each) == {"loaded"} for each in three)
    assert len({row[0] for each in three for row in each.rows("emr_ex_lab", "patient_key")}) == 3
    with three[0].unit() as session:
        leases = session.scalars(select(SenderLease).where(SenderLease.institution_id.in_(ids(three)))).all()
        assert [lease.leased_by for lease in leases] == [None] * 3
        came = select(Channel).where(Channel.institution_id.in_(ids(three)))
        assert len([channel for channel in session.scalars(came) if channel.last_loaded_at]) == 6


def ids(hospitals: list[Hospital]) -> list[int]:
    return [each.sender.institution_id for each in hospitals]


TABLES = {"emr_ex_lab": "id", "emr_ex_lab_item": "id", "record_event": "(dataset, row_key)", "row_place": "(dataset, row_key)"}


def test_a_crash_between_insert_and_receipts_doubles_nothing(new_hospital: Hospitals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted as stored, without merges: the second attempt is the same load of the same institutions."""
    leading, other = new_hospital(), new_hospital()
    warehouse, database = leading.platform.warehouse, leading.platform.settings.warehouse_database
    send_visit(leading)
    send_visit(other)
    pipeline = leading.platform.service(Pipeline)
    for table in TABLES:
        warehouse.command(f"SYSTEM STOP MERGES {database}.{table}")
    try:
        with monkeypatch.context() as patch, pytest.raises(SystemExit):
            patch.setattr(finishing, "finish", ended)
            pipeline.work_for(leading.sender.institution_id)
        assert states(leading) == states(other) == {"running"}
        other.send("emr_ex_lab", [lab("L2")])
        pipeline.work_for(other.sender.institution_id)  # it does not lead: what is unfinished goes first, as it was
        (first,) = loads_of(leading)
        assert (first.state, first.attempts) == ("loaded", 2)
        leading.work()
        assert states(leading) == states(other) == {"loaded"}
        for table, key in TABLES.items():
            mine = f"institution IN {tuple(ids([leading, other]))}"
            counted = f"SELECT count(), uniqExact(institution, {key}, version) FROM {database}.{table} WHERE {mine}"
            ((stored, single),) = warehouse.execute(counted)
            assert stored == single > 0, table
    finally:
        for table in TABLES:
            warehouse.command(f"SYSTEM START MERGES {database}.{table}")
    assert is_whole(leading)
    assert other.rows("emr_ex_lab") == [("L1",), ("L2",)]


def test_a_crash_between_the_ends_of_two_institutions_is_made_up_for_the_second(
    new_hospital: Hospitals, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = new_hospital(), new_hospital()
    send_visit(first)
    send_visit(second)
    pipeline, ends = first.platform.service(Pipeline), iter([finishing.finish, ended])
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(finishing, "finish", lambda *arguments: next(ends)(*arguments))
        pipeline.work_for(first.sender.institution_id)
    assert (states(first), states(second), news_of(first)) == ({"loaded"}, {"running"}, 2)
    first.send("emr_ex_lab", [lab("L2")])  # it waits for nobody
    pipeline.work_for(second.sender.institution_id)
    first.work()
    assert states(first) == states(second) == {"loaded"}
    assert (news_of(first), news_of(second)) == (3, 2)
    assert is_whole(second)
    assert first.rows("emr_ex_lab") == [("L1",), ("L2",)]
    assert {load.state for load in loads_of(first, second)} == {"loaded"}


def news_of(hospital: Hospital) -> int:
    """How often the platform was told of rows of an institution."""
    with hospital.unit() as session:
        told = session.scalars(select(OutboxEvent).where(OutboxEvent.name == RowsLoaded.event_name)).all()  # type: ignore[attr-defined]
        return [event.payload["institution_id"] for event in told].count(hospital.sender.institution_id)


def ended(*arguments: Any) -> None:
    raise SystemExit


def test_poison_of_one_institution_does_not_stop_the_others(new_hospital: Hospitals) -> None:
    def broken(content: bytes, channel: str) -> Any:
        raise RuntimeError("a bug in a decoder")

    sick, well = new_hospital(), new_hospital()
    decoders = sick.platform.service(Pipeline).decoders
    decoders.register("broken", broken) if "broken" not in decoders else None
    sick.send("emr_ex_lab", [lab("L1")])
    sick.upload(Upload(sick.sender, "emr_ex_lab", "poison", b"x", "broken"))
    send_visit(well)
    sick.work()
    assert is_whole(well)
    assert sick.rows("emr_ex_lab") == [("L1",)]
    assert states(sick) == {"loaded", "failed"}
    assert len(loads_of(well)) == 1  # parted from the other institution, not cut into single uploads


def test_large_uploads_and_paused_channels_keep_to_themselves(new_hospital: Hospitals, monkeypatch: pytest.MonkeyPatch) -> None:
    large, small, paused = new_hospital(), new_hospital(), new_hospital()
    for each in (large, small, paused):
        each.send("emr_ex_lab", [lab(f"L{number}") for number in range(20 if each is large else 1)])
    with paused.unit() as session:
        session.scalars(select(Channel).where(Channel.institution_id == paused.sender.institution_id)).one().paused = True
    monkeypatch.setattr(queue, "SHARED_BYTES", 500)
    large.work()
    assert len(loads_of(large, small)) == 2
    assert (states(large), states(small), states(paused)) == ({"loaded"}, {"loaded"}, {"landed"})
    with paused.unit() as session:
        session.scalars(select(Channel).where(Channel.institution_id == paused.sender.institution_id)).one().paused = False
        assert session.get_one(SenderLease, paused.sender.institution_id).leased_by is None
    paused.platform.service(Pipeline).work_for(paused.sender.institution_id)


def test_an_institution_that_somebody_works_for_is_left_alone(new_hospital: Hospitals) -> None:
    leading, busy = new_hospital(), new_hospital()
    for each in (leading, busy):
        each.send("emr_ex_lab", [lab("L1")])
    with busy.unit() as session:
        held = SenderLease(institution_id=busy.sender.institution_id, wanted=False, leased_by=another_worker())
        held.leased_until = clock.now() + senders.LEASE
        session.add(held)
    leading.work()
    assert (states(leading), states(busy)) == ({"loaded"}, {"landed"})
    with busy.unit() as session:
        lease = session.get_one(SenderLease, busy.sender.institution_id)
        assert (lease.leased_by, lease.wanted) == (another_worker(), True)
        lease.leased_by = None
    busy.platform.service(Pipeline).work_for(busy.sender.institution_id)
    assert states(busy) == {"loaded"}


def another_worker() -> str:
    """A thread of this process that is not this one: it is alive."""
    host, _, pid = senders.owner().split(":")
    return f"{host}:1:{pid}"


def test_who_was_asked_for_meanwhile_is_due_again(new_hospital: Hospitals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker was sent for an institution while its uploads went along with a load, and was told to leave."""
    leading, other = new_hospital(), new_hospital()
    for each in (leading, other):
        each.send("emr_ex_lab", [lab("L1")])
    pipeline, attempt, found = leading.platform.service(Pipeline), Pipeline._attempt, list[int]()

    def asked_for(own: Pipeline, load_id: int) -> None:
        attempt(own, load_id)
        worker = threading.Thread(target=lambda: found.append(own.work_for(other.sender.institution_id)))
        worker.start()
        worker.join(60)

    with monkeypatch.context() as patch:
        patch.setattr(Pipeline, "_attempt", asked_for)
        pipeline.work_for(leading.sender.institution_id)
    assert found == [0]
    with leading.unit() as session:
        due = session.scalars(select(OutboxEvent).where(OutboxEvent.name == SenderDue.event_name)).all()  # type: ignore[attr-defined]
        assert Counter(event.payload["institution_id"] for event in due)[other.sender.institution_id] == 1
    leading.work()


def test_a_load_waits_until_all_its_institutions_are_free(new_hospital: Hospitals, monkeypatch: pytest.MonkeyPatch) -> None:
    leading, other = new_hospital(), new_hospital()
    for each in (leading, other):
        each.send("emr_ex_lab", [lab("L1")])
    pipeline = leading.platform.service(Pipeline)
    with monkeypatch.context() as patch, pytest.raises(Unavailable):
        patch.setattr(finishing, "finish", away)
        pipeline.work_for(leading.sender.institution_id)
    with leading.unit() as session:
        lease = session.get_one(SenderLease, other.sender.institution_id)
        lease.leased_by, lease.leased_until = another_worker(), clock.now() + senders.LEASE
    assert pipeline.work_for(leading.sender.institution_id) == 0
    assert states(leading) == states(other) == {"running"}
    with leading.unit() as session:
        session.get_one(SenderLease, other.sender.institution_id).leased_by = None
        assert session.get_one(SenderLease, leading.sender.institution_id).leased_by is None
    assert pipeline.work_for(leading.sender.institution_id) == 1
    assert states(leading) == states(other) == {"loaded"}


def away(*arguments: Any) -> None:
    raise Unavailable("warehouse.unavailable")


STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from("ab"), st.sampled_from("pq"), st.integers(1, 3), st.booleans(), st.booleans()),
    min_size=3,
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_institutions_last_word_counts(
    new_hospital: Hospitals, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[int, str, str, int, bool, bool]]
) -> None:
    """Hospitals that use the same keys send and withdraw in turns; loads are cut anywhere."""
    monkeypatch.setattr(queue, "BATCHES_PER_LOAD", 4)
    three = [new_hospital() for _ in range(3)]
    expected: list[dict[str, tuple[str, str]]] = [{}, {}, {}]
    for number, key, patient, day, gone, work in steps:
        hospital = three[number]
        if gone:
            hospital.send("emr_ex_lab", [{"id": key}], operation="delete")
            expected[number].pop(key, None)
        else:
            hospital.send("emr_ex_lab", [lab(key, patient, f"2026-03-0{day}")])
            expected[number][key] = (patient, f"2026-03-0{day}")
        if work:
            hospital.work()
    three[0].work()
    for hospital, wanted in zip(three, expected, strict=True):
        found = hospital.rows("emr_ex_lab", "id", "patient_id", "toString(toDate(event_time, 'Asia/Shanghai'))")
        assert found == [(key, *wanted[key]) for key in sorted(wanted)]
