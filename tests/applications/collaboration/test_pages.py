"""What a hospital knows reaches who must act, in the browser: a diagnosis the place of residence, a death its certificate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from health_platform.kernel import clock
from tests.applications.clicking import Opener, answer, checked, save, write
from tests.applications.hospitals import Hospital
from tests.support.clinic import Clinic, Region

pytestmark = pytest.mark.system("G06")


def test_a_diagnosis_is_accepted_where_the_patient_lives(hospital: Hospital, centre: Clinic, open_page: Opener) -> None:
    local, _ = hospital.patient("温推送")
    hospital.diagnose(local, "温推送", "E11.9", "2型糖尿病", (clock.today() - timedelta(days=3)).isoformat())
    page = open_page(centre, "/console/apps/diabetes")
    page.get_by_role("link", name="待确认").click()
    checked(page, "温推送", hospital.name, "2型糖尿病（E11.9）")
    page.get_by_role("link", name="温推送").click()
    checked(page, "由其他机构推送，待确认", "按住址")
    page.get_by_role("link", name="确认建档").click()
    answer(page, type2="是")
    save(page)
    page.wait_for_url("**/diabetes/members/*")
    page.locator("main", has_text="糖尿病随访").wait_for()
    assert "管理中" in page.inner_text("main")
    page.goto(page.url.rsplit("/", 1)[0] + "?state=proposed")
    assert "温推送" not in page.inner_text("main")


def test_a_death_in_hospital_becomes_its_certificate(region: Region, hospital: Hospital, open_page: Opener) -> None:
    local, _ = hospital.patient("温离世")
    day = (clock.today() - timedelta(days=1)).isoformat()
    hospital.report_death(local, "温离世", day, "急性心肌梗死", "I21.9")
    doctor = replace(region.clinic("411525", hospital.name), application="death")
    page = open_page(doctor, "/console/apps/death")
    page.get_by_role("link", name="待确认 1").click()
    checked(page, "温离世", "急性心肌梗死（I21.9）", "请填写死亡医学证明")
    page.get_by_role("link", name="温离世").click()
    page.get_by_role("link", name="确认建档").click()
    page.fill("#f-day", day)
    answer(page, place="医疗卫生机构", diagnosed_by="二级医院", evidence="临床加理化")
    write(page, number="4115252600119", family_name="温子", icd_a="I21.9", reported_on=clock.today().isoformat())
    page.locator("#f-name_a").wait_for(state="visible")
    write(page, name_a="急性心肌梗死")
    page.wait_for_function("() => document.querySelector('#f-underlying_name').value === '急性心肌梗死'")
    save(page)
    page.wait_for_url("**/death/members/*")
    page.locator("main", has_text="死因审核 县级").wait_for()
    assert "待确认" not in page.inner_text("nav.tabs")
