"""Both directions of the tables: rows become well-formed resources, and these say the same rows again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.fhir.checking import check, dump, parse
from exchange.fhir.definitions.catalogue import ALL
from exchange.fhir.instants import span
from exchange.fhir.links import BundleLinks
from exchange.fhir.mapping import Constant, Element, ResourceMap
from health_platform.datasets.api import catalogue, dataset

pytestmark = pytest.mark.system("A11", "A16")

BY_KIND: dict[str, Any] = {
    "text": "9", "code": "1", "instant": "2026-03-01T08:00:00+08:00", "day": "2026-03-01", "integer": "3", "decimal": "3.5",
    "flag": "0", "document": "eA==",
}  # fmt: skip


@pytest.mark.parametrize("one", [one for one in ALL if one.reads_back], ids=lambda one: f"{one.kind}-{one.dataset}")
def test_a_row_becomes_a_resource_that_says_it_again(one: ResourceMap) -> None:
    row = {field.name: BY_KIND[field.kind] for field in dataset(one.dataset).fields}
    resource = {**one.resource(row), "id": "9"}
    assert check(parse(dump(resource)))["resourceType"] == one.kind
    assert len(resource) > 4
    (back, *more) = one.rows(resource, BundleLinks([resource], {})) if one.only is None else (row,)
    assert not more
    always = {column.field for column in one.fields if isinstance(column, Constant) and column.value}
    same = {name: value for name, value in back.items() if name in row and name not in always}
    assert {name: value for name, value in same.items() if value.lstrip("0") != row[name].lstrip("0")} == {}


def test_every_table_fills_the_required_fields_of_its_dataset() -> None:
    for one in ALL:
        definition = catalogue()[one.dataset]
        filled = {column.field for column in one.fields}
        assert {field.name for field in definition.fields if field.required} <= filled, (one.kind, one.dataset)
        assert set(definition.key) <= filled
        assert all(isinstance(column, Element) or column.field in definition.by_name or not column.field for column in one.fields)


@given(st.dates(min_value=date(1900, 1, 1)), st.integers(4, 10))
def test_a_date_covers_what_it_says(day: Any, length: int) -> None:
    text = day.isoformat()[: {5: 4, 6: 4, 8: 7, 9: 7}.get(length, length)]
    low, high = span(text)
    inner_low, inner_high = span(day.isoformat())
    assert low <= inner_low < inner_high <= high


def test_a_number_is_written_as_it_was_read() -> None:
    raw = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    assert dump(parse(raw)) == raw
    assert parse(raw)["valueQuantity"]["value"] == Decimal("1.50")
