"""A contract from the signature to its end in the browser: team, package, signing, services, renewal, settlement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from health_platform.kernel import clock
from tests.applications.clicking import Opener, answer, checked, end, save, write
from tests.support.clinic import Clinic, Region, id_number

pytestmark = pytest.mark.system("C09")


@pytest.fixture(scope="module")
def doctor(region: Region) -> Clinic:
    """A clinic with a team and a package of 120 a year, of which the resident bears 20."""
    made = replace(region.clinic(name="签约页面卫生室"), application="family_doctor")
    called = {"called": "页面一队", "leader": "李", "members": "王", "service_phone": "0376-1"}
    made.post("/doctor_team/members", {"answers": called, "day": "2024-01-01"})
    package = {"called": "高血压包", "grade": "2", "contents": "血压、随访", "times": 12, "price": 120, "insurance": 60,
               "public_fund": 40}  # fmt: skip
    made.post("/service_package/members", {"answers": package, "day": "2024-01-01"})
    return made


def test_signed_fulfilled_and_ended_with_a_settlement(doctor: Clinic, open_page: Opener) -> None:
    today = clock.today()
    page = open_page(doctor, "/console/apps/family_doctor/family_contract/enrol")
    page.fill("#p-name", "吕签约")
    page.fill("#p-id", id_number(date(1955, 3, 1)))
    page.fill("#f-day", (today - timedelta(days=73)).isoformat())
    answer(page, doctors="页面一队", package="高血压包", groups="高血压患者")
    page.wait_for_function("() => document.querySelector('#f-personal').value === '20'")
    write(page, number="XY-P-001", signer="吕签约")
    answer(page, kind="首次签约", signed_as="个人协议", signer_is="本人", signed_how="纸质签字，原件存档", consent="是")
    checked(page, "个人承担")
    save(page)
    page.wait_for_url("**/family_contract/members/*")
    checked(page, "吕签约", "页面一队", "协议约定服务项次", "未被改动")
    page.set_viewport_size({"width": 390, "height": 768})
    checked(page, "摘要")  # the long digest of the seal folds on a telephone
    page.set_viewport_size({"width": 1366, "height": 768})
    # what was promised is done
    page.get_by_role("link", name="填写履约服务记录").click()
    answer(page, item="血压测量", way="上门")
    write(page, content="血压 138/84，指导低盐饮食")
    save(page)
    page.locator("main", has_text="血压 138/84").wait_for()
    # it cannot just be ended: the settlement comes first
    end(page, "主动解约")
    page.locator("body", has_text="须先填写《解约结算单》，再办理结案").wait_for()
    page.reload()
    page.get_by_role("link", name="填写解约结算单").click()
    answer(page, reason="居民主动解约", agreed="是")
    write(page, applied_on=today.isoformat())
    # 1 of 12 services and 73 of 365 days, weighed alike: 0.1416 of 20 is used
    page.wait_for_function("() => document.querySelector('#f-refund').innerText === '17.17'")
    checked(page, "已履行比例", "应退金额")
    save(page)
    page.locator("main", has_text="已结算").wait_for()
    end(page, "主动解约")
    page.locator("main", has_text="结案：主动解约").wait_for()
    checked(page, "17.17")


def test_renewed_before_it_ends_without_typing_it_again(doctor: Clinic, open_page: Opener) -> None:
    today = clock.today()
    signed_on = today - timedelta(days=340)
    picks = {one["name"]: one["id"] for kind in ("doctor_team", "service_package")
             for one in doctor.get(f"/{kind}/members")["rows"]}  # fmt: skip
    answers = {
        "doctors": picks["页面一队"], "package": picks["高血压包"], "groups": ["4"], "number": "XY-P-002", "kind": "1",
        "signed_as": "1", "signer": "吕续签", "signer_is": "1", "signed_how": "1", "consent": True,
    }  # fmt: skip
    person = {"name": "吕续签", "id_no": id_number(date(1955, 3, 1))}
    doctor.post("/family_contract/members", {"person": person, "answers": answers, "day": signed_on.isoformat()})
    page = open_page(doctor, "/console/apps/family_doctor/family_contract/tasks?which=due&schedule=renewal")
    checked(page, "吕续签", "到期续约")
    page.click("#next")
    answer(page, wish="续约")
    save(page)
    page.wait_for_url("**/tasks?which=due&schedule=renewal#next")
    page.goto(page.url.split("/tasks")[0] + "/members?text=吕续签")
    page.get_by_role("link", name="吕续签").click()
    page.get_by_role("link", name="续签").click()
    assert float(page.locator("#f-price").input_value()) == 120, "carried over"
    write(page, number="XY-P-003", signer="吕续签")
    answer(page, signer_is="本人", signed_how="纸质签字，原件存档", consent="是")
    save(page)
    page.wait_for_url("**/family_contract/members/*")
    page.locator("main", has_text="XY-P-003").wait_for()
    checked(page, str(signed_on.year + 2))
