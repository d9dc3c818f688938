"""Registers by file: what a file would do is shown first and writes nothing; what is exported comes back without a change."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from health_platform.kernel.platform import Platform
from health_platform.kernel.sheets import Heading, read_table, write_xlsx
from registry.divisions.change_files import SHEET as CHANGES
from registry.institutions.department_files import SHEET as DEPARTMENTS
from registry.standards.system_files import SHEET as SYSTEMS
from registry.standards.value_set_files import SHEET as VALUE_SETS
from tests.registry.conftest import credit_code
from tests.registry.test_staff import entry, unit_user

pytestmark = pytest.mark.system("A05", "B04", "B05", "B06", "B07")

As, Make = Callable[..., Any], Callable[..., int]
Rows = Sequence[Mapping[str, Any]]


def sent(client: Any, address: str, headings: Sequence[Heading], rows: Rows, **more: Any) -> Any:
    """What the platform answers to a file of rows."""
    file = (io.BytesIO(write_xlsx("表", headings, rows)), "表.xlsx")
    return client.post(f"{address}/import", data={"file": file, **more})


def told(answer: Any) -> tuple[int, int, int, int]:
    """Rows added, changed, left as they are, and refused."""
    assert answer.status_code == 200, answer.text
    result = answer.json
    return result["added"], result["changed"], result["same"], len({one["row"] for one in result["findings"]})


def again(client: Any, address: str, query: str = "") -> tuple[int, int, int, int]:
    """What the platform's own export does when it is imported."""
    content = client.get(f"{address}/export{query}").data
    return told(client.post(f"{address}/import", data={"file": (io.BytesIO(content), "表.xlsx")}))


def test_a_county_hands_in_many_changes_by_file_and_reads_what_became_of_them(seeded: Platform, as_principal: As) -> None:
    county, city, base = as_principal(division="411502"), as_principal(division="4115"), "/api/v1/divisions/changes"
    rename = {
        "kind": "更名",
        "effective": "2026-03-01",
        "sources": "411502001",
        "targets": "411502001 老城新街道",
        "document": "1号",
    }
    merger = {**rename, "kind": "合并", "sources": "411502002；411502003", "targets": "411502002 民权街道", "document": "2号"}
    wrong = [
        {**rename, "sources": "411502099", "targets": "411502099 无"},
        {**rename, "effective": "三月"},
        {**rename, "targets": "411502001 新 城关"},
        {**rename, "sources": "411503001", "targets": "411503001 邻县"},
    ]
    looked = sent(county, base, CHANGES, [rename, merger, *wrong], apply="false")
    assert told(looked) == (2, 0, 0, 4) and looked.json["applied"] is False
    assert "更名或改类 老城新街道(411502001000)" in looked.json["effects"][0]["text"]
    assert "撤销 " in looked.json["effects"][1]["text"] and "411502003000" in looked.json["effects"][1]["text"]
    day = next(one for one in looked.json["findings"] if one["row"] == 5)["findings"][0]
    assert (day["label"], day["value"]) == ("生效日期", "三月") and day["problem"]
    assert "类型不符" in str([one for one in looked.json["findings"] if one["row"] == 6])
    assert county.get(base).json == [], "looking at a file hands nothing in"

    assert told(sent(county, base, CHANGES, [rename, merger, *wrong])) == (2, 0, 0, 4)
    assert {row["division_code"] for row in city.get(base).json} == {"411502000000"}
    assert told(sent(county, base, CHANGES, [rename])) == (0, 0, 1, 0), "the same is not handed in twice"
    first = next(row["id"] for row in county.get(base).json if row["kind"] == "rename")
    assert city.post(f"{base}/{first}/approve", json={"note": "同意"}).status_code == 200
    decided = (*CHANGES, Heading("state", "状态"), Heading("note", "审核意见"))
    out = {row["document"]: row for row in read_table(county.get(f"{base}/export").data, decided)}
    assert (out["1号"]["state"], out["1号"]["note"], out["2号"]["state"]) == ("已批准", "同意", "待审核")
    assert out["2号"]["sources"] == "411502002000；411502003000" and out["2号"]["targets"] == "411502002000 民权街道"
    assert again(county, base) == (0, 0, 2, 0)
    assert as_principal(division="411503").get(f"{base}/export").status_code == 200
    assert read_table(as_principal(division="411503").get(f"{base}/export").data, CHANGES) == []


def test_the_map_itself_is_loaded_by_the_city_after_a_look(seeded: Platform, as_principal: As) -> None:
    city, base = as_principal(division="4115"), "/api/v1/divisions"
    headings = (Heading("code", "代码"), Heading("name", "名称"), Heading("kind", "类型"))
    village = {"code": "411502001001", "name": "某居委会", "kind": "统计用"}
    assert told(sent(city, base, headings, [village], apply="false")) == (1, 0, 0, 0)
    assert city.get(f"{base}/411502001001").status_code == 404
    assert told(sent(city, base, headings, [village, {**village, "code": "411599001001"}])) == (0, 0, 0, 1), "all or nothing"
    assert told(sent(city, base, headings, [village])) == (1, 0, 0, 0)
    assert city.get(f"{base}/411502001001").json["kind"] == "statistical"
    assert again(city, base)[:2] == (0, 0)
    assert sent(as_principal(division="411502"), base, headings, [village]).status_code == 403


def test_departments_of_several_institutions_in_one_file(hospital: Make, as_principal: As) -> None:
    unit, foreign = hospital(1), hospital(2, division_code="411503000000")
    county, base = as_principal(division="411502"), "/api/v1/institutions/departments"
    ward = {"institution_code": credit_code(1), "code": "N", "name": "内科", "standard_code": "A03", "valid_from": "2020-01-01"}
    below = {**ward, "code": "A", "name": "心内科", "parent_code": "N"}
    wrong = [
        {**ward, "code": "X", "institution_code": credit_code(2)},
        {**ward, "code": "Y", "parent_code": "没有"},
        {**ward, "code": "Z", "valid_to": "2019-01-01"},
        {**ward, "code": ""},
    ]
    assert told(sent(county, base, DEPARTMENTS, [ward, below, *wrong], apply="false")) == (2, 0, 0, 4)
    assert county.get(f"/api/v1/institutions/{unit}/departments").json == []
    assert told(sent(county, base, DEPARTMENTS, [ward, below, *wrong])) == (2, 0, 0, 4)
    assert [row["code"] for row in county.get(f"/api/v1/institutions/{unit}/departments").json] == ["A", "N"]
    assert again(county, base) == (0, 0, 2, 0), "a department stands after the one it belongs to, whatever its code"
    moved = sent(county, base, DEPARTMENTS, [{**below, "name": "心血管内科"}, {**ward, "parent_code": "A"}])
    assert told(moved) == (0, 1, 0, 1), "no department lies under itself"
    assert moved.json["effects"][0]["text"] == "科室名称：心内科 → 心血管内科"
    assert as_principal(division="411503").get(f"/api/v1/institutions/{foreign}/departments").json == []


def test_institutions_come_in_words_and_are_looked_at_first(hospital: Make, as_principal: As) -> None:
    hospital(1, grade="3A", profit="1")
    county, base = as_principal(division="411502"), "/api/v1/institutions"
    headings = (
        Heading("name", "机构名称"), Heading("code", "统一社会信用代码"), Heading("category", "机构类别"),
        Heading("grade", "等级"), Heading("profit", "分类管理"), Heading("division_code", "所在区划"),
        Heading("valid_from", "启用日期"),
    )  # fmt: skip
    (row,) = read_table(county.get(f"{base}/export").data, headings)
    assert (row["grade"], row["profit"]) == ("三级甲等", "非营利性")
    assert again(county, base) == (0, 0, 1, 0)
    looked = sent(county, base, headings, [{**row, "grade": "三级乙等"}], apply="false")
    assert told(looked) == (0, 1, 0, 0)
    (effect,) = looked.json["effects"]
    assert (effect["row"], effect["text"]) == (2, "等级：三级甲等 → 三级乙等")
    assert again(county, base) == (0, 0, 1, 0), "nothing was written"


def test_code_systems_and_value_sets_by_file(seeded: Platform, as_principal: As) -> None:
    editor, base = as_principal(), "/api/v1/standards"
    new = {"code": "LOCAL_floor", "title": "楼层", "mark": "本地", "hierarchical": "否"}
    assert told(sent(editor, f"{base}/systems", SYSTEMS, [new, {**new, "code": "x", "mark": "标准么"}], apply="false")) == (
        1,
        0,
        0,
        1,
    )
    assert told(sent(editor, f"{base}/systems", SYSTEMS, [new])) == (1, 0, 0, 0)
    changed = sent(editor, f"{base}/systems", SYSTEMS, [{**new, "mark": "待确认", "source": "院内"}])
    assert told(changed) == (0, 1, 0, 0) and changed.json["effects"][0]["text"] == "来源标准：（空） → 院内；标识：本地 → 待确认"
    everything = again(editor, f"{base}/systems")
    assert everything[:2] == (0, 0) and everything[3] == 0 and everything[2] > 100
    assert editor.put(f"{base}/systems/LOCAL_floor", json={**new, "mark": "standard"}).status_code == 422, "false is not a word"
    wanted = {"code": "injection", "title": "注射", "system_code": "CV06.00.102_route", "include": "4", "exclude": "402；403"}
    assert told(sent(editor, f"{base}/value-sets", VALUE_SETS, [wanted, {**wanted, "code": "y", "include": "无"}])) == (
        1,
        0,
        0,
        1,
    )
    codes = [one["code"] for one in editor.get(f"{base}/value-sets/injection/terms").json]
    assert "401" in codes and not {"402", "403"} & {*codes}
    assert again(editor, f"{base}/value-sets") == (0, 0, 1, 0)


def test_an_exported_list_of_staff_can_be_changed_and_comes_back(hospital: Make, as_principal: As) -> None:
    unit, other = hospital(1), hospital(2)
    user = unit_user(as_principal, unit, other)
    made = user.post("/api/v1/staff", json=entry(unit, phone="13800000000")).json
    content = user.get("/api/v1/staff/export").data
    headings = (
        Heading("id", "平台编号"), Heading("name", "姓名"), Heading("category", "人员类别"), Heading("title", "专业技术职务"),
        Heading("licence_no", "执业证书编号"), Heading("employed_on", "到岗日期"),
    )  # fmt: skip
    (row,) = read_table(content, headings)
    assert (row["id"], row["category"]) == (made["id"], "执业医师")
    load = f"/api/v1/staff/import/{unit}"
    assert told(user.post(load, data={"file": (io.BytesIO(content), "a.xlsx")})) == (0, 0, 1, 0)
    better = io.BytesIO(write_xlsx("表", headings, [{**row, "title": "副高"}, {**row, "id": "77"}]))
    done = user.post(load, data={"file": (better, "a.xlsx")})
    assert told(done) == (0, 1, 0, 1) and done.json["effects"][0]["text"] == "专业技术职务：（空） → 副高"
    after = user.get(f"/api/v1/staff/{made['id']}").json
    assert (after["title"], after["phone"]) == ("2", "13800000000"), "what the file has no column for stays"
    there = user.post(f"/api/v1/staff/import/{other}", data={"file": (io.BytesIO(content), "a.xlsx")})
    assert told(there) == (0, 0, 0, 1), "another unit's people come by transfer"


def test_a_unit_follows_and_takes_back_its_requests(hospital: Make, as_principal: As) -> None:
    old, new = hospital(1), hospital(2, division_code="411503000000")
    here, there = unit_user(as_principal, old), unit_user(as_principal, new, division="411503")
    person = here.post("/api/v1/staff", json=entry(old)).json["id"]
    wish = {"to_code": credit_code(2), "effective_on": "2026-01-01"}
    asked = here.post(f"/api/v1/staff/{person}/transfer", json=wish).json["id"]
    assert there.post(f"/api/v1/staff/transfers/{asked}/withdraw").status_code == 404
    assert here.post(f"/api/v1/staff/transfers/{asked}/withdraw").status_code in (200, 204)
    assert there.get("/api/v1/staff/transfers").json == []
    second = here.post(f"/api/v1/staff/{person}/transfer", json=wish).json["id"]
    there.post(f"/api/v1/staff/transfers/{second}/refuse", json={"note": "满编"})
    told_here = [(one["state"], one["note"]) for one in here.get("/api/v1/staff/transfers/outgoing").json]
    assert told_here == [("refused", "满编"), ("withdrawn", None)] and there.get("/api/v1/staff/transfers/outgoing").json == []
