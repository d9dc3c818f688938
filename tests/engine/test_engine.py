"""The engine's verbs over the JSON API: things, milestones, cases between two institutions, files, versions, scope."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import Engine, event, select

from health_platform.engine import upkeep
from health_platform.engine.api import (
    Enrolment,
    Indicator,
    Period,
    Question,
    Subject,
    Submission,
    Text,
    form,
    merge_persons,
    system_desk,
    unmerge_persons,
)
from health_platform.engine.api import ask as ask_indicators
from health_platform.engine.filling import so_far, submissions_of
from health_platform.engine.versions import from_json, keep, of_version, to_json
from health_platform.kernel import clock, parameters
from health_platform.kernel.errors import Conflict
from health_platform.kernel.scope import system_scope
from tests.engine.trial import DOSE, DOSE_ENTRY, DOSES, TRIAL
from tests.support.clinic import Clinic, Region, id_number, on

pytestmark = pytest.mark.system("A12", "A13", "A14", "G08")


@pytest.fixture(scope="module")
def clinic(region: Region) -> Clinic:
    return replace(region.clinic(), application="trial")


@pytest.fixture(scope="module")
def hospital(region: Region) -> Clinic:
    return replace(region.clinic("411502", "浉河区人民医院"), application="trial")


def child(clinic: Clinic, name: str, born: str, sex: str = "1", expect: int = 201, **answers: Any) -> dict[str, Any]:
    person = {"name": name, "id_no": id_number(date.fromisoformat(born), sex)}
    with on("2025-06-01"):
        found: dict[str, Any] = clinic.post("/trial_dose/members", {"person": person, "answers": answers}, expect)
        return found


def dose(clinic: Clinic, member: dict[str, Any], number: str, day: str, **answers: Any) -> Any:
    with on(day):
        path = f"/trial_dose/members/{member['id']}/dose"
        return clinic.post(path, {"day": day, "answers": {"dose_no": number, **answers}})


def plan(clinic: Clinic, member: dict[str, Any]) -> list[tuple[str, str]]:
    found = clinic.get(f"/trial_dose/members/{member['id']}")["tasks"]
    return [(one["label"], one["due_on"]) for one in found]


def test_milestones_follow_birth_and_the_dose_before(clinic: Clinic) -> None:
    boy = child(clinic, "小明", "2025-04-20")
    girl = child(clinic, "小红", "2025-04-20", "2")
    assert plan(clinic, boy) == plan(clinic, girl) == [("接种 第一剂", "2025-06-20")]
    dose(clinic, boy, "d1", "2025-07-10")
    assert plan(clinic, boy) == [("接种 第二剂", "2025-08-07")]
    for number, day in (("d1", "2025-06-20"), ("d2", "2025-07-20")):
        dose(clinic, girl, number, day)
    assert plan(clinic, girl) == [("接种 第三剂", "2025-08-20")]
    dose(clinic, boy, "d2", "2025-08-08")
    assert plan(clinic, boy) == []


def test_a_county_may_set_a_parameter_within_its_limits(region: Region, clinic: Clinic) -> None:
    member = child(clinic, "小刚", "2025-03-01")
    dose(clinic, member, "d1", "2025-06-10")
    assert plan(clinic, member) == [("接种 第二剂", "2025-07-08")]
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        parameters.set_value(session, region.platform, "trial.gap_days", 40.0, "县管理员", "411525")
    assert upkeep.replan(region.platform) >= 1
    assert plan(clinic, member) == [("接种 第二剂", "2025-07-20")]
    assert upkeep.replan(region.platform) == 0
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        parameters.set_value(session, region.platform, "trial.gap_days", None, "县管理员", "411525")
    upkeep.replan(region.platform)


def test_a_thing_is_registered_and_picked(clinic: Clinic) -> None:
    team = clinic.post("/trial_team/members", {"answers": {"team_name": "第一团队"}})
    assert (team["name"], team["person_id"]) == ("第一团队", None)
    member = child(clinic, "小丽", "2025-03-01", carer=team["id"])
    shown = clinic.get(f"/trial_dose/members/{member['id']}")["submissions"][0]
    assert shown["answers"]["carer"] == team["id"]


def test_a_membership_ends_by_itself(region: Region, clinic: Clinic) -> None:
    member = child(clinic, "小军", "2025-03-01")
    with on("2028-06-03"):
        upkeep.end_memberships(region.platform)
        found = clinic.get(f"/trial_dose/members/{member['id']}")
    assert (found["state"], found["close_reason"], found["ends_on"]) == ("closed", "到期", "2028-06-01")


def test_a_form_and_the_warehouse_tally_the_same(region: Region) -> None:
    """``so_far_`` names in a form, and totals over the register: counts and sums, with what was left out, none at all too."""
    clinic = replace(region.clinic("411525100202", "小塘村二室"), application="trial")
    given: dict[str, tuple[float | None, ...]] = {"小一": (), "小二": (36.5,), "小三": (36.6, None, 38.5)}
    sums = {"given": Decimal(0), "hottest": Decimal(0)}
    for name, fevers in given.items():
        member = child(clinic, name, "2025-04-20", "2")
        for place, fever in enumerate(fevers):
            dose(clinic, member, f"d{place + 1}", f"2025-0{7 + place}-20", **({} if fever is None else {"fever": fever}))
        with region.platform.database.unit_of_work(system_scope("test")) as session:
            desk = system_desk(session, region.platform)
            row = session.get_one(Enrolment, int(member["id"]))
            found = so_far(desk, DOSES, "so_far_given + so_far_hottest", Subject.of(row), submissions_of(desk, row.id))
        hottest = sum((Decimal(str(fever)) for fever in fevers if fever is not None), Decimal(0))
        assert found == {"so_far_given": len(fevers), "so_far_hottest": hottest}
        sums = {code: value + found[f"so_far_{code}"] for code, value in sums.items()}
    region.work()
    totals = tuple(Indicator(code, code, DOSES, total=code) for code in sums)
    asked = Question(totals, Period(date(2025, 1, 1), date(2025, 12, 31)), "institution")
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        lines = {line.key: line.cells for line in ask_indicators(system_desk(session, region.platform), TRIAL, asked)}
    assert {code: lines[str(clinic.who.institution_id)][code].numerator for code in sums} == sums


# --- cases


def ask(clinic: Clinic, target: int, urgency: str = "1") -> dict[str, Any]:
    person = {"name": "钱多", "id_no": id_number(date(1960, 1, 1))}
    body = {"person": person, "answers": {"target": str(target), "why": "胸痛", "urgency": urgency}}
    with on("2025-06-01"):
        found: dict[str, Any] = clinic.post("/trial_move/cases", body)
        return found


def move(clinic: Clinic, case: dict[str, Any], step: str, expect: int = 200, **body: Any) -> dict[str, Any]:
    with on("2025-06-02"):
        found: dict[str, Any] = clinic.post(f"/trial_move/cases/{case['case_no']}/{step}", {"answers": {}, **body}, expect)
        return found


def test_a_case_is_moved_by_the_party_whose_step_it_is(region: Region, clinic: Clinic, hospital: Clinic) -> None:
    case = ask(clinic, region.units["浉河区人民医院"])
    assert [one["code"] for one in case["transitions"]] == []
    theirs = hospital.get(f"/trial_move/cases/{case['case_no']}")
    assert (theirs["party_label"], theirs["name"]) == ("转入机构", "钱多")
    assert [one["code"] for one in theirs["transitions"]] == ["take", "refuse"]
    assert move(clinic, case, "take", 403, answers={"bed": "3-12"})["error"]["code"] == "engine.party"
    assert move(hospital, case, "take", 422)["error"]["facts"]["findings"] == [{"field": "bed", "problem": "床位：必填"}]
    assert move(hospital, case, "take", 409, answers={"bed": "3-12"}, revision=7)["error"]["code"] == "engine.stale"
    taken = move(hospital, case, "take", answers={"bed": "3-12"}, revision=1)
    assert (taken["state_label"], taken["answers"]["bed"]) == ("已接收", "3-12")
    assert move(hospital, case, "take", 409, answers={"bed": "1"})["error"]["code"] == "engine.state"
    done = move(clinic, case, "finish")
    assert [step["label"] for step in done["steps"]] == ["转诊申请", "接收", "完成"]


def test_a_guard_forbids_a_step(region: Region, clinic: Clinic, hospital: Clinic) -> None:
    case = ask(clinic, region.units["浉河区人民医院"], "2")
    move(hospital, case, "take", answers={"bed": "1"})
    assert move(clinic, case, "finish", 409)["error"]["message"] == "急诊转诊由转入机构完成"


def test_time_moves_a_case_nobody_answers(region: Region, clinic: Clinic, hospital: Clinic) -> None:
    case = ask(clinic, region.units["浉河区人民医院"])
    with clock.travel(datetime(2025, 6, 3, 3, 59, tzinfo=UTC)):
        upkeep.expire_cases(region.platform)
    assert clinic.get(f"/trial_move/cases/{case['case_no']}")["state"] == "asked"
    with clock.travel(datetime(2025, 6, 3, 4, 0, tzinfo=UTC)):
        upkeep.expire_cases(region.platform)
    assert {one.get(f"/trial_move/cases/{case['case_no']}")["state"] for one in (clinic, hospital)} == {"lapsed"}


def test_nobody_else_sees_a_case_or_a_member(region: Region, clinic: Clinic) -> None:
    stranger = replace(region.clinic("411525100202", "小塘村卫生室"), application="trial")
    case = ask(clinic, region.units["浉河区人民医院"])
    member = child(clinic, "小芳", "2025-03-01")
    stranger.call("GET", f"/trial_move/cases/{case['case_no']}", 404)
    stranger.call("GET", f"/trial_dose/members/{member['id']}", 404)
    assert stranger.get("/trial_dose/members")["total"] == 0
    nothing = replace(clinic, who=replace(clinic.who, permissions=frozenset({"register.trial_dose.read"})))
    nothing.call("POST", f"/trial_dose/members/{member['id']}/close", 403, json={"reason": "done", "day": "2025-06-02"})


# --- proposals


def test_a_proposal_is_made_once_and_decided_by_the_unit(region: Region, clinic: Clinic) -> None:
    from health_platform.engine.api import PersonCard, Place, propose

    with region.platform.database.unit_of_work(system_scope("test")) as session:
        desk = system_desk(session, region.platform)
        card = desk.persons.admit(session, clinic.who, PersonCard(None, "小推", id_no=id_number(date(2025, 1, 5))))
        place = Place(clinic.who.institution_id or 0, clinic.who.division_code)
        register = desk.catalogue.register("trial_dose")
        first = propose(desk, register, card, place, "医院出生登记")
        assert first is not None and propose(desk, register, card, place, "医院出生登记") is None
        identity = first.id
    assert [one["name"] for one in clinic.get("/trial_dose/members", state="proposed")["rows"]] == ["小推"]
    with on("2025-06-01"):
        taken = clinic.post(f"/trial_dose/members/{identity}/accept", {"answers": {}}, 200)
    assert (taken["state"], plan(clinic, taken)[0][0]) == ("active", "接种 第一剂")


# --- persons


def test_members_follow_a_merge_of_persons_and_its_undoing(region: Region, clinic: Clinic) -> None:
    one, two = child(clinic, "合一", "2025-03-01"), child(clinic, "合二", "2025-03-01")
    dose(clinic, two, "d1", "2025-06-10")
    kept, gone = int(one["person_id"]), int(two["person_id"])
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        assert merge_persons(system_desk(session, region.platform), gone, kept) == 1
    assert clinic.get(f"/trial_dose/members/{two['id']}")["person_id"] == str(kept)
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        assert unmerge_persons(system_desk(session, region.platform), gone) == 1
        found = set(session.scalars(select(Submission.person_id).where(Submission.enrolment_id == int(two["id"]))))
    assert found == {gone}


# --- files


def sheet(rows: list[list[Any]]) -> io.BytesIO:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def send(clinic: Clinic, rows: list[list[Any]], **more: str) -> dict[str, Any]:
    data = {"file": (sheet(rows), "a.xlsx"), **more}
    found: dict[str, Any] = clinic.call("POST", "/trial_dose/import", 200, data=data, content_type="multipart/form-data")
    return found


def test_a_long_file_asks_the_database_no_more_per_row_than_a_short_one(clinic: Clinic) -> None:
    head = ["姓名", "身份证号", "性别", "出生日期", "日期", "体重"]
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        asked.append(statement)

    def cost(count: int) -> float:
        rows = [
            [f"钱{chr(0x4E00 + n)}", id_number(date(2025, 2, 5)), "男", "2025-02-05", "2025-05-01", 6.5] for n in range(count)
        ]
        asked.clear()
        assert send(clinic, [head, *rows], apply="true")["accepted"] == count
        return len(asked) / count

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with on("2025-05-02"):
            short, long = cost(10), cost(80)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert short > 1 and long < 1.25 * short, (short, long)


def test_a_file_is_taken_in_row_by_row_and_not_twice(clinic: Clinic) -> None:
    head = ["姓名", "身份证号", "性别", "出生日期", "日期", "体重"]
    good = ["吴表", id_number(date(2025, 2, 3)), "男", "2025-02-03", "2025-05-01", 6.5]
    heavy = ["郑表", id_number(date(2025, 2, 4)), "", "", "", 900]
    false = ["王表", "411525202502050010", "", "", "", 5]
    with on("2025-06-01"):
        tried = send(clinic, [head, good, heavy, false], apply="false")
        assert clinic.get("/trial_dose/members", text="吴表")["total"] == 0
        done, again = send(clinic, [head, good, heavy, false]), send(clinic, [head, good])
    assert tried["accepted"] == done["accepted"] == 1
    assert [(one["row"], one["problem"]) for one in done["refused"]] == [
        (3, "体重：应在 1 至 200 之间，现为 900"),
        (4, "身份证号：校验不通过，请核对"),
    ]
    assert (again["accepted"], again["refused"][0]["problem"]) == (0, "该居民已在本登记中管理，不能重复建档")
    book = load_workbook(io.BytesIO(clinic.get("/trial_dose/export", text="吴表")))
    lines = list(book.active.values)
    assert dict(zip(lines[0], lines[1], strict=True))["体重"] == "6.5"


def test_forms_go_out_and_come_in_as_files(region: Region, clinic: Clinic) -> None:
    """What one platform exports another imports: labels, dates and numbers as people read them, every wrong row told."""
    born = id_number(date(2025, 3, 1))
    with on("2025-06-01"):
        person = {"name": "孙表", "id_no": born}
        team = clinic.post("/trial_team/members", {"answers": {"team_name": "表格队"}})
        row = [["姓名", "身份证号", "日期", "责任团队"], ["孙表", born, "2025-06-01", "表格队"]]
        assert send(clinic, row)["accepted"] == 1, "a team is named, not numbered"
        (member,) = clinic.get("/trial_dose/members", text="孙表")["rows"]
        entry = clinic.get(f"/trial_dose/members/{member['id']}")["submissions"][0]
        assert (entry["answers"]["carer"], person["id_no"]) == (team["id"], born)
    heads = next(iter(load_workbook(io.BytesIO(clinic.get("/trial_dose/dose/import"))).active.values))
    assert heads == ("身份证号", "姓名", "日期", "剂次", "体温", "不良反应")
    lines = [
        [born, "孙表", "2025-06-20", "第一剂", "37.5", "是"], [born, "孙表", "2025-07-20", "第九剂", "37", "否"],
        ["41152519000101001X", "赵无", "2025-07-20", "第一剂", "37", "否"],
    ]  # fmt: skip
    with on("2025-08-01"):
        done = _forms(clinic, [list(heads), *lines])
        assert (done["accepted"], [(one["row"], one["problem"][:8]) for one in done["refused"]]) == (
            1, [(3, "剂次：“第九剂”"), (4, "接种中没有在管的")],
        )  # fmt: skip
        assert _forms(clinic, [list(heads), lines[0]])["refused"][0]["problem"] == "同一天已有相同的表，不重复导入"
        span = {"start": "2025-06-01", "end": "2025-06-30"}
        out = list(load_workbook(io.BytesIO(clinic.get("/trial_dose/dose/export", **span))).active.values)
        mine = next(dict(zip(out[0], line, strict=True)) for line in out[1:] if line[1] == "孙表")
        assert (mine["剂次"], mine["体温"], mine["不良反应"], mine["填写人"]) == ("第一剂", "37.5", "是", "冯村医")
        listed = list(load_workbook(io.BytesIO(clinic.get("/trial_dose/tasks/export", which="all", text="孙表"))).active.values)
    assert [dict(zip(listed[0], line, strict=True))["事项"] for line in listed[1:]] == ["接种 第二剂"]


def _forms(clinic: Clinic, rows: list[list[Any]]) -> dict[str, Any]:
    data = {"file": (sheet(rows), "a.xlsx")}
    found: dict[str, Any] = clinic.call("POST", "/trial_dose/dose/import", 200, data=data, content_type="multipart/form-data")
    return found


# --- FHIR


def test_forms_and_answers_are_fhir_resources(clinic: Clinic) -> None:
    member = child(clinic, "小法", "2025-03-01")
    given = dose(clinic, member, "d1", "2025-06-10", fever=37.5, reaction=False)
    asked = clinic.call("GET", "/dose/questionnaire", 200)
    answered = clinic.call("GET", f"/trial_dose/members/{member['id']}/dose/{given['id']}/fhir", 200)
    assert asked["item"][0]["item"][0]["answerOption"][0]["valueCoding"] == {"code": "d1", "display": "第一剂"}
    items = {one["linkId"]: one["answer"] for one in answered["item"][0]["item"]}
    assert items["fever"] == [{"valueDecimal": 37.5}]
    assert items["reaction"] == [{"valueBoolean": False}]
    assert answered["questionnaire"].endswith("dose|1")


# --- versions


def test_an_old_submission_is_read_with_the_form_it_was_written_with(region: Region, clinic: Clinic) -> None:
    old = form("aged", "旧表", Text("note", "旧题目"))
    new = form("aged", "新表", Text("note", "新题目"), version=2)
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        keep(session, old)
        assert of_version(session, new, 1).field("note").label == "旧题目"
        assert of_version(session, new, 2) is new
        with pytest.raises(Conflict, match="form_changed"):
            keep(session, form("aged", "旧表", Text("note", "偷改的题目")))


@pytest.mark.parametrize("one", [DOSE, DOSE_ENTRY])
def test_a_form_survives_being_stored(one: Any) -> None:
    assert from_json(to_json(one)) == one


# --- indicators


def test_indicators_over_members_and_submissions(region: Region, clinic: Clinic) -> None:
    unit = replace(region.clinic("411525100202", "小塘村卫生室"), application="trial")
    first, second = child(unit, "数一", "2025-03-01"), child(unit, "数二", "2025-03-01")
    dose(unit, first, "d1", "2025-06-10", fever=38.5)
    dose(unit, first, "d2", "2025-07-20", fever=36.5)
    dose(unit, second, "d1", "2025-06-11")
    region.work()
    (line,) = unit.get("/indicators", start="2025-01-01", end="2025-12-31", by="total")
    values = {code: (cell["numerator"], cell["denominator"], cell["value"]) for code, cell in line["cells"].items()}
    assert values["trial_full"] == ("1", "2", "50.00")
    assert values["trial_hot"][2] == "1.00"
    assert [float(one) for one in values["trial_fever"]] == [75.0, 2.0, 37.5]
    (june,) = unit.get("/indicators", start="2025-06-01", end="2025-06-30", by="total")
    assert june["cells"]["trial_full"]["value"] == "0.00"
    by_worker = unit.get("/indicators", start="2025-01-01", end="2025-12-31", by="worker")
    assert [one["label"] for one in by_worker] == ["冯村医"]


def test_every_submission_kept_is_a_row_of_the_warehouse(region: Region) -> None:
    region.work()
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        query = select(Submission.root_id).where(Submission.form == "dose", Submission.state == "current")
        kept = set(session.scalars(query))
    table = region.platform.warehouse.place.table("form_dose")
    assert {row[0] for row in region.platform.warehouse.execute(f"SELECT id FROM {table} FINAL")} == kept


def test_every_page_of_an_application_opens(region: Region, clinic: Clinic) -> None:
    from tests.support.principals import client_for

    client = client_for(region.app, region.platform, region.shelf, clinic.who)
    member = child(clinic, "小页", "2025-03-01")
    case = ask(clinic, region.units["浉河区人民医院"])
    paths = (
        "", "/trial_dose/tasks?which=all", "/trial_dose/members", f"/trial_dose/members/{member['id']}", "/trial_dose/enrol",
        f"/trial_dose/members/{member['id']}/dose/new", "/trial_dose/workload", "/trial_dose/files", "/trial_team/members",
        "/trial_team/enrol", "/alerts", "/indicators", "/trial_move/cases", f"/trial_move/cases/{case['case_no']}",
        "/trial_move/open", "/indicators/trial_full/people?which=missing",
    )  # fmt: skip
    for path in paths:
        answer = client.get(f"/console/apps/trial{path}", headers={"Accept": "text/html"})
        assert answer.status_code == 200, (path, answer.get_data(as_text=True)[:800])
