"""A bare index (database and keys, no other component) for the tests of the service; API and page tests use ``platform``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import empi.models  # noqa: F401 - its tables
import health_platform.kernel.outbox  # noqa: F401 - its tables
from health_platform.kernel.crypto import bind_crypto, software_crypto
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope


def index_at(url: str, home: Path) -> Database:
    """An empty index."""
    database = Database(url)
    bind_crypto(database.engine, software_crypto(home / "keys.json"))
    database.create_all()
    return database


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Database]:
    """An empty index on SQLite."""
    database = index_at(f"sqlite:///{tmp_path / 'platform.db'}", tmp_path)
    yield database
    database.close()


@pytest.fixture
def postgres_index(postgres: str, tmp_path: Path) -> Iterator[Database]:
    """An empty index on real PostgreSQL."""
    database = index_at(postgres, tmp_path)
    yield database
    database.close()


@pytest.fixture
def session(index: Database) -> Iterator[Session]:
    """A unit of work under the platform's own scope."""
    with index.unit_of_work(system_scope("test")) as opened:
        yield opened
