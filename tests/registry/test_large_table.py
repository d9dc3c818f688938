"""A licensed table of 40,000 rows, as ICD-10 is: loaded by file through the console, previewed, published, searched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest

from health_platform.kernel.platform import Platform
from health_platform.kernel.sheets import write_xlsx
from health_platform.settings import Settings
from registry.standards.terms import Term
from registry.standards.version_files import SHEET

pytestmark = pytest.mark.system("B04")

ROWS = 40_000
PAGE, API = "/console/registry/standards/ICD10", "/api/v1/standards/systems/ICD10"
PLACES = ("", "急性", "慢性", "复发性", "继发性", "先天性", "创伤性", "药物性", "妊娠期", "新生儿")
SITES = ("肺", "肝", "肾", "胃", "脑", "心肌", "骨", "皮肤", "关节", "血管")
KINDS = ("炎", "脓肿", "结核", "梗死", "出血", "水肿", "坏死", "纤维化", "肿瘤", "损伤")


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    """A deployment with pages."""
    return Settings(home=tmp_path / "home", demonstration=True, components="registry,empi,etl,browser_ui")


def icd_like() -> Iterator[Term]:
    """Categories of three characters, each with subcategories under it: names made up, shape and size as the real table."""
    for number in range(ROWS):
        category = f"{chr(65 + number // 40 // 100)}{number // 40 % 100:02d}"
        place, site, kind = PLACES[number % 10], SITES[number // 10 % 10], KINDS[number // 100 % 10]
        name = f"{place}{site}{kind}({number // 1000}型)"
        if number % 40 == 0:
            yield Term(category, f"{name}类目")
        else:
            yield Term(f"{category}.{number % 40:02d}x", name, category)


def sent(terms: list[Term], label: str) -> dict[str, Any]:
    return {"file": (BytesIO(write_xlsx("ICD", SHEET, terms)), "icd10.xlsx"), "label": label}


def test_it_is_loaded_previewed_published_and_searched(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    editor = as_principal()
    terms = list(icd_like())
    assert editor.post(f"{API}/versions", data=sent(terms, "2.0")).json["size"] == ROWS
    preview = editor.get(f"{PAGE}/2.0", headers={"Accept": "text/html"}).data.decode()
    assert f"新增 {ROWS} 条" in preview and len(preview) < 400_000, "told in full, shown in part"
    assert editor.post(f"{API}/versions/2.0/submit").status_code == 200
    assert editor.post(f"{API}/versions/2.0/state", json={"to": "published"}).status_code == 200
    for text, found in (("B17.05x", "B17.05x"), ("慢性肺脓肿", "慢性肺脓肿"), ("mxfnz", "慢性肺脓肿"), ("脓肿 慢性", "慢性")):
        best = editor.get(f"{API}/terms?text={text}&limit=5").json
        assert best and all(found == one["code"] or found in one["name"] for one in best), text
    again = [term for term in terms if term.code != "A00.01x"]
    again[7] = Term(again[7].code, "改名", again[7].parent)
    editor.post(f"{API}/versions", data=sent([*again, Term("Z99.99x", "新增")], "2.1"))
    told = editor.get(f"{PAGE}/2.1", headers={"Accept": "text/html"}).data.decode()
    assert "新增 1 条，减少 1 条，变更 1 条" in told and "Z99.99x" in told


def test_a_page_of_search_results_comes_while_one_types(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    """The bound is generous for a busy machine; ``benchmarks.bench_codes`` measures."""
    editor = as_principal()
    editor.post(f"{API}/versions", data=sent(list(icd_like()), "2.0"))
    editor.post(f"{API}/versions/2.0/submit")
    editor.post(f"{API}/versions/2.0/state", json={"to": "published"})
    editor.get(f"{PAGE}?text=warm", headers={"Accept": "text/html"})
    for text in ("A0", "脓肿", "mxf"):
        began = time.process_time()
        answer = editor.get(f"{PAGE}?text={text}", headers={"Accept": "text/html"})
        assert answer.status_code == 200 and time.process_time() - began < 0.5, text
