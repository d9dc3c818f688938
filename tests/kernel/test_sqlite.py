"""What SQLite leaves to be done beside the acts of people: carrying its log over, and having the file in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text

from health_platform.kernel import sqlite
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope
from tests.support.models import Clinic

pytestmark = pytest.mark.system("A01")
MANY = 100_000  # rows that fill more pages than those after which SQLite by itself would carry over


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "ein #ordner").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'ein #ordner' / 'data.db'}")
    Clinic.__table__.create(database.engine)  # type: ignore[attr-defined]
    yield database
    database.close()


def fill(database: Database) -> None:
    with database.unit_of_work(system_scope("test")) as session:
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)"
        rows = text(f"{numbers} INSERT INTO test_clinic (id, name) SELECT i, :name FROM n")
        session.execute(rows, {"many": MANY, "name": "甲" * 20})


def test_a_commit_does_not_carry_over_and_a_worker_does(database: Database) -> None:
    file = Path(database.engine.url.database or "")
    fill(database)
    before = file.stat().st_size
    with database.unit_of_work(system_scope("test"), reading=True) as reading:  # nobody waits for the other
        assert reading.scalar(select(func.count()).select_from(Clinic)) == MANY
        database.carry_over()
        assert reading.scalar(select(func.count()).select_from(Clinic)) == MANY
    assert before < 100_000 < 4_000_000 < file.stat().st_size


def test_a_long_log_is_begun_anew_although_somebody_always_reads(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "ANEW_PAGES", 1_000)
    fill(database)
    with database.unit_of_work(system_scope("test"), reading=True) as old:
        old.scalar(select(func.count()).select_from(Clinic))
        change(database, "乙")
        long = pages_of_log(database)
        database.carry_over()  # the old state is still being read: nobody waits for that, and nothing is begun anew
        change(database, "丙")
        assert pages_of_log(database) > long > 1_000
    database.carry_over()
    with database.unit_of_work(system_scope("test"), reading=True) as new:  # reads what has been carried over
        assert new.scalar(select(Clinic.name).limit(1)) == "丙" * 20
        change(database, "丁", only=1)
        assert pages_of_log(database) < 10
        assert new.scalar(select(Clinic.name).limit(1)) == "丙" * 20


def change(database: Database, name: str, only: int = MANY) -> None:
    with database.unit_of_work(system_scope("test")) as session:
        session.execute(text("UPDATE test_clinic SET name = :name WHERE id <= :only"), {"name": name * 20, "only": only})


def pages_of_log(database: Database) -> int:
    with closing(sqlite3.connect(database.engine.url.database or "")) as own:
        return int(own.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])


def test_a_file_is_read_ahead_while_it_is_in_use(database: Database) -> None:
    with database.unit_of_work(system_scope("test")) as session:
        assert database.read_ahead()
        session.connection().execute(insert(Clinic), [{"id": 1, "name": "甲"}])
    assert not Database("sqlite://").read_ahead()


def test_a_database_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'gone.db'}")
    with pytest.raises(Exception, match="unable to open"):
        database.carry_over()
    assert not database.read_ahead()
    assert not list(tmp_path.iterdir())
