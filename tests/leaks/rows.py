"""Which rows a caller may not see, in both databases; and the two things that happen to them.

Written again by hand, not with the code under test.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from empi.models import IdentityRow
from health_platform.kernel.cache import STORE
from health_platform.kernel.db import Base
from health_platform.kernel.narrowing import PersonScoped, scoped_models
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope
from registry.api import Institution
from tests.leaks.world import City

_READABLE = frozenset({"name", "title", "label", "real_name", "short_name", "note", "reason", "actor_name", "institution_name"})


def opened(city: City) -> sqlite3.Connection:
    """The relational database, past the platform."""
    return sqlite3.connect(Path(city.platform.settings.home) / "platform.db")


class Snapshot:
    """Both databases as they were, so that every world starts from the same bytes."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._copy = sqlite3.connect(":memory:")
        with closing(opened(city)) as connection:
            connection.backup(self._copy)
        for table in clinical_tables(city.platform):
            _keep(city.platform, table)

    def restore(self) -> None:
        """Put everything back; what the process remembered is forgotten."""
        self._city.platform.database.close()
        with closing(opened(self._city)) as connection:
            self._copy.backup(connection)
        for table in clinical_tables(self._city.platform):
            _put_back(self._city.platform, table)
        for name in list(STORE.figures):
            STORE.clear(name)


def clinical_tables(platform: Platform) -> dict[str, set[str]]:
    """Warehouse tables with rows of institutions or persons → their columns."""
    found: dict[str, set[str]] = {}
    listed = platform.warehouse.execute(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND NOT startsWith(table, 'saved_')"
        " AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')"
    )
    for table, column in listed:
        found.setdefault(str(table), set()).add(str(column))
    return {table: columns for table, columns in found.items() if columns & {"patient_key", "division_code"}}


def _keep(platform: Platform, table: str) -> None:
    platform.warehouse.command(f"CREATE TABLE IF NOT EXISTS saved_{table} AS {table}")
    platform.warehouse.command(f"TRUNCATE TABLE saved_{table}")
    _attach(platform, f"saved_{table}", table)


def _put_back(platform: Platform, table: str) -> None:
    platform.warehouse.command(f"TRUNCATE TABLE {table}")
    _attach(platform, table, f"saved_{table}")


def _attach(platform: Platform, target: str, source: str) -> None:
    """Whole partitions: an INSERT would wake the views that fill the event index, and double it."""
    parts = platform.warehouse.execute(
        "SELECT DISTINCT partition_id FROM system.parts WHERE database = currentDatabase() AND active AND table = %(table)s",
        {"table": source},
    )
    for (partition,) in parts:
        platform.warehouse.command(f"ALTER TABLE {target} ATTACH PARTITION ID '{partition}' FROM {source}")


def hidden(model: Any, scope: Scope, named: frozenset[int] = frozenset()) -> str:
    """SQL: rows of a scoped table that lie outside a scope.

    A person is visible as a whole or not at all (ADR 4): whoever may see one identity sees what the index knows of the person,
    and the names of the institutions (``named``) that the person's record comes from.
    """
    outside = f"NOT coalesce(({_inside(model, scope)}), 0)"
    if model.__table__.name == Institution.__tablename__ and named:
        outside += f" AND id NOT IN ({', '.join(map(str, sorted(named)))})"
    if model.__table__.name.startswith("empi_"):
        mine = f"SELECT person_id FROM empi_identity WHERE {_inside(IdentityRow, scope)}"
        columns = set(model.__table__.columns.keys())
        if "person_id" in columns:
            outside += f" AND coalesce(person_id, 0) NOT IN ({mine})"
        if "patient_key" in columns:
            keys = f"SELECT patient_key FROM empi_identity WHERE person_id IN ({mine})"
            outside += f" AND patient_key NOT IN ({keys})"
    return outside


def _inside(model: Any, scope: Scope) -> str:
    inside = " OR ".join(f"division_code LIKE '{prefix}%'" for prefix in scope.divisions) or "0"
    if scope.lines is not None:
        lines = ", ".join(f"'{line}'" for line in sorted(scope.lines)) or "NULL"
        inside = f"({inside}) AND (line_code IS NULL OR line_code IN ({lines}))"
    if scope.institutions is not None and hasattr(model, "institution_id"):
        units = ", ".join(str(unit) for unit in sorted(scope.institutions)) or "NULL"
        inside = f"({inside}) AND institution_id IN ({units})"
    if issubclass(model, PersonScoped) and scope.persons:
        inside = f"({inside}) OR person_id IN ({', '.join(str(p) for p in sorted(scope.persons))})"
    return f"({inside})"


def remove(city: City, scope: Scope) -> int:
    """Remove every hidden row; returns how many."""
    named = institutions_of(city, scope)
    removed = _remove_clinical(city, scope)
    with closing(opened(city)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for model in scoped_models(Base):
            name = model.__table__.name
            if not name.startswith("test_"):
                removed += connection.execute(f'DELETE FROM "{name}" WHERE {hidden(model, scope, named)}').rowcount
        connection.commit()
    return removed


def _remove_clinical(city: City, scope: Scope) -> int:
    """Warehouse rows of persons the caller may not see, uploaded outside the caller's jurisdiction."""
    keys = visible_keys(city, scope)
    removed = 0
    for table, columns in clinical_tables(city.platform).items():
        tests = []
        if "patient_key" in columns:
            tests.append(f"patient_key NOT IN ({', '.join(map(str, keys)) or '0'})")
        if "division_code" in columns:
            tests += [f"NOT startsWith(division_code, '{prefix}')" for prefix in scope.divisions]
        where = " AND ".join(tests) or "1"
        removed += int(city.platform.warehouse.execute(f"SELECT count() FROM {table} WHERE {where}")[0][0])
        city.platform.warehouse.command(f"ALTER TABLE {table} DELETE WHERE {where} SETTINGS mutations_sync = 2")
    return removed


def visible_keys(city: City, scope: Scope) -> list[int]:
    """Patient keys of the persons a caller may see."""
    with closing(opened(city)) as connection:
        mine = f"SELECT person_id FROM empi_identity WHERE {_inside(IdentityRow, scope)}"
        found = connection.execute(f"SELECT patient_key FROM empi_identity WHERE person_id IN ({mine})").fetchall()
    return sorted(int(key) for (key,) in found)


def institutions_of(city: City, scope: Scope) -> frozenset[int]:
    """Institutions that the records of the visible persons come from."""
    keys = ", ".join(map(str, visible_keys(city, scope))) or "0"
    found = city.platform.warehouse.execute(f"SELECT DISTINCT institution FROM record_event WHERE patient_key IN ({keys})")
    return frozenset(int(institution) for (institution,) in found)


def visible_persons(city: City, scope: Scope) -> list[int]:
    """Persons a caller may see."""
    with closing(opened(city)) as connection:
        query = f"SELECT DISTINCT person_id FROM empi_identity WHERE {_inside(IdentityRow, scope)}"
        return sorted(int(person) for (person,) in connection.execute(query).fetchall() if person)


def disturb(city: City, scope: Scope) -> int:
    """Change a readable column of every hidden row."""
    named = institutions_of(city, scope)
    with closing(opened(city)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        changed = 0
        for model in scoped_models(Base):
            table = model.__table__
            texts = [c.name for c in table.columns if c.name in _READABLE]
            if texts and not table.name.startswith("test_"):
                values = ", ".join(f'"{name}" = substr("{name}", 1, 2) || \'CANARY\'' for name in texts)
                changed += connection.execute(f'UPDATE "{table.name}" SET {values} WHERE {hidden(model, scope, named)}').rowcount
        connection.commit()
    return changed


MUTATIONS = {"removed": remove, "changed": disturb}
