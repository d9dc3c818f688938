"""The pages of the referral beside those its definition gives, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server

from health_platform.kernel.scope import SYSTEM, system_scope
from registry.resources.service import ResourceDraft, add
from tests.applications.referral.test_referral import ACCEPT, REQUEST
from tests.journeys.conftest import CHROMIUM, FLAGS, axe_findings, overflow
from tests.support.clinic import Clinic, Region, id_number

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.system("C03")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium; the tests skip visibly where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any, region: Region) -> Iterator[Callable[..., Page]]:
    """``open_page(clinic, path)``: a page as that caller, served over a real socket."""
    server = make_server("127.0.0.1", 0, region.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    contexts: list[Any] = []

    def go(who: Clinic, path: str) -> Page:
        header = region.shelf.put(who.who)
        context = browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers=header)
        contexts.append(context)
        page: Page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}{path}")
        return page

    yield go
    for context in contexts:
        context.close()
    server.shutdown()
    thread.join()


def checked(page: Page, words: str) -> None:
    assert words in page.inner_text("main"), page.inner_text("main")[:800]
    assert overflow(page) == 0 and axe_findings(page) == []


def test_a_hospital_doctor_refers_one_and_the_other_side_takes_him(region: Region, open_page: Callable[..., Page]) -> None:
    sender = Clinic(region, region.clinic("411525100", "城关镇卫生院（页面）").who, "referral")
    receiver = Clinic(region, region.clinic("411525", "固始县人民医院（页面）").who, "referral")
    unit = receiver.who.institution_id or 0
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        add(session, SYSTEM, unit, ResourceDraft("bed", "心内科", 2, date(2025, 1, 1)))
    page = open_page(sender, f"/console/referral/resources?institution_id={unit}")
    checked(page, "心内科")
    person = {"name": "周建国", "id_no": id_number(date(1958, 4, 2))}
    today = date.today().isoformat()
    case = sender.post("/referral/cases", {"person": person, "answers": {**REQUEST, "to_unit": str(unit)}})["case_no"]
    page = open_page(receiver, f"/console/referral/cases/{case}/record")
    checked(page, "健康档案摘要：周建国")
    checked(page, "未询问，不能视为无过敏")
    receiver.post(f"/referral/cases/{case}/accept", {"answers": {**ACCEPT, "appointment": today}}, 200)
    page = open_page(sender, f"/console/referral/resources?institution_id={unit}")
    assert page.locator("tbody tr").inner_text().split("\t")[-3:] == ["2", "1", "1"]
    office = Clinic(region, region.office("411525").who, "referral")
    page = open_page(office, "/console/referral/statistics")
    checked(page, "固始县人民医院（页面）")
