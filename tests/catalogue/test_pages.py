"""The pages of the catalogue show what the catalogue knows, and offer what the caller may do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.catalogue.conftest import Region
from tests.catalogue.test_requests import ask

pytestmark = pytest.mark.system("G01")


def page(region: Region, path: str, **caller: Any) -> str:
    answer = region.acting(**caller).get(f"/console/catalogue{path}")
    assert answer.status_code == 200, answer.data.decode()
    return str(answer.data.decode())


def test_the_list_shows_volumes_and_finds_by_initials(region: Region) -> None:
    text = page(region, "?text=jzjl")
    assert "就诊记录" in text and ">96<" in text
    assert "过敏记录" not in text


def test_a_dataset_shows_lineage_fields_and_what_may_be_done(region: Region, published: Any) -> None:
    published("visit")
    text = page(region, "/visit")
    assert all(
        word in text for word in ("来源系统", "数据仓库表", "患者姓名", "GB/T 2261.1-2003", "申请数据", "浉河区第一人民医院")
    )
    reader = page(region, "/visit", permissions={"catalogue.entry.read"})
    assert not any(word in reader for word in ("撤销发布", "/reopen", "申请数据"))


def test_requests_are_asked_for_and_decided_on_pages(region: Region, published: Any) -> None:
    published("visit")
    assert "提交申请" in page(region, "/visit/request")
    assert ask(region.acting()).status_code == 201
    assert "不批准" in page(region, "/requests/decide?state=asked")
    assert "您还没有申请过数据" in page(region, "/requests/mine")
