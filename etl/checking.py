"""The structure check of a batch: decoded rows become parsed columns, and rows that do not hold are set apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from etl.decoding.rows import Rows, WholeList
from etl.places import row_keys
from health_platform.datasets.api import BadValue, Checked, Dataset, Fault, check

WRITTEN: Final = "as_written"
"""Key of the numbers as written in the content kept beside a row."""


@dataclass(frozen=True)
class BatchFacts:
    """What the pipeline needs to know of a stored batch besides its bytes.

    ``first_received_at``: of rows sent through again, when they came first.
    """

    id: int
    institution_id: int
    division_code: str
    channel: str
    format: str
    operation: str
    source: str
    version: int
    received_at: datetime
    first_received_at: datetime | None = None


@dataclass(frozen=True)
class Rejected:
    """A row that is not loaded. ``waits_for``/``waits_on`` name the dataset and key of a parent that is not there yet."""

    batch: BatchFacts
    dataset: str
    position: int
    operation: str
    faults: tuple[Fault, ...]
    raw: str
    row_key: str = ""
    waits_for: str = ""
    waits_on: str = ""


@dataclass(frozen=True)
class Part:
    """The rows of one dataset in one batch that hold, as parsed columns, and the lists that it states whole."""

    batch: BatchFacts
    dataset: Dataset
    delete: bool
    columns: Mapping[str, list[Any]]
    positions: Sequence[int]
    extras: Mapping[int, Mapping[str, Any]]
    raw: Callable[[int], str]
    span: range
    lists: tuple[WholeList, ...] = ()

    def holds(self, position: int) -> bool:
        """Whether a position of the batch lies in this part."""
        return position in self.span


@dataclass
class Prepared:
    """A batch after decoding and checking.

    ``unknown`` counts the fields that no definition has, ``shortened`` by dataset and field the numbers with more places than
    are kept; those are kept as written beside the row, under :data:`WRITTEN`.
    """

    batch: BatchFacts
    parts: list[Part] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    row_count: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    shortened: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    problem: str = ""


def prepare(batch: BatchFacts, decoded: Iterable[Rows]) -> Prepared:
    """Check all rows of a batch. Positions count through the batch per dataset."""
    prepared = Prepared(batch)
    for rows in decoded:
        _add(prepared, rows)
    return prepared


def _add(prepared: Prepared, rows: Rows) -> None:
    batch, dataset = prepared.batch, rows.dataset
    operation = rows.operation or batch.operation
    delete = operation == "delete"
    prepared.row_count += rows.count
    base = prepared.seen[dataset.name]
    prepared.seen[dataset.name] += rows.count

    def raw(position: int) -> str:
        return rows.raw(position - base)

    for extra in rows.extras.values():
        prepared.unknown.update(extra.keys())
    wanted = _key_only(dataset) if delete else dataset
    columns = {name: values for name, values in rows.columns.items() if name in wanted.by_name}
    checked = check(wanted, columns, rows.count)
    refused = {refusal.position: refusal.faults for refusal in checked.refusals} | dict(rows.faults)
    for position in sorted(refused):
        key = _key_of(dataset, rows, position)
        where = (batch, dataset.name, base + position, operation)
        prepared.rejected.append(Rejected(*where, refused[position], raw(base + position), key))
    kept = _without(checked.positions, rows.faults)
    good = {name: _select(values, kept) for name, values in checked.columns.items()}
    positions = [base + position for position in _select(checked.positions, kept)]
    if delete:
        good |= {each.name: [each.missing] * len(positions) for each in dataset.fields if each.name not in good}
    extras = {base + position: extra for position, extra in _beside(rows, checked).items()}
    prepared.shortened.update(f"{dataset.name}.{name}" for found in checked.shortened.values() for name in found)
    span = range(base, base + rows.count)
    lists = tuple(replace(each, after=base + each.after) for each in rows.lists)
    prepared.parts.append(Part(batch, dataset, delete, good, positions, extras, raw, span, lists))


def _key_of(dataset: Dataset, rows: Rows, position: int) -> str:
    """The key of a refused row, as far as it can be read, by which a later upload of the same row is known; "" otherwise."""
    written = [rows.columns[name][position] if name in rows.columns else None for name in dataset.key]
    try:
        parts = [dataset.by_name[name].parse(value) for name, value in zip(dataset.key, written, strict=True)]
    except BadValue:
        return ""
    return row_keys([[str(part)] for part in parts])[0] if all(parts) else ""


def _beside(rows: Rows, checked: Checked) -> Mapping[int, Mapping[str, Any]]:
    """What is kept beside the rows: content without a field, and numbers as written of which a field keeps fewer places."""
    if not checked.shortened:
        return rows.extras
    written = {position: {**rows.extras.get(position, {}), WRITTEN: found} for position, found in checked.shortened.items()}
    return {**rows.extras, **written}


_KEY_ONLY: dict[str, Dataset] = {}


def _key_only(dataset: Dataset) -> Dataset:
    """The dataset as a deletion states it: nothing but the key."""
    if dataset.name not in _KEY_ONLY:
        _KEY_ONLY[dataset.name] = Dataset(
            dataset.name,
            dataset.label,
            domain=dataset.domain,
            subdomain=dataset.subdomain,
            key=dataset.key,
            time=(),
            due=dataset.due,
            fields=tuple(dataset.by_name[name] for name in dataset.key),
        )
    return _KEY_ONLY[dataset.name]


def _without(positions: Sequence[int], faults: Mapping[int, Any]) -> list[int] | None:
    if not faults:
        return None
    return [at for at, position in enumerate(positions) if position not in faults]


def _select(values: list[Any], kept: list[int] | None) -> list[Any]:
    return values if kept is None else [values[at] for at in kept]
