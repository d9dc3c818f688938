"""The processors of the machine: processes for reading texts, threads for comparing arrays."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def processes(begin: Callable[[], None] | None = None) -> ProcessPoolExecutor:
    """One process per processor; they end with the one that started them, however that ends.

    Args:
        begin: called in each process before its first work.
    """
    return ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"), initializer=_begin, initargs=(begin,))


def _begin(begin: Callable[[], None] | None) -> None:
    parent = parent_process()
    if parent:
        Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()
    if begin:
        begin()


def in_threads(make: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """``make`` of every item, in order, one thread per processor; no item is drawn before a thread is free for it.

    numpy lets go of the interpreter inside its loops, so threads share the arrays and still work side by side.
    """
    width = os.cpu_count() or 1
    with ThreadPoolExecutor(width) as pool:
        waiting: deque[Future[Made]] = deque()
        for item in items:
            if len(waiting) == width:
                yield waiting.popleft().result()
            waiting.append(pool.submit(make, item))
        while waiting:
            yield waiting.popleft().result()
