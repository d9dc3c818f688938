"""The compiled SQL gives the answers of the in-memory reference, for generated expressions over awkward rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import re2
from hypothesis import assume, given
from hypothesis import strategies as st

from health_platform.expressions.api import (
    Kind,
    Node,
    aggregate,
    compile,
    condition,
    decided,
    evaluate,
    from_json,
    parse,
    to_json,
    to_text,
)
from health_platform.expressions.texts import whole
from health_platform.kernel.errors import Invalid
from tests.expressions import writing
from tests.expressions.conftest import Sample
from tests.expressions.rows import FIELDS, TEXTS

pytestmark = pytest.mark.system("G10")

COLUMNS = {name: name for name in FIELDS}
TODAY = date(2026, 11, 21)
GIVEN = {"wanted": Kind.TEXT, "limit": Kind.NUMBER}
VALUES = {"wanted": "O80", "limit": Decimal("3")}


def read(text: str, **options: Any) -> Node:
    try:
        return parse(text, FIELDS, params=GIVEN, **options)
    except Invalid as error:
        assume(error.code not in ("expression.type", "expression.size"))  # too many digits or levels
        raise


def compare(text: str, awkward: Sample) -> None:
    node = read(text)
    made = compile(node, COLUMNS, today=TODAY, params=VALUES)
    found = awkward.column(made.sql, made.parameters)
    for row, value in zip(awkward.rows, found, strict=True):
        expected = evaluate(node, row, today=TODAY, params=VALUES)
        assert value == expected, (text, made, row)


@given(writing.boolean(3))
def test_conditions(awkward: Sample, text: str) -> None:
    compare(text, awkward)


@given(writing.boolean(3))
def test_a_condition_is_one_exactly_where_it_is_known_to_hold(awkward: Sample, text: str) -> None:
    node = read(text)
    made = condition(node, COLUMNS, today=TODAY, params=VALUES, prefix="rule7_")
    found = awkward.column(made.sql, made.parameters)
    assert found == [int(evaluate(node, row, today=TODAY, params=VALUES) is True) for row in awkward.rows], (text, made)


@given(st.sampled_from(writing.ENDS), st.sampled_from(writing.MIDDLES), st.sampled_from(writing.ENDS), st.sampled_from(TEXTS))
def test_a_shortened_pattern_still_covers_the_whole_text(start: str, middle: str, end: str, text: str) -> None:
    pattern = start + middle + end
    try:
        plain = re2.compile(rf"\A(?s:{pattern})\z")
    except re2.error:
        return
    assert (re2.search(whole(pattern), text) is None) == (plain.search(text) is None), (pattern, whole(pattern))


@given(st.one_of(writing.boolean(3), writing.number(2), writing.text(2), writing.day(2)))
def test_decided_is_one_exactly_where_there_is_an_answer(awkward: Sample, text: str) -> None:
    node = read(text)
    made = decided(node, COLUMNS, today=TODAY, params=VALUES)
    found = awkward.column(f"toUInt8({made.sql})", made.parameters)
    assert found == [int(evaluate(node, row, today=TODAY, params=VALUES) is not None) for row in awkward.rows], (text, made)


@given(writing.number(3))
def test_numbers(awkward: Sample, text: str) -> None:
    compare(text, awkward)


@given(writing.text(3))
def test_texts(awkward: Sample, text: str) -> None:
    compare(text, awkward)


@given(writing.day(3))
def test_days(awkward: Sample, text: str) -> None:
    compare(text, awkward)


@given(writing.total(2))
def test_totals(awkward: Sample, text: str) -> None:
    node = read(text, aggregate=True)
    made = compile(node, COLUMNS, today=TODAY, params=VALUES)
    expected = aggregate(node, awkward.rows, today=TODAY, params=VALUES)
    assert awkward.figure(made.sql, made.parameters) == expected, (text, made)


@given(writing.boolean(4))
def test_canonical_text_and_stored_form_lead_back_to_the_expression(text: str) -> None:
    node = read(text)
    assert read(to_text(node)) == node
    assert from_json(to_json(node)) == node
