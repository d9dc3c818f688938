"""Health resources by file: what is exported comes back unchanged, a new number begins on its day, a wrong row is told."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from health_platform.kernel.platform import Platform
from health_platform.kernel.sheets import read_table, write_xlsx
from registry.resources.transfer_files import SHEET
from tests.registry.conftest import credit_code

pytestmark = pytest.mark.system("G02")

BASE = "/api/v1/resources"


def sheet(*rows: dict[str, Any]) -> io.BytesIO:
    return io.BytesIO(write_xlsx("卫生资源", SHEET, rows))


def send(client: Any, content: io.BytesIO) -> Any:
    return client.post(f"{BASE}/import", data={"file": (content, "资源.xlsx")})


BEDS = {
    "institution_code": credit_code(1), "kind": "床位", "name": "内科床位", "quantity": 40, "valid_from": "2025-01-01",
    "detail_planned": 45,
}  # fmt: skip


def test_a_file_enters_changes_and_tells_what_is_wrong(
    regional: Platform, hospital: Callable[..., int], as_principal: Callable[..., Any]
) -> None:
    hospital(1)
    hospital(2, division_code="411503001000")
    county = as_principal(division="411502")
    wrong = [
        {**BEDS, "institution_code": credit_code(2)},
        {**BEDS, "institution_code": "无此机构"},
        {**BEDS, "kind": "飞船"},
        {**BEDS, "quantity": -1},
        {**BEDS, "detail_plate": "豫S00001"},
    ]
    told = send(county, sheet(BEDS, *wrong)).get_json()
    assert (told["added"], told["changed"]) == (1, 0), told
    assert [one["row"] for one in told["findings"]] == [3, 4, 5, 6, 7]

    later = send(county, sheet({**BEDS, "quantity": 60, "valid_from": "2026-01-01"})).get_json()
    assert (later["added"], later["changed"], later["findings"]) == (0, 1, [])
    sums = county.get(f"{BASE}/by-area?day=2025-06-01").get_json() + county.get(f"{BASE}/by-area?day=2026-06-01").get_json()
    assert [one["quantity"] for one in sums] == [40, 60]

    exported = county.get(f"{BASE}/export").data
    (row,) = read_table(exported, SHEET)
    assert row["institution_code"] == credit_code(1) and row["kind"] == "床位" and row["detail_planned"] == "45"
    again = send(county, io.BytesIO(exported)).get_json()
    assert (again["added"], again["changed"], again["findings"]) == (0, 0, []), "what was exported changes nothing"


def test_no_file_is_told_as_a_missing_field(as_principal: Callable[..., Any], regional: Platform) -> None:
    answer = as_principal(division="411502").post(f"{BASE}/import", json={"file": "x"})
    assert answer.status_code == 422 and "multipart" in answer.text
