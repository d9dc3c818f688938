"""The pop-up in a real browser beside a hospital's page, and the pages of the administrators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.applications.clinical_prompts.conftest import City, Hospital, made_hospital
from tests.journeys.conftest import axe_findings, overflow
from tests.support.principals import principal

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.system("C08")
READER = {"prompts.read", "prompts.edit", "prompts.switch", "registry.institution.read"}


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Page]]:
    """``open_page(url, headers)``: a page whose console faults fail the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def go(url: str, headers: dict[str, str] | None = None, width: int = 380, height: int = 240) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, extra_http_headers=headers or {})
        contexts.append(context)
        page: Page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(url)
        return page

    yield go
    for context in contexts:
        context.close()
    assert not [fault for fault in faults if "422" not in fault], faults


def popup(hospital: Hospital, visit: str, check: str = "") -> str:
    ticket = hospital.launch(visit)["ticket"]
    return f"{hospital.city.url}/embed/{hospital.client_key}/prompts#t={ticket}" + (f"&c={check}" if check else "")


def checked(ask: Callable[..., Any], *orders: tuple[str, str]) -> str:
    return str(ask(*orders)["check_id"])


ORDERS = (("drug", "阿莫西林胶囊"), ("drug", "磺胺嘧啶片"), ("test", "胸部CT平扫"), ("test", "糖化血红蛋白"))


def test_the_popup_shows_three_lines_and_settles_them(
    hospital: Hospital, visit: str, ask: Callable[..., Any], open_page: Callable[..., Page]
) -> None:
    page = open_page(popup(hospital, visit, checked(ask, *ORDERS)))
    page.wait_for_selector(".one")
    assert page.inner_text("#who") == "张试兰 女 67岁"
    assert page.locator(".one").count() == 3 and page.inner_text("#count") == "5 条提示"
    assert page.locator(".one").nth(0).inner_text().startswith("禁止")
    assert overflow(page) == 0 and axe_findings(page) == []
    assert page.evaluate("() => document.documentElement.scrollHeight") <= 240
    assert "#" not in page.url
    # the reason is asked for where the rule wants one
    page.get_by_role("button", name="忽略：患者有阿莫西林过敏史").click()
    page.get_by_role("button", name="确定忽略").click()
    page.wait_for_function("() => document.querySelector('.error').textContent.includes('须说明原因')")
    page.select_option("#reason", "R14")
    assert axe_findings(page) == []
    page.get_by_role("button", name="确定忽略").click()
    page.wait_for_selector("text=已忽略")
    # the rest, and one cited
    page.get_by_role("button", name="另有 2 条").click()
    page.get_by_role("button", name="引用：胸部CT").click()
    page.wait_for_selector("text=已采纳")
    # the detail of a card by keyboard, and back
    page.locator(".say").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".panel")
    assert "固始县人民医院" in page.inner_text(".panel")
    page.keyboard.press("Escape")
    page.wait_for_selector(".one")
    page.get_by_role("button", name="关闭智能提示").click()
    page.wait_for_selector("text=已关闭")


def test_the_workstation_posts_orders_and_hears_what_was_decided(city: City, visit: str, open_page: Callable[..., Page]) -> None:
    hospital = made_hospital(city, 1, city.url)
    page = open_page(f"{city.url}/login", width=900, height=500)
    page.evaluate(
        """url => { window.heard = []; addEventListener('message', event => window.heard.push(event.data));
        document.body.innerHTML = ''; const frame = document.createElement('iframe'); frame.id = 'pop'; frame.width = 380;
        frame.height = 240; frame.src = url; document.body.append(frame); }""",
        popup(hospital, visit),
    )
    frame = page.frame_locator("#pop")
    frame.locator("text=患者有过敏史").wait_for()
    orders = [{"key": "w1", "kind": "test", "name": "胸部CT"}]
    page.evaluate(
        "orders => document.getElementById('pop').contentWindow.postMessage({kind: 'orders', orders}, location.origin)", orders
    )
    frame.locator("text=胸部CT 18 天前已在信阳市中心医院完成").wait_for()
    frame.get_by_role("button", name="引用").click()
    page.wait_for_function("() => window.heard.some(one => one.kind === 'accepted' && one.order === 'w1')")
    kinds = page.evaluate("() => window.heard.map(one => one.kind)")
    assert kinds[:2] == ["opened", "prompts"]
    told = page.evaluate("() => window.heard.find(one => one.kind === 'accepted')")
    assert told["source"] == "health-prompts" and told["person"] == str(city.person_id)


def test_nothing_to_say_is_said_with_its_limits(
    hospital: Hospital, visit: str, ask: Callable[..., Any], open_page: Callable[..., Page]
) -> None:
    page = open_page(popup(hospital, visit, checked(ask, ("drug", "院内制剂三号"))))
    page.wait_for_selector("text=未发现需要提示的问题")
    assert "未核对：院内制剂三号" in page.inner_text("#foot")


def test_a_ticket_opens_only_the_checks_of_its_patient(city: City, hospital: Hospital, visit: str) -> None:
    redeemed = city.nobody().post(
        "/api/v1/launch/redeem", json={"client": hospital.client_key, "ticket": hospital.launch(visit)["ticket"]}
    )
    header = {"Authorization": f"Bearer {redeemed.json['token']}"}
    assert city.nobody().get(f"/api/v1/prompts/frame/checks/{uuid4()}", headers=header).status_code == 404
    unknown = {"patient": "ZZZ1", "visit_no": visit, "doctor": {"number": "1", "name": "陈"}, "check_id": str(uuid4())}
    assert city.system().post("/api/v1/prompts/check", json=unknown).status_code == 200
    assert city.nobody().get(f"/api/v1/prompts/frame/checks/{unknown['check_id']}", headers=header).status_code == 404
    assert city.nobody().get("/api/v1/prompts/statistics", headers=header).status_code == 403


def test_the_popup_may_only_be_framed_by_its_hospital(city: City, hospital: Hospital) -> None:
    answer = city.nobody().get(f"/embed/{hospital.client_key}/prompts")
    assert f"frame-ancestors {hospital.origin}" in answer.headers["Content-Security-Policy"]
    assert city.nobody().get("/embed/nobody/prompts").status_code == 404


def test_administrators_change_rules_and_read_statistics(city: City, open_page: Callable[..., Page]) -> None:
    header = city.shelf.put(_administrator())
    page = open_page(f"{city.url}/console/prompts", header, 1366, 768)
    assert "同类药品" in page.inner_text("main") and overflow(page) == 0 and axe_findings(page) == []
    page.locator("[data-modal='#rule-same_drug']").click()
    page.fill("#f-same_drug-renewal_days", "3")  # as it is: other tests count on it
    page.fill("#f-same_drug-note", "续方提前取药")
    page.locator("#rule-same_drug button.primary").click()
    page.wait_for_selector("text=续方提前取药")
    page.goto(f"{city.url}/console/prompts/tables/interaction")
    assert "华法林" in page.inner_text("main") and overflow(page) == 0 and axe_findings(page) == []
    page.goto(f"{city.url}/console/prompts/statistics")
    assert "采纳率" in page.inner_text("main") and overflow(page) == 0 and axe_findings(page) == []


def _administrator() -> Any:
    return principal(permissions=READER)
