"""Who does the pure work of a first load: the processes of the machine, or for few identities the caller itself."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

from empi.bulk.workers import processes
from empi.own_index import OwnIndex, Terms

_AHEAD = 8  # pieces of work a process has waiting, so that it works on while the other writes
_AT_WORK: dict[str, OwnIndex] = {}


class Crew(Protocol):
    """Does pieces of work, each a call of a method of ``OwnIndex``."""

    def each(self, method: str, works: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """The results in the order of the works; no work is drawn long before there is time for it."""


class Alone:
    """All work is done by the caller."""

    def __init__(self, own: OwnIndex) -> None:
        self._own = own

    def each(self, method: str, works: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        for work in works:
            yield getattr(self._own, method)(*work)


class Processes:
    """Work is shared among the processors."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def each(self, method: str, works: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        waiting: deque[Future[Any]] = deque()
        for work in works:
            if len(waiting) >= _AHEAD * (os.cpu_count() or 1):
                yield waiting.popleft().result()
            waiting.append(self._pool.submit(_do, method, *work))
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def crew(terms: Terms, shared: bool) -> Iterator[Crew]:
    """A crew; ``shared``: the work is worth processes of its own."""
    if shared:
        with processes(partial(_begin, terms)) as pool:
            try:
                yield Processes(pool)
            finally:
                pool.shutdown(cancel_futures=True)  # after a failure nobody waits for the rest
        return
    own = OwnIndex(terms)
    yield Alone(own)
    own.close()


def _begin(terms: Terms) -> None:
    _AT_WORK["own"] = OwnIndex(terms)


def _do(method: str, *work: Any) -> Any:
    return getattr(_AT_WORK["own"], method)(*work)
