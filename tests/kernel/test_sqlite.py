"""What SQLite leaves to be done beside the acts of people: carrying its log over, and having the file in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text

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
