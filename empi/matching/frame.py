"""Identities as columns: every field a code per identity and a vocabulary of distinct values.

The same comparison code serves one pair online and ten million pairs in bulk, so both give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from empi.matching.arrays import I32, I64, U64

Vocabulary = dict[str, Any]


@dataclass(slots=True)
class Column:
    """``codes[i]`` is the position of identity i's value in the vocabulary, -1 when it has none.

    ``arrays`` is what the kind encoded of the distinct values.
    """

    codes: I32
    arrays: Vocabulary

    def per_identity(self, name: str) -> Any:
        """An encoded array spread over the identities, 0 where the value is absent."""
        array = self.arrays[name]
        if not len(array):
            return np.zeros(len(self.codes), dtype=array.dtype)
        return np.where(self.codes >= 0, array[self.codes], array.dtype.type(0))


@dataclass(slots=True)
class Frame:
    """A set of identities ready to be compared.

    ``marks`` are arrays derived from several fields at once (see ``empi.matching.marks``); ``tokens`` caches the
    blocking tokens.
    """

    size: int
    columns: dict[str, Column]
    marks: dict[str, Any] = field(default_factory=dict)
    tokens: Mapping[str, U64] | None = None


def code_values(values: Iterable[Any]) -> tuple[I32, list[Any]]:
    """Codes and distinct values of a sequence in which None means absent."""
    known: dict[Any, int] = {}
    codes = [-1 if value is None else known.setdefault(value, len(known)) for value in values]
    return np.array(codes, dtype=np.int32), list(known)


def columns_of(parsed: Mapping[str, tuple[I32, list[Any]]], kinds: Mapping[str, Any]) -> dict[str, Column]:
    """Encode the distinct values of every field with its kind."""
    return {name: Column(codes, kinds[name].encode(values)) for name, (codes, values) in parsed.items()}


def take(frame: Frame, positions: I64) -> Frame:
    """The identities at ``positions`` as a frame of their own (vocabularies are shared)."""
    columns = {name: Column(column.codes[positions], column.arrays) for name, column in frame.columns.items()}
    marks = {name: array[positions] for name, array in frame.marks.items()}
    return Frame(len(positions), columns, marks)
