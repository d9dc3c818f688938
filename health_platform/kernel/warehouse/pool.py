"""A pool of driver clients. A client serves one thread at a time: the driver is not thread-safe."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clickhouse_driver import Client


class ClientPool:
    """At most ``size`` clients, the most recently used first, made by ``connect`` when none is idle."""

    def __init__(self, connect: Callable[[], Client], size: int) -> None:
        self._connect = connect
        self._size = size
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(self._size)
        self._idle: list[Client] = []

    @contextmanager
    def checkout(self) -> Iterator[Client]:
        """Borrow a client; waits while all are in use."""
        if self._process != os.getpid():
            self._reset()  # a forked child must not talk on its parent's sockets
        with self._free:
            client = self._take()
            try:
                yield client
            except BaseException:
                client.disconnect()
                raise
            with self._lock:
                self._idle.append(client)

    def clear(self) -> None:
        """Disconnect the idle clients; the next checkout connects anew."""
        with self._lock:
            idle, self._idle = self._idle, []
        for client in idle:
            client.disconnect()

    def _take(self) -> Client:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._connect()
