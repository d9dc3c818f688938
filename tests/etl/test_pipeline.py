"""From upload to readable row: what loads, what is corrected, withdrawn, refused, and what a repeat does."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select, update

from etl import quarantine, queue
from etl.api import Malformed, Upload, batch_of, findings_of
from etl.models import Batch, DayFigures, Load, QuarantinedRow
from etl.shipping import Shipment
from health_platform.datasets.api import dataset
from health_platform.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from health_platform.kernel.outbox import OutboxDelivery
from tests.etl.conftest import Hospital
from tests.support.principals import principal

pytestmark = pytest.mark.system("A01", "A06", "A11", "A16", "J01", "J07")


def lab(key: str, patient: str = "p1", at: str = "2026-03-01 08:00:00", **more: Any) -> dict[str, Any]:
    return {"id": key, "patientId": patient, "examinationReportDate": at, **more}


def test_rows_can_be_read_after_the_work(hospital: Hospital) -> None:
    hospital.send("emr_patient_info", [{"id": "p1", "patientName": "王一", "birthDate": "1980-05-06 00:00:00"}])
    receipt = hospital.send("emr_ex_lab", [lab("L1", bedNo=" 12 "), lab("L2", "p2", unknownThing={"a": 1})])
    hospital.work()
    assert hospital.rows("emr_patient_info", "patient_name", "toString(birth_date)") == [("王一", "1980-05-06")]
    assert hospital.rows("emr_ex_lab", "id", "bed_no", "extra") == [("L1", "12", ""), ("L2", "", '{"unknownThing":{"a":1}}')]
    with hospital.unit() as session:
        batch = batch_of(session, hospital.sender, receipt.batch_id)
        assert (batch.state, batch.row_count, batch.loaded_count) == ("loaded", 2, 2)
        assert batch.warnings == {"unknown_fields": {"unknownThing": 1}}


@pytest.mark.parametrize(
    ("format_", "content"),
    [
        ("json", b'[{"id":"1","patient_id":"p","operation_time":"2026-03-01"}]'),
        ("json", b'{"ID":"1","PATIENT_ID":"p","OPERATION_TIME":"2026-03-01"}'),
        ("json", b'{"rows":[{"id":1,"patientId":"p","operationTime":"20260301000000"}]}'),
        ("json", '\ufeff[{"Id":"1","patientid":"p","operation_Time":"2026/3/1"}]'.encode()),
        ("ndjson", b'{"id":"1","patientId":"p","operationTime":"2026-03-01"}\n\n'),
        ("csv", "id,patient_id,操作时间\n1,p,2026-03-01\n".encode("gb18030")),
        ("csv", b'id,patientId,operationTime,other\r\n1,p,"2026-03-01",x\r\n'),
    ],
)
def test_every_format_says_the_same(hospital: Hospital, format_: str, content: bytes) -> None:
    hospital.upload(Upload(hospital.sender, "emr_ex_lab", "m", content, format_))
    hospital.work()
    columns = ("id", "patient_id", "toString(operation_time)")
    assert hospital.rows("emr_ex_lab", *columns) == [("1", "p", "2026-02-28 16:00:00.000")]


def test_a_repeat_gets_the_first_receipt(hospital: Hospital) -> None:
    first = hospital.send("emr_ex_lab", [lab("L1")], message_id="same")
    again = hospital.send("emr_ex_lab", [lab("L1")], message_id="same")
    assert (again.batch_id, again.repeated, first.repeated) == (first.batch_id, True, False)
    with pytest.raises(Conflict):
        hospital.send("emr_ex_lab", [lab("L2")], message_id="same")


@pytest.mark.parametrize("message_id", ["", "x" * 121, "a\nb"])
def test_message_ids_are_checked(hospital: Hospital, message_id: str) -> None:
    with pytest.raises(Invalid):
        hospital.upload(Upload(hospital.sender, "emr_ex_lab", message_id, b"[]", "json"))


def test_senders_do_not_share_message_ids_or_receipts(hospital: Hospital, new_hospital: Any) -> None:
    other = new_hospital()
    mine = hospital.send("emr_ex_lab", [lab("L1")], message_id="one")
    theirs = other.send("emr_ex_lab", [lab("L9")], message_id="one")
    assert mine.batch_id != theirs.batch_id
    with hospital.unit() as session, pytest.raises(NotFound):
        batch_of(session, hospital.sender, theirs.batch_id)


def test_corrections_replace_even_when_patient_and_time_change(hospital: Hospital) -> None:
    hospital.send("emr_ex_lab", [lab("L1", "p1", at="2026-03-01 08:00:00", bedNo="1"), lab("L2")])
    hospital.work()
    hospital.send("emr_ex_lab", [lab("L1", "p2", at="2026-03-05 08:00:00", bedNo="2")])
    hospital.work()
    assert hospital.rows("emr_ex_lab", "id", "patient_id", "bed_no") == [("L1", "p2", "2"), ("L2", "p1", "")]


def test_within_one_load_the_last_word_counts(hospital: Hospital) -> None:
    hospital.send("emr_ex_lab", [lab("L1", bedNo="1"), lab("L1", bedNo="2", at="2026-04-01")])
    hospital.send("emr_ex_lab", [lab("L1", bedNo="3", at="2026-05-01")])
    hospital.work()
    assert hospital.rows("emr_ex_lab", "bed_no") == [("3",)]


def test_deletion_by_key_and_by_void_flag(hospital: Hospital) -> None:
    hospital.send("emr_ex_lab", [lab("L1"), lab("L2"), lab("L3")])
    hospital.work()
    hospital.send("emr_ex_lab", [{"id": "L1"}, {"id": "never"}], operation="delete")
    hospital.send("emr_ex_lab", [lab("L2", invalidFlag="1")])
    hospital.work()
    assert hospital.rows("emr_ex_lab") == [("L3",)]
    hospital.send("emr_ex_lab", [lab("L1", bedNo="back")])
    hospital.work()
    assert hospital.rows("emr_ex_lab") == [("L1",), ("L3",)]


def test_details_wait_for_their_parent(hospital: Hospital) -> None:
    hospital.send("emr_ex_lab_item", [{"id": "i1", "exLabId": "L1", "itemName": "血糖"}])
    hospital.work()
    assert hospital.rows("emr_ex_lab_item") == []
    hospital.send("emr_ex_lab", [lab("L1", at="2026-03-01 08:00:00")])
    hospital.work()
    (row,) = hospital.rows("emr_ex_lab_item", "id", "patient_key", "toString(event_time)")
    (parent,) = hospital.rows("emr_ex_lab", "patient_key", "toString(event_time)")
    assert row == ("i1", *parent)
    with hospital.unit() as session:
        states = session.scalars(
            select(QuarantinedRow.state).where(QuarantinedRow.institution_id == hospital.sender.institution_id)
        ).all()
        assert states == ["replayed"]


def test_details_follow_a_parent_that_moves(hospital: Hospital) -> None:
    hospital.send("emr_ex_lab", [lab("L1", "p1"), lab("L2", "p1")])
    hospital.send("emr_ex_lab_item", [{"id": f"i{n}", "exLabId": f"L{1 + n % 2}", "itemName": "血糖"} for n in range(4)])
    hospital.work()
    hospital.send("emr_ex_lab", [lab("L1", "p2", at="2026-04-01")])
    hospital.work()
    place = ("patient_key", "event_time")
    parents = {row[0]: row[1:] for row in hospital.rows("emr_ex_lab", "id", *place)}
    items = hospital.rows("emr_ex_lab_item", "id", "ex_lab_id", *place)
    assert [(item[0], item[2:]) for item in items] == [(f"i{n}", parents[f"L{1 + n % 2}"]) for n in range(4)]
    hospital.send("emr_ex_lab_item", [{"id": "i0"}], operation="delete")
    hospital.work()
    assert [row[0] for row in hospital.rows("emr_ex_lab_item")] == ["i1", "i2", "i3"]


def test_a_load_broken_off_before_its_places_are_stored_comes_to_the_same_rows(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are in the warehouse already, the moved ones withdrawn from where they were; nothing comes twice."""
    hospital.send("emr_ex_lab", [lab("L1", "p1")])
    hospital.send("emr_ex_lab_item", [{"id": "i1", "exLabId": "L1", "itemName": "血糖"}])
    hospital.work()
    hospital.send("emr_ex_lab", [lab("L1", "p2", at="2026-04-01"), lab("L2", "p2")])
    hospital.send("emr_ex_lab_item", [{"id": f"i{n}", "exLabId": f"L{n}", "itemName": "血糖"} for n in (1, 2)])
    with monkeypatch.context() as patch, pytest.raises(Unavailable):
        patch.setattr(Shipment, "store_places", broken_off)
        hospital.platform.services["Pipeline"].work_for(hospital.sender.institution_id)
    hospital.work()
    mine = f"WHERE institution = {hospital.sender.institution_id}"
    for name in ("emr_ex_lab", "emr_ex_lab_item"):
        table = f"{hospital.platform.settings.warehouse_database}.{name}"
        stored = hospital.platform.warehouse.execute(
            f"SELECT count(), uniq(id, patient_key, version, is_deleted) FROM {table} {mine}"
        )
        assert stored[0][0] == stored[0][1]
    parents = {row[0]: row[1:] for row in hospital.rows("emr_ex_lab", "id", "patient_key", "event_time")}
    items = hospital.rows("emr_ex_lab_item", "id", "ex_lab_id", "patient_key", "event_time")
    assert [item[0] for item in items] == ["i1", "i2"]
    assert all(item[2:] == parents[item[1]] for item in items)


def broken_off(shipment: Shipment, loaders: Any) -> None:
    raise Unavailable("warehouse.unavailable")


def test_a_load_asks_for_all_places_at_once_and_stores_them_at_once(hospital: Hospital) -> None:
    """A visit brings few rows of many datasets: what it costs is the number of statements."""
    hospital.send("emr_ex_lab", [lab("L1"), lab("L2")])
    hospital.send("emr_ex_lab_item", [{"id": f"i{n}", "exLabId": f"L{n}", "itemName": "血糖"} for n in (1, 2)])
    seen: list[str] = []
    hospital.platform.warehouse._observe = lambda one: seen.append(one.name)
    try:
        hospital.work()
    finally:
        hospital.platform.warehouse._observe = None
    assert seen == ["etl.some_places", "emr_ex_lab", "emr_ex_lab_item", "row_place"]
    assert len(hospital.rows("emr_ex_lab_item")) == 2


def test_an_older_detail_does_not_overrule_a_newer_one_when_it_is_woken(hospital: Hospital) -> None:
    hospital.send("emr_ex_lab_item", [{"id": "i1", "exLabId": "LATE", "itemName": "old"}])
    hospital.work()
    hospital.send("emr_ex_lab", [lab("L1")])
    hospital.send("emr_ex_lab_item", [{"id": "i1", "exLabId": "L1", "itemName": "new"}])
    hospital.work()
    hospital.send("emr_ex_lab", [lab("LATE")])
    hospital.work()
    assert hospital.rows("emr_ex_lab_item", "item_name") == [("new",)]


def test_a_detail_deleted_while_it_waits_does_not_come_back(hospital: Hospital) -> None:
    hospital.send("emr_ex_lab_item", [{"id": "i1", "exLabId": "LATE"}, {"id": "i2", "exLabId": "LATE"}])
    hospital.work()
    withdrawn = hospital.send("emr_ex_lab_item", [{"id": "i1"}], operation="delete")
    hospital.work()
    hospital.send("emr_ex_lab", [lab("LATE")])
    hospital.work()
    assert hospital.rows("emr_ex_lab_item") == [("i2",)]
    with hospital.unit() as session:
        assert batch_of(session, hospital.sender, withdrawn.batch_id).deleted_count == 1
    hospital.send("emr_ex_lab_item", [{"id": "i1", "exLabId": "LATE"}])
    hospital.work()
    assert hospital.rows("emr_ex_lab_item") == [("i1",), ("i2",)]


def test_details_of_a_report_deleted_before_it_came_belong_to_nobody(hospital: Hospital) -> None:
    hospital.send("emr_ex_lab", [{"id": "L1"}], operation="delete")
    hospital.send("emr_ex_lab_item", [{"id": "i1", "exLabId": "L1"}])
    hospital.work()
    assert hospital.rows("emr_ex_lab_item") == []
    hospital.send("emr_ex_lab", [lab("L1", "p7")])
    hospital.work()
    assert hospital.rows("emr_ex_lab_item", "id", "patient_key") == hospital.rows("emr_ex_lab", "'i1'", "patient_key")


def test_two_rows_of_one_upload_under_one_key_stay_one_row(hospital: Hospital) -> None:
    """The second waits for its parent, and comes with the version the first was loaded under."""
    hospital.send("emr_ex_lab", [lab("L1", "p1")])
    hospital.work()
    hospital.send("emr_ex_lab_item", [{"id": "i1", "exLabId": "L1"}, {"id": "i2", "exLabId": "L1"}], message_id="a")
    (first,) = (hospital.send("emr_ex_lab_item", [{"id": "i3", "exLabId": "LATE"}], message_id="b"),)
    hospital.work()
    with hospital.unit() as session:
        row = session.scalars(select(QuarantinedRow).where(QuarantinedRow.batch_id == first.batch_id)).one()
        row.raw = '{"id": "i1", "exLabId": "LATE"}'
        loaded = session.scalars(select(Batch).where(Batch.message_id == "a", Batch.institution_id == row.institution_id)).one()
        row.version = loaded.version
    hospital.send("emr_ex_lab", [lab("LATE", "p2")])
    hospital.work()
    assert hospital.rows("emr_ex_lab_item", "id", "ex_lab_id") == [("i1", "LATE"), ("i2", "L1")]


def test_a_correction_does_not_overrule_what_the_sender_uploaded_since(hospital: Hospital) -> None:
    refused = hospital.send("emr_ex_lab", [lab("L1", bedNo="x" * 11), lab("L2", bedNo="x" * 11)])
    hospital.work()
    hospital.send("emr_ex_lab", [lab("L1", bedNo="new")])
    hospital.send("emr_ex_lab", [{"id": "L2"}], operation="delete")
    hospital.work()
    with hospital.unit() as session:
        for found in findings_of(session, hospital.sender, refused.batch_id, 1, 10):
            with pytest.raises(Conflict):
                quarantine.correct(session, found.id, {**json.loads(found.raw), "bedNo": "old"}, principal())
            found.state = "open"  # as if the correction had come while the newer upload was still on its way
            quarantine.correct(session, found.id, {**json.loads(found.raw), "bedNo": "old"}, principal())
    hospital.work()
    assert hospital.rows("emr_ex_lab", "id", "bed_no") == [("L1", "new")]


def test_refused_rows_are_kept_with_every_fault_and_can_be_corrected(hospital: Hospital) -> None:
    receipt = hospital.send("emr_ex_lab", [lab("L1"), lab("L2", "", bedNo="x" * 11), lab("L3")])
    hospital.work()
    assert hospital.rows("emr_ex_lab") == [("L1",), ("L3",)]
    with hospital.unit() as session:
        (found,) = findings_of(session, hospital.sender, receipt.batch_id, 1, 10)
        assert found.position == 1
        assert {(f["field"], f["rule"]) for f in json.loads(found.faults)} == {
            ("patient_id", "required"),
            ("bed_no", "max_length"),
        }
        assert json.loads(found.raw)["id"] == "L2"
        quarantine.correct(session, found.id, lab("L2", "p9"), principal())
    hospital.work()
    assert hospital.rows("emr_ex_lab", "id", "source") == [("L1", "batch"), ("L2", "correction"), ("L3", "batch")]
    with hospital.unit() as session, pytest.raises(Conflict):
        quarantine.discard(session, found.id, principal())


@pytest.mark.parametrize(
    "content",
    [b"{", b"[1,2]", b"nothing", b"\xff\xfe\xff", b"[" * 100_000, b"null", b'{"id":NaN}', b'[{"id":"1"}] x'],
)
def test_poison_is_set_aside_and_the_line_goes_on(hospital: Hospital, content: bytes) -> None:
    receipt = hospital.send("emr_ex_lab", content)
    hospital.send("emr_ex_lab", [lab("L1")])
    hospital.work()
    assert hospital.rows("emr_ex_lab") == [("L1",)]
    with hospital.unit() as session:
        batch = batch_of(session, hospital.sender, receipt.batch_id)
        assert batch.state in ("refused", "loaded")
        assert batch.rejected_count >= 1
        assert findings_of(session, hospital.sender, receipt.batch_id, 1, 10)


def test_a_key_twice_in_one_row_is_named(hospital: Hospital) -> None:
    receipt = hospital.send("emr_ex_lab", b'[{"id":"1","patientId":"p","operationTime":"2026-01-01","id":"2"}]')
    hospital.work()
    with hospital.unit() as session:
        (found,) = findings_of(session, hospital.sender, receipt.batch_id, 1, 10)
        assert "appears twice" in json.loads(found.faults)[0]["problem"]


def test_a_batch_that_breaks_a_step_harms_only_itself(hospital: Hospital) -> None:
    def broken(content: bytes, channel: str) -> Any:
        raise RuntimeError("a bug in a decoder")

    def unreadable(content: bytes, channel: str) -> Any:
        raise Malformed("看不懂")

    pipeline = hospital.platform.services["Pipeline"]
    pipeline.decoders.register("broken", broken) if "broken" not in pipeline.decoders else None
    pipeline.decoders.register("odd", unreadable) if "odd" not in pipeline.decoders else None
    hospital.send("emr_ex_lab", [lab("L1")])
    poison = hospital.upload(Upload(hospital.sender, "emr_ex_lab", "poison", b"x", "broken"))
    odd = hospital.upload(Upload(hospital.sender, "emr_ex_lab", "odd", b"x", "odd"))
    hospital.send("emr_ex_lab", [lab("L2")])
    hospital.work()
    assert hospital.rows("emr_ex_lab") == [("L1",), ("L2",)]
    with hospital.unit() as session:
        assert batch_of(session, hospital.sender, poison.batch_id).state == "failed"
        assert "bug in a decoder" in str(batch_of(session, hospital.sender, poison.batch_id).error)
        assert batch_of(session, hospital.sender, odd.batch_id).error == "看不懂"


def test_a_batch_that_ends_its_workers_process_is_laid_aside(hospital: Hospital) -> None:
    """Nobody is left to count such a failure, so every attempt is counted before it begins."""
    started: list[bytes] = []

    def deadly(content: bytes, channel: str) -> Any:
        started.append(content)
        raise SystemExit

    pipeline = hospital.platform.services["Pipeline"]
    pipeline.decoders.register("deadly", deadly) if "deadly" not in pipeline.decoders else None
    hospital.send("emr_ex_lab", [lab("L1")])
    poison = hospital.upload(Upload(hospital.sender, "emr_ex_lab", "deadly", b"x", "deadly"))
    for _ in range(2 * queue.STARTS + 2):
        with suppress(SystemExit):
            pipeline.work_for(hospital.sender.institution_id)
    assert hospital.rows("emr_ex_lab") == [("L1",)]
    with hospital.unit() as session:
        batch = batch_of(session, hospital.sender, poison.batch_id)
        assert (batch.state, batch.error) == ("failed", "处理该上传的进程多次异常终止")
    assert len(started) <= 2 * queue.STARTS


def test_a_failure_of_the_surroundings_is_not_counted(hospital: Hospital) -> None:
    def away(content: bytes, channel: str) -> Any:
        raise Unavailable("warehouse.unavailable")

    pipeline = hospital.platform.services["Pipeline"]
    pipeline.decoders.register("away", away) if "away" not in pipeline.decoders else None
    receipt = hospital.upload(Upload(hospital.sender, "emr_ex_lab", "away", b"x", "away"))
    for _ in range(2 * queue.STARTS):
        with pytest.raises(Unavailable):
            pipeline.work_for(hospital.sender.institution_id)
    with hospital.unit() as session:
        batch = batch_of(session, hospital.sender, receipt.batch_id)
        assert batch.state == "running"
        session.execute(update(Batch).where(Batch.id == receipt.batch_id).values(state="refused"))
        session.execute(update(Load).where(Load.id == batch.load_id).values(state="failed"))


def test_numbers_with_too_many_places_are_kept_as_written(hospital: Hospital) -> None:
    row = {"observationNo": "O1", "patientId": "p1", "observedAt": "2026-03-01 08:00:00", "value": "36.123456", "other": 1}
    receipt = hospital.send("observation", [row, {**row, "observationNo": "O2", "value": "36.1"}])
    hospital.work()
    columns = ("observation_no", "toString(value)", "extra")
    assert hospital.rows("observation", *columns) == [
        ("O1", "36.1235", '{"other":1,"as_written":{"value":"36.123456"}}'),
        ("O2", "36.1", '{"other":1}'),
    ]
    with hospital.unit() as session:
        warnings = batch_of(session, hospital.sender, receipt.batch_id).warnings
    assert warnings == {"unknown_fields": {"other": 2}, "shortened_numbers": {"observation.value": 1}}


def test_a_long_row_is_kept_whole_and_left_out_of_lists_only(hospital: Hospital) -> None:
    content = base64.b64encode(b"%PDF" * 400_000).decode()
    row = {"document_no": "D9", "patient_id": "", "created_at": "2026-03-01", "media_type": "application/pdf", "content": content}
    receipt = hospital.send("document", [row, {**row, "content": "JVBERg=="}])
    hospital.work()
    with hospital.unit() as session:
        long, short = findings_of(session, hospital.sender, receipt.batch_id, 1, 10)
        assert long.raw is None and json.loads(short.raw)["content"] == "JVBERg=="
    with hospital.unit() as session:
        found = quarantine.open_row(session, long.id)
        assert json.loads(found.raw) == row
        kept = quarantine.values_of(dataset("document"), found.raw)
        quarantine.correct(session, found.id, {**kept, "patient_id": "p1"}, principal())
    hospital.work()
    ((digest,),) = hospital.rows("document", "content")
    assert hospital.platform.services["DocumentStore"].size(digest) == 1_600_000


def test_a_refused_row_is_closed_when_its_sender_uploads_it_anew(hospital: Hospital) -> None:
    receipt = hospital.send("emr_ex_lab", [lab(key, bedNo="x" * 11) for key in ("L1", "L2", "L3")])
    hospital.work()
    again = hospital.send("emr_ex_lab", [lab("L1", bedNo="12"), lab("L2", bedNo="y" * 11)])
    hospital.send("emr_ex_lab", [{"id": "L3"}], operation="delete")
    hospital.work()
    with hospital.unit() as session:
        found = findings_of(session, hospital.sender, receipt.batch_id, 1, 10)
        assert [row.state for row in found] == ["overtaken", "overtaken", "overtaken"]
        (left,) = findings_of(session, hospital.sender, again.batch_id, 1, 10)
        assert (left.state, json.loads(left.raw)["id"]) == ("open", "L2")


def test_a_refused_deletion_is_corrected_into_a_deletion(hospital: Hospital) -> None:
    hospital.send("emr_ex_lab", [lab("L1", bedNo="1"), lab("L2")])
    receipt = hospital.send("emr_ex_lab", [{"id": ""}], operation="delete")
    hospital.work()
    with hospital.unit() as session:
        (found,) = findings_of(session, hospital.sender, receipt.batch_id, 1, 10)
        quarantine.correct(session, found.id, {"id": "L1"}, principal())
    hospital.work()
    assert hospital.rows("emr_ex_lab") == [("L2",)]


def test_without_a_person_index_nobody_waits_for_persons(hospital: Hospital) -> None:
    """A hospital's front end: rows load, and nothing is handed to consumers that could only fail."""
    hospital.send("emr_patient_info", [{"id": "p1", "patientName": "王一"}])
    hospital.send("emr_death_info", [{"id": "d1", "patientId": "p1", "deathTime": "2026-03-01", "deathDate": "2026-03-01"}])
    hospital.work()
    with hospital.unit() as session:
        consumers = set(session.scalars(select(OutboxDelivery.consumer)))
        dead = session.scalars(select(OutboxDelivery.last_error).where(OutboxDelivery.state == "dead")).all()
    assert not [name for name in consumers if name.startswith("records.")]
    assert dead == []


def test_replaying_a_batch_changes_nothing(hospital: Hospital) -> None:
    receipt = hospital.send("emr_ex_lab", [lab("L1", bedNo="old"), lab("L2", ""), lab("L3")])
    hospital.work()
    hospital.send("emr_ex_lab", [lab("L1", "p2", bedNo="new")])
    hospital.work()
    before = hospital.rows("emr_ex_lab", "id", "patient_id", "bed_no", "version"), _day(hospital)
    with hospital.unit() as session:
        quarantine.replay_batch(session, receipt.batch_id)
    hospital.work()
    assert (hospital.rows("emr_ex_lab", "id", "patient_id", "bed_no", "version"), _day(hospital)) == before
    with hospital.unit() as session:
        assert len(findings_of(session, hospital.sender, receipt.batch_id, 1, 10)) == 1


def _day(hospital: Hospital) -> tuple[int, int, int]:
    with hospital.unit() as session:
        row = session.scalars(select(DayFigures).where(DayFigures.institution_id == hospital.sender.institution_id)).one()
        return row.batches, row.loaded, row.rejected


def test_documents_are_stored_apart_and_encrypted(hospital: Hospital) -> None:
    content = "JVBERi0xLjQgc2VjcmV0IHRleHQ="
    row = {
        "document_no": "D1", "patient_id": "p1", "created_at": "2026-03-01", "media_type": "application/pdf",
        "content": content,
    }  # fmt: skip
    hospital.send("document", [row])
    hospital.work()
    ((digest,),) = hospital.rows("document", "content")
    store = hospital.platform.services["DocumentStore"]
    assert b"".join(store.read(digest)) == b"%PDF-1.4 secret text"
    files = list((hospital.platform.settings.home / "documents").rglob(digest))
    assert len(files) == 1
    assert b"secret" not in files[0].read_bytes()
