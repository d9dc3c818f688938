"""Checking rows against a dataset: quickly by whole columns, and slowly for the rows that fail.

``check`` takes the rows of an upload as columns and gives back the parsed columns of the rows that hold, and one
:class:`Refusal` per row that does not, with every fault of that row named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from health_platform.datasets.columns import parse_column
from health_platform.datasets.errors import BadValue
from health_platform.datasets.fields import Field
from health_platform.datasets.model import Dataset

SHOWN = 200
"""Characters of a refused value that a fault quotes."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one value: the field, its Chinese name, the value as sent, the rule and the problem."""

    field: str
    label: str
    value: str
    rule: str
    problem: str


@dataclass(frozen=True)
class Refusal:
    """A row that breaks its definition. ``position`` counts the rows of the upload from 0."""

    position: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Checked:
    """Parsed columns of the rows that hold.

    Attributes:
        columns: field name → values, all of one length; every field of the dataset is present.
        positions: positions of those rows in the upload.
        refusals: the other rows.
        shortened: position → field → the number as written, where the field keeps fewer places of it.
    """

    columns: dict[str, list[Any]]
    positions: list[int]
    refusals: list[Refusal]
    shortened: dict[int, dict[str, str]] = field(default_factory=dict)


def check(dataset: Dataset, raw: Mapping[str, Sequence[Any]], count: int) -> Checked:
    """Check ``count`` rows given as columns of written values; absent fields have no column."""
    columns: dict[str, list[Any]] = {}
    faults: dict[int, list[Fault]] = {}
    shortened: dict[int, dict[str, str]] = {}
    for each in dataset.fields:
        values = raw.get(each.name)
        if values is None and not each.required:
            columns[each.name] = [each.missing] * count
            continue
        written = values if values is not None else [None] * count
        parsed = parse_column(each, written)
        columns[each.name] = parsed.values
        for position, bad in parsed.faults.items():
            faults.setdefault(position, []).append(fault(each, written[position], bad))
        for position, text in parsed.shortened.items():
            shortened.setdefault(position, {})[each.name] = text
    _require_time(dataset, columns, count, faults)
    good = {position: found for position, found in shortened.items() if position not in faults}
    return replace(_separate(columns, count, faults), shortened=good)


def examine(dataset: Dataset, row: Mapping[str, Any]) -> list[Fault]:
    """Every fault of one row, for people; an empty list means the row holds."""
    checked = check(dataset, {name: [value] for name, value in row.items()}, 1)
    found = list(checked.refusals[0].faults) if checked.refusals else []
    return [*found, *_unknown(dataset, row)]


def fault(of: Field, value: Any, bad: BadValue) -> Fault:
    """A fault of one field, quoting the value."""
    return Fault(of.name, of.label, _quote(value), bad.rule, str(bad))


def _unknown(dataset: Dataset, row: Mapping[str, Any]) -> list[Fault]:
    return [
        Fault(str(name)[:60], "", _quote(value), "unknown_field", "数据集中没有此字段")
        for name, value in row.items()
        if name not in dataset.by_name
    ]


def _require_time(dataset: Dataset, columns: dict[str, list[Any]], count: int, faults: dict[int, list[Fault]]) -> None:
    """A row without any date cannot stand in a record that is read by time."""
    if not dataset.time:
        return
    undated = [position for position in range(count) if all(columns[name][position] is None for name in dataset.time)]
    first = dataset.by_name[dataset.time[0]]
    problem = "缺少业务时间: " + "、".join(dataset.by_name[name].label for name in dataset.time) + "均为空"
    for position in undated:
        if not any(known.field in dataset.time for known in faults.get(position, ())):
            faults.setdefault(position, []).append(Fault(first.name, first.label, "", "event_time", problem))


def _separate(columns: dict[str, list[Any]], count: int, faults: dict[int, list[Fault]]) -> Checked:
    if not faults:
        return Checked(columns, list(range(count)), [])
    kept = [position for position in range(count) if position not in faults]
    good = {name: [values[position] for position in kept] for name, values in columns.items()}
    refusals = [Refusal(position, tuple(faults[position])) for position in sorted(faults)]
    return Checked(good, kept, refusals)


def _quote(value: Any) -> str:
    try:
        text = "" if value is None else str(value)
    except ValueError:
        return "(数值过长)"
    text = text.replace("\0", "␀").encode("utf-8", "replace").decode()
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
