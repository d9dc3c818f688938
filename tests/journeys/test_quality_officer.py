"""A hospital's quality officer with a bad score, and the city's administrator who explains the ranking, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.journeys.conftest import axe_findings, overflow
from tests.quality_reports.conftest import Region, region
from tests.support.principals import principal

pytestmark = pytest.mark.system("G10", "G01")
__all__ = ["region"]


@pytest.fixture
def visit(browser: Any, region: Region) -> Iterator[Callable[..., Any]]:
    """``visit("/console/…", width=1366, **caller)``: a page that must not report a fault."""
    contexts: list[Any] = []
    faults: list[str] = []

    def go(path: str, width: int = 1366, height: int = 768, **caller: Any) -> Any:
        headers = region.shelf.put(principal(**caller))
        context = browser.new_context(viewport={"width": width, "height": height}, extra_http_headers=headers)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(region.url + path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert not faults, faults


def test_the_officer_reads_why_and_answers(visit: Callable[..., Any], region: Region) -> None:
    me = region.officer_facts("bad")
    page = visit("/console/quality/reports", **me)
    assert "浉河区第二医院" in page.inner_text("main")
    page.click("text=2026-10")
    assert "主要扣分规则与改正方法" in page.inner_text("main")
    assert overflow(page) == 0
    assert axe_findings(page) == []
    page.click("text=样例 >> nth=0")
    page.click("button:has-text('答复')")
    page.fill("#answer textarea", "就诊结束时间取错字段，已修改接口并安排重传")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=已修改接口并安排重传 >> visible=true")
    assert "已答复" in page.inner_text(".bar")


def test_the_administrator_explains_a_place(visit: Callable[..., Any], region: Region) -> None:
    page = visit("/console/quality/ranking?month=2026-10")
    row = page.locator("tr", has_text="浉河区康复医院").first
    row.locator("summary").click()
    assert "本期没有入库数据" in row.inner_text()
    assert axe_findings(page) == []
    row = page.locator("tr", has_text="浉河区第二医院").first
    row.locator("summary").click()
    row.locator("a", has_text="分析报告").click()
    page.click("text=2026-10")
    assert "得分推导" in page.inner_text("main")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768)])
def test_the_wall_fits_one_screen(visit: Callable[..., Any], width: int, height: int) -> None:
    page = visit("/console/quality/ranking/wall?month=2026-10", width=width, height=height)
    assert page.evaluate("document.documentElement.scrollHeight") <= height
    assert overflow(page) == 0
    assert "医院" in page.inner_text(".wall")


@pytest.mark.parametrize("width", [1366, 390])
def test_the_catalogue_reads_on_a_desk_and_on_a_phone(visit: Callable[..., Any], width: int) -> None:
    page = visit("/console/catalogue", width=width)
    page.fill("input[name=text]", "jzjl")
    page.click("button:has-text('查询')")
    page.click("text=就诊记录")
    assert "来源系统" in page.inner_text("main")
    assert overflow(page) == 0
    assert axe_findings(page) == []


def test_what_is_announced_can_be_objected_to(visit: Callable[..., Any], region: Region) -> None:
    admin = region.acting()
    base = "/api/v1/quality/ranking/editions"
    number = admin.post(base, json={"title": "十月排名公示", "month": "2026-10"}).json["id"]
    admin.post(f"{base}/{number}/announce")
    page = visit(f"/console/quality/ranking/notices/{number}", **region.officer_facts("bad"))
    page.click("button:has-text('提出异议')")
    page.fill("#object textarea", "十月有三天系统停机，已于当月补传")
    page.click("#object button:has-text('提交异议')")
    page.wait_for_selector("text=待答复")
