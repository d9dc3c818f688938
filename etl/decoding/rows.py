"""Rows of one dataset as columns of written values, whatever format they came in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Protocol

import msgspec

from health_platform.datasets.api import Dataset, Fault, catalogue


class Malformed(ValueError):
    """An upload that cannot be read at all; the text says why, in Chinese, for the sender."""


@dataclass(frozen=True)
class WholeList:
    """A sender's word that a patient has these rows of a kind and no others: what it sent before and does not name is withdrawn.

    Attributes:
        local_id: the sender's number of the patient.
        prefix: how the keys of rows of the kind begin; of the others of the dataset nothing is said.
        keys: the rows that hold.
        after: how many rows of the dataset the upload said before the word was complete.
    """

    local_id: str
    prefix: str
    keys: frozenset[str]
    after: int


@dataclass(frozen=True)
class Rows:
    """Decoded rows.

    Attributes:
        columns: field name → written values, all of length ``count``; fields nobody sent have no column.
        extras: position → content that no field takes, kept with the row.
        faults: position → what made a single row unreadable; its values are empty.
        raw: the text of one row as sent, by position.
        operation: overrides the operation of the upload when not empty.
        lists: lists that the sender stated whole; for datasets of patients with a single key.
    """

    dataset: Dataset
    columns: Mapping[str, Sequence[Any]]
    count: int
    raw: Callable[[int], str]
    extras: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    faults: Mapping[int, tuple[Fault, ...]] = field(default_factory=dict)
    operation: str = ""
    lists: tuple[WholeList, ...] = ()


class Decoder(Protocol):
    """Reads the bytes of an upload. ``channel`` is the upload's channel (a dataset, or a message standard).

    Raises:
        Malformed: nothing can be read.
    """

    def __call__(self, content: bytes, channel: str) -> Iterable[Rows]: ...


def of_mappings(dataset: Dataset, rows: Sequence[Mapping[str, Any]], operation: str = "") -> Rows:
    """Rows given as mappings by field name. The key ``extra`` (a mapping) holds content without a field."""
    sent = {name for row in rows for name in row}
    columns = {name: [row.get(name) for row in rows] for name in dataset.by_name if name in sent}
    unknown = sorted(sent - columns.keys() - {_EXTRA})
    extras: dict[int, Mapping[str, Any]] = {}
    if unknown or _EXTRA in sent:
        extras = {position: extra for position, row in enumerate(rows) if (extra := _extra(row, unknown))}
    return Rows(dataset, columns, len(rows), lambda position: dump(rows[position]), extras, operation=operation)


def _extra(row: Mapping[str, Any], unknown: Sequence[str]) -> dict[str, Any]:
    found = {name: row[name] for name in unknown if name in row}
    given = row.get(_EXTRA)
    return {**found, **given} if isinstance(given, Mapping) else found


def dump(value: Any) -> str:
    """JSON text for people and for replay; what JSON cannot say becomes text."""
    try:
        return _ENCODER.encode(value).decode()
    except (TypeError, ValueError, UnicodeEncodeError, RecursionError):  # such as lone surrogates
        return json.dumps(value, ensure_ascii=False, default=str)


_EXTRA: Final = "extra"
_ENCODER: Final = msgspec.json.Encoder(enc_hook=str)


@cache
def field_names(dataset: str) -> Mapping[str, str]:
    """Every way to write a field's name, folded → the field: ``patient_id``, ``patientId``, ``PATIENT_ID``, its label."""
    definition = catalogue()[dataset]
    labels = {fold(each.label): name for name, each in definition.by_name.items()}
    return labels | {fold(name): name for name in definition.by_name}


def fold(name: str) -> str:
    """The form in which field names are compared."""
    return name.strip().replace("_", "").casefold()
