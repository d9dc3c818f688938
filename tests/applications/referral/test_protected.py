"""A referral that names a protected diagnosis: both sides treat the patient and read it; whoever only supervises does not."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from health_platform.engine.api import Case
from health_platform.kernel.scope import system_scope
from tests.applications.referral.test_referral import ACCEPT, ARRIVE, FEEDBACK, REQUEST
from tests.support.clinic import Clinic, Region, id_number, on
from tests.support.principals import client_for

pytestmark = pytest.mark.system("C03", "A19")

READ = frozenset({"program.referral.read", "workflow.referral.read", "workflow.referral.export"})
HIV = {
    "impression_code": "B20.9", "impression": "人类免疫缺陷病毒病", "treatment": "齐多夫定联合治疗", "reason": "机会性感染待治",
}  # fmt: skip
WORDS = ("B20.9", "免疫缺陷", "齐多夫定", "机会性感染")


@pytest.fixture(scope="module")
def sender(region: Region) -> Clinic:
    return replace(region.clinic("411525100", "城关镇卫生院（受保护）"), application="referral")


@pytest.fixture(scope="module")
def receiver(region: Region) -> Clinic:
    return replace(region.clinic("411525", "固始县人民医院（受保护）"), application="referral")


def narrowed(who: Clinic, *classes: str, permissions: frozenset[str] | None = None, shift: int = 1) -> Clinic:
    """A colleague of the same office, cleared for these classes only; with ``permissions``, somebody who may do no step."""
    scope = replace(who.who.scope, classes=frozenset(classes))
    changed = replace(who.who, id=who.who.id + shift, name="同事", scope=scope)
    return replace(who, who=replace(changed, permissions=permissions) if permissions else changed)


def supervisor(region: Region, *classes: str) -> Clinic:
    return narrowed(replace(region.office("411525"), application="referral"), *classes, permissions=READ)


def request(sender: Clinic, unit: int | None, **answers: Any) -> dict[str, Any]:
    person = {"name": "钱某", "id_no": id_number(date(1980, 5, 5))}
    found: dict[str, Any] = sender.post(
        "/referral/cases", {"person": person, "answers": {**REQUEST, "to_unit": str(unit), **answers}}
    )
    return found


@pytest.fixture(scope="module")
def case(sender: Clinic, receiver: Clinic) -> Iterator[dict[str, Any]]:
    with on("2025-03-05"):
        yield request(sender, receiver.who.institution_id, **HIV)


def read(who: Clinic, path: str, expect: int = 200) -> str:
    """A page, an answer or every cell of a workbook, as text."""
    region = who.region
    answer = client_for(region.app, region.platform, region.shelf, who.who).get(path)
    assert answer.status_code == expect, (path, answer.status_code)
    if "spreadsheet" in answer.mimetype:
        return "\n".join(str(cell) for row in load_workbook(io.BytesIO(answer.data)).active.values for cell in row)
    return answer.get_data(as_text=True)


def surfaces(case: dict[str, Any]) -> tuple[str, ...]:
    """Everywhere a case is told: list and case as pages and as JSON, the file, the FHIR bundle."""
    both = ("/referral/cases", f"/referral/cases/{case['case_no']}")
    files = ("/referral/cases/export", f"/referral/cases/{case['case_no']}/fhir")
    return (*(f"/console/apps/referral{path}" for path in both), *(f"/api/v1/apps/referral{path}" for path in (*both, *files)))


def test_who_supervises_reads_that_there_is_a_case_and_nothing_of_what_it_says(
    region: Region, sender: Clinic, case: dict[str, Any]
) -> None:
    clerk = narrowed(sender, permissions=READ)  # of the sending institution, but no doctor of it
    for who in (supervisor(region, "mental"), clerk):
        for path in surfaces(case):
            told = read(who, path)
            assert not [word for word in WORDS if word in told], path
            assert "钱某" in told or path.endswith("/fhir")
        assert "未获授权不予显示" in read(who, surfaces(case)[1])
        assert "同事" not in read(who, surfaces(case)[1]).split("办理过程")[1]


def test_what_is_withheld_decides_no_byte_of_any_answer(region: Region, case: dict[str, Any]) -> None:
    """The leak view: another protected content of the same case, and the uncleared caller cannot tell the difference."""
    office = supervisor(region)
    before = [read(office, path).split("<main")[-1] for path in surfaces(case)]
    _rewrite(region, case, {"B20.9": "B24", "人类免疫缺陷病毒病": "艾滋病", "机会性感染待治": "卡波西肉瘤"})
    try:
        assert [read(office, path).split("<main")[-1] for path in surfaces(case)] == before
        assert "卡波西肉瘤" in read(supervisor(region, "hiv"), surfaces(case)[1])
    finally:
        _rewrite(region, case, {"B24": "B20.9", "艾滋病": "人类免疫缺陷病毒病", "卡波西肉瘤": "机会性感染待治"})


def _rewrite(region: Region, case: dict[str, Any], words: dict[str, str]) -> None:
    def said(answers: dict[str, Any]) -> dict[str, Any]:
        return {key: words.get(str(value), value) for key, value in answers.items()}

    with region.platform.database.unit_of_work(system_scope("test")) as session:
        for row in session.scalars(select(Case).where(Case.case_no == int(case["case_no"]))):
            row.answers = said(row.answers)
            row.steps = [{**step, "answers": said(step["answers"])} for step in row.steps]


def test_the_doctors_of_both_sides_read_it_whatever_their_clearance(
    region: Region, sender: Clinic, receiver: Clinic, case: dict[str, Any]
) -> None:
    own = replace(sender, who=replace(sender.who, scope=replace(sender.who.scope, classes=frozenset())))
    for who in (own, narrowed(sender), narrowed(receiver), supervisor(region, "hiv")):
        assert all("免疫缺陷" in read(who, path) for path in surfaces(case))


def test_the_summary_of_the_record_is_for_the_doctors_not_for_supervisors(
    region: Region, receiver: Clinic, case: dict[str, Any]
) -> None:
    with on("2025-03-05"):
        assert narrowed(receiver).get(f"/cases/{case['case_no']}/summary")["person_id"]
        refused = supervisor(region, "hiv").call("GET", f"/cases/{case['case_no']}/summary", 403)
    assert refused["error"]["message"] == "健康档案摘要只供转出、转入双方办理转诊的医务人员查看"
    page = read(supervisor(region, "hiv"), surfaces(case)[1])
    assert "健康档案摘要" not in page


def test_after_the_end_it_is_read_by_those_who_worked_on_it(region: Region, sender: Clinic, receiver: Clinic) -> None:
    uncleared = replace(sender, who=replace(sender.who, scope=replace(sender.who.scope, classes=frozenset())))
    treating, colleague = narrowed(receiver, shift=1), narrowed(receiver, shift=2)
    with on("2025-03-05"):
        case = request(uncleared, receiver.who.institution_id, **HIV)
        step = f"/referral/cases/{case['case_no']}/"
        treating.post(f"{step}accept", {"answers": ACCEPT}, 200)
        colleague.post(f"{step}accept", {"answers": ACCEPT}, 409)
        treating.post(f"{step}arrive", {"answers": ARRIVE}, 200)
        done = treating.post(f"{step}feedback", {"answers": {**FEEDBACK, "diagnosis": "艾滋病", "course": "抗病毒"}}, 200)
        assert "抗病毒" in str(done)
        assert "抗病毒" in str(uncleared.get(f"/referral/cases/{case['case_no']}"))
        over = str(colleague.get(f"/referral/cases/{case['case_no']}"))
    assert "抗病毒" not in over and "免疫缺陷" not in over


def test_words_and_places_protect_as_codes_do_and_nobody_moves_what_he_may_not_read(region: Region, sender: Clinic) -> None:
    hospital = replace(region.clinic("411525", "固始县精神病医院"), application="referral")
    office = narrowed(replace(region.office("411525"), application="referral"))  # may do every step, but is of no party
    with on("2025-03-05"):
        by_place = request(sender, hospital.who.institution_id, impression="睡眠差")
        by_ward = request(sender, hospital.who.institution_id, impression="睡眠差", to_department="心身科")
        plain = request(sender, sender.region.unit("411525", "固始县中医院"), impression="精神可，睡眠差")
        for one in (by_place, by_ward):
            told = read(office, surfaces(one)[1])
            assert not [word for word in ("精神病", "睡眠差", "心身科") if word in told.split("<main")[1]]
            office.call("POST", f"/referral/cases/{one['case_no']}/accept", 403, json={"answers": ACCEPT})
        assert "睡眠差" in read(office, surfaces(plain)[1])
        assert "固始县精神病医院" in read(narrowed(hospital), surfaces(by_place)[1])
