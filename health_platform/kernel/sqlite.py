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
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event

from health_platform.kernel import read_ahead as read_ahead_of

LOG_PAGES = 16_384
"""Pages of the log (64 MB) from which on a commit carries them over itself, because no worker does."""

_SETTINGS = (
    "journal_mode=WAL",
    # FULL, not NORMAL: in WAL mode NORMAL may lose acknowledged commits on power loss.
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=60000",
    # A cache of 64 MB: with the default of 2 MB a city's key tables are read from the file system again and again.
    "cache_size=-65536",
    f"wal_autocheckpoint={LOG_PAGES}",
)


def writer_engine(url: str) -> Engine:
    """Connections that take their place as the one writer when a transaction begins."""
    engine = create_engine(url, connect_args={"timeout": 60})
    event.listen(engine, "connect", _tune)
    event.listen(engine, "begin", _begin_writing)
    return engine


def reader_engine(writer: Engine) -> Engine:
    """Connections of their own to the same database, for reading only. The dialect is shared: keys and caches belong to it."""
    engine = Engine(writer.pool.recreate(), writer.dialect, writer.url)
    event.listen(engine, "connect", _read_only)
    event.listen(engine, "begin", _begin_reading)
    return engine


def give_room(connection: Connection) -> None:
    """A cache of a gigabyte for this connection: a page is changed many times before it is written once."""
    connection.exec_driver_sql("PRAGMA cache_size=-1048576")


def carry_over(database: str) -> None:
    """Carry what was committed from the log into the database file, beside whoever reads and writes."""
    # A connection of its own: to borrow one of the pool would leave its cache behind for whoever comes next.
    with closing(sqlite3.connect(f"file:{quote(database)}?mode=rw", uri=True, timeout=60)) as own:
        own.execute("PRAGMA wal_checkpoint(PASSIVE)")


def read_ahead(file: Path) -> bool:
    """Let the operating system read the database file into its cache, unless it is larger than half of the machine's memory.

    Returns:
        Whether it was read.
    """
    if not file.is_file() or file.stat().st_size > os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2:
        return False
    command = [sys.executable, "-I", "-S", read_ahead_of.__file__, str(file)]  # needs no package, so it starts at once
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - a path of the settings


def _tune(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    for pragma in _SETTINGS:
        connection.execute(f"PRAGMA {pragma}")


def _read_only(connection: Any, record: Any) -> None:
    # For as long as the connection lives: every change of it makes SQLite prepare all statements anew.
    connection.execute("PRAGMA query_only=ON")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    # A deferred transaction that first reads and then writes fails at once when another process wrote in between, so only
    # one that may not write is deferred; the database itself holds it to that.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
