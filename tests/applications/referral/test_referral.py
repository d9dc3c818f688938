"""Two-way referral as the agreement says it: who may do what, until when, and who sees the record meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from health_platform.access.api import related_persons
from health_platform.kernel import clock
from health_platform.kernel.scope import SYSTEM, system_scope
from registry.resources.service import ResourceDraft, add
from tests.support.clinic import Clinic, Region, id_number, on, rows

pytestmark = pytest.mark.system("C03", "C01")

_NUMBERS = itertools.count(1)
REQUEST = {
    "direction": "1", "wish": "2", "urgency": "3", "from_phone": "0376-1234567", "impression": "不稳定型心绞痛",
    "present_illness": "活动后胸痛3天", "treatment": "口服阿司匹林", "reason": "需冠脉造影", "consent": True,
}  # fmt: skip
ACCEPT = {"arranged": "2", "ward": "心内科", "appointment": "2025-03-05", "contact": "李护士 0376-7654321"}
ARRIVE = {"arrived_on": "2025-03-05", "visit_no": "ZY20250305001", "doctor": "陈志强"}
FEEDBACK = {
    "diagnosis": "不稳定型心绞痛", "outcome": "2", "course": "行支架植入", "next_step": "规律服药，1月后复查", "send_down": True,
}  # fmt: skip


@dataclass
class Two:
    """A township hospital that refers, and a county hospital that receives."""

    region: Region
    township: Clinic
    county: Clinic
    stranger: Clinic

    def request(self, expect: int = 201, **answers: Any) -> dict[str, Any]:
        person = {"name": "周建国", "id_no": id_number(date(1958, 4, 2))}
        body = {"person": person, "answers": {**REQUEST, "to_unit": str(self.county.who.institution_id), **answers}}
        found: dict[str, Any] = self.township.post("/referral/cases", body, expect)
        return found

    def step(self, who: Clinic, case: dict[str, Any], what: str, expect: int = 200, **answers: Any) -> dict[str, Any]:
        found: dict[str, Any] = who.post(f"/referral/cases/{case['case_no']}/{what}", {"answers": answers}, expect)
        return found

    def state(self, who: Clinic, case: dict[str, Any]) -> str:
        return str(who.get(f"/referral/cases/{case['case_no']}")["state"])


@pytest.fixture
def two(region: Region) -> Iterator[Two]:
    """Institutions of their own for each test, so that nobody's beds are counted twice."""
    number = next(_NUMBERS)
    make = lambda division, name: replace(region.clinic(division, f"{name}{number}"), application="referral")  # noqa: E731
    yield Two(
        region, make("411525100", "城关镇卫生院"), make("411525", "固始县人民医院"), make("411502100", "五里镇卫生院"),
    )  # fmt: skip


def beds(two: Two, ward: str, count: int, kind: str = "bed") -> None:
    with two.region.platform.database.unit_of_work(system_scope("test")) as session:
        add(session, SYSTEM, two.county.who.institution_id or 0, ResourceDraft(kind, ward, count, date(2025, 1, 1)))


def test_up_accepted_arrived_and_reported_back(two: Two) -> None:
    with on("2025-03-03"):
        case = two.request()
        assert (case["state"], case["state_label"]) == ("requested", "已申请")
        accepted = two.step(two.county, case, "accept", **ACCEPT)
        assert accepted["state"] == "accepted"
        assert two.township.get(f"/referral/cases/{case['case_no']}")["state_label"] == "已接收待到诊"
    with on("2025-03-05"):
        two.step(two.county, case, "arrive", **ARRIVE)
        done = two.step(two.county, case, "feedback", **FEEDBACK)
    assert done["state"] == "finished"
    told = two.township.get(f"/referral/cases/{case['case_no']}")
    words = str(told)
    assert "行支架植入" in words and "规律服药" in words and "陈志强" in words
    assert [one["label"] for one in told["steps"]] == ["转诊申请单", "接收", "登记到诊", "反馈并结束"]


def test_down_needs_advice_for_what_follows(two: Two) -> None:
    with on("2025-03-03"):
        person = {"name": "周建国", "id_no": id_number(date(1958, 4, 2))}
        answers = {**REQUEST, "direction": "2", "to_unit": str(two.township.who.institution_id)}
        body = {"person": person, "answers": answers}
        refused = two.county.post("/referral/cases", body, 422)
        assert [one["field"] for one in refused["error"]["facts"]["findings"]] == ["advice"]
        case = two.county.post("/referral/cases", {**body, "answers": {**answers, "advice": "每日康复训练"}})
        assert two.state(two.township, case) == "requested"


def test_without_consent_nobody_is_referred(two: Two) -> None:
    refused = two.request(422, consent=False)
    assert refused["error"]["facts"]["findings"] == [{"field": "consent", "problem": "未取得同意不能转诊"}]


# state reached by | who | step | answer
RIGHTS = """
    steps           | who      | step     | status
                    | township | accept   | 403
                    | township | reject   | 403
                    | county   | withdraw | 403
                    | stranger | accept   | 404
                    | county   | arrive   | 409
                    | county   | feedback | 409
    accept          | township | arrive   | 403
    accept          | county   | reject   | 409
    accept          | township | withdraw | 200
    accept,arrive   | township | withdraw | 409
    accept,arrive   | township | feedback | 403
    reject          | county   | accept   | 409
"""
ANSWERS: dict[str, dict[str, Any]] = {
    "accept": ACCEPT, "arrive": ARRIVE, "feedback": FEEDBACK, "reject": {"refusal": "2", "refusal_note": "建议转市医院"},
    "withdraw": {"withdrawn": "患者改去外地"},
}  # fmt: skip


@pytest.mark.parametrize("row", rows(RIGHTS), ids=lambda row: f"{row['steps']}-{row['who']}-{row['step']}")
def test_each_party_does_its_own_steps_only(two: Two, row: dict[str, str]) -> None:
    with on("2025-03-05"):
        case = two.request()
        for step in filter(None, row["steps"].split(",")):
            two.step(two.county, case, step, **ANSWERS[step])
        two.step(getattr(two, row["who"]), case, row["step"], int(row["status"]), **ANSWERS[row["step"]])


# asked on, what happened | time passes until | state
DEADLINES = """
    steps         | days | hours | state
                  |    0 |    47 | requested
                  |    2 |     1 | expired
    accept        |    6 |     0 | accepted
    accept        |    8 |     0 | missed
    accept,arrive |   29 |     0 | arrived
    accept,arrive |   31 |     0 | late
"""


@pytest.mark.parametrize("row", rows(DEADLINES), ids=lambda row: f"{row['steps']}-{row['days']}d{row['hours']}h")
def test_what_time_does(two: Two, row: dict[str, str]) -> None:
    start = datetime(2025, 3, 5, 2, tzinfo=UTC)
    with clock.travel(start):
        case = two.request()
        for step in filter(None, row["steps"].split(",")):
            two.step(two.county, case, step, **ANSWERS[step])
    with clock.travel(start + timedelta(days=int(row["days"]), hours=int(row["hours"]))):
        two.region.platform.jobs["engine.deadlines"].run(two.region.platform)
        assert two.state(two.township, case) == row["state"] == two.state(two.county, case)


def test_a_late_report_can_still_be_given(two: Two) -> None:
    with on("2025-03-05"):
        case = two.request()
        two.step(two.county, case, "accept", **ACCEPT)
        two.step(two.county, case, "arrive", **ARRIVE)
    with on("2025-04-20"):
        two.region.platform.jobs["engine.deadlines"].run(two.region.platform)
        assert two.step(two.county, case, "feedback", **FEEDBACK)["state"] == "finished"


def test_a_list_tells_each_case_once_in_the_caller_s_own_book_and_names_the_hospital(two: Two) -> None:
    with on("2025-03-05"):
        case = two.request()
        office = replace(two.region.office("411525"), application="referral")  # both books lie in its jurisdiction
        for who, party in ((two.township, "sender"), (two.county, "receiver"), (office, "sender")):
            rows = [row for row in who.get("/referral/cases", size=200)["rows"] if row["case_no"] == case["case_no"]]
            assert [(row["party"], row["shown"]["to_unit"]) for row in rows] == [(party, two.county.who.institution_name)]
        assert case["case_no"] in {row["case_no"] for row in office.get("/referral/cases", party="receiver", size=200)["rows"]}


# -- beds and clinics


def test_a_ward_takes_as_many_as_it_has_beds(two: Two) -> None:
    beds(two, "心内科", 1)
    with on("2025-03-05"):
        first, second = two.request(), two.request()
        two.step(two.county, first, "accept", **ACCEPT)
        full = two.step(two.county, second, "accept", 409, **ACCEPT)
        assert full["error"]["message"] == "“心内科”登记 1，已被转诊占用 1，没有空余"
        elsewhere = two.step(two.county, second, "accept", 409, **{**ACCEPT, "ward": "呼吸科"})
        assert elsewhere["error"]["message"] == "“呼吸科”没有登记床位或号源；可选：心内科"
        two.step(two.county, first, "arrive", **ARRIVE)
        two.step(two.county, first, "feedback", **FEEDBACK)
        two.step(two.county, second, "accept", **ACCEPT)  # the bed is free again


def test_the_sender_sees_what_a_hospital_has_left_before_asking(two: Two) -> None:
    beds(two, "心内科", 3)
    beds(two, "心内科门诊", 10, "clinic")
    with on("2025-03-05"):
        case = two.request()
        two.step(two.county, case, "accept", **ACCEPT)
        found = two.township.get(f"/resources/{two.county.who.institution_id}")
    assert [(one["kind"], one["ward"], one["registered"], one["held"], one["free"]) for one in found] == [
        ("bed", "心内科", 3, 1, 2), ("clinic", "心内科门诊", 10, 0, 10),
    ]  # fmt: skip


# -- the record, as long as the referral lives


def test_the_record_is_shared_from_the_request_to_the_end_and_no_longer(two: Two) -> None:
    with on("2025-03-05"):
        case = two.request()
        summary = two.county.get(f"/cases/{case['case_no']}/summary")
        assert summary["allergies_state"] in ("unasked", "none", "known") and summary["person_id"]
        assert two.township.get(f"/cases/{case['case_no']}/summary")["person_id"] == summary["person_id"]
        two.stranger.call("GET", f"/cases/{case['case_no']}/summary", 404)
        two.step(two.county, case, "reject", **ANSWERS["reject"])
        over = two.county.call("GET", f"/cases/{case['case_no']}/summary", 403)
        assert over["error"]["message"] == "转诊已结束，不再共享健康档案"


def test_doctors_who_worked_on_a_referral_read_the_record_until_it_ends(two: Two) -> None:
    def readers(who: Clinic) -> frozenset[int]:
        with two.region.platform.database.unit_of_work(system_scope("test")) as session:
            return related_persons(session, who.who.id, clock.now())

    with on("2025-03-05"):
        case = two.request()
        two.region.work()
        assert readers(two.county) == frozenset()  # has not taken it yet
        (person,) = readers(two.township)
        two.step(two.county, case, "accept", **ACCEPT)
        two.region.work()
        assert person in readers(two.county)
        two.step(two.county, case, "arrive", **ARRIVE)
        two.step(two.county, case, "feedback", **FEEDBACK)
        two.region.work()
        assert readers(two.county) == readers(two.township) == frozenset()


# -- figures


def test_statistics_follow_what_happened(two: Two) -> None:
    with on("2025-03-05"):
        taken, refused, open_ = two.request(), two.request(), two.request(urgency="1")
        two.step(two.county, taken, "accept", **ACCEPT)
        two.step(two.county, taken, "arrive", **ARRIVE)
        two.step(two.county, taken, "feedback", **FEEDBACK)
        two.step(two.county, refused, "reject", **ANSWERS["reject"])
        office = replace(two.region.office("411525"), application="referral")
        lines = {one["institution"]: one for one in office.get("/statistics", since="2025-03-01", until="2025-03-31")}
    sent = lines[two.township.who.institution_name]
    got = lines[two.county.who.institution_name]
    assert (sent["sent_up"], sent["sent_down"], sent["received"]) == (3, 0, 0)
    assert (got["received"], got["accepted"], got["rejected"], got["arrived"], got["finished"]) == (3, 1, 1, 1, 1)
    assert got["waiting"] == 1 and got["answer_share"] == 66.7
    assert open_["state"] == "requested"
