"""From a CSV file to a comparable frame: texts that repeat are read once, numbers that hardly repeat as rows of letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from empi.bulk.addresses import read_addresses
from empi.bulk.letters import hash_column
from empi.bulk.opening import Source, UnreadableRecords
from empi.bulk.plain import Part, by_appearance, read_part, reads_plainly
from empi.bulk.workers import processes
from empi.definitions.schema import Rules
from empi.matching.arrays import I32, I64, U64
from empi.matching.frame import Column, Frame, code_values
from empi.matching.identity import read_seen, reading_of
from empi.matching.kinds import Kind, kind_of
from empi.matching.kinds.base import Reading
from empi.matching.marks import mark

_WHOLE = {"address": read_addresses}
_TEXTS_AT_ONCE = 200_000
_LARGE = 512 << 20  # bytes of a file whose fields are worth processes of their own


def frame_of_file(source: Source, rules: Rules, progress: Callable[[str], None] = lambda _: None) -> Frame:
    """Read every field of every record of a file; of a large file the fields are read by as many processes as there are
    processors, one field at a time each.

    Raises:
        UnreadableRecords: as ``read_table``.
    """
    if source.path.stat().st_size < _LARGE:
        return frame_of_table(read_table(source, rules), rules, progress)
    check(source, rules)
    columns: dict[str, Column] = {}
    with processes() as pool:
        reads = {
            rule.name: pool.submit(_read_field, source, rules, rule.columns, rule.kind) for rule in rules.fields if rule.columns
        }
        for name, read in reads.items():
            columns[name], count = read.result()
            progress(f"read {name}: {count} distinct values")
    others = (rules.key_column, rules.seen_column, rules.tenant_column)
    return _marked(_columns(source, rules, others), columns, rules)


def _read_field(source: Source, rules: Rules, columns: tuple[str, ...], kind: str) -> tuple[Column, int]:
    present = set(columns) & set(source.header) or {rules.key_column}  # an absent field still has its empty rows
    return _column(_columns(source, rules, present), columns, kind, reading_of(rules))


def read_table(source: Source, rules: Rules) -> pa.Table:
    """The columns the rules name, as text; a column nobody names is not read.

    Raises:
        UnreadableRecords: the key column is missing, none of the compared columns is there, or a line cannot be read.
    """
    check(source, rules)
    return _columns(source, rules, (*compared(rules), rules.key_column, rules.seen_column, rules.tenant_column))


def compared(rules: Rules) -> set[str]:
    """The columns whose texts are compared."""
    return {c for rule in rules.fields for c in rule.columns}


def check(source: Source, rules: Rules) -> None:
    """Refuse a file without the columns the rules need (``UnreadableRecords``)."""
    name = source.path.name
    if rules.key_column not in source.header:
        raise UnreadableRecords(f"{name} has no column {rules.key_column}; it has {', '.join(source.header)}")
    if not compared(rules) & set(source.header) - {rules.key_column}:
        raise UnreadableRecords(f"{name} has none of the compared columns: {', '.join(sorted(compared(rules)))}")


def _columns(source: Source, rules: Rules, names: Iterable[str]) -> pa.Table:
    wanted = set(names)
    chosen = [column for column in source.header if column in wanted]
    return source.read(chosen, dict.fromkeys(chosen, pa.string()))


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
        columns[rule.name], count = _column(table, rule.columns, rule.kind, reading)
        table = _without_used(table, rules, place)
        progress(f"read {rule.name}: {count} distinct values")
    marked = _marked(table, columns, rules)
    del table
    pa.default_memory_pool().release_unused()
    return marked


def _marked(table: pa.Table, columns: dict[str, Column], rules: Rules) -> Frame:
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
    for start in range(0, len(keys), _TEXTS_AT_ONCE):
        part = keys.slice(start, _TEXTS_AT_ONCE)
        out[start : start + len(part)] = hash_column(part)
    return out


@dataclass(frozen=True)
class Distinct:
    """The distinct combinations of some columns' texts.

    ``codes`` is the combination of each record, ``places`` the texts in each combination, column by column.
    """

    codes: I32
    texts: list[pa.Array]
    places: list[I32]

    @classmethod
    def of(cls, table: pa.Table, names: tuple[str, ...]) -> Distinct:
        """Find them; an absent column reads as all empty."""
        codes, texts = _coded(table, names[0])
        found = cls(codes, [texts], [np.arange(len(texts), dtype=np.int32)])
        for name in names[1:]:
            found = found._with(*_coded(table, name))
        return found

    def _with(self, codes: I32, texts: pa.Array) -> Distinct:
        packed: I64 = self.codes.astype(np.int64) * len(texts) + codes
        distinct, back = np.unique(packed, return_inverse=True)
        ahead, behind = distinct // len(texts), (distinct % len(texts)).astype(np.int32)
        return Distinct(back.astype(np.int32), [*self.texts, texts], [*(place[ahead] for place in self.places), behind])

    @property
    def count(self) -> int:
        """How many combinations there are."""
        return len(self.places[0])

    def rows(self, part: slice) -> Iterator[tuple[str, ...]]:
        """Some combinations as texts."""
        columns = (texts.take(pa.array(place[part])).to_pylist() for texts, place in zip(self.texts, self.places, strict=True))
        return zip(*columns, strict=True)


def _coded(table: pa.Table, name: str) -> tuple[I32, pa.Array]:
    """Codes and texts of one column; an absent column reads as all empty."""
    if name not in table.column_names:
        return np.zeros(table.num_rows, dtype=np.int32), pa.array([""])
    column = table.select([name]).combine_chunks().column(0)  # few chunks: one for each two gigabytes of text
    array = column.dictionary_encode().unify_dictionaries().combine_chunks()
    texts = pa.concat_arrays([array.dictionary.fill_null("").cast(pa.string()), pa.array([""])])
    return array.indices.fill_null(len(texts) - 1).to_numpy(zero_copy_only=False).astype(np.int32), texts


def _column(table: pa.Table, names: tuple[str, ...], kind: str, reading: Reading) -> tuple[Column, int]:
    """Read a field, and count its distinct values.

    Numbers with a label hardly repeat: they are read as they come. Of every other field each distinct text is read once.
    """
    if reads_plainly(kind, names) and len(names) > 1:
        return merged(read_part(kind, texts, reading) for texts in _rows(table, names))
    distinct = Distinct.of(table, names)
    if reads_plainly(kind, names):
        read, count = merged(read_part(kind, [texts], reading) for texts in _slices(distinct.texts[0]))
    elif kind in _WHOLE and len(names) == 1:
        codes, arrays = _WHOLE[kind](distinct.texts[0], reading)
        read, count = Column(codes, arrays), int(codes.max(initial=-1)) + 1
    else:
        read, count = merged(_parts(distinct, kind_of(kind), reading))
    return Column(read.codes[distinct.codes], read.arrays), count


def _rows(table: pa.Table, names: tuple[str, ...]) -> Iterator[list[pa.Array]]:
    """Some columns as text, a part of the rows at a time; an absent column reads as all empty."""
    for part in _slices(table):
        yield [_texts(part, name) for name in names]


def _texts(part: pa.Table, name: str) -> pa.Array:
    if name not in part.column_names:
        return pa.repeat("", part.num_rows)
    return pa.concat_arrays([pa.array([], pa.string()), *part.column(name).fill_null("").chunks])


def _slices(whole: Any) -> Iterator[Any]:
    """A table or an array in parts; nothing is one empty part."""
    for start in range(0, max(len(whole), 1), _TEXTS_AT_ONCE):
        yield whole.slice(start, _TEXTS_AT_ONCE)


def _parts(distinct: Distinct, kind: Kind, reading: Reading) -> Iterator[Part]:
    """Read every distinct text once, a part at a time, so that few values exist as objects at once."""
    for start in range(0, max(distinct.count, 1), _TEXTS_AT_ONCE):
        rows = distinct.rows(slice(start, start + _TEXTS_AT_ONCE))
        codes, values = code_values(kind.read(row, reading) for row in rows)
        yield Part(codes, kind.encode(values), np.array([hash(value) for value in values], dtype=np.int64).view(np.uint64))


def merged(parts: Iterable[Part]) -> tuple[Column, int]:
    """The parts of a field as one column, and how many distinct values it has.

    Equal values of different parts are brought together by their 64-bit hashes (among ten million values two share one
    with a chance of three in a million); codes follow the first appearance.
    """
    read = list(parts)
    if len(read) == 1:
        return Column(read[0].codes, read[0].arrays), len(read[0].names)
    first, numbers = by_appearance(np.concatenate([part.names for part in read]))
    ends = np.cumsum([len(part.names) for part in read])
    codes = [
        np.where(part.codes < 0, -1, numbers[end - len(part.names) : end][part.codes]) if len(part.names) else part.codes
        for part, end in zip(read, ends.tolist(), strict=True)
    ]
    arrays = {name: np.concatenate([part.arrays[name] for part in read])[first] for name in read[0].arrays}
    return Column(np.concatenate(codes).astype(np.int32), arrays), len(first)


def _seen(table: pa.Table, rules: Rules) -> I32:
    if not rules.seen_column:
        return np.zeros(table.num_rows, dtype=np.int32)
    codes, texts = _coded(table, rules.seen_column)
    return np.array([read_seen(text) for text in texts.to_pylist()], dtype=np.int32)[codes]


def _tenants(table: pa.Table, rules: Rules) -> I32:
    codes, texts = _coded(table, rules.tenant_column)
    return np.array([rules.tenant_place(text) for text in texts.to_pylist()], dtype=np.int32)[codes]
