"""An operator sees what came and how late, stops a channel, goes on with it, mends a refused row and sends it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from etl.api import Sender, Upload, accept
from health_platform.kernel import clock
from health_platform.kernel.jobs import Worker
from health_platform.kernel.scope import system_scope
from tests.journeys.conftest import Site, axe_findings, overflow

pytestmark = pytest.mark.system("A11", "A16", "A18")

SENDER = Sender(90417, "411502000000")
GOOD = {"patientId": "p417", "examinationReportDate": "2026-03-01 08:00:00"}


def send(site: Site, key: str, **more: str) -> None:
    content = json.dumps([{**GOOD, "id": key, **more}]).encode()
    with site.platform.database.unit_of_work(system_scope("test")) as session:
        accept(session, Upload(SENDER, "emr_ex_lab", f"m-{key}", content, "json"))


def loaded(site: Site) -> set[str]:
    Worker(site.platform).drain()
    table = f"{site.platform.settings.warehouse_database}.emr_ex_lab"
    found = site.platform.warehouse.execute(f"SELECT id FROM {table} FINAL WHERE institution = {SENDER.institution_id}")
    return {key for (key,) in found}


def line(page: Any) -> dict[str, str]:
    """The channel's line by column heading."""
    headings = page.locator("main table.data th").all_inner_texts()
    return dict(zip(headings, page.locator("main table.data tbody tr").first.locator("td").all_inner_texts(), strict=True))


def follow(page: Any, link: str) -> None:
    """Open what a link leads to, and wait for it: what is read next is the new page's."""
    with page.expect_navigation():
        page.click(link)


def press(page: Any, label: str) -> None:
    """Open a window by its button, and send its form."""
    page.click(f"main table.data button:has-text('{label}')")
    if page.locator(".modal:visible input[name=reason]").count():
        page.fill(".modal:visible input[name=reason]", "数据源检修")
    if page.locator(".modal:visible input[name=since]").count():
        page.fill(".modal:visible input[name=since]", f"{clock.today()}T00:00")
    with page.expect_navigation():
        page.click(".modal:visible .btn.primary")


def test_an_operators_day(site: Site, open_page: Callable[..., Any]) -> None:
    send(site, "J1")
    send(site, "J2", bedNo="x" * 11)
    assert loaded(site) == {"J1"}
    channels = f"/console/etl?institution_id={SENDER.institution_id}"
    page = open_page(channels, site.acting(division="4115"))
    now = line(page)
    assert (now["状态"], now["今日入库"], now["今日拒收"], now["今日迟报"], now["隔离行"]) == ("正常", "1", "1", "1", "1")
    assert now["时限"] and now["平均延迟"].endswith("天")
    assert axe_findings(page) == [] and overflow(page) == 0

    press(page, "暂停")
    send(site, "J3")
    assert loaded(site) == {"J1"}
    page.reload()
    assert (line(page)["状态"], line(page)["待处理"]) == ("已暂停", "1")
    with page.expect_navigation():
        page.click("main table.data button:has-text('恢复')")
    assert loaded(site) == {"J1", "J3"}

    page.reload()
    press(page, "重新处理")
    page.reload()
    assert line(page)["待处理"] == "3", "everything received since midnight goes through again"
    assert loaded(site) == {"J1", "J3"}

    page.reload()
    page.locator("main table.data tbody td a:has-text('1')").last.click()
    follow(page, "main table.data tbody a:has-text('超过')")
    assert "x" * 11 in page.inner_text("main") and axe_findings(page) == []
    page.fill("[name=bed_no]", "12")
    with page.expect_navigation():
        page.click("button:has-text('更正并重新上传')")
    assert "没有符合条件的隔离数据" in page.inner_text("main")
    assert loaded(site) == {"J1", "J2", "J3"}

    page.goto(f"{site.url}{channels}")
    follow(page, f"main table.data a:has-text('{SENDER.institution_id}')")
    now = line(page)
    assert (now["入库"], now["迟报率(%)"], now["最近接收日"]) == ("3", "100", str(clock.today()))
    follow(page, "main table.data a:has-text('检验报告')")
    assert line(page)["接收日"] == str(clock.today())
    assert axe_findings(page) == [] and overflow(page) == 0
