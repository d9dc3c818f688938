"""Named bad rows: every field of every dataset, damaged in every way its type can be damaged.

A case says what must be found: the field, the rule it breaks and the value as sent. The good row it is made of holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from health_platform.datasets.api import (
    Code,
    Dataset,
    Day,
    Decimal,
    Document,
    Field,
    Flag,
    Instant,
    Integer,
    Text,
    catalogue,
)


@dataclass(frozen=True)
class BadRow:
    """One bad row. ``formats`` are those in which such a value can be written at all."""

    name: str
    dataset: Dataset
    row: dict[str, Any]
    field: str
    rule: str
    formats: tuple[str, ...] = ("json", "ndjson", "csv", "xlsx")


_JSON = ("json", "ndjson")
_NOT_A_MOMENT = ("yesterday", "2026-13-01", "2026-02-30", "2026-03-01 25:00:00", "20260231000000", "2026年13月1日", "03/01/2026")


@cache
def good(dataset: Dataset) -> dict[str, str]:
    """A row with every required field, and a time where the dataset has one."""
    wanted = {field.name for field in dataset.fields if field.required} | set(dataset.time[:1])
    return {name: _good_value(dataset.by_name[name]) for name in dataset.by_name if name in wanted}


def _good_value(field: Field) -> str:
    match field:
        case Instant():
            return "2026-03-01 08:30:00"
        case Day():
            return "2026-03-01"
        case Flag():
            return "0"
        case Integer() | Decimal():
            return str(max(field.minimum, 0))
        case Document():
            return "AAAA"
        case _:
            return "1"


def bad_rows() -> Iterator[BadRow]:
    """Every case, of every dataset."""
    for dataset in catalogue().values():
        for field in dataset.fields:
            for what, value, rule, formats in _damages(field):
                row = {**good(dataset), field.name: value}
                yield BadRow(f"{dataset.name}.{field.name}: {what}", dataset, row, field.name, rule, formats)
            if field.required:
                row = {name: value for name, value in good(dataset).items() if name != field.name}
                yield BadRow(f"{dataset.name}.{field.name}: left out", dataset, row, field.name, "required")


Damage = tuple[str, Any, str, tuple[str, ...]]
_ALL = ("json", "ndjson", "csv", "xlsx")


def _damages(field: Field) -> Iterator[Damage]:
    yield "an object", {"a": 1}, "type", _JSON
    yield "a list", ["1"], "type", _JSON
    yield "a lone surrogate", "\ud800", "characters", _JSON
    yield "a null character", "1\x00", "characters", ("json", "ndjson", "csv")
    if field.required:
        yield "null", None, "required", _JSON
        yield "blank", "   ", "required", _ALL
    yield from _typed_damages(field)


def _typed_damages(field: Field) -> Iterator[Damage]:
    match field:
        case Text() | Code() if field.limit < 10_000:
            yield "one character too long", "长" * (field.limit + 1), "max_length", _ALL
        case Instant() | Day():
            for text in _NOT_A_MOMENT:
                yield text, text, "type", _ALL
            yield "before 1900", "1899-12-31", "range", _ALL
            yield "after 2200", "2200-01-01", "range", _ALL
        case Integer():
            for text in ("many", "1.5", "1e3", "0x1F", "１２", "--1"):
                yield text, text, "type", ("json", "ndjson", "csv")
            yield "too small", str(field.minimum - 1), "range", _ALL
            yield "too large", str(field.maximum + 1), "range", _ALL
        case Decimal():
            for text in ("many", "1,5", "1e400", "NaN", "inf", "１．５", "1.2.3"):
                yield text, text, "type", ("json", "ndjson", "csv")
            yield "too large", str(int(field.maximum) + 1), "range", _ALL
        case Flag():
            for text in ("2", "maybe", "yes!", "-1"):
                yield text, text, "type", _ALL
        case Document():
            yield "not base64", "§§§", "type", _ALL
