"""Faults of the surroundings: each is a context manager that breaks something for a while."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from health_platform.kernel.warehouse.api import endpoint_status
from tests.faults.ground import Ground
from tests.support.postgres import Server, children

FAKETIME = "FAKETIME_TIMESTAMP_FILE"


@dataclass(frozen=True)
class Fault:
    """A way to break the platform. ``seconds`` is how long it lasts in the long run; kills are over at once."""

    name: str
    strike: Callable[[Ground, float], AbstractContextManager[None]]
    seconds: float = 0.0


def _kill(*names: str) -> Callable[[Ground, float], AbstractContextManager[None]]:
    @contextmanager
    def strike(ground: Ground, seconds: float) -> Iterator[None]:
        for pid in ground.pids(*names):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        yield

    return strike


def _stop(*names: str) -> Callable[[Ground, float], AbstractContextManager[None]]:
    """The processes hang: they neither answer nor end."""

    @contextmanager
    def strike(ground: Ground, seconds: float) -> Iterator[None]:
        stopped = [pid for pid in ground.pids(*names) if _signalled(pid, signal.SIGSTOP)]
        try:
            time.sleep(seconds)
            yield
        finally:
            for pid in stopped:
                _signalled(pid, signal.SIGCONT)

    return strike


def _signalled(pid: int, number: signal.Signals) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False


@contextmanager
def _database_away(ground: Ground, seconds: float) -> Iterator[None]:
    """Somebody holds the database: nothing can be written."""
    with closing(sqlite3.connect(ground.home / "platform.db", timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            time.sleep(seconds)
            yield
        finally:
            connection.rollback()


def _server(ground: Ground) -> Server:
    assert ground.server is not None, "this fault needs a platform on PostgreSQL"
    return ground.server


def _gone(end: Callable[[Server], None]) -> Callable[[Ground, float], AbstractContextManager[None]]:
    """PostgreSQL is not there for a while: all connections break, and new ones are refused."""

    @contextmanager
    def strike(ground: Ground, seconds: float) -> Iterator[None]:
        server = _server(ground)
        end(server)
        try:
            time.sleep(seconds)
        finally:
            server.start()
        yield

    return strike


@contextmanager
def _connections_broken(ground: Ground, seconds: float) -> Iterator[None]:
    """What a change of the leading server looks like: again and again all connections end in the middle of their work."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ground.database(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND client_port > 0"
        )
        time.sleep(0.5)
    yield


@contextmanager
def _warehouse_full(ground: Ground, seconds: float) -> Iterator[None]:
    """The endpoint can write no byte more: every file is at its limit."""
    state = endpoint_status(ground.platform.warehouse.settings)
    if state is None:
        yield
        return
    with _no_room([state.pid], 0):
        time.sleep(seconds)
        yield


@contextmanager
def _database_full(ground: Ground, seconds: float) -> Iterator[None]:
    """No file of web, data API, listener, folder watcher and workers may grow beyond the write-ahead log's size now."""
    pids = [pid for pid in ground.pids() if pid != getattr(endpoint_status(ground.platform.warehouse.settings), "pid", 0)]
    with _no_room([*pids, *(child for pid in pids for child in children(pid))], 4096):
        time.sleep(seconds)
        yield


@contextmanager
def _no_room(pids: list[int], limit: int) -> Iterator[None]:
    """Writing beyond ``limit`` bytes fails for these processes, as on a full disk (EFBIG where a disk would say ENOSPC)."""
    before = {}
    for pid in pids:
        with suppress(ProcessLookupError):
            before[pid] = resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for pid, old in before.items():
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, old)


def _clock(jump: str) -> Callable[[Ground, float], AbstractContextManager[None]]:
    """The wall clock of all processes jumps (libfaketime reads the offset from a file)."""

    @contextmanager
    def strike(ground: Ground, seconds: float) -> Iterator[None]:
        file = Path(os.environ[FAKETIME])
        file.write_text(f"{jump}\n", encoding="ascii")
        try:
            time.sleep(seconds)
            yield
        finally:
            file.write_text("+0\n", encoding="ascii")

    return strike


MINUTE = 60.0
FAULTS = (
    Fault("kill -9 web", _kill("web")),
    Fault("kill -9 data API", _kill("data-api")),
    Fault("kill -9 HL7 listener", _kill("hl7v2")),
    Fault("kill -9 folder watcher", _kill("folders")),
    Fault("kill -9 one worker", _kill("worker-1")),
    Fault("kill -9 all workers", _kill("worker")),
    Fault("kill -9 warehouse endpoint", _kill("endpoint")),
    Fault("kill -9 everything", _kill()),
    Fault("warehouse hangs", _stop("endpoint"), MINUTE),
    Fault("workers hang", _stop("worker"), 10.0),
    Fault("database away", _database_away, MINUTE),
    Fault("warehouse disk full", _warehouse_full, 8.0),
    Fault("database disk full", _database_full, 8.0),
)
CLOCKS = (Fault("clock +1 h", _clock("+1h"), 4.0), Fault("clock -1 h", _clock("-1h"), 4.0))
ON_POSTGRESQL = (
    Fault("PostgreSQL away", _gone(Server.stop), MINUTE),
    Fault("kill -9 PostgreSQL", _gone(Server.kill), 3.0),
    Fault("PostgreSQL ends all connections", _connections_broken, 5.0),
    Fault("PostgreSQL: kill -9 all workers", _kill("worker")),
    Fault("PostgreSQL: kill -9 everything", _kill()),
)
