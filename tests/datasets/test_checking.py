"""Checking rows: the quick way agrees with the slow one, and every fault is named."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal as Number
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from health_platform.datasets.api import (
    BadValue,
    Code,
    Day,
    Decimal,
    Document,
    Field,
    Flag,
    Instant,
    Integer,
    Text,
    catalogue,
    check,
    dataset,
    examine,
    parse_day,
    parse_instant,
)
from health_platform.datasets.columns import parse_column

pytestmark = pytest.mark.system("A06", "J01", "J07")

FIELDS: list[Field] = [
    Text("f", "短文本", max_length=5),
    Text("f", "必填", max_length=5, required=True),
    Text("f", "长文本"),
    Text("f", "模式", max_length=9, pattern="[0-9]+"),
    Code("f", "代码", value_set="gender", max_length=2),
    Instant("f", "时刻"),
    Instant("f", "必填时刻", required=True),
    Day("f", "日期"),
    Integer("f", "整数", maximum=100),
    Decimal("f", "小数", scale=2, minimum=0, maximum=100),
    Flag("f", "标志"),
    Document("f", "文件"),
]
WRITTEN = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.sampled_from(["", " ", "1", "0", "是", "2026-01-02", "2026-01-02 03:04:05", "20260102030405", "2026-02-30", "1.5"]),
    st.sampled_from(["\0", "\ud800", "12345678901234567890123", "0001-01-01", "9999-12-31", "1767225600000", "aGk="]),
    st.integers(),
    st.booleans(),
    st.floats(),
    st.lists(st.integers(), max_size=1),
    st.datetimes().map(str),
)


@given(field=st.sampled_from(FIELDS), raw=st.lists(WRITTEN, min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_columns_mean_what_single_values_mean(field: Field, raw: list[Any]) -> None:
    column = parse_column(field, raw)
    for position, value in enumerate(raw):
        try:
            expected, rule = field.parse(value), None
        except BadValue as bad:
            expected, rule = field.missing, bad.rule
        assert column.values[position] == expected
        assert (column.faults[position].rule if position in column.faults else None) == rule


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01 08:30:00", "2026-03-01T00:30:00Z"),
        ("2026-03-01T08:30:00+08:00", "2026-03-01T00:30:00Z"),
        ("2026-03-01T00:30:00Z", "2026-03-01T00:30:00Z"),
        ("2026/3/1 8:30", "2026-03-01T00:30:00Z"),
        ("2026年3月1日 8时30分", "2026-03-01T00:30:00Z"),
        ("20260301083000", "2026-03-01T00:30:00Z"),
        ("202603010830", "2026-03-01T00:30:00Z"),
        ("20260301083000123", "2026-03-01T00:30:00.123Z"),
        ("20260301", "2026-02-28T16:00:00Z"),
        ("2026-03-01", "2026-02-28T16:00:00Z"),
        ("1772325000000", "2026-03-01T00:30:00Z"),
        ("1988-07-01 12:00:00", "1988-07-01T03:00:00Z"),  # summer time
        ("1965-07-01 12:00:00", "1965-07-01T04:00:00Z"),
    ],
)
def test_moments_as_hospitals_write_them(text: str, moment: str) -> None:
    assert parse_instant(text) == parse_instant(moment)


@pytest.mark.parametrize("text", ["2026-02-30", "0001-01-01", "9999-12-31", "tomorrow", "2026-13-01 00:00:00", "１２", "--1"])
def test_impossible_moments(text: str) -> None:
    with pytest.raises(BadValue):
        parse_instant(text)
    with pytest.raises(BadValue):
        parse_day(text)


def test_parsed_values() -> None:
    assert parse_day("1980-05-06 00:00:00") == date(1980, 5, 6)
    assert Decimal("f", "小数", scale=2).parse("1.005") == Number("1.01")
    assert Integer("f", "整数").parse("3.0") == 3
    assert Flag("f", "标志").parse(True) == 1
    assert Document("f", "文件").parse("aGk=") == b"hi"
    assert Code("f", "代码", value_set="icd10", many=True).split("I10|E11.9；J18") == ["I10", "E11.9", "J18"]


def test_numbers_with_more_places_than_the_field_are_told_and_none_becomes_nothing() -> None:
    raw = {
        "observation_no": ["1", "2", "3", "4", "5"],
        "patient_id": ["p"] * 5,
        "observed_at": ["2026-03-01"] * 5,
        "value": ["36.55555", "36.5000000", 0.1 + 0.2, "0.00004", "1e-3"],
    }
    checked = check(dataset("observation"), raw, 5)
    assert checked.columns["value"] == [Number("36.5556"), Number("36.5"), Number("0.3"), Number("0.001")]
    assert checked.shortened == {0: {"value": "36.55555"}, 2: {"value": "0.30000000000000004"}}
    (refused,) = checked.refusals
    assert (refused.position, refused.faults[0].rule, refused.faults[0].value) == (3, "places", "0.00004")


LAB = {"id": "1", "patient_id": "p", "examination_report_date": "2026-03-01 08:30:00"}


def test_every_fault_of_a_row_is_named() -> None:
    faults = examine(dataset("emr_ex_lab"), LAB | {"patient_id": "", "bed_no": "x" * 11, "create_date": "soon", "colour": 1})
    assert {(f.field, f.rule) for f in faults} == {
        ("patient_id", "required"),
        ("bed_no", "max_length"),
        ("create_date", "type"),
        ("colour", "unknown_field"),
    }
    assert all(f.problem for f in faults)
    assert next(f for f in faults if f.field == "bed_no").value == "x" * 11


def test_a_row_without_any_date_is_refused() -> None:
    (only,) = examine(dataset("emr_ex_lab"), {"id": "1", "patient_id": "p"})
    assert only.rule == "event_time"
    assert examine(dataset("emr_ex_lab"), {"id": "1", "patient_id": "p", "operation_time": "2026-03-01"}) == []


def test_good_rows_are_separated_from_bad_ones() -> None:
    raw = {
        "id": ["1", "", "3"],
        "patient_id": ["a", "b", "c"],
        "examination_report_date": ["2026-03-01", "2026-03-01", "x"],
    }
    checked = check(dataset("emr_ex_lab"), raw, 3)
    assert checked.positions == [0]
    assert checked.columns["id"] == ["1"]
    assert [refusal.position for refusal in checked.refusals] == [1, 2]


@given(value=st.recursive(WRITTEN, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2)))
@settings(max_examples=100, deadline=None)
def test_no_value_breaks_the_examiner(value: Any) -> None:
    definition = dataset("health_exam")
    for fault in examine(definition, {field.name: value for field in definition.fields}):
        json.dumps(fault.problem + fault.value, ensure_ascii=False).encode()


def test_every_dataset_accepts_a_minimal_row() -> None:
    sample: dict[type[Field], Any] = {Instant: "2026-03-01 08:30:00", Day: "2026-03-01", Document: "aGk=", Decimal: "1"}
    for each in catalogue().values():
        required = {field.name: sample.get(type(field), "1") for field in each.fields if field.required}
        dated = dict.fromkeys(each.time[:1], "2026-03-01")
        assert examine(each, required | dated) == [], each.name
