"""The physician's way through a record, in a real browser."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from health_platform.kernel.audit import AuditEntry
from health_platform.kernel.scope import system_scope
from tests.journeys.conftest import Site, axe_findings, overflow
from tests.journeys.patient import ID_NUMBER, NAME, PHONE

pytestmark = pytest.mark.system("C10", "A07")

Open = Callable[..., Any]


def actions(site: Site, action: str) -> list[AuditEntry]:
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        statement = select(AuditEntry).where(AuditEntry.action == action, AuditEntry.person_id == site.person_id)
        return list(session.scalars(statement))


def test_the_overview_says_what_matters_first(site: Site, open_page: Open) -> None:
    requests: list[str] = []
    page = open_page("about:blank", site.physician())
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{site.url}/record/{site.person_id}")
    banner = page.locator("header.bn").inner_text()
    assert NAME in banner and "阿莫西林（休克）" in banner and "磺胺（皮疹）" in banner
    assert "血钾 6.6" in banner and "在用 阿莫西林胶囊" in banner
    assert page.locator("header.bn").bounding_box()["height"] <= 70
    assert "6.6" in page.locator("tr.crit").first.inner_text()
    assert "18 天前 信阳市中心医院 已做 胸部CT平扫" in page.inner_text("main")
    problems = page.locator(".card", has_text="健康问题").first.inner_text()
    assert "HbA1c 8.3" in problems and "INR 4.7" in problems and "血压 148/86" in problems, "what tells how a problem stands"
    assert page.locator("*").count() <= 2500 and overflow(page) == 0
    assert len([url for url in requests if "mark.svg" not in url]) <= 6
    assert axe_findings(page) == []


def test_nothing_secret_is_in_the_page_until_it_is_asked_for(site: Site, open_page: Open) -> None:
    page = open_page(f"/record/{site.person_id}", site.physician())
    assert ID_NUMBER not in page.content() and PHONE not in page.content()
    before = len(actions(site, "record.reveal"))
    page.locator("[data-reveal]").first.click()
    assert page.locator("#reveal").is_visible() and axe_findings(page) == []
    page.keyboard.press("Escape")
    assert ID_NUMBER not in page.content()
    page.locator("[data-reveal]").first.click()
    page.click("[data-reveal-yes]")
    page.wait_for_function(f"() => document.querySelector('.b1').textContent.includes('{ID_NUMBER}')")
    assert PHONE not in page.content()
    assert len(actions(site, "record.reveal")) == before + 1
    page.locator("[data-reveal]").first.click()
    assert ID_NUMBER not in page.content()


def test_every_section_opens_by_its_key_and_is_accessible(site: Site, open_page: Open) -> None:
    page = open_page(f"/record/{site.person_id}", site.physician())
    sections = {"2": ("timeline", "预防接种"), "3": ("problems", "心房颤动"), "4": ("visits", "不稳定型心绞痛"),
                "5": ("labs", "检验累积表"), "6": ("exams", "冠状动脉造影"), "7": ("drugs", "华法林"),
                "8": ("services", "高血压患者随访"), "9": ("documents", "文书"), "1": ("overview", "生命历程")}  # fmt: skip
    for key, (section, word) in sections.items():
        page.keyboard.press(key)
        page.wait_for_selector(f"#section[data-section={section}]")
        page.wait_for_selector(f".sd [aria-current][data-section={section}]")
        assert word in page.inner_text("#section")
        assert page.locator(".sd [aria-current]").get_attribute("data-key") == key
        assert axe_findings(page) == [] and overflow(page) == 0, key


def test_a_relatives_disease_and_a_suspicion_are_not_told_as_the_patients_own(site: Site, open_page: Open) -> None:
    page = open_page(f"/record/{site.person_id}", site.physician())
    assert "乳腺恶性肿瘤" not in page.inner_text("main") and "肺结核（疑似）" in page.inner_text("main")
    page.goto(f"{site.url}/record/{site.person_id}/problems")
    cards = page.locator("#section .card").all_inner_texts()
    own, family = cards[0], next(card for card in cards if card.startswith("家族史"))
    assert "乳腺恶性肿瘤" not in own and "待确诊" in own
    assert "乳腺恶性肿瘤" in family and "亲属" in family and axe_findings(page) == []


def test_the_keyboard_walks_opens_goes_back_filters_and_can_be_switched_off(site: Site, open_page: Open) -> None:
    page = open_page(f"/record/{site.person_id}/exams", site.physician())
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert "冠状动脉造影" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_selector("#section h1")
    assert "左前降支近段狭窄60%" in page.inner_text("#section") and axe_findings(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector("#section table")
    page.keyboard.press("5")
    page.wait_for_selector("#section .grid")
    shown = page.locator("#section .grid tbody tr:visible").count()
    page.keyboard.press("a")
    assert 0 < page.locator("#section .grid tbody tr:visible").count() < shown
    page.keyboard.press("a")
    page.keyboard.press("/")
    page.keyboard.type("胸部")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#section').innerText.includes('搜索结果')")
    assert "胸部CT平扫" in page.inner_text("#section") and axe_findings(page) == []
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.locator("[data-keys-off]").check()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    assert page.locator(".sd [aria-current]").count() == 0 or "时间轴" not in page.locator(".sd [aria-current]").inner_text()


def test_a_layout_is_remembered_and_never_hides_allergies(site: Site, open_page: Open) -> None:
    doctor = site.physician(facts={"doctor_no": "7777", "department": "内分泌科"})
    page = open_page(f"/record/{site.person_id}", doctor)
    page.click("[data-modal='#layout']")
    assert page.input_value("#view") == "diabetes" and axe_findings(page) == []
    page.select_option("#view", "kidney")
    for box in page.locator("#layout input[name=show]").all():
        box.uncheck()
    with page.expect_navigation():
        page.click("#layout button.primary")
    assert page.locator("#section .card").count() == 0
    assert "阿莫西林" in page.inner_text(".alert.allergy") and page.locator(".alert.critical").is_visible()
    again = open_page(f"/record/{site.person_id}", doctor)
    assert again.locator("#section .card").count() == 0 and again.input_value("#view") == "kidney"


@pytest.mark.parametrize("width", [1366, 620, 390])
def test_no_sideways_scrolling_and_warnings_uncut(site: Site, open_page: Open, width: int) -> None:
    page = open_page(f"/record/{site.person_id}/labs", site.physician(), width=width)
    assert overflow(page) == 0, "the widest section"
    page.goto(f"{site.url}/record/{site.person_id}/visits")
    main = page.locator("#section tbody tr").first.locator("td").nth(2)
    assert main.bounding_box()["width"] > width * 0.4, "what happened is not squeezed by where and by whom"
    assert "固始县人民医院" in page.locator("#section tbody tr").first.inner_text() and overflow(page) == 0
    page.goto(f"{site.url}/record/{site.person_id}")
    assert overflow(page) == 0
    for alert in page.locator(".alert").all():
        assert alert.evaluate("node => node.scrollWidth <= node.clientWidth + 1 && node.scrollHeight <= node.clientHeight + 1")
        box = alert.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert axe_findings(page) == []


def test_paper_carries_identity_warnings_and_who_printed(site: Site, open_page: Open, tmp_path: Path) -> None:
    page = open_page(f"/record/{site.person_id}", site.physician())
    paper = tmp_path / "record.pdf"
    page.pdf(path=str(paper), format="A4")
    if not Path("/usr/bin/pdftotext").exists():
        pytest.skip("pdftotext is not installed")
    text = subprocess.run(["pdftotext", "-layout", str(paper), "-"], capture_output=True, check=True).stdout.decode()
    squeezed = "".join(text.split())
    for wanted in (NAME, "阿莫西林（休克）", "磺胺（皮疹）", "血钾6.6", "陈志强", "门急诊诊疗", "心房颤动", "华法林"):
        assert wanted in squeezed, wanted
    assert ID_NUMBER not in squeezed


def test_without_a_treating_relationship_a_reason_comes_first(site: Site, open_page: Open) -> None:
    admin = site.acting(name="李管理")
    page = open_page("/record", admin)
    assert axe_findings(page) == []
    page.fill("#f-number", ID_NUMBER)
    page.click("form.search button")
    page.wait_for_selector("table.data")
    assert axe_findings(page) == []
    assert ID_NUMBER not in page.url and ID_NUMBER not in page.inner_text("table.data")
    page.click("table.data a")
    page.wait_for_url("**/reason")
    assert NAME not in page.content() and axe_findings(page) == []
    page.check("input[value=QUALITY]")
    page.click("form.form button.primary")
    page.wait_for_url(f"{site.url}/record/{site.person_id}")
    assert "档案质量控制" in page.inner_text("footer.ft")
    page.click("text=调阅记录")
    page.wait_for_selector("#section[data-section=access]")
    told = page.inner_text("#section")
    assert "李管理" in told and "登记了调阅原因" in told and "record." not in told and axe_findings(page) == []
    assert actions(site, "record.purpose") and actions(site, "record.view")


def test_another_county_finds_nothing(site: Site, open_page: Open) -> None:
    stranger = site.acting(division="411525")
    page = open_page("/record", stranger)
    page.fill("#f-number", ID_NUMBER)
    page.click("form.search button")
    page.wait_for_selector(".empty")
    assert NAME not in page.content()
    answer = page.request.get(f"{site.url}/record/{site.person_id}", headers=stranger)
    assert answer.status == 404 and NAME not in answer.text()
