"""Columns of text as rows of letters: texts of one length lie side by side in memory and need no object each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from empi.matching.arrays import I64, U8, U64, WIDEST, Flags, hash_rows, hash_texts
from empi.matching.frame import Vocabulary

_ASCII = 128
Texts = Sequence[pa.Array]


@dataclass(frozen=True, slots=True)
class Plain:
    """The rows written plainly (``at``), what the kind encodes of each, and the rows that say nothing."""

    at: I64
    arrays: Vocabulary
    nothing: Flags


def rows_by_length(texts: pa.Array) -> Iterator[tuple[I64, U8]]:
    """For every length in bytes up to ``WIDEST``: where texts of that length are, and their bytes, a row each."""
    lengths = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    for length in np.flatnonzero(np.bincount(lengths[(lengths > 0) & (lengths <= WIDEST)])).tolist():
        at = np.flatnonzero(lengths == length)
        yield at, _bytes(texts.take(pa.array(at)), length)


def rows_of_length(texts: pa.Array, length: int) -> tuple[I64, U8]:
    """Where texts of one length in bytes are, and their bytes, a row each."""
    at = np.flatnonzero(pc.equal(pc.binary_length(texts), length).to_numpy(zero_copy_only=False))
    return at, _bytes(texts.take(pa.array(at)), length)


def _bytes(texts: pa.Array, length: int) -> U8:
    if not len(texts):
        return np.zeros((0, length), dtype=np.uint8)
    _, offsets, letters = texts.buffers()
    start = int(np.frombuffer(offsets, dtype=np.int32)[texts.offset])
    return np.frombuffer(letters, dtype=np.uint8, count=len(texts) * length, offset=start).reshape(len(texts), length)


def hash_column(texts: pa.Array) -> U64:
    """``hash_texts`` of a column; only texts beyond ASCII, and very long ones, are made objects of."""
    out = np.zeros(len(texts), dtype=np.uint64)
    rest = pc.greater(pc.binary_length(texts), WIDEST).to_numpy(zero_copy_only=False)
    for at, rows in rows_by_length(texts):
        plain = ((rows > 0) & (rows < _ASCII)).all(axis=1)
        out[at[plain]] = hash_rows(rows[plain])
        rest[at[~plain]] = True
    out[rest] = hash_texts(texts.filter(pa.array(rest)).to_pylist())
    return out


def is_among(texts: pa.Array, few: frozenset[str]) -> Flags:
    """Which texts are one of a few."""
    return np.asarray(pc.is_in(texts, pa.array(sorted(few), pa.string())).to_numpy(zero_copy_only=False))


def is_empty(texts: pa.Array) -> Flags:
    """Which texts have no letter."""
    return np.asarray(pc.equal(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False))
