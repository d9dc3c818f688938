"""Every statement the suite issues must also be a statement of Oracle: it is compiled for that dialect and parsed."""

from __future__ import annotations

import re
from typing import Any

import sqlglot
from sqlalchemy import ClauseElement, Engine, event
from sqlalchemy.dialects import oracle
from sqlalchemy.exc import CompileError
from sqlalchemy.sql.ddl import DDLElement
from sqlalchemy.sql.elements import TextClause
from sqlglot.errors import ParseError

from empi import driver

DIALECT = oracle.dialect(max_identifier_length=30)
_POSTCOMPILE = re.compile(r"__\[POSTCOMPILE_\w+\]")  # SQLAlchemy's place for values it writes at execution
_SEEN: set[Any] = set()
STATEMENTS: list[str] = []


def _check(connection: Any, element: Any, *_: Any) -> None:
    if not isinstance(element, ClauseElement) or isinstance(element, (TextClause, DDLElement)):
        return
    if connection.get_execution_options().get("dialect_own"):
        return
    key = element._generate_cache_key()
    if key is None or key.key in _SEEN:
        return
    _SEEN.add(key.key)
    if not _own(element):
        STATEMENTS.append(_compiled(element))


def _own(element: Any) -> bool:
    """Statements that only another dialect issues (advisory locks, ON CONFLICT) say so by their type or function."""
    if type(element).__module__.startswith(("sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite")):
        return True
    return any(word in str(element) for word in ("pg_advisory", "pg_catalog"))


def _compiled(element: Any) -> str:
    try:
        sql = str(element.compile(dialect=DIALECT))
        sqlglot.parse_one(_POSTCOMPILE.sub("1", sql), dialect="oracle")
    except (CompileError, ParseError) as error:
        raise AssertionError(f"not a statement of Oracle: {error}\n{element}") from error
    return sql


def watch() -> None:
    """Check the statements of every engine from now on."""
    event.listen(Engine, "before_execute", _check)
    driver.LISTENERS.append(_check)
