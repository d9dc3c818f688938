"""Hypertension as the norm says it, over the JSON API: people in, dates, lists and figures out."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import pytest

from tests.support.clinic import Clinic, Region, id_number, on, rows

pytestmark = pytest.mark.system("D03", "G08", "A12", "A14")

_VILLAGES = itertools.count(1)
CALM = {"way": "1", "adherence": "1", "adverse": False, "new_complication": False}


@pytest.fixture
def clinic(region: Region) -> Clinic:
    return region.clinic(name=f"第{next(_VILLAGES)}卫生室")


def enrol(clinic: Clinic, name: str, born: str, day: str, expect: int = 201, **more: Any) -> dict[str, Any]:
    birth = date.fromisoformat(born)
    person = {"name": name, "id_no": id_number(birth), **more.pop("person", {})}
    with on(day):
        body = {"person": person, "day": day, "answers": {"essential": True, **more}}
        found: dict[str, Any] = clinic.post("/hypertension/members", body, expect)
        return found


def visit(clinic: Clinic, member: dict[str, Any], day: str, expect: int = 201, confirmed: bool = True, **answers: Any) -> Any:
    with on(day):
        body = {"day": day, "confirmed": confirmed, "answers": {**CALM, **answers}}
        return clinic.post(f"/hypertension/members/{member['id']}/hypertension_visit", body, expect)


def examine(clinic: Clinic, member: dict[str, Any], day: str) -> None:
    answers = {"systolic": 130, "diastolic": 80, "height": 170, "weight": 65, "conclusion": "1"}
    with on(day):
        clinic.post(f"/hypertension/members/{member['id']}/hypertension_exam", {"day": day, "answers": answers})


def due(clinic: Clinic, member: dict[str, Any], schedule: str = "visits") -> str:
    tasks = clinic.get(f"/hypertension/members/{member['id']}")["tasks"]
    return next((task["due_on"] for task in tasks if task["schedule"] == schedule), "")


def test_only_adults_of_35_with_essential_hypertension_are_enrolled(clinic: Clinic) -> None:
    assert enrol(clinic, "王甲", "1990-03-01", "2025-03-01")["age"] >= 35
    young = enrol(clinic, "王乙", "1990-03-02", "2025-03-01", expect=422)
    assert young["error"]["message"] == "管理对象为35岁及以上的原发性高血压患者"
    enrol(clinic, "王丙", "1960-01-01", "2025-03-01", expect=422, essential=False)


def test_a_person_is_enrolled_once_wherever_that_is(clinic: Clinic, region: Region) -> None:
    number = id_number(date(1955, 5, 5))
    enrol(clinic, "李一", "1955-05-05", "2025-03-01", person={"id_no": number})
    other = region.clinic("411502100201", "河口村卫生室")
    again = enrol(other, "李一", "1955-05-05", "2025-03-02", expect=409, person={"id_no": number})
    assert again["error"]["code"] == "engine.enrolled"


def test_an_identity_number_that_does_not_hold_is_refused_by_name(clinic: Clinic) -> None:
    found = enrol(clinic, "赵六", "1955-05-05", "2025-03-01", expect=422, person={"id_no": "411525195505050010"})
    assert found["error"]["facts"]["findings"] == [{"field": "person.id_no", "problem": "身份证号：校验不通过，请核对"}]


VISITS = """
    day        | systolic | diastolic | class | next
    2025-01-10 |      150 |        95 | 2     | 2025-01-24
    2025-01-24 |      148 |        92 | 2     | 2025-02-07
    2025-02-06 |      136 |        84 | 1     | 2025-05-06
    2025-05-06 |      138 |        88 | 1     | 2025-08-06
"""


def test_two_weeks_while_uncontrolled_then_three_months(clinic: Clinic) -> None:
    member = enrol(clinic, "张三", "1970-06-01", "2025-01-10")
    assert due(clinic, member) == "2025-04-10"
    for row in rows(VISITS):
        done = visit(clinic, member, row["day"], systolic=row["systolic"], diastolic=row["diastolic"])
        assert (done["answers"]["classification"], due(clinic, member)) == (row["class"], row["next"])
    marks = clinic.get(f"/hypertension/members/{member['id']}")["marks"]
    assert [mark["label"] for mark in marks] == ["血压达标"]


def test_twice_uncontrolled_asks_for_a_referral_and_raises_an_alert(clinic: Clinic) -> None:
    member = enrol(clinic, "张四", "1970-06-01", "2025-01-10")
    visit(clinic, member, "2025-01-10", systolic=150, diastolic=95)
    asked = visit(clinic, member, "2025-01-24", expect=409, confirmed=False, systolic=150, diastolic=95)
    assert asked["error"]["facts"]["questions"] == [{"field": "referred", "problem": "连续两次控制不满意，规范要求建议转诊"}]
    visit(clinic, member, "2025-01-24", systolic=150, diastolic=95, referred=True, referral="县医院心内科")
    alerts = clinic.get("/alerts")["rows"]
    assert [(one["prompt"], one["name"]) for one in alerts] == [("refer", "张四")]
    clinic.post(f"/alerts/{alerts[0]['id']}/deal", {"note": "已转县医院，1月31日电话随访"}, 200)
    assert clinic.get("/alerts")["total"] == 0


def test_what_is_wrong_is_said_field_by_field_and_nothing_is_kept(clinic: Clinic) -> None:
    member = enrol(clinic, "张五", "1970-06-01", "2025-01-10")
    wrong = visit(clinic, member, "2025-01-10", expect=422, systolic=900, diastolic="八十", adverse=True)
    problems = {one["field"]: one["problem"] for one in wrong["error"]["facts"]["findings"]}
    assert problems == {
        "systolic": "收缩压：应在 50 至 300 mmHg之间，现为 900",
        "diastolic": "舒张压：应为数字，现为“八十”",
        "adverse_note": "不良反应情况：必填",
    }
    turned = visit(clinic, member, "2025-01-10", expect=422, systolic=80, diastolic=120)
    assert turned["error"]["facts"]["findings"] == [{"field": "systolic", "problem": "收缩压应高于舒张压"}]
    early = visit(clinic, member, "2025-01-09", expect=422, systolic=120, diastolic=80)
    assert "不能早于建档日期" in early["error"]["facts"]["findings"][0]["problem"]
    assert len(clinic.get(f"/hypertension/members/{member['id']}")["submissions"]) == 1


def test_a_form_that_is_tried_hides_computes_and_prompts(clinic: Clinic) -> None:
    member = enrol(clinic, "张六", "1950-06-01", "2025-01-10")
    with on("2025-01-10"):
        path = f"/hypertension/members/{member['id']}/hypertension_visit/check"
        measured = {"way": "1", "systolic": 182, "diastolic": 90, "weight": 70, "height": 170}
        half = clinic.post(path, {"answers": measured}, 200)
        tried = clinic.post(path, {"answers": {**measured, "adverse": False, "new_complication": False}}, 200)
        missed = clinic.post(path, {"answers": {"way": "9"}}, 200)
    assert tried["computed"]["bmi"] == 24.2
    assert [one["code"] for one in half["prompts"]] == ["emergency"] and "classification" not in half["computed"]
    assert [one["code"] for one in tried["prompts"]] == ["emergency", "adjust"]
    assert tried["computed"]["classification"] == "2"
    assert "missed_reason" in tried["hidden"]
    assert "systolic" in missed["hidden"]
    assert [one["field"] for one in missed["findings"]] == ["missed_reason"]


def test_a_correction_takes_the_place_of_what_was_written_and_both_can_be_read(clinic: Clinic) -> None:
    member = enrol(clinic, "张七", "1970-06-01", "2025-01-10")
    first = visit(clinic, member, "2025-01-10", systolic=150, diastolic=95)
    path = f"/hypertension/members/{member['id']}/hypertension_visit/{first['id']}"
    with on("2025-01-11"):
        body = {"day": "2025-01-10", "reason": "读数写反", "answers": {**CALM, "systolic": 125, "diastolic": 80}}
        second = clinic.call("PUT", path, 200, json=body)
        assert clinic.call("PUT", path, 409, json=body)["error"]["code"] == "engine.superseded"
    assert second["root_id"] == first["id"]
    assert due(clinic, member) == "2025-04-10"
    states = [one["state"] for one in clinic.get(f"/hypertension/members/{member['id']}")["submissions"]]
    assert sorted(states) == ["current", "current", "replaced"]
    with on("2025-01-12"):
        clinic.post(f"/hypertension/members/{member['id']}/hypertension_visit/{second['id']}/void", {"note": "录错人"}, 204)
    assert due(clinic, member) == "2025-04-10"


def test_overdue_and_due_lists_name_who_is_late_and_by_how_much(clinic: Clinic) -> None:
    late = enrol(clinic, "孙甲", "1960-01-01", "2025-01-01")
    enrol(clinic, "孙乙", "1960-01-01", "2025-02-20")
    gone = enrol(clinic, "孙丙", "1960-01-01", "2025-01-01")
    with on("2025-05-11"):
        clinic.post(f"/hypertension/members/{gone['id']}/close", {"reason": "died", "day": "2025-05-01"}, 200)
        overdue = clinic.get("/hypertension/tasks", which="overdue")["rows"]
        now = clinic.get("/hypertension/tasks", which="due", schedule="visits")["rows"]
    assert [(one["member"]["id"], one["label"], one["late"]) for one in overdue] == [(late["id"], "高血压随访", 40)]
    assert [(one["member"]["name"], one["due_on"]) for one in now] == [("孙乙", "2025-05-20")]


def test_the_yearly_examination_is_due_once_in_every_calendar_year(clinic: Clinic) -> None:
    member = enrol(clinic, "孙丁", "1960-01-01", "2024-06-01")
    assert due(clinic, member, "exam") == "2024-12-31"
    examine(clinic, member, "2025-03-01")
    assert due(clinic, member, "exam") == "2026-12-31"


COURSES = """
    name | born       | enrolled   | visits (quarter:systolic)     | exam
    吴一 | 1970-01-01 | 2024-05-01 | 02:130 05:132 08:128 11:136   | yes
    吴二 | 1970-01-01 | 2024-05-01 | 02:130 05:132 08:128 11:145   | yes
    吴三 | 1955-01-01 | 2024-05-01 | 02:130 05:132 08:128 11:145   | yes
    吴四 | 1970-01-01 | 2024-05-01 | 02:130 05:132 08:128          | yes
    吴五 | 1970-01-01 | 2024-05-01 | 02:130 05:132 08:128 11:136   | no
    吴六 | 1970-01-01 | 2024-05-01 |                               | no
    吴七 | 1970-01-01 | 2025-08-15 | 11:136                        | yes
    吴八 | 1970-01-01 | 2025-08-15 | 09:136                        | yes
"""

YEAR_2025 = {
    "htn_registered": "8",
    "htn_managed": "7",
    "htn_standard": "4",  # 吴一、吴二、吴三、吴七: every whole quarter in the register, and the examination
    "htn_standard_rate": "57.14",
    "htn_controlled": "6",  # all managed but 吴二; 吴三 is over 65
    "htn_controlled_rate": "85.71",
    "htn_visited": "7",
    "htn_visits": "21",
    "htn_visited_rate": "87.50",
    "htn_examined": "6",
    "htn_exams": "6",
    "htn_examined_rate": "75.00",
    "htn_face_to_face": "21",
    "htn_population": "100",
    "htn_estimated": "28",
    "htn_registered_rate": "29.09",
    "htn_managed_rate": "25.45",
}


def test_the_indicators_of_a_year(region: Region) -> None:
    village = "411525100202"
    clinic = region.clinic(village, "小塘村卫生室")
    for row in rows(COURSES):
        member = enrol(clinic, row["name"], row["born"], row["enrolled"])
        for one in row["visits (quarter:systolic)"].split():
            month, systolic = one.split(":")
            visit(clinic, member, f"2025-{month}-10", systolic=systolic, diastolic=80)
        if row["exam"] == "yes":
            examine(clinic, member, "2025-09-20")
    region.work()
    office = region.office("411525")
    office.call("PUT", "/figures", 200, json={"population": "residents_18", "division_code": village, "year": 2025, "value": 100})
    asked = {"start": "2025-01-01", "end": "2025-12-31", "by": "division", "level": 12, "under": village}
    (line,) = office.get("/indicators", **asked)
    assert (line["label"], {code: cell["value"] for code, cell in line["cells"].items()}) == ("小塘村", YEAR_2025)
    wanted = {**asked, "key": village, "which": "missing"}
    missing = office.get("/indicators/htn_standard_rate/people", **wanted)
    assert sorted(one["name"] for one in missing["rows"]) == ["吴五", "吴八", "吴四"]
    uncontrolled = office.get("/indicators/htn_controlled_rate/people", **wanted)
    assert [one["name"] for one in uncontrolled["rows"]] == ["吴二"]
    strangers = region.office("411502").get("/indicators", **asked)
    assert strangers == []
