"""Numbered, forward-only migrations of the warehouse.

A migration is a tuple of steps: a :class:`TableSpec` (created or extended) or a statement. Statements are repeatable
(``IF NOT EXISTS``), because ClickHouse has no transactions over DDL: a migration that was cut short runs again as a
whole. ``{on_cluster}`` and ``{database}`` in a statement are replaced for the place it runs at.
"""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from health_platform.kernel.errors import Conflict
from health_platform.kernel.warehouse.ddl import Place, create_table, quote, text
from health_platform.kernel.warehouse.endpoint.locks import held
from health_platform.kernel.warehouse.failures import WarehouseFailed
from health_platform.kernel.warehouse.queries import load_query
from health_platform.kernel.warehouse.tables import Column, Engine, TableSpec
from health_platform.kernel.warehouse.warehouse import Warehouse

HISTORY = TableSpec(
    "schema_history",
    (
        Column("number", "UInt32"),
        Column("name", "String"),
        Column("checksum", "FixedString(64)"),
        Column("applied_at", "DateTime64(3, 'UTC')", default="now64(3, 'UTC')"),
        Column("seconds", "Float64"),
    ),
    order_by=("number",),
    engine=Engine.PLAIN,
    shard_by="0",
    comment="Which migrations have run",
)
_APPLIED = load_query(__package__, "applied_migrations.sql")
_LOCK = "schema_lock"
_TABLE_EXISTS = 57
_LOCK_PATIENCE = 60.0

Step = TableSpec | str


@dataclass(frozen=True)
class Migration:
    """One numbered change; numbers are applied in order and never reused."""

    number: int
    name: str
    steps: tuple[Step, ...]

    @property
    def checksum(self) -> str:
        """SHA-256 of what the migration says, the same for every place it runs at."""
        neutral = Place("database")
        parts = [part for step in self.steps for part in _rendered(step, neutral)]
        return hashlib.sha256("\0".join((str(self.number), self.name, *parts)).encode()).hexdigest()


def _rendered(step: Step, place: Place) -> tuple[str, ...]:
    return create_table(step, place) if isinstance(step, TableSpec) else (step,)


def pending_migrations(warehouse: Warehouse, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
    """The migrations that have not run, in order.

    Raises:
        Conflict: a migration was changed after it had run.
    """
    warehouse.ensure_table(HISTORY)
    applied = {int(row[0]): str(row[1]) for row in warehouse.query(_APPLIED)}
    ordered = sorted(migrations, key=lambda migration: migration.number)
    for migration in ordered:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise Conflict("warehouse.migration_changed", number=migration.number, name=migration.name)
    return tuple(migration for migration in ordered if migration.number not in applied)


def migrate(warehouse: Warehouse, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
    """Run what has not run yet, under a lock; returns what ran.

    Raises:
        Conflict: another process holds the lock for a minute, or a migration was changed after it had run.
        ValueError: two migrations have one number.
    """
    if len({migration.number for migration in migrations}) != len(migrations):
        raise ValueError("two warehouse migrations have the same number")
    with _locked(warehouse):
        pending = pending_migrations(warehouse, migrations)
        for migration in pending:
            _apply(warehouse, migration)
    return pending


def _apply(warehouse: Warehouse, migration: Migration) -> None:
    started = time.monotonic()
    for step in migration.steps:
        if isinstance(step, TableSpec):
            warehouse.ensure_table(step)
        else:
            warehouse.command(_placed(step, warehouse.place))
    row = (migration.number, migration.name, migration.checksum, time.monotonic() - started)
    warehouse.insert(HISTORY.name, ("number", "name", "checksum", "seconds"), [row], token=f"migration-{migration.number}")


def _placed(statement: str, place: Place) -> str:
    return statement.replace("{on_cluster}", place.on_cluster).replace("{database}", quote(place.database))


@contextmanager
def _locked(warehouse: Warehouse) -> Iterator[None]:
    if warehouse.settings.local:
        warehouse.settings.home.mkdir(parents=True, exist_ok=True)
        try:
            with held(warehouse.settings.home / "migrate.lock", _LOCK_PATIENCE):
                yield
        except TimeoutError as error:
            raise Conflict("warehouse.migration_locked", holder="a process on this machine") from error
    else:
        with _table_lock(warehouse):
            yield


@contextmanager
def _table_lock(warehouse: Warehouse) -> Iterator[None]:
    """A lock among machines: creating a table fails while it exists. After a crash an operator drops ``schema_lock``."""
    table = warehouse.place.table(_LOCK)
    holder = f"{socket.gethostname()}:{os.getpid()} since {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}"
    create = f"CREATE TABLE {table}{warehouse.place.on_cluster} (holder String) ENGINE = Memory COMMENT {text(holder)}"
    deadline = time.monotonic() + _LOCK_PATIENCE
    while True:
        try:
            warehouse.command(create)
            break
        except WarehouseFailed as error:
            if error.server_code != _TABLE_EXISTS or time.monotonic() > deadline:
                raise Conflict("warehouse.migration_locked", table=table, reason=error.facts["reason"]) from error
            time.sleep(1.0)
    try:
        yield
    finally:
        warehouse.command(f"DROP TABLE IF EXISTS {table}{warehouse.place.on_cluster} SYNC")
