"""Insert data on their way into the engine.

chDB's own insert stream reports success when the write fails (a constraint, too many partitions, a view that throws),
and data inlined after FORMAT Native are cut at the first empty line. So blocks are collected in an anonymous memory
file and written by ``INSERT … SELECT FROM file()``, which reports every failure. The file vanishes with the process.
"""

from __future__ import annotations

import os
import threading


class SpoolFull(Exception):
    """All inserts together hold more data than the endpoint may keep in memory."""


class SpoolBudget:
    """Bytes that all spools together may hold."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._lock = threading.Lock()

    def reserve(self, count: int) -> None:
        """Take ``count`` bytes.

        Raises:
            SpoolFull: the budget is used up.
        """
        with self._lock:
            if self._used + count > self._limit:
                raise SpoolFull
            self._used += count

    def release(self, count: int) -> None:
        with self._lock:
            self._used -= count


class Spool:
    """An anonymous file of Native blocks of one insert."""

    def __init__(self, budget: SpoolBudget) -> None:
        self._budget = budget
        self._descriptor = os.memfd_create("insert", os.MFD_CLOEXEC)
        self.size = 0
        self.rows = 0

    @property
    def path(self) -> str:
        return f"/proc/self/fd/{self._descriptor}"

    def write(self, data: bytes) -> None:
        """Append bytes of a block."""
        self._budget.reserve(len(data))
        self.size += len(data)
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def clear(self) -> None:
        """Forget what has been written into the engine."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._budget.release(self.size)
        self.size = self.rows = 0

    def close(self) -> None:
        self._budget.release(self.size)
        self.size = 0
        os.close(self._descriptor)
