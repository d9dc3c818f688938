"""A unit administrator opens a nurse's account and locks it; an auditor finds who did it. Real logins in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from demonstration.setup import Account
from tests.journeys.conftest import Site, axe_findings, overflow, sign_in

pytestmark = pytest.mark.system("B08", "B09", "A20", "A23")

Open = Callable[..., Any]
OWN_PASSWORD = "Huli-2026-fang!"
NURSE_ID = "411525199204080026"


def test_a_unit_administrator_opens_and_locks_a_nurses_account(site: Site, open_page: Open, accounts: dict[str, Account]) -> None:
    admin, nurse = open_page("/login"), open_page("/login")
    sign_in(admin, site, "unit", accounts["unit"].password)
    admin.goto(f"{site.url}/console/access/users/new")
    assert "市管理员" not in admin.inner_text("select[name=role]"), "only roles the administrator may give are offered"
    for name, value in (("login_name", "nurse1"), ("real_name", "王小芳"), ("id_no", NURSE_ID)):
        admin.fill(f"[name={name}]", value)
    admin.select_option("select[name=role]", label="护士")
    with admin.expect_navigation():
        admin.click("text=开设账号")
    first = re.findall(r"初始口令\s+(\S+)\s", admin.inner_text("main"))[-1]

    sign_in(nurse, site, "nurse1", first)
    assert nurse.url.endswith("/login/password"), "the first password must be changed"
    nurse.fill("[name=password]", OWN_PASSWORD)
    nurse.fill("[name=again]", OWN_PASSWORD)
    with nurse.expect_navigation():
        nurse.keyboard.press("Enter")
    assert "健康档案调阅" in nurse.inner_text("body") and "用户管理" not in nurse.inner_text("body")

    admin.goto(f"{site.url}/console/access/users?text=nurse1")
    with admin.expect_navigation():
        admin.click("a:has-text('nurse1')")
    assert NURSE_ID not in admin.content() and axe_findings(admin) == [] and overflow(admin) == 0
    admin.click("button:has-text('锁定')")
    admin.fill("#f-reason", "离职")
    admin.keyboard.press("Enter")
    admin.wait_for_selector("text=已锁定")

    nurse.goto(f"{site.url}/console")
    assert "/login" in nurse.url, "the session ended with the lock"
    sign_in(nurse, site, "nurse1", OWN_PASSWORD)
    assert "登录名或口令不正确" in nurse.inner_text("main"), "a locked account is not told from a wrong password"
    open_page.faults[:] = [fault for fault in open_page.faults if "401" not in fault]  # type: ignore[attr-defined]


def test_an_auditor_finds_who_locked_the_account(site: Site, open_page: Open, accounts: dict[str, Account]) -> None:
    auditor = open_page("/login")
    sign_in(auditor, site, "auditor", accounts["auditor"].password)
    auditor.goto(f"{site.url}/console/audit")
    auditor.fill("[name=action]", "锁定账号")
    with auditor.expect_navigation():
        auditor.keyboard.press("Enter")
    rows = auditor.locator("table.data tbody tr")
    assert rows.count() == 1 and "锁定账号" in rows.first.inner_text() and axe_findings(auditor) == []
    with auditor.expect_navigation():
        rows.first.locator("a").first.click()
    told = auditor.inner_text("main")
    assert "离职" in told and "127.0.0.1" in told and axe_findings(auditor) == []
    auditor.goto(f"{site.url}/console/access/users")
    assert "没有" in auditor.inner_text("body"), "an auditor reads the log and changes nothing"
    open_page.faults[:] = [fault for fault in open_page.faults if "403" not in fault]  # type: ignore[attr-defined]
