"""Whatever a row of a file is refused for, it is told with the row, the column, what stands there, and the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

import pytest

from health_platform.kernel.platform import Platform
from health_platform.kernel.sheets import Heading, write_xlsx
from registry.divisions.change_files import SHEET as CHANGES
from registry.divisions.loading import SHEET as DIVISIONS
from registry.divisions.review_files import SHEET as REVIEW
from registry.institutions.department_files import SHEET as DEPARTMENTS
from registry.institutions.transfer_files import SHEET as INSTITUTIONS
from registry.registration.files import headings
from registry.resources.transfer_files import SHEET as RESOURCES
from registry.staff.transfer_files import SHEET as STAFF
from registry.standards.source_files import SHEET as SOURCES
from registry.standards.value_set_files import SHEET as VALUE_SETS
from tests.registry.conftest import credit_code, identity_number

pytestmark = pytest.mark.system("A05", "B04", "B05", "B06", "B07", "G02")

As, Make = Callable[..., Any], Callable[..., int]
Row = Mapping[str, Any]
Cell = tuple[int, str, str, str]


def refused(client: Any, address: str, sheet: Sequence[Heading], rows: Sequence[Row], **more: Any) -> list[Cell]:
    """Row, heading, value and rule of everything a file is refused for; every fault has words for people."""
    file = (BytesIO(write_xlsx("表", sheet, rows)), "表.xlsx")
    answer = client.post(address, data={"file": file, "apply": "false", **more})
    assert answer.status_code == 200, answer.text
    faults = [(one["row"], fault) for one in answer.json["findings"] for fault in one["findings"]]
    assert all(fault["problem"] for _, fault in faults)
    return [(row, fault["label"], fault["value"], fault["rule"]) for row, fault in faults]


def test_institutions_and_their_departments(hospital: Make, as_principal: As) -> None:
    into, gone = hospital(1), hospital(2)
    city, county = as_principal(division="4115"), as_principal(division="411502")
    assert city.post(f"/api/v1/institutions/{gone}/merge", json={"into_id": str(into), "day": "2024-01-01"}).status_code == 200
    new = {"name": "甲院", "category": "A100", "division_code": "411502", "valid_from": "2020-01-01"}
    rows = [
        {**new, "code": credit_code(2)},
        {**new, "code": credit_code(3), "division_code": "411503"},
        {**new, "code": credit_code(4), "cdc_code": "411502001"},
        {**new, "code": credit_code(5), "cdc_code": "411502001"},
        {**new, "code": credit_code(6), "valid_from": "2020-01-01", "valid_to": "2019-01-01"},
        new,
    ]
    assert refused(county, "/api/v1/institutions/import", INSTITUTIONS, rows) == [
        (2, "统一社会信用代码", credit_code(2), "institution.merged_code"),
        (3, "所在区划", "411503", "institution.not_yours"),
        (5, "疾控系统机构代码", "411502001", "identifier_taken"),
        (6, "停用日期", "2019-01-01", "before_beginning"),
        (7, "统一社会信用代码", "", "one_code_needed"),
    ]
    ward = {"institution_code": credit_code(1), "code": "N", "name": "内科", "valid_from": "2020-01-01"}
    rows = [{**ward, "institution_code": "无"}, {**ward, "parent_code": "没有"}, {**ward, "valid_to": "2019-01-01"}]
    assert refused(county, "/api/v1/institutions/departments/import", DEPARTMENTS, rows) == [
        (2, "机构代码", "无", "institution.unknown"),
        (3, "上级科室编码", "没有", "parent_unknown"),
        (4, "停用日期", "2019-01-01", "before_beginning"),
    ]


def test_staff_and_resources(hospital: Make, as_principal: As) -> None:
    here, there = hospital(1), hospital(2)
    county = as_principal(division="411502")
    person = {"name": "王五", "category": "其他人员", "employed_on": "2020-01-01", "id_number": identity_number(5)}
    known = {**person, "institution_id": str(there), "category": "other"}
    made = county.post("/api/v1/staff", json=known)
    assert made.status_code == 201, made.text
    rows = [person, {**person, "id": made.json["id"]}, {**person, "id_number": identity_number(6), "department_code": "X"}]
    assert refused(county, f"/api/v1/staff/import/{here}", STAFF, rows) == [
        (2, "身份证号", identity_number(5), "staff.known"),
        (3, "平台编号", made.json["id"], "staff.unknown"),
        (4, "科室编码", "X", "department_unknown"),
    ]
    assert as_principal(division="411503").post(f"/api/v1/staff/import/{here}").status_code in (404, 422)
    beds = {"institution_code": credit_code(1), "kind": "床位", "name": "床", "quantity": 4, "valid_from": "2025-01-01"}
    rows = [beds, {**beds, "quantity": 5, "valid_from": "2024-01-01"}, {**beds, "detail_plate": "豫S"}, {**beds, "quantity": "x"}]
    assert refused(county, "/api/v1/resources/import", RESOURCES, rows) == [
        (3, "启用日期", "2024-01-01", "resource.ended"),
        (4, "车牌号", "豫S", "details_unknown"),
        (5, "数量", "x", "form"),
    ]


def test_divisions_their_changes_and_the_review_of_a_split(seeded: Platform, as_principal: As) -> None:
    county, city, base = as_principal(division="411502"), as_principal(division="4115"), "/api/v1/divisions"
    assert city.post(f"{base}/years", json={"year": 2024}).status_code == 201
    rename = {"kind": "更名", "effective": "2026-03-01", "sources": "411502001", "targets": "411502001 新名"}
    rows = [
        {**rename, "effective": "2024-03-01"},
        {**rename, "sources": "411503001", "targets": "411503001 邻县"},
        {**rename, "sources": "411502099"},
        {**rename, "targets": "411502002 新名"},
        {**rename, "children": "411502001999 411502001001"},
    ]
    assert refused(county, f"{base}/changes/import", CHANGES, rows) == [
        (2, "生效日期", "2024-03-01", "division.year_closed"),
        (3, "原区划代码", "411503001", "scope.outside"),
        (4, "原区划代码", "411502099", "source_unknown"),
        (5, "新区划", "411502002 新名", "code_taken"),
        (6, "下级指定", "411502001999 411502001001", "child_unknown"),
    ]
    village = {"code": "411502001001", "name": "某居委会"}
    rows = [village, {**village, "name": "别名"}, {**village, "code": "411599001001"}]
    rows += [{"code": "411502001002", "kind": "未知", "name": "某居委会"}]
    assert refused(city, f"{base}/import", DIVISIONS, rows) == [
        (2, "代码", "411502001001", "code_differs"),
        (3, "代码", "411502001001", "code_differs"),
        (4, "代码", "411599001001", "parent_unknown"),
        (5, "类型", "未知", "kind_unknown"),
    ]
    split = {"kind": "split", "effective": "2025-06-01", "sources": ["411502001"]}
    heirs = [{"code": "411502001", "name": "老城"}, {"code": "411502011", "name": "新城"}]
    change = city.post(f"{base}/changes", json={**split, "targets": heirs}).json["id"]
    address = f"{base}/changes/{change}"
    assert city.post(f"{address}/approve", json={}).status_code == 200
    assert county.post(f"{address}/migration", json={}).status_code == 403, "who decides about a change orders what follows"
    filled = [{"register": "楼房", "item": "x", "to": "411502012 别处"}, {"register": "机构", "item": "1", "to": "411502011"}]
    sent = city.post(f"{address}/migration/review", data={"file": (BytesIO(write_xlsx("表", REVIEW, filled)), "表.xlsx")})
    wrong = sent.json["error"]["facts"]["findings"]
    assert [(one["row"], one["label"], one["value"], one["rule"]) for one in wrong] == [
        (2, "登记类别", "楼房", "register_unknown"),
        (2, "编号", "x", "number_wrong"),
        (2, "去向", "411502012 别处", "no_heir"),
    ]


def test_value_sets_sources_and_submissions(seeded: Platform, hospital: Make, as_principal: As) -> None:
    hospital(1)
    city, county = as_principal(division="4115"), as_principal(division="411502")
    entry = {"code": "v", "title": "值域", "system_code": "CV06.00.102_route"}
    rows = [{**entry, "system_code": "没有"}, {**entry, "include": "4；xx"}]
    assert refused(city, "/api/v1/standards/value-sets/import", VALUE_SETS, rows) == [
        (2, "所属代码表", "没有", "standard.system_unknown"),
        (3, "包含的代码(含下级)", "4；xx", "code_not_in_force"),
    ]
    assert city.post("/api/v1/mappings/sources", json={"code": "his", "name": "甲", "division_code": "411503"}).status_code == 200
    rows = [{"code": "his", "name": "乙", "division_code": "411502"}, {"code": "lis", "name": "丙"}]
    rows += [{"code": "ris", "name": "丁", "institution_code": "无"}]
    assert refused(county, "/api/v1/mappings/sources/import", SOURCES, rows) == [
        (2, "来源系统编号", "his", "mapping.source_taken"),
        (3, "所在区划", "", "place_needed"),
        (4, "机构代码", "无", "institution.unknown"),
    ]
    taken = {"reference": "1", "name": "乙院", "category": "A100", "division_code": "411502", "valid_from": "2020-01-01"}
    rows = [{**taken, "code": credit_code(1)}, {**taken, "reference": "2", "code": "X"}]
    assert refused(county, "/api/v1/registrations/import", headings("institution"), rows, kind="institution") == [
        (2, "统一社会信用代码", credit_code(1), "identifier_taken"),
        (3, "统一社会信用代码", "X", "credit_code_wrong"),
    ]


def test_source_systems_leave_come_back_and_move_with_their_codes(seeded: Platform, hospital: Make, as_principal: As) -> None:
    unit = hospital(1, division_code="411503000000")
    city, old, new = (as_principal(division=code) for code in ("4115", "411502", "411503"))
    base = "/api/v1/mappings"
    city.post(f"{base}/sources", json={"code": "his", "name": "某系统", "division_code": "411502"})
    city.post(f"{base}/sources/his/codes", json={"system": "GBT2261.1_sex", "codes": [{"code": "M", "rows": 3, "name": "男"}]})
    content = city.get(f"{base}/sources/export").data
    again = city.post(f"{base}/sources/import", data={"file": (BytesIO(content), "表.xlsx")}).json
    assert (again["same"], again["findings"]) == (1, [])
    assert (old.get(base).json["total"], new.get(base).json["total"]) == (1, 0)
    row = {"code": "his", "name": "某系统", "institution_code": credit_code(1)}
    moved = city.post(f"{base}/sources/import", data={"file": (BytesIO(write_xlsx("表", SOURCES, [row])), "表.xlsx")}).json
    assert moved["changed"] == 1 and "所在区划" in moved["effects"][0]["text"]
    assert (old.get(base).json["total"], new.get(base).json["total"]) == (0, 1), "whoever keeps a source sees its codes"
    assert new.get(f"{base}/sources").json[0]["institution_id"] == str(unit)
