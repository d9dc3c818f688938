"""The schema of the relational database: one linear Alembic history, run by command, under a lock, with limited waits."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from health_platform.kernel.db import Database
from health_platform.kernel.platform import Platform

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def config(platform: Platform, lock_wait: int = 10) -> Config:
    """Alembic's configuration for this platform's database."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes.update(engine=platform.database.engine, lock_wait=lock_wait, app_role=platform.settings.database_app_role)
    return made


def upgrade(platform: Platform, lock_wait: int = 10) -> str | None:
    """Run all missing migrations; returns the revision reached. A second process waits for the first and finds nothing to do."""
    command.upgrade(config(platform, lock_wait), "head")
    return current(platform)


def current(platform: Platform) -> str | None:
    """The revision of the database."""
    with platform.database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest(platform: Platform) -> str | None:
    """The newest revision the code knows."""
    return ScriptDirectory.from_config(config(platform)).get_current_head()


def draft(message: str, folder: Path = MIGRATIONS) -> Path | None:
    """Write the next revision: what the models say and the migrations in ``folder`` do not yet.

    The comparison is with a blank SQLite database brought up by those migrations, never with a live one, so a draft does not
    depend on where it is made. It is a proposal: read it, and write by hand what a comparison cannot see (a renamed column,
    values to be filled in).

    Returns:
        The new file, or ``None`` when models and migrations agree.
    """
    with TemporaryDirectory(prefix="hp-draft-") as place:
        blank = Database(f"sqlite:///{place}/blank.db")
        made = Config()
        made.set_main_option("script_location", str(folder))
        made.attributes.update(engine=blank.engine)
        try:
            command.upgrade(made, "head")
            return _write_revision(made, message)
        finally:
            blank.close()


def _write_revision(made: Config, message: str) -> Path | None:
    number = int(ScriptDirectory.from_config(made).get_current_head() or 0) + 1

    def refuse_empty(context: MigrationContext, revision: Any, directives: list[Any]) -> None:
        if directives[0].upgrade_ops.is_empty():
            directives.clear()

    written: Any = command.revision(
        made, message, autogenerate=True, rev_id=f"{number:04d}", process_revision_directives=refuse_empty
    )
    return Path(written.path) if written else None


def differs(context: Any, there: Any, column: Any, there_type: Any, model_type: Any) -> bool | None:
    """Nothing differs when the database stores both alike; otherwise Alembic decides."""
    compiled = [context.dialect.type_compiler_instance.process(kind, type_expression=column) for kind in (there_type, model_type)]
    return False if compiled[0] == compiled[1] else None
