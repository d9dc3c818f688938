"""Console pages: each one opens, shows what is there, and offers only what the caller may do."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from health_platform.kernel.platform import Platform
from health_platform.settings import Settings
from tests.registry.conftest import credit_code, identity_number

pytestmark = pytest.mark.system("B04", "B05", "B06", "B07", "G02", "A05")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A deployment with pages."""
    return Settings(home=tmp_path / "home", demonstration=True, components="registry,empi,etl,browser_ui")


def _text(client: Any, url: str) -> str:
    answer = client.get(url, headers={"Accept": "text/html"})
    assert answer.status_code == 200, (url, answer.data.decode()[:2000])
    return str(answer.data.decode())


def test_every_page_opens_and_shows_its_rows(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    city = as_principal(division="4115")
    unit = city.post(
        "/api/v1/institutions",
        json={
            "name": "信阳市第一医院",
            "category": "A100",
            "division_code": "411502",
            "code": credit_code(1),
            "valid_from": "2020-01-01",
            "grade": "3A",
        },
    ).json["id"]
    person = city.post(
        "/api/v1/staff",
        json={
            "institution_id": unit,
            "name": "王五",
            "id_number": identity_number(5),
            "category": "nurse",
            "licence_no": "9",
            "employed_on": "2020-01-01",
        },
    ).json["id"]
    change = city.post(
        "/api/v1/divisions/changes",
        data={"kind": "rename", "effective": "2026-01-01", "sources": "411502001", "targets": "411502001 老城新街道"},
    ).json["id"]
    city.post("/api/v1/divisions/years", json={"year": 2024})
    city.post(
        "/api/v1/resources",
        json={"institution_id": unit, "kind": "bed", "name": "内科床位", "quantity": 30, "valid_from": "2025-01-01"},
    )
    city.post("/api/v1/mappings/sources", json={"code": "his", "name": "某系统", "division_code": "411502"})
    city.post(
        "/api/v1/mappings/sources/his/codes", json={"system": "GBT2261.1_sex", "codes": [{"code": "M", "rows": 3, "name": "男"}]}
    )
    local = city.get("/api/v1/mappings").json["rows"][0]["id"]
    offered = city.post(
        "/api/v1/registrations", json={"reference": "x1", "kind": "institution", "payload": {"name": "", "code": "1"}}
    ).json["id"]
    shown = {
        "/console/registry/divisions": "河南省",
        "/console/registry/divisions?under=411502": "老城街道",
        "/console/registry/divisions/changes": "待审核",
        f"/console/registry/divisions/changes/{change}": "老城新街道",
        "/console/registry/divisions/years": "完好",
        "/console/registry/institutions": "三级甲等",
        "/console/registry/departments": "没有符合条件的记录",
        "/console/registry/value-sets": "没有值域",
        "/console/registry/mappings/sure?source=his&system=GBT2261.1_sex": "名称相同",
        "/console/registry/institutions/new": "统一社会信用代码",
        f"/console/registry/institutions/{unit}": "河南省信阳市浉河区"[3:],
        f"/console/registry/institutions/{unit}/edit": "信阳市第一医院",
        "/console/registry/staff": "王五",
        f"/console/registry/staff/new?institution_id={unit}": "信阳市第一医院",
        "/console/registry/staff/transfers": "没有等待接收的调动",
        "/console/registry/staff/transfers?sent=true&sort=-requested_at": "没有发出过调动申请",
        "/console/registry/divisions/years?sort=-year": 'aria-sort="descending"',
        "/console/registry/mappings/sources?sort=name": "某系统",
        f"/console/registry/staff/{person}": "注册护士",
        "/console/registry/standards?text=GBT2261.1": "性别代码",
        "/console/registry/standards/GBT2261.1_sex": "未说明的性别",
        "/console/registry/standards/GBT2261.1_sex/2003": "已发布",
        "/console/registry/mappings": "某系统",
        "/console/registry/mappings/codes?source=his&system=GBT2261.1_sex": "可批量确认的建议",
        f"/console/registry/mappings/codes/{local}": "名称相同",
        "/console/registry/resources": "内科床位",
        "/console/registry/resources/statistics": "信阳市浉河区",
        "/console/registry/registrations": "有错误",
        f"/console/registry/registrations/{offered}": "注册申请",
    }
    for url, text in shown.items():
        assert text in _text(city, url), (url, text)
    (offered_unit,) = city.get("/console/registry/institutions/found?text=第一").json
    assert (offered_unit["id"], offered_unit["name"]) == (str(unit), "信阳市第一医院")
    city.post(f"/api/v1/divisions/changes/{change}/approve", json={})
    assert "数据迁移" in _text(city, f"/console/registry/divisions/changes/{change}")
    opened = city.post(f"/console/registry/staff/{person}/account", data={"login": "wangwu"})
    assert opened.status_code == 200 and "首次登录口令" in opened.data.decode()


def test_lists_are_sorted_by_their_headings_and_paged(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    city = as_principal(division="4115")
    for serial, name in enumerate(("丙院", "甲院", "乙院"), 1):
        entry = {"name": name, "category": "A100", "division_code": "411502", "code": credit_code(serial)}
        assert city.post("/api/v1/institutions", json={**entry, "valid_from": "2020-01-01"}).status_code == 201
    listed = [one["code"] for one in city.get("/api/v1/institutions?sort=-code&size=2").json["rows"]]
    assert listed == sorted((credit_code(serial) for serial in (1, 2, 3)), reverse=True)[:2]
    page = _text(city, "/console/registry/institutions?sort=-code&size=2")
    assert 'aria-sort="descending"' in page and "第 1–2 条，共 3 条" in page and "page=2" in page
    for where in ("staff?sort=-employed_on", "resources?sort=quantity", "standards?sort=title", "mappings/codes?sort=-rows_seen"):
        _text(city, f"/console/registry/{where}")
    assert "没有符合条件的记录" in _text(city, "/console/registry/institutions?text=没有&sort=nonsense")


def test_an_import_tells_what_became_of_each_row(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    county = as_principal(division="411502")
    rows = (
        f"机构名称,统一社会信用代码,机构类别,所在区划,启用日期\n甲院,{credit_code(1)},A100,411502,2020-01-01\n"
        f"乙院,{credit_code(2)[:-1]}I,A100,411502,2020-01-01\n"
    )
    file = {"file": (BytesIO(rows.encode()), "机构.csv")}
    address = "/console/registry/institutions/import"
    looked = county.post(address, data=file).data.decode()
    assert "将新增 1 条，变更 0 条，不变 0 条，有错误 1 条" in looked and "校验位不符" in looked and "统一社会信用代码" in looked
    assert county.get("/api/v1/institutions").json["total"] == 0
    content = looked.partition('name="content" value="')[2].partition('"')[0]
    done = county.post(address, data={"content": content}).data.decode()
    assert "新增 1 条，变更 0 条，不变 0 条，未导入 1 条" in done and county.get("/api/v1/institutions").json["total"] == 1
    for wrong in ({}, {"content": "不是"}):
        assert county.post(address, data=wrong).status_code == 422


def test_every_register_shows_what_a_file_would_do(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    city = as_principal(division="4115")
    city.post("/api/v1/mappings/sources", json={"code": "his", "name": "某系统", "division_code": "411502"})
    files = {
        "divisions": ("代码,名称\n411502001009,某居委会\n", "某居委会(411502001009)"),
        "divisions/changes": (
            "变更类型,生效日期,原区划代码,新区划\n更名,2026-03-01,411502001,411502001 老城新街道\n",
            "更名或改类 老城新街道",
        ),
        "departments": ("机构代码,科室编码,科室名称,启用日期\n0,N,内科,2020-01-01\n", "未找到该机构"),
        "standards": ("代码表编号,名称,标识\nLOCAL_x,某表,本地\n", "某表"),
        "value-sets": ("值域编号,名称,所属代码表,包含的代码(含下级)\nv1,某值域,CV06.00.102_route,4\n", "某值域"),
        "resources": ("机构代码,资源类别,名称,数量,启用日期\n0,床位,床,1,2025-01-01\n", "未找到该机构"),
        "mappings": ("本地代码,本地名称,标准代码\nM,男,1\n", "对照为 1 男"),
        "mappings/sources": ("来源系统编号,名称,所在区划\nlis,检验系统,411502\n", "检验系统"),
    }
    for where, (text, shown) in files.items():
        more = {"source": "his", "system": "GBT2261.1_sex"} if where == "mappings" else {}
        sent = {"file": (BytesIO(text.encode()), "表.csv"), **more}
        page = city.post(f"/console/registry/{where}/import", data=sent, headers={"Accept": "text/html"})
        body = page.data.decode()
        assert page.status_code == 200 and "尚未写入" in body and shown in body, (where, body[:3000])
    assert city.get("/api/v1/divisions/changes").json == [] and city.get("/api/v1/mappings").json["total"] == 0


def test_a_county_reader_sees_no_buttons_she_may_not_press(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    reader = as_principal(
        division="411502", permissions={"registry.division.read", "registry.institution.read", "registry.standard.read"}
    )
    assert "提交变更" not in _text(reader, "/console/registry/divisions")[:8000].split("<main")[1].split("#change")[0]
    assert "登记机构" not in _text(reader, "/console/registry/institutions").split("<main")[1]
    assert reader.get("/console/registry/staff").status_code == 403
    assert reader.get("/console/registry/institutions/new").status_code == 403


def test_institutions_of_one_name_are_told_apart_where_an_account_is_opened(
    hospital: Callable[..., int], as_principal: Callable[..., Any]
) -> None:
    near = hospital(1, name="城关镇卫生院", division_code="411502000000")
    far = hospital(2, name="城关镇卫生院", division_code="411525000000")
    twin = hospital(3, name="城关镇卫生院", division_code="411525000000")
    single = hospital(4, name="县人民医院", division_code="411525000000")
    address = "/console/access/users/units?text="
    found = {int(one["id"]): one["name"] for one in as_principal(division="4115").get(address).json}
    assert found[near] == "城关镇卫生院（浉河区）" and found[single] == "县人民医院"
    assert len({found[near], found[far], found[twin]}) == 3 and str(far) in found[far]
    own = {one["name"] for one in as_principal(division="411502").get(address + "城关").json}
    assert own == {"城关镇卫生院"}, "names of other counties neither show nor count"


def test_a_wrong_cell_of_a_code_table_is_shown_where_it_stands(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    city, address = as_principal(division="4115"), "/console/registry/standards/GBT2261.1_sex"
    wrong = {"file": (BytesIO("代码,名称,上级代码\n1,男,\n\n2,女,9\n".encode()), "性别.csv"), "label": "2026"}
    page = city.post(f"{address}/import", data=wrong).data.decode()
    (row,) = [line for line in page.split("<tr>") if "上级不存在" in line]
    words = [text.strip() for text in re.sub("<[^>]+>", "\n", row).split("\n") if text.strip()]
    assert words[:3] == ["4", "上级代码", "9"]
    assert city.get(f"{address}/2026").status_code == 404, "nothing is kept"
    right = {"file": (BytesIO("代码,名称\n1,男\n2,女\n".encode()), "性别.csv"), "label": "2026"}
    kept = city.post(f"{address}/import", data=right)
    assert kept.status_code == 303 and "减少 2 条" in _text(city, kept.headers["Location"])
