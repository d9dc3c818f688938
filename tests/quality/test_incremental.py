"""From upload to calendar: late corrections, administrators' rules, declared counts, pages."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from etl.quality import administration, component, monitor
from etl.quality.api import DayState, Dimension, Period, RuleDraft, calendar, history, results, sample_rows, score, stored_scores
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.kernel.warehouse.api import Observation
from tests.quality import cases
from tests.quality.conftest import Hospital

pytestmark = pytest.mark.system("G10")

DAY = datetime(2026, 10, 13, 1, tzinfo=UTC)
MONTH = Period.month(2026, 10)
LATER = DAY + timedelta(days=2)
AUTHOR, REVIEWER = Principal(1, "user", "编写人"), Principal(2, "user", "审核人")
VISIT = "visit.chief_complaint.outpatient"


def visit(hospital: Hospital, number: int, **changes: object) -> dict[str, object]:
    rows = cases.outpatient(f"{hospital.id}-{number}", number, DAY.astimezone(clock.LOCAL_ZONE))["visit"]
    return {key: value for key, value in {**rows[0], **changes}.items() if value is not None}


def failed(hospital: Hospital, rule: str) -> int:
    with hospital.platform.database.unit_of_work(system_scope("test")) as session:
        found = results(hospital.platform, session, MONTH, hospital.id)
    return next(each.failed for each in found if each.rule == rule)


def test_a_correction_takes_the_finding_away_and_history_keeps_it(hospital: Hospital) -> None:
    hospital.send({"visit": [visit(hospital, 1, chief_complaint=None), visit(hospital, 2)]}, DAY + timedelta(minutes=5))
    hospital.check(LATER)
    assert failed(hospital, VISIT) == 1
    hospital.send({"visit": [visit(hospital, 1)]}, LATER)
    hospital.check(LATER + timedelta(hours=1))
    assert failed(hospital, VISIT) == 0
    with hospital.platform.database.unit_of_work(system_scope("test")) as session:
        found = next(each for each in results(hospital.platform, session, MONTH, hospital.id) if each.rule == VISIT)
        assert [bad for _, _, bad, _ in history(hospital.platform, session, found)] == [0, 1]


def test_a_row_that_moves_to_another_day_leaves_no_trace_on_the_old_one(hospital: Hospital) -> None:
    hospital.send({"visit": [visit(hospital, 1, chief_complaint=None)]}, DAY + timedelta(minutes=5))
    hospital.check(LATER)
    moved = cases.stamp(DAY.astimezone(clock.LOCAL_ZONE) - timedelta(days=4))
    hospital.send({"visit": [visit(hospital, 1, chief_complaint=None, started_at=moved)]}, LATER)
    hospital.check(LATER)
    with clock.travel(LATER):
        component.reconcile(hospital.platform)
    hospital.check(LATER)
    assert failed(hospital, VISIT) == 1


def test_samples_are_masked_and_only_for_those_who_may_see_the_institution(hospital: Hospital) -> None:
    hospital.send({"visit": [visit(hospital, 1, patient_name="测试病人")]}, DAY + timedelta(minutes=5))
    hospital.check(LATER)
    stranger = Scope(divisions=("4115",), institutions=frozenset({1}))
    own = replace(stranger, institutions=frozenset({hospital.id}))
    with hospital.platform.database.unit_of_work(own) as session:
        found = next(r for r in results(hospital.platform, session, MONTH, hospital.id) if r.rule == "visit.patient_name.real")
        rows = sample_rows(hospital.platform, session, AUTHOR, found)
    assert [row.values["患者姓名"] for row in rows] == ["测***"]
    with hospital.platform.database.unit_of_work(stranger) as session, pytest.raises(NotFound):
        sample_rows(hospital.platform, session, AUTHOR, found)
    with hospital.platform.database.unit_of_work(stranger) as session, pytest.raises(NotFound):
        results(hospital.platform, session, MONTH, hospital.id)


def test_a_correction_after_the_deadline_makes_nothing_late_and_a_late_row_stays_late(hospital: Hospital) -> None:
    hospital.send({"visit": [visit(hospital, 1, chief_complaint=None)]}, DAY + timedelta(minutes=5))
    hospital.send({"visit": [visit(hospital, 2)]}, DAY + timedelta(hours=5))
    hospital.check(LATER)
    assert (failed(hospital, "visit.deadline"), failed(hospital, VISIT)) == (1, 1)
    hospital.send({"visit": [visit(hospital, 1), visit(hospital, 2, bed_no="1")]}, LATER)
    hospital.check(LATER + timedelta(hours=1))
    assert (failed(hospital, "visit.deadline"), failed(hospital, VISIT)) == (1, 0)


def test_a_row_corrected_while_its_first_upload_still_waits_came_in_time(hospital: Hospital) -> None:
    hospital.land({"visit": [visit(hospital, 1, chief_complaint=None)]}, DAY + timedelta(minutes=5))
    hospital.send({"visit": [visit(hospital, 1)]}, LATER)
    hospital.check(LATER + timedelta(hours=1))
    assert (failed(hospital, "visit.deadline"), failed(hospital, VISIT)) == (0, 0)


def test_a_withdrawn_row_that_is_sent_again_came_when_it_first_came(hospital: Hospital) -> None:
    hospital.send({"visit": [visit(hospital, 1)]}, DAY + timedelta(minutes=5))
    hospital.send({"visit": [{"visit_no": visit(hospital, 1)["visit_no"]}]}, DAY + timedelta(minutes=6), "delete")
    hospital.send({"visit": [visit(hospital, 1)]}, LATER)
    hospital.check(LATER + timedelta(hours=1))
    assert failed(hospital, "visit.deadline") == 0


def test_a_row_that_was_withdrawn_before_it_came_is_judged_by_when_it_came(hospital: Hospital) -> None:
    nothing = {"visit": [{"visit_no": visit(hospital, 1)["visit_no"]}]}
    hospital.send(nothing, DAY + timedelta(minutes=5), "delete")
    hospital.send({"visit": [visit(hospital, 1)]}, LATER)
    hospital.check(LATER + timedelta(hours=1))
    assert failed(hospital, "visit.deadline") == 1


def test_a_detail_that_waits_for_its_parent_is_judged_by_when_it_came(hospital: Hospital) -> None:
    whole = cases.outpatient(f"{hospital.id}-9", 9, DAY.astimezone(clock.LOCAL_ZONE))
    hospital.send({"emr_ex_lab_item": whole["emr_ex_lab_item"]}, DAY + timedelta(minutes=5))
    hospital.send({"emr_ex_lab": whole["emr_ex_lab"]}, LATER)
    hospital.check(LATER + timedelta(hours=1))
    assert failed(hospital, "emr_ex_lab_item.deadline") == 0
    assert failed(hospital, "emr_ex_lab.deadline") == 1


def draft(**changes: object) -> RuleDraft:
    plain = RuleDraft(
        "visit.no_beds", "visit", "门诊不应有床号", "删除床号", Dimension.LOGIC, "bed_no is not null", "visit_kind = '1'"
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_an_administrators_rule_is_tried_reviewed_by_another_and_then_judges(hospital: Hospital) -> None:
    hospital.send({"visit": [visit(hospital, 1, bed_no="12"), visit(hospital, 2)]}, DAY + timedelta(minutes=5))
    platform = hospital.platform
    with clock.travel(LATER), platform.database.unit_of_work(system_scope("test")) as session:
        tried = administration.preview(platform, session, draft())
        assert [each[1:4] for each in tried.institutions if each[0] == hospital.id] == [(2, 2, 1)]
        assert tried.sentence == "当【就诊类别代码】等于“1”时，若【病床号】已填写，则不合格"
        row = administration.propose(session, draft(), AUTHOR)
        with pytest.raises(Conflict):
            administration.propose(session, draft(), AUTHOR)
        with pytest.raises(Denied):
            administration.review(session, row.id, AUTHOR, True)
        administration.review(session, row.id, REVIEWER, True)
    hospital.check(LATER)
    assert failed(hospital, "visit.no_beds") == 1
    with clock.travel(LATER), platform.database.unit_of_work(system_scope("test")) as session:
        administration.retire(session, row.id, AUTHOR)
    hospital.check(LATER)
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert "visit.no_beds" not in {each.rule for each in results(platform, session, MONTH, hospital.id)}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fails": "bed_no ="}, "不完整"),
        ({"fails": "bedno is null"}, "bed_no"),
        ({"fails": "bed_no"}, "是否"),
        ({"code": "charge.no_beds"}, "visit."),
        ({"weight": Decimal(0)}, "权重"),
        ({"valid_from": date(2026, 2, 1), "valid_to": date(2026, 1, 1)}, "失效日期"),
    ],
)
def test_a_wrong_rule_is_refused_with_the_way_out(hospital: Hospital, changes: dict[str, object], words: str) -> None:
    with hospital.platform.database.unit_of_work(system_scope("test")) as session, pytest.raises(Invalid) as refused:
        administration.propose(session, draft(**changes), AUTHOR)
    assert words in refused.value.message


def test_the_calendar_shows_uploaded_late_missing_and_too_few(hospital: Hospital) -> None:
    days = [DAY + timedelta(days=n) for n in range(3)]
    hospital.send({"visit": [visit(hospital, 1)]}, days[0] + timedelta(minutes=5))
    late = visit(hospital, 2, started_at=cases.stamp(days[1].astimezone(clock.LOCAL_ZONE)))
    hospital.send({"visit": [late]}, days[1] + timedelta(hours=3))
    said = monitor.Declaration(
        hospital.id, hospital.sender.division_code, date(2026, 10, 13), {"test": 7, "outpatient": 0}, "质控员"
    )
    with clock.travel(days[2]), hospital.platform.database.unit_of_work(system_scope("test")) as session:
        monitor.declare(session, said)
        with pytest.raises(Invalid):
            monitor.declare(session, replace(said, day=date(2027, 1, 1)))
    hospital.check(days[2])
    with clock.travel(days[2]), hospital.platform.database.unit_of_work(system_scope("test")) as session:
        cells = {(cell.dataset, cell.day.day): cell.state for cell in calendar(hospital.platform, session, MONTH, hospital.id)}
        assert cells["visit", 13] is DayState.UPLOADED
        assert cells["visit", 14] is DayState.LATE
        assert cells["visit", 12] is DayState.NOTHING
        assert cells["emr_ex_lab", 13] is DayState.MISSING
        missing = next(r for r in results(hospital.platform, session, MONTH, hospital.id) if r.rule == "emr_ex_lab.declared")
        assert (missing.applicable, missing.failed) == (7, 7)


def test_scores_are_stored_by_month_and_only_seen_in_scope(hospital: Hospital) -> None:
    hospital.send({"visit": [visit(hospital, 1)]}, DAY + timedelta(minutes=5))
    hospital.check(LATER)
    with clock.travel(LATER), hospital.platform.database.unit_of_work(system_scope("test")) as session:
        stored = {row.institution_id: row.total for row in stored_scores(session, date(2026, 10, 1))}
        assert stored[hospital.id] == score(hospital.platform, session, MONTH, hospital.id).total
        assert score(hospital.platform, session, MONTH, 999_999).total == 0
    elsewhere = Scope(divisions=("4101",))
    with hospital.platform.database.unit_of_work(elsewhere) as session:
        assert hospital.id not in {row.institution_id for row in stored_scores(session, date(2026, 10, 1))}
        assert results(hospital.platform, session, MONTH) == ()


def test_a_rule_that_cannot_run_stands_as_error_and_the_others_still_judge(hospital: Hospital) -> None:
    hospital.send({"visit": [visit(hospital, 1, chief_complaint=None)]}, DAY + timedelta(minutes=5))
    platform = hospital.platform
    with platform.database.unit_of_work(system_scope("test")) as session:
        row = administration.propose(session, draft(code="visit.broken"), AUTHOR)
        administration.review(session, row.id, REVIEWER, True)
        row.fails = "no_such_field is null"  # as after a dataset lost a field
    run = hospital.check(LATER)
    assert set(run.errors) == {"visit.broken"}
    assert failed(hospital, VISIT) == 1
    with platform.database.unit_of_work(system_scope("test")) as session:
        found = {each.rule: each.status.value for each in results(platform, session, MONTH, hospital.id)}
        assert found["visit.broken"] == "error"
        administration.retire(session, row.id, AUTHOR)


def test_nobody_waits_to_write_while_a_check_asks_the_warehouse(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check asks for minutes after a history was loaded, and SQLite lets in one writer at a time."""
    hospital.send({"visit": [visit(hospital, 1, chief_complaint=None)]}, DAY + timedelta(minutes=5))
    asked: list[str] = []

    def observe(call: Observation) -> None:
        asked.append(call.kind)
        with closing(sqlite3.connect(hospital.platform.database.engine.url.database or "", timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")

    monkeypatch.setattr(hospital.platform.warehouse, "_observe", observe)
    hospital.check(LATER)
    monkeypatch.undo()
    assert {"read", "write"} <= set(asked)
    assert failed(hospital, VISIT) == 1
