"""Standards in the database: versions, imports with preview, value sets, local codes, and the mapper of the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest

from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope
from health_platform.kernel.sheets import write_csv, write_xlsx
from registry.api import code_mapper, code_names, report_unmapped, search_codes
from registry.standards import deciding, mapping
from registry.standards.deciding import Decision
from registry.standards.mapping import LocalFilter, Seen
from registry.standards.sources import SourceDraft, put_source
from registry.standards.systems import SystemDraft, create_system, move, save_draft
from registry.standards.terms import State, Term
from registry.standards.translating import StandardCodes
from registry.standards.version_files import SHEET

pytestmark = pytest.mark.system("B04", "J07")

RHD = "CV04.50.020_RhD"


@dataclass(frozen=True)
class Sender:
    institution_id: int = 7
    division_code: str = "411502000000"


def _file(terms: list[Term], form: str = "xlsx") -> dict[str, Any]:
    content = write_xlsx("表", SHEET, terms) if form == "xlsx" else write_csv(SHEET, terms)
    return {"file": (BytesIO(content), f"terms.{form}"), "label": "2026"}


def test_a_version_goes_from_file_to_force_by_review(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    editor = as_principal(permissions={"registry.standard.read", "registry.standard.edit"})
    reviewer = as_principal(permissions={"registry.standard.read", "registry.standard.review"})
    base = f"/api/v1/standards/systems/{RHD}"
    new = [Term("1", "阴性"), Term("2", "阳性"), Term("3", "不详"), Term("4", "未查")]
    preview = editor.post(f"{base}/preview", data=_file(new)).json
    assert [one["code"] for one in preview["added"]] == ["4"] and not preview["removed"] and not preview["faults"]
    assert editor.post(f"{base}/versions", data=_file(new, "csv")).status_code == 201
    assert reviewer.post(f"{base}/versions/2026/state", json={"to": "published"}).status_code == 409
    assert editor.post(f"{base}/versions/2026/state", json={"to": "published"}).status_code == 403
    assert editor.post(f"{base}/versions/2026/submit").status_code == 200
    assert editor.post(f"{base}/versions", data=_file(new)).status_code == 409
    assert reviewer.post(f"{base}/versions/2026/state", json={"to": "published"}).json["state"] == "published"
    states = {one["label"]: one["state"] for one in editor.get(f"{base}/versions").json}
    assert states == {"2026": "published", "2011": "retired"}
    assert [one["name"] for one in editor.get(f"{base}/terms?text=wc").json] == ["未查"]
    exported = editor.get(f"{base}/versions/2026/export.csv").data.decode("utf-8-sig")
    assert exported.splitlines()[0] == "代码,名称,上级代码,说明" and "4,未查,," in exported


def test_what_holds_for_the_whole_city_is_not_a_countys_to_change(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    county, base = as_principal(division="411502"), "/api/v1/standards"
    entry = {"code": RHD, "title": "改名", "mark": "local"}
    value_set = {"code": "v", "title": "v", "system_code": RHD}
    assert county.post(f"{base}/systems", json={**entry, "code": "X"}).status_code == 403
    assert county.put(f"{base}/systems/{RHD}", json=entry).status_code == 403
    assert county.post(f"{base}/systems/{RHD}/versions", data=_file([Term("1", "甲")])).status_code == 403
    assert county.post(f"{base}/systems/{RHD}/versions/2011/state", json={"to": "retired"}).status_code == 403
    assert county.post(f"{base}/value-sets", json=value_set).status_code == 403
    assert county.get(f"{base}/systems/{RHD}/terms").status_code == 200


def test_wrong_rows_are_named_and_nothing_is_written(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    editor = as_principal()
    wrong = [Term("1", "甲", "9"), Term("1", "乙")]
    answer = editor.post(f"/api/v1/standards/systems/{RHD}/versions", data=_file(wrong))
    facts = answer.json["error"]["facts"]
    assert answer.status_code == 422 and facts["count"] == 3
    first = {"row": 2, "field": "code", "label": "代码", "value": "1", "rule": "code_repeated", "problem": "代码重复"}
    assert facts["findings"][0] == first
    bad = {"file": (BytesIO(b"PK\x03\x04 not a workbook"), "x.xlsx"), "label": "1"}
    assert editor.post(f"/api/v1/standards/systems/{RHD}/versions", data=bad).status_code == 422


def test_a_value_set_selects_from_what_is_in_force(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    editor = as_principal()
    wanted = {
        "code": "injection",
        "title": "注射途径",
        "system_code": "CV06.00.102_route",
        "include": ["4"],
        "exclude": ["402"],
        "leaves_only": True,
    }
    assert editor.post("/api/v1/standards/value-sets", json=wanted).status_code == 200
    codes = [one["code"] for one in editor.get("/api/v1/standards/value-sets/injection/terms").json]
    assert codes == ["401", "403", "404"]
    assert editor.post("/api/v1/standards/value-sets", json={**wanted, "include": ["xx"]}).status_code == 422


def test_a_search_over_thousands_of_terms_finds_by_initials(platform: Platform) -> None:
    terms = [Term(f"A{number:05d}", f"第{number % 50}类诊断") for number in range(4_000)] + [Term("I10", "原发性高血压")]
    with platform.database.unit_of_work(system_scope("test")) as session:
        create_system(session, SystemDraft("BIG", "大表", "local"))
        save_draft(session, SYSTEM, "BIG", "1", terms)
        for state in (State.REVIEW, State.PUBLISHED):
            move(session, SYSTEM, "BIG", "1", state)
        assert [term.code for term in search_codes(session, "BIG", "yfxgxy")] == ["I10"]
        assert search_codes(session, "BIG", "3999")[0].code == "A03999"


def test_local_codes_are_suggested_confirmed_and_used(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    steward = as_principal(division="411502")
    sent = {"code": "his", "name": "医院信息系统", "division_code": "411502"}
    assert steward.post("/api/v1/mappings/sources", json=sent).status_code == 200
    codes = [{"code": "1", "rows": 70, "name": "阳性"}, {"code": "2", "rows": 20, "name": "阴性"}, {"code": "x", "rows": 5}]
    steward.post("/api/v1/mappings/sources/his/codes", json={"system": RHD, "codes": codes})
    listed = steward.get("/api/v1/mappings?source=his").json["rows"]
    assert [(one["code"], one["rows_seen"], one["state"]) for one in listed] == [
        ("1", 70, "unmapped"),
        ("2", 20, "unmapped"),
        ("x", 5, "unmapped"),
    ]
    best = steward.get(f"/api/v1/mappings/{listed[0]['id']}/suggestions").json[0]
    assert (best["target"]["code"], best["reason"]) == ("2", "name")
    bulk = {"source": "his", "system": RHD}
    stale = [f"{listed[0]['id']}:1", f"{listed[2]['id']}:3"]
    assert steward.post("/api/v1/mappings/bulk", json={**bulk, "shown": stale}).json == {"changed": 0}, "never shown"
    shown = [f"{listed[0]['id']}:2", f"{listed[1]['id']}:1"]
    assert steward.post("/api/v1/mappings/bulk", json={**bulk, "shown": shown}).json == {"changed": 2}
    (gap,) = steward.get("/api/v1/mappings?state=unmapped").json["rows"]
    assert gap["code"] == "x"
    (line,) = steward.get("/api/v1/mappings/coverage").json
    assert (line["codes"], line["mapped"], line["rows"], line["rows_mapped"]) == (3, 2, 95, 90)
    wrong = steward.post(f"/api/v1/mappings/{gap['id']}/decide", json={"target": "8"})
    assert wrong.status_code == 422
    assert as_principal(division="411503").get("/api/v1/mappings").json["total"] == 0
    with seeded.database.unit_of_work(system_scope("test")) as session:
        table = code_mapper(session, "his").table(RHD)
        assert table.batch(["1", "2", "x", None]) == ["2", "1", None, None] and table.version == "2011"


def test_the_mapper_follows_every_change(seeded: Platform) -> None:
    with seeded.database.unit_of_work(system_scope("test")) as session:
        put_source(session, SourceDraft("lis", "检验系统", "411502000000"))
        mapping.report_codes(session, "lis", RHD, [Seen("P", 1, "阳性")])
        (row,) = mapping.local_codes(session, LocalFilter(source="lis")).rows
        assert code_mapper(session, "lis").table(RHD).batch(["P"]) == [None]
        assert deciding.decide(session, SYSTEM, [Decision(row.id, "2")]) == 1
        assert code_mapper(session, "lis").table(RHD).batch(["P"]) == ["2"]
        assert deciding.decide(session, SYSTEM, [Decision(row.id, "3")]) == 1
        assert code_mapper(session, "lis").table(RHD).batch(["P"]) == ["3"]
        assert [one.after for one in mapping.history(session, row.id)][::-1] == ["2", "3"]
        mapping.adopt(session, SYSTEM, "lis", "GBT2261.1_sex", True)
        assert code_mapper(session, "lis").table("GBT2261.1_sex").batch(["1", "7"]) == ["1", None]
        mapping.adopt(session, SYSTEM, "lis", "GBT2261.1_sex", False)
        assert code_mapper(session, "lis").table("GBT2261.1_sex").batch(["1"]) == [None]


def test_the_pipeline_gets_standard_codes_and_every_gap_is_listed(seeded: Platform) -> None:
    translator = StandardCodes()
    with seeded.database.unit_of_work(system_scope("test")) as session:
        assert translator.translate(session, Sender(), {RHD: ["1", "2", "阳"]}) == {RHD: {"1": "1", "2": "2", "阳": None}}
        assert translator.translate(session, Sender(), {"ICD10": ["I10"]}) == {"ICD10": {"I10": "I10"}}
        found = translator.translate(session, Sender(), {"division": ["411502", "419999"], RHD: ["1"]})
        assert found == {"division": {"411502": "411502000000", "419999": None}, RHD: {"1": "1"}}
        report_unmapped(session, Sender(), {RHD: {"阳": 12}})
        (gap,) = mapping.local_codes(session, LocalFilter(source="I7", system=RHD)).rows
        assert (gap.code, gap.rows_seen) == ("阳", 12)
        deciding.decide(session, SYSTEM, [Decision(gap.id, "2")])
        # Who maps one value himself is no longer trusted to send the others as the standard numbers them.
        assert translator.translate(session, Sender(), {RHD: ["1", "阳"]}) == {RHD: {"1": None, "阳": "2"}}


def test_shipped_tables_say_where_they_come_from(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    reader = as_principal(permissions={"registry.standard.read"})
    (system,) = reader.get(f"/api/v1/standards/systems?text={RHD}").json["rows"]
    assert (system["source"], system["mark"]) == ("WS 364-2011 CV04.50.020", "standard")
    with seeded.database.unit_of_work(system_scope("test")) as session:
        assert code_names(session, "WS218_class")["D"] == "门诊部、诊所、医务室、村卫生室"
        assert len(code_names(session, "front_disease_icd")) == 176
