"""Mappings through new versions of a standard, deliberate gaps, and mapping tables that travel as files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook

from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope
from registry.api import code_mapper
from registry.standards import deciding, mapping
from registry.standards.deciding import Decision
from registry.standards.mapping import LocalFilter, Seen
from registry.standards.sources import SourceDraft, put_source
from registry.standards.systems import current_terms, move, save_draft
from registry.standards.terms import State
from registry.standards.translating import StandardCodes
from tests.registry.test_standards import RHD, Sender

pytestmark = pytest.mark.system("B04", "J07")


def publish(session: Any, label: str, without: str) -> None:
    """The table in force without one of its codes, as a new version."""
    save_draft(session, SYSTEM, RHD, label, [term for term in current_terms(session, RHD) if term.code != without])
    for state in (State.REVIEW, State.PUBLISHED):
        move(session, SYSTEM, RHD, label, state)


def test_a_new_version_is_named_at_once_and_a_code_it_dropped_is_a_gap_again(seeded: Platform, work: Callable[[], None]) -> None:
    with seeded.database.unit_of_work(system_scope("test")) as session:
        put_source(session, SourceDraft("lis", "检验系统", "411502000000"))
        mapping.report_codes(session, "lis", RHD, [Seen("P", 3, "阳性"), Seen("U", 2, "不详")])
        ids = {row.code: row.id for row in mapping.local_codes(session, LocalFilter(source="lis")).rows}
        deciding.decide(session, SYSTEM, [Decision(ids["P"], "2"), Decision(ids["U"], "3")])
        table = code_mapper(session, "lis").table(RHD)
        assert (table.version, table.batch(["P", "U"])) == ("2011", ["2", "3"])
        publish(session, "2026", without="3")
        table = code_mapper(session, "lis").table(RHD)
        assert (table.version, table.batch(["P", "U"])) == ("2026", ["2", None])
    work()
    with seeded.database.unit_of_work(system_scope("test")) as session:
        (gap,) = mapping.local_codes(session, LocalFilter(source="lis", state="unmapped")).rows
        assert (gap.code, gap.target, gap.reason) == ("U", None, "gone")
        assert next((one.before, one.after) for one in mapping.history(session, gap.id)) == ("3", None)
        (line,) = mapping.coverage(session, RHD)
        assert (line.rows, line.rows_mapped) == (5, 3)


def test_a_code_that_was_left_out_does_not_come_back_as_the_standard_code_of_that_name(seeded: Platform) -> None:
    translator = StandardCodes()
    with seeded.database.unit_of_work(system_scope("test")) as session:
        assert translator.translate(session, Sender(), {RHD: ["1"]}) == {RHD: {"1": "1"}}
        mapping.report_codes(session, "I7", RHD, [Seen("1", 9, "")])
        (row,) = mapping.local_codes(session, LocalFilter(source="I7", system=RHD)).rows
        deciding.decide(session, SYSTEM, [Decision(row.id, None)])
        assert translator.translate(session, Sender(), {RHD: ["1"]}) == {RHD: {"1": None}}
        mapping.adopt(session, SYSTEM, "I7", RHD, True)
        assert translator.translate(session, Sender(), {RHD: ["1", "2"]}) == {RHD: {"1": None, "2": "2"}}


def test_an_exported_mapping_is_filled_in_and_imported(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    steward = as_principal(division="411502")
    steward.post("/api/v1/mappings/sources", json={"code": "his", "name": "系统", "division_code": "411502"})
    codes = [{"code": "y", "rows": 7, "name": "阳"}, {"code": "n", "rows": 2, "name": "阴"}]
    steward.post("/api/v1/mappings/sources/his/codes", json={"system": RHD, "codes": codes})
    book = load_workbook(io.BytesIO(steward.get(f"/api/v1/mappings/export?source=his&system={RHD}").data))
    heads = [cell.value for cell in book.active[1]]
    for row in book.active.iter_rows(min_row=2):
        row[heads.index("标准代码")].value = {"y": "2", "n": "7"}[row[heads.index("本地代码")].value]
    assert _load(steward, book).status_code == 422, "7 is not a code of the table"
    assert steward.get("/api/v1/mappings?state=confirmed").json["total"] == 0
    for row in book.active.iter_rows(min_row=2):
        row[heads.index("标准代码")].value = {"y": "2", "n": None}[row[heads.index("本地代码")].value]
    assert _load(steward, book).json == {"changed": 1}
    (done,) = steward.get("/api/v1/mappings?state=confirmed").json["rows"]
    assert (done["code"], done["target"], done["target_version"]) == ("y", "2", "2011")


def _load(steward: Any, book: Any) -> Any:
    content = io.BytesIO()
    book.save(content)
    sent = {"file": (io.BytesIO(content.getvalue()), "对照.xlsx"), "system": RHD}
    return steward.post("/api/v1/mappings/sources/his/dictionary", data=sent)
