"""PostgreSQL row security: the second net under ``kernel.narrowing``.

The scope travels in transaction-local settings (pool-safe); a transaction that announces none sees no rows. Policies are
forced, so that they bind the table owner too; only a role with BYPASSRLS (backup) reads past them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, text

from health_platform.kernel.scope import Scope

_ANNOUNCE = text(
    "SELECT set_config('app.everything', :everything, true), set_config('app.divisions', :divisions, true),"
    " set_config('app.lines', :lines, true), set_config('app.persons', :persons, true),"
    " set_config('app.units', :units, true), set_config('app.classes', :classes, true)"
)


def announce(connection: Connection, scope: Scope, app_role: str = "") -> None:
    """Tell PostgreSQL the scope of the running transaction and step down to the application role."""
    if app_role:
        quoted = connection.dialect.identifier_preparer.quote_identifier(app_role)
        connection.exec_driver_sql(f"SET LOCAL ROLE {quoted}")
    connection.execute(_ANNOUNCE, _settings(scope))


def _settings(scope: Scope) -> dict[str, str]:
    return {
        "everything": "on" if scope.everything else "off",
        "divisions": ",".join(f"{prefix}%" for prefix in scope.divisions),
        "lines": _set(scope.lines),
        "persons": ",".join(str(person) for person in sorted(scope.persons)),
        "units": _set(scope.institutions),
        "classes": _set(scope.classes),
    }


def _set(values: frozenset[Any] | None) -> str:
    return "*" if values is None else ",".join(str(value) for value in sorted(values))


def _member(column: str, setting: str, cast: str = "::text[]") -> str:
    """SQL: the column is in a comma-separated setting, or the setting is ``*``. Sub-selects are evaluated once."""
    listed = f"(SELECT string_to_array(nullif(current_setting('app.{setting}', true), '*'), ','))"
    return f"((SELECT current_setting('app.{setting}', true)) = '*' OR {column} = ANY ({listed}{cast}))"


def policy(table: Table) -> str:
    """The USING / WITH CHECK expression of a scoped table."""
    columns = set(table.columns.keys())
    owned = [
        "division_code LIKE ANY ((SELECT string_to_array(current_setting('app.divisions', true), ','))::text[])",
        f"(line_code IS NULL OR {_member('line_code', 'lines')})",
    ]
    if "institution_id" in columns:
        owned.append(_member("institution_id", "units", "::bigint[]"))
    allowed = f"({' AND '.join(owned)})"
    if "person_id" in columns:
        persons = "(SELECT string_to_array(nullif(current_setting('app.persons', true), ''), ','))"
        allowed = f"({allowed} OR person_id = ANY ({persons}::bigint[]))"
    if "class_code" in columns:
        allowed = f"({allowed} AND (class_code IS NULL OR {_member('class_code', 'classes')}))"
    return f"((SELECT current_setting('app.everything', true)) = 'on' OR {allowed})"


def statements(models: list[Any], app_role: str = "") -> Iterator[str]:
    """DDL that forces row security on the tables of scoped models and lets the application role work on them.

    A model with ``append_only`` takes every new row and shows each caller only what the scope allows.
    """
    for model in models:
        table: Table = model.__table__
        name, allowed = f'"{table.name}"', policy(table)
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS scope ON {name}"
        yield f"DROP POLICY IF EXISTS append ON {name}"
        if getattr(model, "append_only", False):
            yield f"CREATE POLICY append ON {name} FOR INSERT WITH CHECK (true)"
            yield f"CREATE POLICY scope ON {name} USING {allowed}"
        else:
            yield f"CREATE POLICY scope ON {name} USING {allowed} WITH CHECK {allowed}"
    if app_role:
        yield f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{app_role}"'
