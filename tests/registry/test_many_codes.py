"""Tens of thousands of local codes: dictionaries, suggestions and decisions go in sets, and a person still has the last word."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope
from health_platform.kernel.sheets import read_table, write_xlsx
from registry.api import search_codes
from registry.standards import confirming, deciding, mapping, shelf
from registry.standards.confirming import REVIEW
from registry.standards.deciding import Decision
from registry.standards.dictionaries import SHEET
from registry.standards.mapping import LocalFilter, Seen
from registry.standards.shelf import Shelf
from registry.standards.sources import SourceDraft, put_source
from registry.standards.systems import SystemDraft, create_system, move, save_draft
from registry.standards.terms import State, Term

pytestmark = pytest.mark.system("B04", "J07")

SYSTEM_CODE, PLACE = "BIG", "411502000000"
API = "/api/v1/mappings"


def published(session: Any, terms: list[Term], label: str = "1") -> None:
    save_draft(session, SYSTEM, SYSTEM_CODE, label, terms)
    for state in (State.REVIEW, State.PUBLISHED):
        move(session, SYSTEM, SYSTEM_CODE, label, state)


@pytest.fixture
def large(platform: Platform) -> Platform:
    """A table of 1,200 terms in force, and a source that is to be mapped to it."""
    with platform.database.unit_of_work(system_scope("test")) as session:
        create_system(session, SystemDraft(SYSTEM_CODE, "大表", "local"))
        published(session, [Term(f"S{number:04d}", f"诊断{number:04d}") for number in range(1_200)])
        put_source(session, SourceDraft("his", "系统", PLACE))
    return platform


@contextmanager
def statements(platform: Platform) -> Iterator[list[str]]:
    """The statements sent to the database inside the block; one sent for many rows counts once."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(platform.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(platform.database.engine, "before_cursor_execute", note)


def report(session: Any, numbers: range) -> None:
    mapping.report_codes(session, "his", SYSTEM_CODE, [Seen(f"L{number}", 1, f"诊断{number:04d}") for number in numbers])


def states(platform: Platform) -> dict[str, int]:
    with platform.database.unit_of_work(system_scope("test")) as session:
        return {state: mapping.local_codes(session, LocalFilter(state=state)).total for state in ("unmapped", "confirmed")}


def test_a_decision_about_many_codes_costs_no_statement_per_code(large: Platform) -> None:
    with statements(large) as reported, large.database.unit_of_work(system_scope("test")) as session:
        report(session, range(1_000))
    assert len(reported) < 20
    with large.database.unit_of_work(system_scope("test")) as session:
        rows = mapping.local_codes(session, LocalFilter(source="his", size=2_000)).rows
    wanted = [Decision(row.id, f"S{int(row.code[1:]):04d}") for row in rows]
    with statements(large) as seen, large.database.unit_of_work(system_scope("test")) as session:
        assert deciding.decide(session, SYSTEM, wanted) == 1_000
        assert len(mapping.history(session, rows[0].id)) == 1
    assert len(seen) < 30, seen
    with large.database.unit_of_work(system_scope("test")) as session:
        assert deciding.decide(session, SYSTEM, wanted) == 0, "said again, it changes nothing"
        after = mapping.local_code(session, rows[0].id)
        assert (after.target, after.target_version, after.state) == (wanted[0].target, "1", "confirmed")


def test_the_first_search_after_publishing_reads_no_terms(large: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_INDEXES", Shelf(4))
    with statements(large) as seen, large.database.unit_of_work(system_scope("another process")) as session:
        assert [term.code for term in search_codes(session, SYSTEM_CODE, "zd0042")] == ["S0042"]
    assert any("std_packed" in one for one in seen) and not any("std_term" in one for one in seen)


def test_a_draft_that_is_written_again_is_searched_as_it_is_now(large: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    with large.database.unit_of_work(system_scope("test")) as session:
        save_draft(session, SYSTEM, SYSTEM_CODE, "2", [Term("A", "甲")])
        published(session, [Term("B", "乙")], "2")
    monkeypatch.setattr(shelf, "_INDEXES", Shelf(4))
    with large.database.unit_of_work(system_scope("test")) as session:
        assert [term.code for term in search_codes(session, SYSTEM_CODE, "")] == ["B"]


def test_all_sure_suggestions_are_confirmed_in_portions_and_only_those_that_could_be_seen(
    large: Platform, as_principal: Callable[..., Any], work: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "PORTION", 7)
    steward = as_principal(division="411502")
    with large.database.unit_of_work(system_scope("test")) as session:
        report(session, range(20))
        mapping.report_codes(session, "his", SYSTEM_CODE, [Seen("odd", 99, "别的"), Seen("L20", 1)])
    table = {"source": "his", "system": SYSTEM_CODE}
    assert as_principal(division="411503").post(f"{API}/sure", json=table).status_code == 404
    reviewed = read_table(steward.get(f"{API}/sure.xlsx?source=his&system={SYSTEM_CODE}").data, REVIEW)
    assert len(reviewed) == 20 and reviewed[0] | {"rows_seen": ""} == {
        "code": "L0", "name": "诊断0000", "target": "S0000", "target_name": "诊断0000", "reason": "名称相同", "rows_seen": "",
    }  # fmt: skip
    assert steward.post(f"{API}/sure", json=table).status_code == 204
    with large.database.unit_of_work(system_scope("test")) as session:
        report(session, range(30, 33))
    work()
    assert states(large) == {"unmapped": 5, "confirmed": 20}, "codes that came after the order wait for a person"
    (line,) = steward.get(f"{API}/coverage").json
    assert (line["codes"], line["mapped"]) == (25, 20)


def test_an_order_does_not_outlive_the_version_it_was_given_for(
    large: Platform, as_principal: Callable[..., Any], work: Callable[[], None]
) -> None:
    with large.database.unit_of_work(system_scope("test")) as session:
        report(session, range(5))
    assert as_principal().post(f"{API}/sure", json={"source": "his", "system": SYSTEM_CODE}).status_code == 204
    with large.database.unit_of_work(system_scope("test")) as session:
        published(session, [Term(f"S{number:04d}", f"诊断{number + 1:04d}") for number in range(9)], "2")
    work()
    assert states(large) == {"unmapped": 5, "confirmed": 0}


def test_a_dictionary_is_looked_at_before_it_counts(large: Platform, as_principal: Callable[..., Any]) -> None:
    steward = as_principal(division="411502")
    page = "/console/registry/mappings/import"
    assert steward.post(page).status_code == 404, "this deployment has no pages"
    rows = [{"code": f"L{n}", "name": f"诊断{n:04d}", "target": f"S{n:04d}"} for n in range(5)] + [{"code": "q", "name": "未知"}]
    wrong = [{"code": "L0", "target": "S0000"}, {"code": "L0", "target": "S0001"}, {"code": "z", "target": "没有"}]

    def load(given: list[dict[str, str]]) -> Any:
        file = (io.BytesIO(write_xlsx("字典", SHEET, given)), "字典.xlsx")
        return steward.post(f"{API}/sources/his/dictionary", data={"file": file, "system": SYSTEM_CODE})

    refused = load(wrong)
    assert refused.status_code == 422
    faults = [(one["row"], one["label"], one["value"], one["problem"]) for one in refused.json["error"]["facts"]["findings"]]
    assert faults == [
        (2, "本地代码", "L0", "代码重复"),
        (3, "本地代码", "L0", "代码重复"),
        (4, "标准代码", "没有", "有不是现行的代码"),
    ]
    assert load(rows).json == {"changed": 6} and states(large) == {"unmapped": 1, "confirmed": 5}
    assert load(rows).json == {"changed": 0}
    assert load([{"code": "L0", "name": "诊断0000", "target": "S0007"}]).json == {"changed": 1}
