"""From a CSV file to a comparable frame. Every distinct text is read once, however often it occurs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from empi.bulk.opening import Source, UnreadableRecords
from empi.definitions.schema import Rules
from empi.matching.arrays import I32, I64, U64, Texts, hash_texts
from empi.matching.frame import Column, Frame
from empi.matching.identity import read_seen, reading_of
from empi.matching.kinds import kind_of
from empi.matching.marks import mark


def read_table(source: Source, rules: Rules) -> pa.Table:
    """The columns the rules name, as dictionary-encoded text; a column nobody names is not read.

    Raises:
        UnreadableRecords: the key column is missing, none of the compared columns is there, or a line cannot be read.
    """
    name = source.path.name
    compared = {c for rule in rules.fields for c in rule.columns}
    wanted = compared | {rules.key_column, rules.seen_column, rules.tenant_column} - {""}
    if rules.key_column not in source.header:
        raise UnreadableRecords(f"{name} has no column {rules.key_column}; it has {', '.join(source.header)}")
    chosen = [column for column in source.header if column in wanted]
    if len(chosen) < 2:
        raise UnreadableRecords(f"{name} has none of the compared columns: {', '.join(sorted(compared))}")
    text = pa.dictionary(pa.int32(), pa.string())
    return source.read(chosen, {column: pa.string() if column == rules.key_column else text for column in chosen})


def read_keys(source: Source, rules: Rules) -> pa.Array:
    """The record keys of a file alone, in file order."""
    return source.read([rules.key_column], {rules.key_column: pa.string()}).column(0).combine_chunks()


def keys_of(table: pa.Table, rules: Rules) -> pa.Array:
    """The record keys, in file order."""
    return table.column(rules.key_column).combine_chunks()


def frame_of_table(table: pa.Table, rules: Rules, progress: Callable[[str], None] = lambda _: None) -> Frame:
    """Read every field of every record into a frame (marks included, without a model's frequencies)."""
    reading = reading_of(rules)
    columns: dict[str, Column] = {}
    for place, rule in enumerate(rules.fields):
        if not rule.columns:
            continue
        kind = kind_of(rule.kind)
        texts, codes = _distinct_rows(table, rule.columns)
        codes, values = _read_distinct(texts, codes, partial(kind.read, reading=reading))
        columns[rule.name] = Column(codes, kind.encode(values))
        progress(f"read {rule.name}: {len(texts)} distinct texts, {len(values)} distinct values")
        table = _without_used(table, rules, place)
    frame = Frame(table.num_rows, columns)
    frame.marks["rank"] = _ranks(keys_of(table, rules))
    if rules.tenants:
        frame.marks["tenant"] = _tenants(table, rules)
    return mark(frame, rules, _seen(table, rules))


def _without_used(table: pa.Table, rules: Rules, place: int) -> pa.Table:
    """The table without columns no later field reads, so that their memory serves the next field."""
    compared = {c for rule in rules.fields[place + 1 :] for c in rule.columns}
    later = compared | {rules.key_column, rules.seen_column, rules.tenant_column}
    return table.select([name for name in table.column_names if name in later])


def _ranks(keys: pa.Array) -> U64:
    out = np.zeros(len(keys), dtype=np.uint64)
    for start in range(0, len(keys), 200_000):
        part = keys.slice(start, 200_000).to_pylist()
        out[start : start + len(part)] = hash_texts(part)
    return out


def _dictionary(table: pa.Table, name: str) -> tuple[I32, Texts]:
    """Codes and texts of one column; an absent column reads as all empty."""
    if name not in table.column_names:
        return np.zeros(table.num_rows, dtype=np.int32), [""]
    array = table.column(name).unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], pa.dictionary(pa.int32(), pa.string()))
    texts = [text or "" for text in array.dictionary.to_pylist()]
    codes = array.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes, [*texts, ""]


def _distinct_rows(table: pa.Table, names: tuple[str, ...]) -> tuple[list[tuple[str, ...]], I32]:
    """Distinct combinations of the columns' texts, and the combination of each record."""
    codes, texts = _dictionary(table, names[0])
    rows: list[tuple[str, ...]] = [(text,) for text in texts]
    for name in names[1:]:
        more, more_texts = _dictionary(table, name)
        packed: I64 = codes.astype(np.int64) * len(more_texts) + more
        distinct, back = np.unique(packed, return_inverse=True)
        ahead, behind = (distinct // len(more_texts)).tolist(), (distinct % len(more_texts)).tolist()
        rows = [(*rows[i], more_texts[j]) for i, j in zip(ahead, behind, strict=True)]
        codes = back.astype(np.int32)
    return rows, codes


def _read_distinct(rows: list[tuple[str, ...]], codes: I32, read: Callable[[tuple[str, ...]], Any]) -> tuple[I32, list[Any]]:
    known: dict[Any, int] = {}
    recoded = np.array(
        [-1 if (value := read(row)) is None else known.setdefault(value, len(known)) for row in rows], dtype=np.int32
    )
    return recoded[codes], list(known)


def _seen(table: pa.Table, rules: Rules) -> I32:
    if not rules.seen_column:
        return np.zeros(table.num_rows, dtype=np.int32)
    codes, texts = _dictionary(table, rules.seen_column)
    return np.array([read_seen(text) for text in texts], dtype=np.int32)[codes]


def _tenants(table: pa.Table, rules: Rules) -> I32:
    codes, texts = _dictionary(table, rules.tenant_column)
    return np.array([rules.tenant_place(text) for text in texts], dtype=np.int32)[codes]
