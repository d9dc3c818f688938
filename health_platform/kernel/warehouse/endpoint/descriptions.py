"""The columns of tables, remembered between inserts until a statement may have changed them.

All statements go through this process, so whatever could alter a table is seen: during it nothing is remembered, and after it
nothing is known.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Types = dict[str, str]


class Descriptions:
    """Names and types of the columns that can be inserted into, by qualified table; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Types] = {}
        self._changing = 0
        self._changes = 0

    def of(self, table: str, read: Callable[[str], Types]) -> Types:
        """The columns of a table, as ``read`` tells them or told them before."""
        with self._lock:
            known, before = self._known.get(table), self._changes
        if known is not None:
            return known
        types = read(table)
        with self._lock:
            if not self._changing and before == self._changes:
                self._known[table] = types
        return types

    @contextmanager
    def changing(self) -> Iterator[None]:
        """While a statement runs that may alter tables."""
        with self._lock:
            self._changing += 1
            self._known.clear()
        try:
            yield
        finally:
            with self._lock:
                self._changing -= 1
                self._changes += 1
                self._known.clear()
