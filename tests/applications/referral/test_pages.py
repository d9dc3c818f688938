"""A hospital doctor refers one patient in the browser, the other hospital takes him, and both follow it to the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from health_platform.kernel import clock
from health_platform.kernel.scope import SYSTEM, system_scope
from registry.resources.service import ResourceDraft, add
from tests.applications.clicking import Opener, checked, choose, refused, save, write
from tests.support.clinic import Region, id_number

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.system("C03")


def look_up(page: Page, name: str, unit: int) -> None:
    """Type part of a name, which is refused beside the field as long as it names nobody, and go on to one of those listed."""
    page.click("#f-to_unit")
    page.keyboard.type("县人民医院")
    page.wait_for_function(
        f"() => Array.from(document.querySelectorAll('#f-to_unit-list option')).some(o => o.value === '{name}')"
    )
    refused(page, "to_unit", "请从列出的机构中选择")
    page.fill("#f-to_unit", name)  # what choosing from the list does
    page.wait_for_function(f"() => document.querySelector('#f-to_unit').dataset.unit === '{unit}'")


def saved(page: Page, words: str) -> None:
    save(page)
    page.locator("h1", has_text="双向转诊").wait_for()
    page.locator("main", has_text=words).wait_for()


def test_a_hospital_doctor_refers_one_and_the_other_side_takes_him(region: Region, open_page: Opener) -> None:
    sender = replace(region.clinic("411525100", "城关镇卫生院（页面）"), application="referral")
    receiver = replace(region.clinic("411525", "固始县人民医院（页面）"), application="referral")
    unit = receiver.who.institution_id or 0
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        add(session, SYSTEM, unit, ResourceDraft("bed", "心内科", 2, date(2025, 1, 1)))
    # what the hospital has left
    page = open_page(sender, f"/console/referral/resources?institution_id={unit}")
    checked(page, "心内科")
    # the request; a missing answer is told beside its field
    page = open_page(sender, "/console/apps/referral/referral/open")
    page.fill("#p-name", "周建国")
    page.fill("#p-id", id_number(date(1958, 4, 2)))
    choose(page, "direction", "上转")
    choose(page, "wish", "住院")
    choose(page, "urgency", "急")
    look_up(page, "固始县人民医院（页面）", unit)
    write(page, from_phone="0376-1234567", impression="不稳定型心绞痛", present_illness="活动后胸痛3天", treatment="口服阿司匹林",
          reason="需冠脉造影")  # fmt: skip
    checked(page, "转诊申请单")
    refused(page, "consent", "必填")
    choose(page, "consent", "是")
    saved(page, "已申请")
    address = page.url.split("127.0.0.1:")[1].split("/", 1)[1]
    case = address.rsplit("/", 1)[1]
    checked(page, "需冠脉造影")
    # the other side: finds it waiting, reads the summary, takes it
    page = open_page(receiver, "/console/apps/referral/referral/cases")
    checked(page, "周建国")
    page.get_by_role("link", name="周建国").click()
    page.get_by_role("link", name="健康档案摘要").click()
    checked(page, "未询问，不能视为无过敏")
    page.go_back()
    page.get_by_role("link", name="接收", exact=True).click()
    choose(page, "arranged", "住院")
    today = clock.today().isoformat()
    write(page, ward="呼吸科", appointment=today, contact="李护士 0376-7654321")
    save(page)
    page.locator("body", has_text="“呼吸科”没有登记床位或号源；可选：心内科").wait_for()
    write(page, ward="心内科")
    saved(page, "已接收待到诊")
    page = open_page(sender, f"/console/referral/resources?institution_id={unit}")
    assert page.locator("tbody tr").inner_text().split("\t")[-3:] == ["2", "1", "1"]
    # arrival and report, read by the sender
    page = open_page(receiver, f"/console/apps/referral/referral/cases/{case}/arrive")
    write(page, arrived_on=today, visit_no="ZY20250305001", doctor="陈志强")
    saved(page, "诊治中")
    page = open_page(receiver, f"/console/apps/referral/referral/cases/{case}/feedback")
    choose(page, "outcome", "好转")
    choose(page, "send_down", "是")
    write(page, diagnosis="不稳定型心绞痛", course="行支架植入", next_step="1月后复查")
    saved(page, "已反馈")
    page = open_page(sender, f"/{address}")
    checked(page, "行支架植入")
    assert "不再共享" in open_page(sender, f"/console/referral/cases/{case}/record").inner_text("body")
    # the county's figures
    page = open_page(replace(region.office("411525"), application="referral"), "/console/referral/statistics")
    checked(page, "固始县人民医院（页面）")
