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


def institutions(site: Site) -> tuple[set[str], set[str]]:
    """Names of the county's institutions, and of all others."""
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        rows = session.execute(select(Institution.name, Institution.division_code)).all()
    own = {name for name, code in rows if (code or "").startswith(COUNTY)}
    return own, {name for name, _ in rows} - own


def test_from_one_form_to_a_county_that_sees_itself_only(site: Site, open_page: Open, accounts: dict[str, Account]) -> None:
    city = open_page("/console/counties", site.acting(name="市管理员"))
    city.click("[data-modal='#new']")
    city.select_option("#new select[name=division_code]", CODE)
    for name, value in (("name", TITLE), ("login_name", "gushi"), ("real_name", "周县管"), ("id_no", "411525198001010011")):
        city.fill(f"#new [name={name}]", value)
    assert axe_findings(city) == []
    city.click("#new button.primary")
    city.wait_for_selector("text=gushi / ")
    told = city.inner_text("body")
    first = re.search(r"gushi / (\S+?)（", told)
    assert first, told

    page = open_page("/login")
    sign_in(page, site, "gushi", first.group(1))
    assert page.url.endswith("/login/password")
    page.fill("[name=password]", OWN_PASSWORD)
    page.fill("[name=again]", OWN_PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{site.url}/console")
    assert TITLE in page.inner_text("header") and "县区平台" not in page.inner_text("nav#menu")

    own, others = institutions(site)
    assert len(own) > 1 and len(others) > 1, "the demonstration has institutions in and out of the county"
    for link in page.evaluate("Array.from(document.querySelectorAll('nav#menu a[href]')).map(a => a.getAttribute('href'))"):
        page.goto(site.url + link)
        shown = page.inner_text("main")
        assert not [name for name in others if name in shown], link
        assert overflow(page) == 0 and axe_findings(page) == [], link

    page.goto(f"{site.url}/console/registry/institutions")
    count = re.search(r"共\s*(\d+)", page.inner_text("main"))
    assert count and int(count.group(1)) == len(own)
    page.goto(f"{site.url}/console/registry/institutions?text={sorted(others)[0]}")
    assert not [name for name in others if name in page.inner_text("table, .empty")]
    sheet = page.request.get(f"{site.url}/api/v1/registry/institutions/export")
    rows = list(load_workbook(io.BytesIO(sheet.body())).active.values)
    assert {name for row in rows for name in row if name in own | others} == own

    page.goto(f"{site.url}/console/access/users/new")
    offered = page.inner_text("form")
    assert "市管理员" not in page.inner_text("select[name=role]") and not [name for name in others if name in offered]
    for name, value in (("login_name", "gushi2"), ("real_name", "王小芳"), ("id_no", "411525199204080026")):
        page.fill(f"[name={name}]", value)
    page.select_option("select[name=role]", label="单位管理员")
    if page.locator("select[name=institution_id]").count():
        page.select_option("select[name=institution_id]", index=1)
    with page.expect_navigation():
        page.click("text=开设账号")
    assert re.search(r"初始口令\s+(\S+)\s", page.inner_text("main"))
    page.goto(f"{site.url}/console/access/users")
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        outside = session.scalars(select(User.login_name).where(~User.division_code.startswith(COUNTY))).all()
        inside = session.scalar(select(func.count()).select_from(User).where(User.division_code.startswith(COUNTY)))
    shown = page.inner_text("table.data")
    assert "gushi2" in shown and not [name for name in outside if re.search(rf"\b{name}\b", shown)]
    count = re.search(r"共\s*(\d+)", page.inner_text("main"))
    assert count and int(count.group(1)) == inside

    for path in (f"/record/{site.person_id}", "/console/counties", "/console/audit"):
        answer = page.request.get(site.url + path, headers={"Accept": "text/html"})
        assert NAME not in answer.text() and ID_NUMBER not in answer.text(), path
