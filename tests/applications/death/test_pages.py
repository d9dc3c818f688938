"""A death in the browser: the certificate, a cause that says nothing is asked about, the county's review, the file is sealed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from health_platform.kernel import clock
from health_platform.kernel.scope import system_scope
from health_platform.records.filing.api import Act, NewFile, open_file
from tests.applications.clicking import Opener, answer, asked, checked, choose, refused, save, write
from tests.support.clinic import Region, id_number

pytestmark = pytest.mark.system("D05", "A08")


def test_a_certificate_seals_the_file_and_ends_all_care(region: Region, open_page: Opener) -> None:
    today = clock.today()
    doctor = replace(region.clinic(name="死因登记卫生室"), application="death")
    number = id_number(date(1944, 2, 1))
    cared = replace(doctor, application="hypertension").post(
        "/hypertension/members", {"person": {"name": "何长寿", "id_no": number}, "answers": {"essential": True},
                                  "day": (today - timedelta(days=20)).isoformat()},
    )  # fmt: skip
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        file = open_file(session, NewFile(int(cared["person_id"]), "411525100201", date(2020, 1, 1)), Act("建档")).id
    page = open_page(doctor, "/console/apps/death/death/enrol")
    page.fill("#p-name", "何长寿")
    page.fill("#p-id", number)
    page.fill("#f-day", (today - timedelta(days=1)).isoformat())
    answer(page, place="家中", diagnosed_by="三级医院", evidence="临床")
    write(page, number="4115252600117", family_name="何子明", icd_a="I50.9", reported_on=today.isoformat())
    page.locator("#f-name_a").wait_for(state="visible")
    write(page, name_a="心力衰竭")
    page.wait_for_function("() => document.querySelector('#f-underlying').value === 'I50.9'")
    page.locator("[data-prompts]", has_text="请开展死因核实").wait_for()
    checked(page, "根本死因", "不宜作根本死因的编码")
    # the family remembers what came before: the lowest line is the underlying cause
    write(page, icd_b="I25.1")
    page.locator("#f-name_b").wait_for(state="visible")
    write(page, name_b="慢性缺血性心脏病")
    page.wait_for_function("() => document.querySelector('#f-underlying').value === 'I25.1'")
    page.locator("[data-prompts]", has_text="死因核实").wait_for(state="detached")
    assert page.locator("#f-cause_class").inner_text() == "慢性非传染性疾病"
    refused(page, "inquiry", "必填")  # who died at home is asked about
    write(page, inquiry="冠心病史10年，夜间突发胸痛、气促")
    save(page)
    page.wait_for_url("**/death/members/*")
    checked(page, "何长寿", "I25.1", "死因审核 县级")
    page.get_by_role("link", name="填写死因审核").click()
    choose(page, "verdict", "通过")
    save(page)
    page.locator("main", has_text="已审核").wait_for()
    # what follows by itself
    region.work()
    checked(open_page(region.office("411525"), f"/console/files/{file}"), "已封档")
    assert replace(doctor, application="hypertension").get(f"/hypertension/members/{cared['id']}")["close_reason"] == "死亡"


def test_what_cannot_be_found_out_is_kept_and_flagged(region: Region, open_page: Opener) -> None:
    doctor = replace(region.clinic(name="死因核实卫生室"), application="death")
    page = open_page(doctor, "/console/apps/death/death/enrol")
    page.fill("#p-name", "何不明")
    page.fill("#p-id", id_number(date(1940, 2, 1)))
    answer(page, place="医疗卫生机构", diagnosed_by="二级医院", evidence="临床")
    write(page, number="4115252600118", family_name="何子亮", icd_a="R99", reported_on=clock.today().isoformat())
    page.locator("#f-name_a").wait_for(state="visible")
    write(page, name_a="原因不明")
    page.wait_for_function("() => document.querySelector('#f-underlying_name').value === '原因不明'")
    asked(page, "该编码不能说明根本死因")
    page.wait_for_url("**/death/members/*")
    assert "死因不明" in page.inner_text("main")
    page.goto(page.url.split("/death/members")[0] + "/alerts")
    checked(page, "何不明", "请开展死因核实")
