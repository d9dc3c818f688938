"""Rules that ask whether other rows exist: the answer of the warehouse is that of a look at all rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.quality.api import Dimension
from etl.quality.rulebook import delivered
from etl.quality.rules import Partner, Rule
from tests.quality.conftest import Stored

pytestmark = pytest.mark.system("G10")

TENTH = date(2026, 10, 10)
NAMES = st.sampled_from(["", "王", "李建国"])
PARTNERS = (
    Partner("visit", (("patient_name", "patient_name"), ("birth_date", "birth_date"))),
    Partner("visit", (("patient_name", "diagnosis"),)),
    Partner("visit", (("started_at", "started_at"), ("patient_name", "patient_name"))),
)


@st.composite
def visits(draw: st.DrawFn) -> dict[str, Any]:
    started = datetime(2026, 10, draw(st.sampled_from([9, 10])), draw(st.integers(1, 2)), tzinfo=UTC)
    return {
        "patient_name": draw(NAMES), "diagnosis": draw(NAMES), "gender": "1", "started_at": started, "event_time": started,
        "birth_date": draw(st.sampled_from([None, date(1980, 5, 17), date(1980, 5, 18)])),
    }  # fmt: skip


def rules_of(number: int, partner: Partner) -> list[Rule]:
    asked = (("found", "other.found"), ("repeated", "other.repeated"))
    return [Rule(f"visit.{name}{number}", "visit", name, Dimension.LOGIC, text, "无", partner=partner) for name, text in asked]


def expected(partner: Partner, rows: list[dict[str, Any]]) -> tuple[set[str], set[str]]:
    """Keys of the tenth's rows with a partner, and with several."""

    def key(row: dict[str, Any], side: int) -> tuple[Any, ...] | None:
        values = tuple(row[pair[side]] for pair in partner.on)
        return None if None in values or "" in values else values

    times = Counter(key(row, 1) for row in rows)
    counts = {row["visit_no"]: times[key(row, 0)] if key(row, 0) else 0 for row in rows if row["started_at"].date() == TENTH}
    return {each for each, count in counts.items() if count}, {each for each, count in counts.items() if count > 1}


@given(st.lists(visits(), min_size=1, max_size=14), st.booleans())
def test_partners_are_found_and_counted_as_a_look_at_all_rows_does(
    stored: Stored, values: list[dict[str, Any]], whole: bool
) -> None:
    rows = stored.replace_rows(values)
    found = stored.scanned(tuple(rule for number, each in enumerate(PARTNERS) for rule in rules_of(number, each)), whole=whole)
    for number, partner in enumerate(PARTNERS):
        for rule, failing in zip(rules_of(number, partner), expected(partner, rows), strict=True):
            _, failed, samples = found.get(rule.code, (0, 0, []))
            assert failed == len(failing), (rule.code, rows)
            assert set(samples) <= failing


@given(st.lists(visits(), min_size=1, max_size=10))
def test_a_rule_that_reads_values_may_ask_the_same(stored: Stored, values: list[dict[str, Any]]) -> None:
    rows = stored.replace_rows(values)
    partner = PARTNERS[0]
    asking = rules_of(0, partner)
    reading = [replace(rule, code=f"{rule.code}r", fails=f"{rule.fails} and other.gender = '1'") for rule in asking]
    found = stored.scanned((*asking, *reading), partner)
    for rule, failing in zip((*asking, *reading), expected(partner, rows) * 2, strict=True):
        assert found.get(rule.code, (0, 0, []))[1] == len(failing), (rule.code, rows)


def test_only_rules_that_read_values_of_others_join_them() -> None:
    joining = {rule.code for rule in delivered().values() if rule.joins}
    assert "charge.total.items" in joining and "emr_order.id_number.same" in joining
    assert not {code for code in joining if code.endswith((".duplicate", ".exists", ".registered")) or ".has_" in code}


def test_a_rule_that_cannot_be_read_stays_with_its_partner_so_that_its_scan_names_the_fault() -> None:
    broken = replace(delivered()["visit.duplicate"], fails="other.gone > 1")
    assert broken.joins == broken.partner
