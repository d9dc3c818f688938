"""Alembic's entry point: one process at a time, and no waiting for other people's locks beyond a limit."""

from __future__ import annotations

import time
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, LargeBinary, inspect, text
from sqlalchemy.types import TypeDecorator

from health_platform.kernel import columns, row_security, schema
from health_platform.kernel.db import Base
from health_platform.kernel.narrowing import scoped_models

LOCK = 0x48505F4442
OTHER_UPGRADE_SECONDS = 900


def _prepare(connection: Connection, lock_wait: int) -> None:
    """Become the only upgrade, however long another one takes; then wait only briefly for the locks of ordinary work."""
    if connection.dialect.name != "postgresql":
        return
    deadline = time.monotonic() + OTHER_UPGRADE_SECONDS
    while not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}).scalar():
        connection.commit()
        if time.monotonic() > deadline:
            raise TimeoutError("another upgrade holds the lock")
        time.sleep(0.5)
    connection.execute(text(f"SET lock_timeout = '{int(lock_wait)}s'"))
    connection.commit()


def _release(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
        connection.commit()


def _secure(connection: Connection, app_role: str) -> None:
    """Row security follows the models: policies are set anew after every upgrade."""
    if connection.dialect.name != "postgresql":
        return
    there = set(inspect(connection).get_table_names())
    models = [model for model in scoped_models(Base) if model.__table__.name in there]
    for statement in row_security.statements(models, app_role):
        connection.execute(text(statement))
    connection.commit()


def _render(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Write column types into a migration by what the database stores: encrypted columns are text there."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    autogen.imports.add("from health_platform.kernel import columns")
    if isinstance(item, columns.Text_):
        return f"columns.Text_({item.impl_instance.length})"  # type: ignore[attr-defined]
    if type(item).__module__ == columns.__name__:
        return f"columns.{type(item).__name__}()"
    stored: Any = item.impl_instance
    if isinstance(stored, LargeBinary):
        return "sa.LargeBinary()"
    return f"columns.Text_({stored.length})" if getattr(stored, "length", None) else "columns.LongText()"


def _is_ours(kind: str, name: str | None) -> bool:
    """Tables of the test suite stand beside the platform's, in the database as in the models, and in no migration."""
    return not (kind == "table" and str(name).startswith("test_"))


def _run() -> None:
    attributes = context.config.attributes
    with attributes["engine"].connect() as connection:
        _prepare(connection, attributes.get("lock_wait", 10))
        try:
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                compare_type=schema.differs,
                render_as_batch=True,  # SQLite changes a table only by making it anew
                render_item=_render,
                include_name=lambda name, kind, parents: _is_ours(kind, name),
                include_object=lambda item, name, kind, reflected, other: _is_ours(kind, name),
            )
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
            _secure(connection, attributes.get("app_role", ""))
        finally:
            connection.rollback()
            _release(connection)


_run()
