"""A county's administrator keeps her part of the registries and nothing else; the city decides. Real logins, real browser."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from openpyxl import load_workbook
from werkzeug.serving import make_server

from demonstration.setup import prepare
from health_platform.app import application, create_platform
from health_platform.kernel import clock
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings
from registry.api import Institution
from tests.journeys.conftest import axe_findings, free_port, overflow
from tests.registry.conftest import credit_code, identity_number

pytestmark = pytest.mark.system("A05", "B04", "B05", "B06", "B07", "G02")

BASE = "/console/registry"
PAGES = (
    "/divisions",
    "/divisions?under=411525",
    "/divisions/changes",
    "/divisions/years",
    "/institutions",
    "/institutions/new",
    "/departments",
    "/staff",
    "/staff/new",
    "/staff/transfers",
    "/staff/transfers?sent=true",
    "/resources",
    "/resources/statistics",
    "/standards",
    "/standards/GBT2261.1_sex",
    "/value-sets",
    "/mappings",
    "/mappings/codes",
    "/mappings/sources",
    "/registrations",
)
OLD, HEIR = "411525103000", "411525102000"


@dataclass(frozen=True)
class Region:
    """The served platform and the password of its accounts."""

    url: str
    platform: Platform
    password: str

    def deliver(self) -> None:
        """What the worker does behind the pages."""
        Worker(self.platform).drain()


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    address = ("127.0.0.1", free_port())
    url = "http://{}:{}".format(*address)
    home = tmp_path_factory.mktemp("region")
    components = "registry,empi,etl,exchange,browser_ui"
    platform = create_platform(Settings(home=home, demonstration=True, components=components, public_url=url))
    platform.database.create_all()
    with platform.database.unit_of_work(system_scope("test")) as session:
        _, accounts, _ = prepare(session, platform, clock.today())
    server = make_server(*address, application(platform), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Region(url, platform, next(one.password for one in accounts if one.login == "county"))
    server.shutdown()
    thread.join()
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


@pytest.fixture
def enter(browser: Any, region: Region) -> Iterator[Callable[..., Any]]:
    """``enter("county")``: a signed-in page whose faults fail the test; ``page.faults`` may be cleared when expected."""
    contexts: list[Any] = []
    faults: list[str] = []

    def go(login: str, width: int = 1366, height: int = 768) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{region.url}/login")
        page.fill("[name=login_name]", login)
        page.fill("[name=password]", region.password)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield go
    for context in contexts:
        context.close()
    assert not faults, faults


def visit(page: Any, region: Region, path: str) -> str:
    answer = page.goto(region.url + path)
    assert answer.status == 200, (path, answer.status)
    return str(page.inner_text("main"))


def confirm(page: Any, label: str) -> None:
    """Press a button that asks first, say yes, and wait for the page that follows."""
    page.click(f"main button:has-text('{label}')")
    with page.expect_navigation():
        page.click(".modal:visible .btn.primary, .modal:visible .btn.danger")


def find_unit(page: Any, where: str, typed: str) -> str:
    """Type a part of an institution's name and take the first that is offered for it; returns its name."""
    page.fill(f"{where} [data-units]", typed)
    offered = page.wait_for_selector(f'{where} datalist option[value*="{typed}"]', state="attached").get_attribute("value")
    page.fill(f"{where} [data-units]", offered)
    assert page.get_attribute(f"{where} [data-units]", "data-unit"), "its id is what is sent"
    return str(offered)


def asked(page: Any, method: str, path: str, body: dict[str, Any] | None = None) -> int:
    """The status the platform answers when the page's own session calls it."""
    call = """async ([method, path, body]) => (await fetch(path, {method, headers: {'Content-Type': 'application/json',
        'X-CSRF-Token': document.querySelector('meta[name=csrf-token]').content},
        body: body === null ? undefined : JSON.stringify(body)})).status"""
    return int(page.evaluate(call, [method, path, body]))


def test_a_merger_from_the_county_over_the_city_to_the_records_and_back(region: Region, enter: Callable[..., Any]) -> None:
    county, city = enter("county"), enter("city")
    visit(county, region, f"{BASE}/institutions/new")
    for name, value in (
        ("name", "蒋集镇卫生院"),
        ("code", credit_code(77)),
        ("category", "C220"),
        ("division_code", OLD),
        ("valid_from", "2020-01-01"),
    ):
        county.fill(f"[name={name}]", value)
    with county.expect_navigation():
        county.click("main .acts-row .btn.primary")
    unit = county.url.rpartition("/")[2]
    assert "固始县蒋集镇" in county.inner_text("main")

    tree = visit(county, region, f"{BASE}/divisions?under=411525")
    assert "蒋集镇" in tree and "导入" not in tree and "提交变更" in tree
    county.click("button:has-text('提交变更')")
    county.select_option("#change [name=kind]", label="合并")
    county.fill("#change [name=effective]", "2026-01-01")
    county.fill("#change [name=sources]", "411525102\n411525103")
    county.fill("#change [name=targets]", "411525102 黎集镇")
    county.fill("#change [name=document]", "固政文〔2025〕9号")
    with county.expect_navigation():
        county.click("#change .btn.primary")
    change = county.url.rpartition("/")[2]
    assert "待审核" in county.inner_text("main") and "蒋集镇" in county.inner_text("main")
    assert county.locator("main button:has-text('批准')").count() == 0, "what the city decides is not offered"
    assert asked(county, "POST", f"/api/v1/divisions/changes/{change}/approve", {}) == 403

    assert "固政文〔2025〕9号" in visit(city, region, f"{BASE}/divisions/changes")
    visit(city, region, f"{BASE}/divisions/changes/{change}")
    city.click("main button:has-text('批准')")
    with city.expect_navigation():
        city.click("#approve .btn.primary")
    told = city.inner_text("main")
    assert "数据迁移" in told and "机构" in told and axe_findings(city) == [] and overflow(city) == 0
    confirm(city, "执行迁移")
    region.deliver()
    assert "已完成" in visit(city, region, f"{BASE}/divisions/changes/{change}")
    assert "固始县黎集镇" in visit(county, region, f"{BASE}/institutions/{unit}")
    confirm(city, "撤销")
    region.deliver()
    assert "已撤销" in visit(city, region, f"{BASE}/divisions/changes/{change}")
    assert OLD in str(_division_of(region, unit))


def _division_of(region: Region, unit: str) -> Any:
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        return session.get_one(Institution, int(unit)).division_code


def test_the_county_keeps_her_part_and_nothing_else(region: Region, enter: Callable[..., Any]) -> None:
    county, city = enter("county"), enter("city")
    mine, all_of_it = visit(county, region, f"{BASE}/institutions"), visit(city, region, f"{BASE}/institutions")
    assert "固始县" in mine and "浉河区" not in mine and "浉河区" in all_of_it
    foreign = next(
        href for href in city.eval_on_selector_all("main table a", "links => links.map(a => a.getAttribute('href'))")
        if asked(county, "GET", href) == 404
    )  # fmt: skip
    unit = foreign.rpartition("/")[2]
    rename = {
        "kind": "rename",
        "effective": "2026-12-01",
        "sources": ["411502001"],
        "targets": [{"code": "411502001", "name": "新"}],
    }
    year = {"year": 2024}
    entry = {"name": "某院", "category": "A100", "division_code": "411502", "code": credit_code(78), "valid_from": "2020-01-01"}
    person = {
        "institution_id": unit,
        "name": "甲",
        "id_number": identity_number(3),
        "category": "other",
        "employed_on": "2020-01-01",
    }
    beds = {"institution_id": unit, "kind": "bed", "name": "床位", "quantity": 9, "valid_from": "2025-01-01"}
    refused = {
        ("POST", "/api/v1/divisions/changes", 404): rename,
        ("POST", "/api/v1/divisions/years", 403): year,
        ("POST", "/api/v1/institutions", 403): entry,
        ("PUT", f"/api/v1/institutions/{unit}", 404): {**entry, "revision": 1},
        ("POST", f"/api/v1/institutions/{unit}/close", 404): {"day": "2026-01-01"},
        ("POST", "/api/v1/staff", 404): person,
        ("POST", "/api/v1/resources", 404): beds,
        ("GET", f"/api/v1/institutions/{unit}/departments", 404): None,
    }
    for (method, path, status), body in refused.items():
        assert asked(county, method, path, body) == status, (method, path)


def test_staff_resources_and_files_of_the_county(region: Region, enter: Callable[..., Any]) -> None:
    county = enter("county")
    visit(county, region, f"{BASE}/staff/new")
    for name, value in (
        ("name", "赵敏"),
        ("id_number", identity_number(9)),
        ("employed_on", "2021-07-01"),
        ("licence_no", "2101"),
    ):
        county.fill(f"[name={name}]", value)
    county.select_option("[name=category]", label="注册护士")
    unit = find_unit(county, "main", "卫生院")
    with county.expect_navigation():
        county.click("main .acts-row .btn.primary")
    county.click("button:has-text('开通账号')")
    county.fill("#account [name=login]", "zhaomin")
    with county.expect_navigation():
        county.click("#account .btn.primary")
    assert "首次登录口令" in county.inner_text("main")

    visit(county, region, f"{BASE}/resources")
    county.click("main button:has-text('登记资源')")
    county.select_option("#new [name=kind]", label="床位")
    assert find_unit(county, "#new", unit) == unit
    for name, value in (("name", "内科床位"), ("quantity", "40"), ("valid_from", "2025-01-01")):
        county.fill(f"#new [name={name}]", value)
    with county.expect_navigation():
        county.click("#new .btn.primary")
    assert "内科床位" in county.inner_text("main")
    assert "固始县" in visit(county, region, f"{BASE}/resources/statistics")

    for page, back in (("institutions", "机构名称"), ("resources", "机构代码")):
        visit(county, region, f"{BASE}/{page}")
        with county.expect_download() as saved:
            county.click("main a:has-text('导出')")
        content = saved.value.path().read_bytes()
        assert back in [cell.value for cell in load_workbook(io.BytesIO(content)).active[1]]
        county.click("main button:has-text('导入')")
        county.set_input_files("#load [name=file]", {"name": "a.xlsx", "mimeType": "application/octet-stream", "buffer": content})
        with county.expect_navigation():
            county.click("#load .btn.primary")
        assert "没有可以导入的变化" in county.inner_text("main") and "有错误 0 条" in county.inner_text("main"), page


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_every_page_fits_and_is_accessible(region: Region, enter: Callable[..., Any], width: int, height: int) -> None:
    county = enter("county", width, height)
    for page in PAGES:
        visit(county, region, BASE + page)
        assert overflow(county) == 0, (page, width)
        assert axe_findings(county) == [], (page, width)
        searched = county.locator("form.search input:visible")
        if searched.count():
            searched.first.focus()
            county.keyboard.type("没有这样的名称")
            with county.expect_navigation():
                county.keyboard.press("Enter")
            assert county.locator("main .empty").count() or page == "/resources/statistics", (page, "says that it found nothing")
