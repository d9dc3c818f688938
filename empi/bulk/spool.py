"""Rows of whole numbers, too many for memory, in the order of their first number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from empi.matching.arrays import I64

_ROWS_PER_PART = 4_000_000
_BITS = 63  # the first number is a keyed hash, spread evenly over them


class Spool:
    """Rows go in as they come and come out ascending by their first number, then by their last; equal rows come once.

    They wait in files of a folder, a file for each range of the first number, so that no more than a range is in memory.

    Args:
        folder: where the files may lie; they hold nothing but the numbers.
        name: tells the files of several spools apart.
        width: numbers in a row; the first is a hash of 63 bits.
        expected: about how many rows will come.
    """

    def __init__(self, folder: Path, name: str, width: int, expected: int) -> None:
        self._width = width
        self._shift = _BITS - max(0, (expected // _ROWS_PER_PART).bit_length())
        self._files = [folder / f"{name}_{part:04}" for part in range(1 << (_BITS - self._shift))]

    def add(self, rows: I64) -> None:
        """Take in some rows, an array of two dimensions."""
        parts = rows[:, 0] >> self._shift
        order = np.argsort(parts, kind="stable")
        ends = np.searchsorted(parts[order], np.arange(len(self._files)), side="right")
        for file, start, end in zip(self._files, (0, *ends[:-1]), ends, strict=True):
            with file.open("ab") as out:
                rows[order[start:end]].tofile(out)

    def ordered(self) -> Iterator[I64]:
        """All rows, a range at a time; what was given out is no longer kept."""
        for file in self._files:
            rows = np.fromfile(file, dtype=np.int64).reshape(-1, self._width) if file.exists() else _none(self._width)
            file.unlink(missing_ok=True)
            rows = rows[np.lexsort((rows[:, -1], rows[:, 0]))]
            fresh = np.ones(len(rows), dtype=bool)
            fresh[1:] = (rows[1:] != rows[:-1]).any(axis=1)
            yield rows[fresh]


def _none(width: int) -> I64:
    return np.zeros((0, width), dtype=np.int64)
