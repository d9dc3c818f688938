"""Frames that were read apart as one frame: equal values get one code, whichever part they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from empi.bulk.plain import Part
from empi.bulk.reading import merged
from empi.definitions.schema import Rules
from empi.matching.arrays import I64, U64, combine, hash_texts
from empi.matching.frame import Column, Frame, Vocabulary
from empi.matching.frequencies import Frequencies
from empi.matching.marks import mark

_OF_EACH = ("rank", "tenant", "seen")
"""Marks that belong to one identity alone; all others follow from these and from the columns."""


def joined(frames: Sequence[Frame], rules: Rules, frequencies: Frequencies | None = None) -> Frame:
    """The identities of several frames one after the other, marked anew.

    Args:
        frames: at least one, read by the same rules.
        rules: say which fields there are.
        frequencies: users per telephone, from the trained model.
    """
    columns = {name: _joined([frame.columns[name] for frame in frames]) for name in frames[0].columns}
    whole = Frame(sum(frame.size for frame in frames), columns)
    for name in frames[0].marks.keys() & set(_OF_EACH):
        whole.marks[name] = np.concatenate([frame.marks[name] for frame in frames])
    return mark(whole, rules, whole.marks["seen"], frequencies)


def chosen(frame: Frame, positions: I64) -> Frame:
    """The identities at ``positions`` as a frame to be joined with others: with the values they use and no others."""
    columns = {name: _chosen(column, positions) for name, column in frame.columns.items()}
    marks = {name: frame.marks[name][positions] for name in frame.marks.keys() & set(_OF_EACH)}
    return Frame(len(positions), columns, marks)


def _chosen(column: Column, positions: I64) -> Column:
    codes = column.codes[positions]
    used = np.unique(codes[codes >= 0])
    anew = np.searchsorted(used, codes).astype(np.int32)
    return Column(np.where(codes >= 0, anew, np.int32(-1)), {name: array[used] for name, array in column.arrays.items()})


def _joined(columns: Sequence[Column]) -> Column:
    if len(columns) == 1:
        return columns[0]
    return merged(Part(column.codes, column.arrays, value_names(column.arrays)) for column in columns)[0]


def value_names(arrays: Vocabulary) -> U64:
    """A hash for each distinct value of a field, the same in every part and process: of all that its kind encodes of it."""
    return combine(0, [np.maximum(_hashed(arrays[name]), np.uint64(1)) for name in sorted(arrays)])


def _hashed(array: Any) -> U64:
    if array.dtype.kind == "U":
        return hash_texts(array.tolist())
    if array.ndim > 1:
        return combine(1, [np.maximum(_hashed(column), np.uint64(1)) for column in array.T])
    return np.asarray(array.astype(np.int64 if array.dtype.kind == "i" else np.uint64)).view(np.uint64) + np.uint64(1)
