"""The migrations lead to exactly what the models say, on SQLite and PostgreSQL, under a lock."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from health_platform.app import create_platform
from health_platform.kernel import schema
from health_platform.kernel.db import Base
from health_platform.settings import Settings

pytestmark = pytest.mark.system("A01", "A02")


def platforms(tmp_path: Path, url: str, count: int = 1) -> list[Any]:
    return [create_platform(Settings(home=tmp_path / f"home{n}", database_url=url)) for n in range(count)]


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_migrations_and_models_agree(where: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgres") if where == "postgres" else f"sqlite:///{tmp_path / 'x.db'}"
    (platform,) = platforms(tmp_path, url)
    assert schema.upgrade(platform) == schema.newest(platform)
    with platform.database.engine.connect() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": schema.differs}), Base.metadata
        )
    found = [d for d in differences if "test_" not in str(d)]
    assert found == []


def test_two_upgrades_at_once_are_one(postgres: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "health_platform.cli", "db", "upgrade"]
    environment = {**os.environ, "HP_DATABASE_URL": postgres, "HP_HOME": str(tmp_path / "home")}
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert len(set(answers)) == 1 and answers[0].strip()


def test_an_upgrade_forces_row_security_on_every_scoped_table(postgres: str, tmp_path: Path) -> None:
    (platform,) = platforms(tmp_path, postgres)
    schema.upgrade(platform)
    engine = create_engine(postgres)
    with engine.connect() as connection:
        query = text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relforcerowsecurity")
        forced = set(connection.execute(query).scalars())
        scoped = text(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'division_code' AND table_schema = 'public'"
        )
        carrying = set(connection.execute(scoped).scalars())
    engine.dispose()
    assert "audit_entry" in forced
    tables = {
        m.local_table.name for m in Base.registry.mappers if hasattr(m.class_, "division_code") and hasattr(m.class_, "line_code")
    }
    assert carrying & tables <= forced


def test_a_draft_holds_what_the_models_have_more_than_the_migrations(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    revisions, draft = sorted((folder / "versions").glob("*.py")), None
    while draft is None:  # a revision may do what a comparison cannot see
        newest = revisions.pop()
        newest.unlink()
        draft = schema.draft("all of it again", folder)
    assert draft.name == f"{newest.name[:4]}_all_of_it_again.py"
    written = draft.read_text()
    assert f"down_revision = '{revisions[-1].name[:4]}'" in written
    assert re.search(r"op\.(create_table|add_column|drop_index)\(", written)
    assert schema.draft("nothing more", folder) is None


def test_importing_migrates_nothing(tmp_path: Path) -> None:
    (platform,) = platforms(tmp_path, f"sqlite:///{tmp_path / 'y.db'}")
    assert schema.current(platform) is None


def test_the_keys_of_the_index_move_into_their_order_and_back(tmp_path: Path) -> None:
    """Revision 0005 rewrites three tables of SQLite; their rows, their types and their indexes stay."""
    (platform,) = platforms(tmp_path, f"sqlite:///{tmp_path / 'z.db'}")
    rows = {
        "empi_block": [(3, 0, 9, 1), (1, 2, 0, 7), (3, 0, 8, 2)],
        "empi_token": [(5, 1), (4, 2)],
        "empi_edge": [(2, 3, "certain", 1, 31.25, "v1"), (1, 3, "possible", 0, 4.5, "v1")],
    }
    made = schema.config(platform)
    command.upgrade(made, "0004")
    with platform.database.engine.begin() as connection:
        for name, some in rows.items():
            for row in some:
                connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
    for move, revision, with_rowid in ((command.upgrade, "0005", False), (command.downgrade, "0004", True)):
        move(made, revision)
        with platform.database.engine.begin() as connection:
            for name, some in rows.items():
                assert sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}"))) == sorted(some)
                ddl = connection.exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE name = '{name}'").scalar_one()
                assert ("WITHOUT ROWID" not in ddl) == with_rowid
            indexes = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'index'")}
            assert "ix_empi_edge_right_key" in indexes
