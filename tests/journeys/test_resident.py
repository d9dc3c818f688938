"""A resident signs in on a phone, reads, objects and hides."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.conftest import Site, axe_findings, overflow
from tests.journeys.patient import ID_NUMBER, NAME, PHONE

pytestmark = pytest.mark.system("I01")


PAGES = ("", "/reports", "/visits", "/drugs", "/vaccines", "/costs", "/documents", "/record", "/views", "/family", "/privacy",
         "/news", "/apps", "/me")  # fmt: skip
SMALL = """() => Array.from(document.querySelectorAll('a,button,input:not([type=hidden]),select,summary'))
  .filter(node => node.offsetParent && !node.closest('.urgent') && !node.classList.contains('skip'))
  .filter(node => (node.closest('.choice') || node).getBoundingClientRect().height < 60).map(node => node.outerHTML)"""
"""What is too low to be hit by an unsteady finger; a number in running text may be."""


def sign_in(page: Any, site: Site, read_code: Callable[[], str]) -> None:
    page.fill("#f-name", NAME)
    page.fill("#f-id_number", ID_NUMBER)
    page.fill("#f-phone", PHONE)
    page.click("button.primary")
    page.wait_for_url("**code_id=*")
    page.fill("#f-code", read_code())
    page.click("button.primary")
    page.wait_for_url(f"{site.url}/my")


def test_a_resident_reads_objects_and_hides_on_a_phone(
    site: Site, open_page: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    doctor = site.physician()
    open_page(f"/record/{site.person_id}", doctor)
    page = open_page("/my/login", width=390, height=844)
    assert axe_findings(page) == []
    printed: list[str] = []

    def read_code() -> str:
        printed.append(capfd.readouterr().out)
        return re.findall(r"resident login code .*: (\d{6})", "".join(printed))[-1]

    sign_in(page, site, read_code)
    home = page.inner_text("main")
    assert "有一项结果请尽快联系医生" in home and "6.6" not in page.content()
    for path in PAGES:
        page.goto(f"{site.url}/my{path}")
        assert overflow(page) == 0 and axe_findings(page) == [], path
    page.goto(f"{site.url}/my/costs")
    assert "12800.5" in page.inner_text("main")
    page.goto(f"{site.url}/my/reports")
    page.click("text=检验报告")
    page.wait_for_selector("text=请联系医生")
    assert "6.6" not in page.content() and axe_findings(page) == []

    page.goto(f"{site.url}/my/views")
    assert "陈志强" in page.inner_text("main") and "门急诊诊疗" in page.inner_text("main")
    page.click("summary >> nth=0")
    page.fill("input[name=text] >> nth=0", "我这天没有去过医院")
    page.click("details[open] button")
    page.wait_for_selector("text=处理中")

    page.goto(f"{site.url}/my/privacy")
    page.check("#k-examination")
    with page.expect_navigation():
        page.click("button.primary")
    seen = open_page(f"/record/{site.person_id}/exams", doctor).inner_text("#record")
    assert "胸部CT平扫" not in seen and "受限内容" in seen
    page.uncheck("#k-examination")
    with page.expect_navigation():
        page.click("button.primary")
    assert "胸部CT平扫" in open_page(f"/record/{site.person_id}/exams", doctor).inner_text("#record")


def test_large_print_has_targets_of_sixty_pixels(site: Site, open_page: Callable[..., Any], capfd: Any) -> None:
    page = open_page("/my/login", width=390, height=844)
    sign_in(page, site, lambda: re.findall(r"resident login code .*: (\d{6})", capfd.readouterr().out)[-1])
    page.click("[data-big]")
    assert page.evaluate(SMALL) == [] and overflow(page) == 0 and axe_findings(page) == []
    size = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert size >= 18
    for path in PAGES:
        page.goto(f"{site.url}/my{path}")
        assert page.locator("html.big").count() == 1, "it stays as chosen"
        assert page.evaluate(SMALL) == [] and overflow(page) == 0, path


def test_a_critical_value_is_the_doctors_to_tell_first(
    site: Site, open_page: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """The last test of this file: from here on the value is told."""
    page = open_page("/my/login", width=390, height=844)
    sign_in(page, site, lambda: re.findall(r"resident login code .*: (\d{6})", capfd.readouterr().out)[-1])
    assert "有一项结果请尽快联系医生" in page.inner_text("main") and "6.6" not in page.content()
    doctor = open_page(f"/record/{site.person_id}/labs/K", site.physician())
    doctor.click("text=确认已告知患者 >> nth=0")
    doctor.get_by_role("alertdialog").get_by_role("button", name="确定").click()
    doctor.wait_for_selector("text=已告知患者 >> visible=true")
    assert axe_findings(doctor) == []
    page.reload()
    assert "有一项结果请尽快联系医生" not in page.inner_text("main")
    page.goto(f"{site.url}/my/reports")
    page.click("text=检验报告")
    page.wait_for_selector("text=血钾")
    assert "6.6" in page.inner_text("main") and "请联系医生" not in page.inner_text("main")
