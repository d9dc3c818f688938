"""The city opens a county in one form; its administrator signs in, opens accounts and sees her county and nothing else."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from demonstration.setup import Account
from health_platform.access.accounts.models import User
from health_platform.kernel.scope import system_scope
from registry.institutions.models import Institution
from tests.journeys.conftest import Site, axe_findings, overflow, sign_in
from tests.journeys.patient import ID_NUMBER, NAME

pytestmark = pytest.mark.system("A03")

Open = Callable[..., Any]
COUNTY, CODE, TITLE = "411525", "411525000000", "固始县全民健康信息平台"
OWN_PASSWORD = "Xianqu-2026-guan!"
FORM = {"division_code": CODE, "name": TITLE, "login_name": "gushi", "real_name": "周县管", "id_no": "411525198001010015"}


def institutions(site: Site) -> tuple[set[str], set[str]]:
    """Names of the county's institutions, and of all others."""
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        rows = session.execute(select(Institution.name, Institution.division_code)).all()
    own = {name for name, code in rows if (code or "").startswith(COUNTY)}
    return own, {name for name, _ in rows} - own


def counted(page: Any) -> int:
    found = re.search(r"共\s*(\d+)", page.inner_text("main"))
    assert found, page.inner_text("main")
    return int(found.group(1))


@pytest.fixture
def county(site: Site, open_page: Open, accounts: dict[str, Account]) -> Any:
    """The county's administrator, signed in with a password of her own, after the city filled in the one form."""
    city = open_page("/console/counties", site.acting(name="市管理员"))
    city.click("[data-modal='#new']")
    city.select_option("#new select[name=division_code]", CODE)
    for name in ("name", "login_name", "real_name", "id_no"):
        city.fill(f"#new [name={name}]", FORM[name])
    assert axe_findings(city) == []
    city.click("#new button.primary")
    city.wait_for_selector("text=gushi / ")
    first = re.search(r"gushi / (\S+?)（", city.inner_text("body"))
    assert first, city.inner_text("body")
    page = open_page("/login")
    sign_in(page, site, "gushi", first.group(1))
    assert page.url.endswith("/login/password"), "the first password must be changed"
    page.fill("[name=password]", OWN_PASSWORD)
    page.fill("[name=again]", OWN_PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return page


def test_from_one_form_to_a_county_that_sees_itself_only(site: Site, county: Any, open_page: Open) -> None:
    own, others = institutions(site)
    assert len(own) > 1 and len(others) > 1, "the demonstration has institutions in and out of the county"
    _pages(site, county, others)
    _counts_and_exports(site, county, own, others)
    _cannot_widen(site, county)
    _opens_an_account(site, county, own, others)
    for path in (f"/record/{site.person_id}", "/console/audit"):
        answer = county.request.get(site.url + path, headers={"Accept": "text/html"})
        assert answer.status in (403, 404) and NAME not in answer.text() and ID_NUMBER not in answer.text(), path


def _pages(site: Site, page: Any, others: set[str]) -> None:
    page.goto(f"{site.url}/console")
    assert TITLE in page.inner_text("header")
    links = page.evaluate("Array.from(document.querySelectorAll('nav#menu a[href]')).map(a => a.getAttribute('href'))")
    assert len(links) > 5
    for link in links:
        page.goto(site.url + link)
        shown = page.inner_text("main")
        assert not [name for name in others if name in shown], link
        assert overflow(page) == 0 and axe_findings(page) == [], link


def _counts_and_exports(site: Site, page: Any, own: set[str], others: set[str]) -> None:
    page.goto(f"{site.url}/console/registry/institutions")
    assert counted(page) == len(own)
    page.goto(f"{site.url}/console/registry/institutions?text={sorted(others)[0]}")
    assert not [name for name in others if name in page.inner_text("main")]
    page.goto(f"{site.url}/console/registry/institutions")
    sheet = page.request.get(site.url + page.get_attribute("a.btn:has-text('导出')", "href"))
    rows = list(load_workbook(io.BytesIO(sheet.body())).active.values)
    assert {name for row in rows for name in row if name in own | others} == own


def _cannot_widen(site: Site, page: Any) -> None:
    """What the city gave the county is not the county's to change."""
    page.goto(f"{site.url}/console/counties")
    assert page.locator("main button, main .modal").count() == 0
    token = page.get_attribute("meta[name=csrf-token]", "content")
    [row] = page.request.get(f"{site.url}/api/v1/counties").json()
    for path, body in (("", FORM), (f"/{row['id']}", {"name": "别名", "menus": [], "active": True}),
                       ("/exports", {"division_code": CODE, "reason": "县里自行决定"})):  # fmt: skip
        refused = page.request.post(f"{site.url}/api/v1/counties{path}", data=body, headers={"X-CSRF-Token": token})
        assert (refused.status, refused.json()["error"]["code"]) == (403, "county.city_only"), path


def _opens_an_account(site: Site, page: Any, own: set[str], others: set[str]) -> None:
    page.goto(f"{site.url}/console/access/users/new")
    assert "市管理员" not in page.inner_text("select[name=role]")
    offered = page.evaluate("Array.from(document.querySelectorAll('select[name=division_code] option')).map(o => o.value)")
    assert CODE in offered and all(code.startswith(COUNTY) for code in offered if code)
    assert axe_findings(page) == [] and overflow(page) == 0
    for name, value in (("login_name", "gushi2"), ("real_name", "王小芳"), ("id_no", "411525199204080317")):
        page.fill(f"[name={name}]", value)
    page.select_option("select[name=role]", label="单位管理员")
    assert _suggested(page, sorted(others)[0]) == []
    assert not page.evaluate("document.querySelector('#f-institution_id').checkValidity()"), "an unknown name is not sent"
    unit = sorted(own)[0]
    assert unit in _suggested(page, unit)
    with page.expect_navigation():
        page.click("text=开设账号")
    assert re.search(r"初始口令\s+(\S+)\s", page.inner_text("main")), page.inner_text("main")
    _sees_accounts_of_the_county(site, page, unit)


def _suggested(page: Any, text: str) -> list[str]:
    """What is suggested for a name typed as far as its last letter."""
    with page.expect_response(lambda answer: "users/units?text=" in answer.url and len(answer.url.split("text=")[1]) > 0):
        page.fill("#f-institution_id", text)
    page.wait_for_timeout(50)
    return list(page.evaluate("Array.from(document.querySelectorAll('#f-institution_id-list option')).map(o => o.value)"))


def _sees_accounts_of_the_county(site: Site, page: Any, unit: str) -> None:
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        outside = session.scalars(select(User.login_name).where(~User.division_code.startswith(COUNTY))).all()
        inside = session.scalar(select(func.count()).select_from(User).where(User.division_code.startswith(COUNTY)))
        made = session.scalars(select(User).where(User.login_name == "gushi2")).one()
        assert (made.institution_name, str(made.division_code)[:6]) == (unit, COUNTY)
    page.goto(f"{site.url}/console/access/users")
    shown = page.inner_text("table.data")
    assert "gushi2" in shown and not [name for name in outside if re.search(rf"\b{name}\b", shown)]
    assert counted(page) == inside
