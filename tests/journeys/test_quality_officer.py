"""A hospital's quality officer with a bad score, and the city's administrator who explains the ranking, in a real browser."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.journeys.conftest import axe_findings, overflow, says
from tests.quality_reports.conftest import NOW, Region, region, visits, workdays
from tests.support.principals import principal

pytestmark = pytest.mark.system("G10", "G01")
__all__ = ["region"]

OFFICER = {
    "quality.report.read", "quality.report.answer", "quality.result.read", "quality.monitor.read", "quality.declared.write",
    "quality.ranking.read", "quality.ranking.object", "quality.rule.read",
}  # fmt: skip
CITY = {
    "quality.report.read", "quality.report.make", "quality.report.close", "quality.result.read", "quality.monitor.read",
    "quality.ranking.read", "quality.ranking.manage", "quality.rule.read",
}  # fmt: skip
OCTOBER = "first=2026-10-01&last=2026-10-31"


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

    go.faults = faults  # type: ignore[attr-defined]
    yield go
    for context in contexts:
        context.close()
    assert not faults, faults


def sound(page: Any, *words: str) -> None:
    """The page says this, fits its window and is accessible."""
    says(page, *words)
    assert overflow(page) == 0 and axe_findings(page) == [], page.url


def total_of(page: Any) -> float:
    return float(re.findall(r"总分\s+([\d.]+)", page.inner_text(".tiles"))[0])


def test_the_officer_reads_why_answers_mends_and_sees_the_effect(visit: Callable[..., Any], region: Region) -> None:
    me = {**region.officer_facts("bad"), "permissions": OFFICER}
    page = visit("/console/quality/reports", **me)
    sound(page, "浉河区第二医院", "本单位有 1 份报告未读", "未读")
    page.click("text=2026-10")
    sound(page, "主要扣分规则与改正方法", "得分推导", "二级医院中列第")
    page.click("text=样例 >> nth=0")
    assert page.url.endswith("#example-1")
    example = page.locator("#example-1 + .scroll").inner_text()
    assert "bad-10" in example and "国强" not in page.inner_text("main"), "failing rows by their number, nobody's name"
    page.click("button:has-text('答复')")
    page.fill("#answer textarea", "就诊结束时间取错字段，已修改接口并安排重传")
    assert axe_findings(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=已修改接口并安排重传 >> visible=true")
    assert "已答复" in page.inner_text(".bar")

    rules = visit(f"/console/quality?{OCTOBER}", **me)
    assert rules.locator("[name=institution_id]").count() == 0, "an officer has no institution to choose"
    sound(rules, "得分的由来")
    before = total_of(rules)
    rules.locator("table.data tbody a", has_text="结束").first.click()
    sound(rules, "如何改正", "不合格记录样例", "bad-10")

    mended = [row for day in workdays() for row in visits("bad", day, faulty=False)]
    region.send("bad", mended, "bad-october-again", datetime(2026, 11, 4, 1, tzinfo=UTC))
    region.check()
    page.reload()
    sound(page, "整改效果", "提高")
    lines = page.locator("details[open] tbody tr").all_inner_texts()
    left = [line.split("\t")[2] for line in lines if "结束" in line or "性别" in line]
    assert left and set(left) == {"0"}, lines
    rules.goto(f"{region.url}/console/quality?{OCTOBER}")
    assert total_of(rules) > before + 5


def test_the_administrator_explains_a_place_down_to_the_row(visit: Callable[..., Any], region: Region) -> None:
    page = visit("/console/quality/ranking?month=2026-10", permissions=CITY)
    row = page.locator("tr", has_text="浉河区康复医院").first
    row.locator("summary").click()
    assert "本期没有入库数据" in row.inner_text()
    row = page.locator("tr", has_text="平桥区第二医院").first
    row.locator("summary").click()
    sound(page, "实时计算")
    row.locator("a", has_text="分析报告").click()
    page.click("text=2026-10")
    sound(page, "得分推导")
    shown = visit(f"/console/quality?{OCTOBER}", permissions=CITY)
    shown.click("#f-institution_id")
    shown.keyboard.type("平桥区第二")
    shown.wait_for_function("() => document.querySelectorAll('#f-institution_id-list option').length === 1")
    shown.fill("#f-institution_id", "平桥区第二医院")
    shown.wait_for_function("() => document.querySelector('#f-institution_id').dataset.unit !== ''")
    shown.click("form.search button.primary")
    shown.wait_for_selector("h1:has-text('平桥区第二医院')")
    shown.locator("table.data tbody a").first.click()
    sound(shown, "判断方法", "如何改正", "fourth-10")


def test_an_edition_goes_from_draft_over_an_objection_to_the_archive(visit: Callable[..., Any], region: Region) -> None:
    city = visit("/console/quality/ranking/editions", permissions=CITY)
    city.click("button:has-text('编制新一期')")
    assert axe_findings(city) == []
    city.fill("#new [name=title]", "2026年10月数据质量排名")
    city.fill("#new [name=month]", "2026-10")
    city.fill("#new [name=pool]", "100000")
    city.select_option("#new [name=group]", label="医院")
    city.click("#new button.primary")
    city.wait_for_selector("h1:has-text('2026年10月数据质量排名')")
    sound(city, "草稿", "经费分配建议（共 100,000 元）", "权重")
    shares = city.locator("table.data", has=city.locator("th", has_text="拟分配")).locator("tbody tr td:last-child")
    assert sum(int(text.replace(",", "")) for text in shares.all_inner_texts()) == 100_000
    step(city, "公示", "公示中")

    officer = visit("/console/quality/ranking?month=2026-10", **{**region.officer_facts("fourth"), "permissions": OFFICER})
    officer.click("text=2026年10月数据质量排名")
    sound(officer, "公示中", "本单位")
    officer.click("button:has-text('提出异议')")
    officer.fill("#object textarea", "十月有三天系统停机，已于当月补传")
    officer.click("#object button:has-text('提交异议')")
    officer.wait_for_selector("text=待答复")

    asked_to(city, "发布")
    city.wait_for_selector(".toast.bad:has-text('期满后才能发布')")
    city.reload()
    city.click("button:has-text('答复')")
    city.fill(".veil:not([hidden]) textarea", "停机期间的数据十一月五日仍未到达")
    assert axe_findings(city) == []
    city.click(".veil:not([hidden]) button.primary")
    city.wait_for_selector("table:has-text('停机期间') >> text=不成立")
    region.served_at = NOW + timedelta(days=6)
    step(city, "发布", "已发布")
    officer.reload()
    sound(officer, "已发布", "停机期间的数据十一月五日仍未到达")
    assert officer.locator("button:has-text('提出异议')").count() == 0
    step(city, "归档", "已归档")
    assert city.locator(".bar form").count() == 0, "nothing can be done to it any more"
    sound(city, "已归档")
    sheet = city.request.get(region.url + city.get_attribute("a:has-text('导出经费建议')", "href"))
    assert sum(row[-1] for row in list(load_workbook(io.BytesIO(sheet.body())).active.values)[1:]) == 100_000
    region.served_at = NOW
    visit.faults[:] = [fault for fault in visit.faults if "409" not in fault]  # type: ignore[attr-defined]


def asked_to(page: Any, label: str) -> None:
    """Press a button of the bar and say yes to its question."""
    page.locator(".bar").get_by_role("button", name=label, exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name="确定").click()


def step(page: Any, label: str, state: str) -> None:
    asked_to(page, label)
    page.wait_for_selector(f".bar .badge:has-text('{state}')")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768)])
def test_the_wall_fits_one_screen(visit: Callable[..., Any], width: int, height: int) -> None:
    page = visit("/console/quality/ranking/wall?month=2026-10", width=width, height=height)
    assert page.evaluate("document.documentElement.scrollHeight") <= height
    assert overflow(page) == 0 and axe_findings(page) == []
    assert "医院" in page.inner_text(".wall")


@pytest.mark.parametrize("width", [1366, 390])
def test_the_catalogue_reads_on_a_desk_and_on_a_phone(visit: Callable[..., Any], width: int) -> None:
    page = visit("/console/catalogue", width=width)
    page.fill("input[name=text]", "jzjl")
    page.click("button:has-text('查询')")
    page.click("text=就诊记录")
    sound(page, "来源系统")


def test_the_daily_monitor_names_late_missing_and_silent(visit: Callable[..., Any], region: Region) -> None:
    page = visit("/console/quality/calendar?month=2026-10", permissions=CITY)
    sound(page, "没有申报的机构（1 家）", "浉河区康复医院")
    page.click("table.month a:has-text('平桥区第二医院')")
    sound(page, "每日上传监测：平桥区第二医院")
    page = visit("/console/quality/calendar?month=2026-10", **{**region.officer_facts("bad"), "permissions": OFFICER})
    page.click("button:has-text('申报每日业务量')")
    assert axe_findings(page) == []


def test_an_accepted_objection_takes_the_edition_back_and_its_place_is_computed_anew(
    visit: Callable[..., Any], region: Region
) -> None:
    """The hospital's data had not come in; they came, the keeper agrees, and everybody reads the new places."""
    me = {**region.officer_facts("silent"), "permissions": OFFICER}
    city = visit("/console/quality/ranking/editions", permissions=CITY)
    city.click("button:has-text('编制新一期')")
    city.fill("#new [name=title]", "十月排名（复核）")
    city.fill("#new [name=month]", "2026-10")
    city.click("#new button.primary")
    city.wait_for_selector("h1:has-text('十月排名（复核）')")
    step(city, "公示", "公示中")
    officer = visit("/console/quality/ranking?month=2026-10", **me)
    officer.click("text=十月排名（复核）")
    assert place_of(officer) == 0
    officer.click("button:has-text('提出异议')")
    officer.fill("#object textarea", "十月数据已按时报送，平台接收故障未入库")
    officer.click("#object button:has-text('提交异议')")
    officer.wait_for_selector("text=待答复")

    rows = [row for day in workdays() for row in visits("silent", day, faulty=False)]
    region.send("silent", rows, "silent-october", datetime(2026, 11, 4, 1, tzinfo=UTC))
    region.check()
    city.reload()
    city.click("button:has-text('答复')")
    city.check(".veil:not([hidden]) [name=accepted]")
    city.fill(".veil:not([hidden]) textarea", "情况属实，数据已补入，重新计算")
    city.click(".veil:not([hidden]) button.primary")
    city.wait_for_selector("table:has-text('情况属实') >> text=成立")
    step(city, "撤回公示", "草稿")
    officer.goto(f"{region.url}/console/quality/ranking?month=2026-10")
    assert officer.locator("text=十月排名（复核）").count() == 0, "what was taken back is read by nobody"
    city.locator(".bar").get_by_role("button", name="重新计算", exact=True).click()
    city.wait_for_selector(".toast:has-text('已重新计算')")
    step(city, "公示", "公示中")
    officer.reload()
    officer.click("text=十月排名（复核）")
    assert place_of(officer) > 60
    sound(officer, "公示中", "情况属实，数据已补入，重新计算", "成立")


def place_of(page: Any) -> float:
    """The score of the own unit on a notice."""
    return float(page.locator("tr.mine td:nth-child(6)").first.inner_text())
