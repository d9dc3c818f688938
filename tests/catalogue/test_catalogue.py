"""The catalogue: classification, review by somebody else, publication, search, volumes in the caller's area, files."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import load_workbook

from health_platform.datasets.api import catalogue
from tests.catalogue.conftest import Region

pytestmark = pytest.mark.system("G01")
BASE = "/api/v1/catalogue"


def found(region: Region, text: str, **caller: Any) -> list[str]:
    return [line["dataset"] for line in region.acting(**caller).get(BASE, query_string={"text": text}).json]


def test_every_dataset_is_in_the_catalogue(region: Region) -> None:
    lines = region.acting().get(BASE).json
    assert [line["dataset"] for line in lines] == list(catalogue())
    assert len({line["code"] for line in lines}) == len(lines)


@pytest.mark.parametrize("text", ["就诊记录", "jzjl", "JZJL", "visit", "医疗服务"])
def test_search_knows_chinese_initials_and_codes(region: Region, text: str) -> None:
    assert "visit" in found(region, text)


def test_search_finds_datasets_by_their_fields(region: Region) -> None:
    assert "vaccination" not in found(region, "入院途径")
    assert "visit" in found(region, "入院途径")
    assert found(region, "没有这个词") == []


def test_an_entry_is_reviewed_by_somebody_else_and_then_published(region: Region) -> None:
    url = f"{BASE}/entries/allergy"
    editor, reviewer = region.acting(), region.acting()
    missing = editor.post(f"{url}/submit", json={})
    assert (missing.status_code, missing.json["error"]["code"]) == (422, "catalogue.incomplete")
    editor.patch(url, json={"provider": "市卫生健康委", "summary": "过敏史", "share": "conditional", "share_condition": "经审批"})
    assert editor.post(f"{url}/submit", json={}).json["state"] == "submitted"
    assert editor.post(f"{url}/approve", json={}).json["error"]["code"] == "catalogue.own_review"
    assert editor.post(f"{url}/publish", json={}).status_code == 409
    assert reviewer.post(f"{url}/return", json={"note": "请补充关键词"}).json["state"] == "draft"
    assert editor.patch(url, json={"keywords": "过敏 不良反应"}).status_code == 200
    editor.post(f"{url}/submit", json={})
    assert editor.patch(url, json={"keywords": "改"}).status_code == 409
    reviewer.post(f"{url}/approve", json={})
    assert reviewer.post(f"{url}/publish", json={}).json["state"] == "published"


def test_a_revision_leaves_the_published_edition_in_force(region: Region, published: Any) -> None:
    published("vaccination")
    url, editor = f"{BASE}/entries/vaccination", region.acting()
    editor.post(f"{url}/reopen", json={})
    editor.patch(url, json={"summary": "新的说明"})
    reader = region.acting(permissions={"catalogue.entry.read"})
    assert reader.get(url).json["summary"] == "门急诊与住院就诊"
    assert editor.get(url).json["summary"] == "新的说明"
    assert editor.get(url).json["edition"] == 2


def test_volumes_are_those_of_the_callers_area(region: Region) -> None:
    def rows(**caller: Any) -> int:
        return int(region.acting(**caller).get(f"{BASE}/entries/visit").json["volume"]["rows"])

    assert rows() == 96
    assert rows(division="411502") == 96
    assert region.acting(division="411525").get(f"{BASE}/entries/visit").json["volume"]["rows"] == 0


def test_lineage_leads_from_the_source_to_the_table(region: Region) -> None:
    entry = region.acting().get(f"{BASE}/entries/visit").json
    assert [station["title"] for station in entry["lineage"]][::5] == ["来源系统", "数据仓库表"]
    assert "1 家机构，96 行" in entry["lineage"][0]["lines"][0]
    fields = {field["name"]: field for field in entry["details"]}
    assert fields["gender"]["code_table"] == "GBT2261.1_sex"
    assert fields["patient_name"]["release"] == "不提供"
    assert fields["visit_no"]["obligation"] == "主键，必填"


def test_the_catalogue_is_given_out_as_files(region: Region) -> None:
    book = load_workbook(io.BytesIO(region.acting().get(f"{BASE}/export.xlsx").data))
    rows = list(book.active.iter_rows(values_only=True))
    assert len(rows) == 1 + len(catalogue())
    assert "就诊记录" in {row[1] for row in rows}
    text = region.acting().get(f"{BASE}/export.csv", query_string={"text": "jzjl"}).data.decode("utf-8-sig")
    assert text.splitlines()[1].split(",")[1] == "就诊记录"
    fields = load_workbook(io.BytesIO(region.acting().get(f"{BASE}/fields.xlsx?text=visit").data)).active
    assert fields.max_row > 40
