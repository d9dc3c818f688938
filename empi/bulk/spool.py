"""Rows of whole numbers, too many for memory, in the order of their first number."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile

import numpy as np

from empi.matching.arrays import I64

_ROWS_PER_PART = 4_000_000
_BITS = 63  # the first number is a keyed hash, spread evenly over them


class Spool:
    """Rows go in as they come and come out ascending by their first number, then by their last; equal rows come once.

    They wait in nameless temporary files, one for each range of the first number, so that no more than a range is in memory and
    nothing is left behind however the process ends.

    Args:
        width: numbers in a row; the first is a hash of 63 bits.
        expected: about how many rows will come.
    """

    def __init__(self, width: int, expected: int) -> None:
        self._width = width
        bits = (expected // _ROWS_PER_PART).bit_length()
        self._shift = _BITS - bits
        self._files = [TemporaryFile() for _ in range(1 << bits)]  # noqa: SIM115 - each is closed when it was given out

    def add(self, rows: I64) -> None:
        """Take in some rows, an array of two dimensions."""
        parts = rows[:, 0] >> self._shift
        order = np.argsort(parts, kind="stable")
        ends = np.searchsorted(parts[order], np.arange(len(self._files)), side="right")
        for file, start, end in zip(self._files, (0, *ends[:-1]), ends, strict=True):
            file.write(rows[order[start:end]].tobytes())

    def ordered(self) -> Iterator[I64]:
        """All rows, a range at a time; what was given out is no longer kept."""
        for file in self._files:
            file.seek(0)
            rows = np.frombuffer(file.read(), dtype=np.int64).reshape(-1, self._width)
            file.close()
            rows = rows[np.lexsort((rows[:, -1], rows[:, 0]))]
            fresh = np.ones(len(rows), dtype=bool)
            fresh[1:] = (rows[1:] != rows[:-1]).any(axis=1)
            yield rows[fresh]
