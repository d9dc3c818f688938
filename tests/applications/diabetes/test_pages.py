"""A village doctor's visit to a diabetic in the browser: overdue, measured too high, seen again within two weeks, referred."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page

from health_platform.kernel import clock
from tests.applications.clicking import Opener, answer, asked, checked, refused, save, write
from tests.support.clinic import Region, id_number

pytestmark = pytest.mark.system("D03")


def fill_in(page: Page, glucose: str) -> None:
    answer(page, way="门诊")
    page.locator("[data-field=glucose]").wait_for(state="visible")
    write(page, systolic="136", diastolic="84", glucose=glucose)
    answer(page, adherence="间断", adverse="否", hypoglycaemia="无", new_complication="否")


def test_two_unsatisfactory_visits_and_what_the_norm_makes_of_them(region: Region, open_page: Opener) -> None:
    doctor = replace(region.clinic(name="糖尿病随访卫生室"), application="diabetes")
    today = clock.today()
    enrolled = (today - timedelta(days=150)).isoformat()
    person = {"name": "郑秀兰", "id_no": id_number(date(1958, 6, 1), "2")}
    doctor.post("/diabetes/members", {"person": person, "answers": {"type2": True}, "day": enrolled})
    page = open_page(doctor, "/console/apps/diabetes?schedule=visits")
    checked(page, "逾期 1", "郑秀兰")
    page.click("#next")
    fill_in(page, "70")
    refused(page, "glucose", "应在 1 至 50")
    write(page, glucose="8.6")
    page.locator("[data-prompts]", has_text="第一次控制不满意").wait_for()
    checked(page, "控制不满意")
    save(page)
    page.wait_for_url("**/tasks?which=overdue&schedule=visits#next")
    # two weeks, not three months, and why
    page.goto(page.url.split("/diabetes/tasks")[0] + "/diabetes/members")
    page.get_by_role("link", name="郑秀兰").click()
    again = (today + timedelta(days=14)).isoformat()
    checked(page, f"糖尿病随访：{again}", "控制不满意或有不良反应、并发症，2周内随访", "空腹血糖", "未达标")
    # the second time a referral is advised, and not referring is asked about
    page.get_by_role("listitem").filter(has_text="糖尿病随访").get_by_role("link", name="填写").click()
    fill_in(page, "9.1")
    page.locator("[data-prompts]", has_text="建议转诊到上级医院").wait_for()
    asked(page, "连续两次控制不满意，规范要求建议转诊")
    page.wait_for_url("**/diabetes/members/*")
    page.goto(page.url.split("/diabetes/members")[0] + "/alerts")
    checked(page, "郑秀兰", "建议转诊")
