"""A commit is acknowledged when it is on the disk; the disk is waited for together, and after the next writer was let in."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DatabaseError, OperationalError

from health_platform.kernel.db import Database
from health_platform.kernel.flushing import FileFlush, SharedFlush
from health_platform.kernel.scope import system_scope
from tests.support.models import Clinic

pytestmark = pytest.mark.system("A01")
SOON = 10.0
ME = system_scope("test")


class Disk:
    """A disk that takes as long as the test wants, and tells when each flush began."""

    def __init__(self) -> None:
        self.begun, self.free = 0, Event()
        self.reached = Event()

    def flush(self) -> None:
        self.begun += 1
        self.reached.set()
        assert self.free.wait(SOON)


def until(condition: Callable[[], bool]) -> None:
    waited = Event()
    while not condition():
        waited.wait(0.01)


def test_who_asks_while_a_flush_is_under_way_shares_the_next_one() -> None:
    disk, writers = Disk(), 6
    shared = SharedFlush(disk.flush)
    with ThreadPoolExecutor(writers) as pool:
        first = pool.submit(shared.wait)
        assert disk.reached.wait(SOON)
        others = [pool.submit(shared.wait) for _ in range(writers - 1)]
        until(lambda: len(shared._changed._waiters) == writers - 1)  # type: ignore[attr-defined]
        disk.free.set()
        for each in (first, *others):
            each.result(SOON)
    assert disk.begun == 2  # the one under way may have passed by what the others wrote; one more serves them all


def test_after_a_flush_that_failed_nothing_is_acknowledged_any_more() -> None:
    answers: Iterator[OSError | None] = iter([None, OSError(errno.EIO, "Input/output error"), None])

    def flush() -> None:
        if (answer := next(answers)) is not None:
            raise answer

    shared = SharedFlush(flush)
    shared.wait()
    for _ in range(2):  # the operating system reports a lost page once; the second flush would say that all is well
        with pytest.raises(OSError, match="Input/output"):
            shared.wait()


def test_a_server_whose_flush_failed_ends_to_be_started_again() -> None:
    def flush() -> None:
        raise OSError(errno.EIO, "Input/output error")

    asked: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    try:
        with pytest.raises(OSError, match="Input/output"):
            SharedFlush(flush).wait()
        until(lambda: asked == [signal.SIGTERM])
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_flush_that_a_signal_broke_off_serves_nobody() -> None:
    disk, broken = Disk(), iter([KeyboardInterrupt])

    def flush() -> None:
        disk.flush()
        for interruption in broken:
            raise interruption

    shared = SharedFlush(flush)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shared.wait)
        assert disk.reached.wait(SOON)
        second = pool.submit(shared.wait)
        until(lambda: len(shared._changed._waiters) == 1)  # type: ignore[attr-defined]
        disk.free.set()
        second.result(SOON)
        assert isinstance(first.exception(SOON), KeyboardInterrupt)
    assert disk.begun == 2


def test_a_file_that_was_made_anew_is_flushed_by_its_name(tmp_path: Path) -> None:
    log = tmp_path / "log"
    flush = FileFlush(log)
    for content in (b"one", b"two"):
        (tmp_path / "new").write_bytes(content)
        (tmp_path / "new").rename(log)
        flush()
        assert os.fstat(flush._open or 0).st_ino == log.stat().st_ino
    log.unlink()
    with pytest.raises(FileNotFoundError):
        flush()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'data.db'}")
    Clinic.__table__.create(database.engine)  # type: ignore[attr-defined]
    yield database
    database.close()


def write(database: Database, number: int) -> None:
    with database.unit_of_work(ME) as session:
        session.connection().execute(insert(Clinic), [{"id": number, "name": "甲"}])


def clinics(database: Database) -> int:
    with database.unit_of_work(ME, reading=True) as session:
        return session.scalar(select(func.count()).select_from(Clinic)) or 0


def test_others_read_and_write_while_a_commit_waits_for_the_disk(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    flush, seen = os.fdatasync, list[int]()

    def slow(descriptor: int) -> None:
        monkeypatch.setattr(os, "fdatasync", flush)
        other = Database(database.url)  # as another process does
        write(other, 2)
        other.close()
        seen.append(clinics(database))
        flush(descriptor)

    monkeypatch.setattr(os, "fdatasync", slow)
    write(database, 1)
    assert seen == [2]


def test_a_unit_that_writes_ends_after_a_flush_and_one_that_reads_needs_none(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush, flushed = os.fdatasync, list[str]()

    def noting(descriptor: int) -> None:
        flush(descriptor)
        flushed.append(os.readlink(f"/proc/self/fd/{descriptor}"))

    monkeypatch.setattr(os, "fdatasync", noting)
    write(database, 1)
    assert flushed == [f"{database.engine.url.database}-wal"]
    assert clinics(database) == 1
    assert len(flushed) == 1


def test_a_disk_that_refuses_is_told_to_whoever_would_have_acknowledged(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", refusing)
    with pytest.raises(OperationalError, match="disk I/O error"):
        write(database, 1)


def test_many_threads_and_processes_write_in_turns(database: Database) -> None:
    others = [Database(database.url) for _ in range(2)]  # connections of their own, as other processes have
    with ThreadPoolExecutor(12) as pool:
        written = [pool.submit(write, one, number) for number, one in enumerate([database, *others] * 20)]
        for each in written:
            each.result(SOON)
    for other in others:
        other.close()
    assert clinics(database) == 60


def test_who_fails_gives_his_turn_back_and_is_told_as_by_sqlalchemy(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'data.db'}")
    write_failed = pytest.raises(OperationalError, match="no such table")
    for _ in range(3):
        with write_failed:
            write(database, 1)
    database.close()
    (tmp_path / "data.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        write(database, 1)
