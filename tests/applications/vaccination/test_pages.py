"""A vaccination session in the browser: the card, what is due, who may not be given it, one list of all doses, what to order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from health_platform.kernel import clock
from tests.applications.clicking import Opener, answer, checked, refused, save, write
from tests.applications.hospitals import Hospital
from tests.support.clinic import Clinic

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.system("D09", "G06")


def test_from_the_card_to_the_dose_and_what_stands_against_it(hospital: Hospital, centre: Clinic, open_page: Opener) -> None:
    today = clock.today()
    born = today - timedelta(days=75)
    local, _ = hospital.patient("林小宝", born.isoformat())
    hospital.vaccinate(local, "林小宝", "卡介苗", born.isoformat())
    hospital.diagnose(local, "林小宝", "Z38.0", "单胎活产婴儿", born.isoformat())
    page = open_page(centre, "/console/apps/vaccination/vaccination/members?state=proposed")
    page.get_by_role("link", name="林小宝").click()
    page.get_by_role("link", name="确认建档").click()
    page.locator("#f-guardian").wait_for(state="visible")  # a child's guardian is asked for without being told again who it is
    write(page, card_no="JZ-P-001", guardian="林母", guardian_phone="13800000001", birth_weight="3200")
    answer(page, mother_hbsag="阳性", residence="本县户籍")
    save(page)
    page.wait_for_url("**/vaccination/members/*")
    checked(page, "林小宝", "母亲乙肝阳性", "乙肝疫苗第1剂", "卡介苗", "机构上传")
    member = page.url
    # a child with a fever or a severe allergy gets nothing today
    page.get_by_role("listitem").filter(has_text="脊灰灭活疫苗第1剂").get_by_role("link", name="填写").click()
    # what a hospital gave is told before it is given again: the plan counts only what stands in the register
    told = page.locator(".note.warn", has_text="不要重复接种").inner_text()
    assert f"{born} 卡介苗 剂次1（{hospital.name}）" in told
    write(page, temperature="38.2", product="脊髓灰质炎灭活疫苗（Sabin株）", maker="示例生物", batch_no="P2026-01",
          expires_on=(today + timedelta(days=200)).isoformat(), given_by="李护士", observed="30")  # fmt: skip
    answer(page, asked="对疫苗成分过敏", informed="是", dose="脊灰灭活疫苗第1剂", site="左大腿", route="肌内")
    refused(page, "temperature", "应暂缓接种")
    assert "为接种禁忌" in page.locator("[data-field=asked] .error").inner_text()
    checked(page, "应暂缓接种")
    # it was a misunderstanding
    write(page, temperature="36.7")
    page.locator("[data-field=asked]").get_by_label("对疫苗成分过敏").uncheck()
    save(page)
    page.wait_for_url(member)
    checked(page, "脊髓灰质炎灭活疫苗（Sabin株）", "本册登记", "卡介苗", hospital.name)
    # what is barred for good is planned no more, and refused
    page.get_by_role("link", name="填写接种禁忌与缓种登记").click()
    answer(page, kind="永久禁忌", doses="百白破疫苗第1剂")
    write(page, reason="进行性神经系统疾病", judged_by="城关镇卫生院 李医生")
    save(page)
    page.wait_for_url(member)
    page.locator(".badge", has_text="永久禁忌").first.wait_for()
    planned = page.inner_text("main ul.plain")
    assert "百白破" not in planned and "乙肝疫苗第1剂" in planned
    # the hospital's dose is told afterwards, on its day, and is due no more
    page.get_by_role("listitem").filter(has_text="卡介苗第1剂").get_by_role("link", name="填写").click()
    page.fill("#f-day", born.isoformat())
    answer(page, elsewhere="是", dose="卡介苗第1剂", site="左上臂", route="皮内")
    page.locator("#f-temperature").wait_for(state="hidden")
    write(page, given_at=hospital.name, product="卡介苗", maker="不详", batch_no="不详")
    save(page)
    page.wait_for_url(member)
    page.locator("main", has_text="上传并登记").wait_for()
    assert "卡介苗" not in page.inner_text("main ul.plain") and not page.get_by_text("不要重复接种").count()
    checked(page, "上传并登记", hospital.name)
    # what the coming months need
    page = open_page(centre, "/console/vaccination/forecast?months=3")
    checked(page, f"{today:%Y-%m}\t乙肝疫苗", "脊灰灭活疫苗", "申领量")


def test_an_answer_given_while_the_server_was_still_asked_stands(hospital: Hospital, centre: Clinic, open_page: Opener) -> None:
    """The form proposes 否 for 外院已接种; who has said 是 before the proposal arrives is not overruled by it."""
    local, _ = hospital.patient("林小慢", (clock.today() - timedelta(days=75)).isoformat())
    hospital.diagnose(local, "林小慢", "Z38.0", "单胎活产婴儿", clock.today().isoformat())
    page = open_page(centre, "/console/apps/vaccination/vaccination/members?state=proposed")
    page.get_by_role("link", name="林小慢").click()
    page.get_by_role("link", name="确认建档").click()
    page.locator("#f-guardian").wait_for(state="visible")
    write(page, card_no="JZ-P-002", guardian="林母", guardian_phone="13800000001", birth_weight="3200")
    answer(page, mother_hbsag="阴性", residence="本县户籍")
    save(page)
    page.wait_for_url("**/vaccination/members/*")
    held: list[Route] = []
    page.route("**/vaccine_dose/check", lambda route: held.append(route))
    page.clock.install()  # the form asks again when its clock goes on, not before
    page.clock.pause_at(clock.now() + timedelta(minutes=1))
    with page.expect_request("**/vaccine_dose/check"):
        page.get_by_role("listitem").filter(has_text="卡介苗第1剂").get_by_role("link", name="填写").click()
    answer(page, elsewhere="是")
    with page.expect_response("**/vaccine_dose/check"):
        held.pop().continue_()
    page.unroute("**/vaccine_dose/check")
    page.clock.run_for(300)
    page.locator("#f-temperature").wait_for(state="hidden")
    assert page.locator("[data-field=elsewhere]").get_by_label("是", exact=True).is_checked()
