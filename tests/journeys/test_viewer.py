"""Reports inside the page: PDF and pictures, with byte ranges, also in a workstation's frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from health_platform.kernel.scope import Principal, Scope
from health_platform.records.api import Section, open_record
from tests.journeys.conftest import Site, axe_findings, overflow
from tests.journeys.papers import pdf, png

pytestmark = pytest.mark.system("A06", "C10")
Open = Callable[..., Any]


def address(site: Site, title: str) -> str:
    doctor = Principal(1, "user", "医师", scope=Scope(persons=frozenset({site.person_id})))
    with site.platform.database.unit_of_work(doctor.scope) as session:
        events = open_record(site.platform, session, doctor, site.person_id).section(Section.DOCUMENT).events
    found = next(event for event in events if event.title == title)
    return f"/record/{site.person_id}/documents/{found.ref}/file"


def test_a_report_opens_beside_the_list_and_an_examination_shows_its_files(site: Site, open_page: Open) -> None:
    page = open_page(f"/record/{site.person_id}/documents", site.physician())
    page.click("text=出院小结")
    page.wait_for_selector("iframe.paper")
    assert page.locator("iframe.paper").get_attribute("title") == "出院小结"
    assert overflow(page) == 0
    assert "正文" not in page.inner_text("#document")  # the digest of the file is nothing to read
    page.keyboard.press("6")
    page.wait_for_selector("#section[data-section=exams]")
    page.click("text=心脏彩超")
    page.wait_for_selector("img.sheet")
    page.wait_for_function("() => document.querySelector('img.sheet').naturalWidth === 640")
    assert axe_findings(page) == [] and overflow(page) == 0


def test_a_viewer_may_ask_for_a_part_and_nobody_else_for_anything(site: Site, open_page: Open) -> None:
    page = open_page("/my/login")
    path, whole = site.url + address(site, "胸部CT报告单"), pdf("CHEST CT REPORT")
    part = page.request.get(path, headers={**site.physician(), "Range": "bytes=5-20"})
    assert (part.status, part.body(), part.headers["content-range"]) == (206, whole[5:21], f"bytes 5-20/{len(whole)}")
    full = page.request.get(path, headers=site.physician())
    assert full.body() == whole and full.headers["content-type"] == "application/pdf"
    assert page.request.get(path, headers={**site.physician(), "Range": "bytes=99999-"}).status == 416
    assert page.request.get(path, headers=site.acting(division="411525")).status == 404
    picture = page.request.get(site.url + address(site, "十二导联心电图"), headers=site.physician())
    assert picture.body() == png() and "sandbox" in picture.headers["content-security-policy"]


def test_a_wrong_event_is_asked_about_on_its_page(site: Site, open_page: Open) -> None:
    page = open_page(
        f"/record/{site.person_id}/exams", site.physician(permissions={"records.view", "session", "records.correction.ask"})
    )
    page.click("text=头颅MRI")
    page.click("[data-modal='#correction']")
    page.fill("#correction-problem", "部位写错，应为颈椎")
    page.click("#correction button.primary")
    page.wait_for_selector("text=待机构处理")
    assert "部位写错" in page.inner_text("#section")
    steward = open_page("/console/files/corrections", site.acting(name="数据管理员", institution_id=2))
    assert "部位写错" in steward.inner_text("table.data") and axe_findings(steward) == []
