"""How the platform uses SQLite: one writer at a time, readers beside it, nothing acknowledged that a power loss could take.

Two things a large database needs are taken off the acts of people (ADR 93). What was committed lies in the write-ahead log
until somebody carries it into the database file; unless told otherwise SQLite lets every twentieth registration of a city's
index do that in its commit. And after a start the file is on the disk only: each page of it would be waited for once.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url

from health_platform.kernel import read_ahead as read_ahead_of
from health_platform.kernel.flushing import FileFlush, SharedFlush

LOG_PAGES = 65_536
"""Pages of the log (256 MB) from which on a commit carries them over itself, because no worker does."""
ANEW_PAGES = 4_096
"""Pages of the log (16 MB) from which on it is begun anew. By itself SQLite does so when nobody reads or writes for a moment."""
LEFT_PAGES = 1_000
"""With more pages than these left to carry over somebody reads an old state, and nothing is begun anew for as long."""
ANEW_MS = 100
"""Milliseconds that writers wait at most until those who read now have ended, so that the log can be begun anew."""
ANEW_SECONDS = 5.0
"""After so long it is tried again, when somebody read for longer."""

WAIT_SECONDS = 60
"""How long anybody waits for his turn."""
ALERT_MS = 5
"""Who waits to write asks again after one or two milliseconds, for so long within the database, then anew."""
_BEGIN = "BEGIN IMMEDIATE"

_SETTINGS = (
    "journal_mode=WAL",
    # NORMAL leaves it to the connection to bring a commit to the disk, after it has let the next writer in (``_Connection``).
    "synchronous=NORMAL",
    "foreign_keys=ON",
    f"busy_timeout={WAIT_SECONDS * 1000}",
    # A cache of 64 MB: with the default of 2 MB a city's key tables are read from the file system again and again.
    "cache_size=-65536",
    f"wal_autocheckpoint={LOG_PAGES}",
)


@dataclass(frozen=True)
class _Shared:
    """What the writing connections of one process share: the flush of the log, and whose turn it is among them."""

    flush: SharedFlush
    turn: Lock


class _Connection(sqlite3.Connection):
    """A connection whose commits return when they, and what they have seen of others, would survive a loss of power.

    ``shared`` is set where it may write.
    """

    shared: _Shared | None = None
    _mine = False

    def begin_writing(self) -> bool:
        """Become the one writer; false when that is impossible, or it is still somebody else after ``WAIT_SECONDS``."""
        ends = time.monotonic() + WAIT_SECONDS
        # The threads of a process wait for each other here, without asking the database again and again.
        self._mine = self.shared is not None and self.shared.turn.acquire(timeout=WAIT_SECONDS)
        while time.monotonic() < ends:
            try:
                self.execute(_BEGIN)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            else:
                return True
        self._let_go()
        return False

    def commit(self) -> None:
        """Commit, let the next writer in, and wait for the disk with everybody who waits for it (ADR 99).

        Raises:
            sqlite3.OperationalError: the disk refuses. What was committed may stay, as it may when the process is killed here.
        """
        wrote = self.in_transaction and self.shared is not None
        super().commit()
        self._let_go()
        if wrote and self.shared is not None:
            try:
                self.shared.flush.wait()
            except OSError as error:
                raise sqlite3.OperationalError(f"disk I/O error: {error.strerror}") from error

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._let_go()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._mine and self.shared is not None:
            self._mine = False
            self.shared.turn.release()


def writer_engine(url: str) -> Engine:
    """Connections that take their place as the one writer when a transaction begins."""
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS, "factory": _Connection})
    event.listen(engine, "connect", _tune)
    if database := make_url(url).database:
        event.listen(engine, "connect", _sharing(Path(f"{database}-wal")))
    event.listen(engine, "begin", _begin_writing)
    return engine


def _sharing(log: Path) -> Callable[[Any, Any], None]:
    @cache
    def shared(process: int) -> _Shared:  # a fork has threads of its own
        return _Shared(SharedFlush(FileFlush(log)), Lock())

    def give(connection: Any, record: Any) -> None:
        connection.shared = shared(os.getpid())
        # SQLite lets who waits for his turn sleep longer and longer, in the end a tenth of a second, however soon it comes.
        connection.execute(f"PRAGMA busy_timeout={ALERT_MS}")

    return give


def reader_engine(writer: Engine) -> Engine:
    """Connections of their own to the same database, for reading only. The dialect is shared: keys and caches belong to it."""
    engine = Engine(writer.pool.recreate(), writer.dialect, writer.url)
    event.listen(engine, "connect", _read_only)
    event.listen(engine, "begin", _begin_reading)
    return engine


def give_room(connection: Connection) -> None:
    """A cache of a gigabyte for this connection: a page is changed many times before it is written once."""
    connection.exec_driver_sql("PRAGMA cache_size=-1048576")


class Log:
    """The write-ahead log of a database file."""

    def __init__(self, database: str) -> None:
        self._address = f"file:{quote(database)}?mode=rw"
        self._tried = float("-inf")

    def carry_over(self) -> None:
        """Carry what was committed from the log into the database file, beside whoever reads and writes.

        A log that has grown long is begun anew (ADR 101): with somebody always reading it would grow without end.
        """
        # A connection of its own: to borrow one of the pool would leave its cache behind for whoever comes next.
        with closing(sqlite3.connect(self._address, uri=True, timeout=WAIT_SECONDS)) as own:
            _, pages, carried = own.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            due = time.monotonic() - self._tried >= ANEW_SECONDS
            if due and pages >= ANEW_PAGES and pages - carried < LEFT_PAGES:
                self._tried = time.monotonic()
                own.execute(f"PRAGMA busy_timeout={ANEW_MS}")
                own.execute("PRAGMA wal_checkpoint(RESTART)")


def read_ahead(file: Path) -> bool:
    """Let the operating system read the database file into its cache, unless it would take more than four fifths of what is free.

    Returns:
        Whether it was read.
    """
    if not file.is_file() or file.stat().st_size > _available_bytes() * 4 // 5:
        return False
    command = [sys.executable, "-I", "-S", read_ahead_of.__file__, str(file)]  # needs no package, so it starts at once
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - a path of the settings


def _available_bytes() -> int:
    """Memory that nobody needs now, caches included, as Linux tells it; elsewhere half of what the machine has."""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _tune(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    for pragma in _SETTINGS:
        connection.execute(f"PRAGMA {pragma}")


def _read_only(connection: Any, record: Any) -> None:
    # For as long as the connection lives: every change of it makes SQLite prepare all statements anew.
    connection.execute("PRAGMA query_only=ON")
    connection.shared = None
    connection.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")


def _begin_reading(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute("BEGIN")  # every request does so, and it cannot fail: SQLAlchemy would make a cursor and a result of it


def _begin_writing(connection: Connection) -> None:
    # A deferred transaction that first reads and then writes fails at once when another process wrote in between, so only
    # one that may not write is deferred; the database itself holds it to that.
    driver: Any = connection.connection.driver_connection
    if not driver.begin_writing():
        connection.exec_driver_sql(_BEGIN)  # says what is wrong as SQLAlchemy does
