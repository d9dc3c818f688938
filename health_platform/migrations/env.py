"""Alembic's entry point: one process at a time, and no waiting for other people's locks beyond a limit."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from health_platform.kernel import row_security
from health_platform.kernel.db import Base
from health_platform.kernel.narrowing import scoped_models

LOCK = 0x48505F4442


def _prepare(connection: Connection, lock_wait: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET lock_timeout = '{int(lock_wait)}s'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        connection.commit()


def _release(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
        connection.commit()


def _secure(connection: Connection, app_role: str) -> None:
    """Row security follows the models: policies are set anew after every upgrade."""
    if connection.dialect.name != "postgresql":
        return
    for statement in row_security.statements(scoped_models(Base), app_role):
        connection.execute(text(statement))
    connection.commit()


def _run() -> None:
    attributes = context.config.attributes
    with attributes["engine"].connect() as connection:
        _prepare(connection, attributes.get("lock_wait", 10))
        try:
            context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
            _secure(connection, attributes.get("app_role", ""))
        finally:
            connection.rollback()
            _release(connection)


_run()
