"""Asking for data in a real browser: found in the catalogue, asked for, approved by somebody else, fetched, logged, expired."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from werkzeug.serving import make_server

from etl.catalogue.requests import expire
from health_platform.kernel import clock
from tests.catalogue.conftest import Region
from tests.journeys.conftest import axe_findings, overflow, says
from tests.support.principals import principal

pytestmark = pytest.mark.system("G01")

RESEARCHER = {"catalogue.entry.read", "catalogue.request.ask", "catalogue.extract.fetch"}
APPROVER = {"catalogue.entry.read", "catalogue.request.decide"}


class Served:
    """The region's pages over a socket; ``at`` is what their clock says, None the true time."""

    def __init__(self, region: Region) -> None:
        self.region, self.at = region, clock.now()
        self.server = make_server("127.0.0.1", 0, self, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        with clock.travel(self.at):
            return self.region.app(environ, start_response)

    def later(self, wait: timedelta) -> datetime:
        self.at += wait
        return self.at


@pytest.fixture
def served(region: Region, published: Callable[[str], None]) -> Iterator[Served]:
    published("visit")
    made = Served(region)
    yield made
    made.server.shutdown()


@pytest.fixture
def desk(browser: Any, served: Served) -> Iterator[Callable[..., Any]]:
    """``desk(name, permissions)``: a person at a browser of his own."""
    contexts: list[Any] = []

    def sit(name: str, permissions: set[str]) -> Any:
        headers = served.region.shelf.put(principal(name=name, permissions=permissions))
        contexts.append(browser.new_context(viewport={"width": 1366, "height": 768}, extra_http_headers=headers))
        return contexts[-1].new_page()

    yield sit
    for context in contexts:
        context.close()


def sound(page: Any, *words: str) -> None:
    says(page, *words)
    assert overflow(page) == 0 and axe_findings(page) == [], page.url


def test_data_are_asked_for_approved_fetched_logged_and_end(served: Served, desk: Callable[..., Any]) -> None:
    asking, deciding = desk("张研究", RESEARCHER), desk("王审批", APPROVER)
    _ask(served, asking)
    _approve(served, deciding)
    served.region.work()
    rows = _fetch(served, asking)
    classes = Counter((row["性别代码"], row["出生日期"], row["业务时间"]) for row in rows)
    assert min(classes.values()) >= 5 * 2, "each of at least five persons has two rows in one month"
    assert {row["主要诊断代码"] for row in rows} == {"I10", "*"}, "the one rare diagnosis is not told"
    deciding.reload()
    deciding.locator("tr", has_text="张研究").get_by_role("button", name="查看").click()
    log = deciding.inner_text(".veil:not([hidden])")
    assert "下载记录" in log and log.count("张研究") == 2 and axe_findings(deciding) == []
    _end(served, asking)


def _ask(served: Served, page: Any) -> None:
    page.goto(f"{served.url}/console/catalogue?text=jzjl")
    page.click("text=就诊记录")
    sound(page, "来源系统")
    page.click("a:has-text('申请数据')")
    sound(page, "每组至少 5 人")
    page.fill("[name=purpose]", "高血压门诊就诊情况分析，市疾控中心")
    page.fill("[name=first]", "2026-03-01")
    page.fill("[name=last]", "2026-04-30")
    assert page.locator("label", has_text="患者姓名").count() == 0, "what names a person is not offered"
    for label in ("性别代码", "出生日期", "业务时间", "主要诊断代码"):
        page.get_by_label(label, exact=True).check()
    page.get_by_role("button", name="提交申请").click()
    page.wait_for_url("**/requests/mine")
    sound(page, "待审批")


def _approve(served: Served, page: Any) -> None:
    page.goto(f"{served.url}/console/catalogue")
    page.get_by_role("link", name=re.compile(r"^审批（\d+ 件待办）$")).click()
    sound(page, "张研究", "高血压门诊就诊情况分析")
    page.locator("tr", has_text="张研究").get_by_role("button", name="批准", exact=True).click()
    assert axe_findings(page) == []
    page.fill(".veil:not([hidden]) [name=days]", "7")
    page.locator(".veil:not([hidden]) button.primary").click()
    page.locator("tr", has_text="张研究").wait_for(state="detached")
    page.goto(f"{served.url}/console/catalogue/requests/decide")
    sound(page, "生成中")


def _fetch(served: Served, page: Any) -> list[dict[str, str]]:
    page.reload()
    sound(page, "可下载", "k=5")
    with page.expect_download() as caught:
        page.get_by_role("button", name="下载").click()
    with open(caught.value.path(), encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(io.StringIO(file.read())))


def _end(served: Served, page: Any) -> None:
    with clock.travel(served.later(timedelta(days=8))), served.region.unit() as session:
        assert expire(session) >= 1
    page.reload()
    sound(page, "已过期")
    assert page.get_by_role("button", name="下载").count() == 0
