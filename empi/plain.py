"""Statements of the hot path: built once, without mapped objects, with any number of keys or rows in one statement.

An arriving identity costs a dozen statements. Building each anew, narrowing it and turning rows into objects costs several
times what the database does for it. Plain statements are not narrowed by scope, so they run only under the platform's own
(``empi.wide.whole_index``); ``plainly`` refuses any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, TypeDecorator, TypeEngine

from empi import driver
from health_platform.kernel.scope import scope_of

KEYS = "keys"
_FEW = 3


class KeyList(TypeDecorator[Any]):
    """Whole numbers as one parameter: an array where the database has them, else JSON text."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        array = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.ARRAY(BigInteger) if array else Text())

    def process_bind_param(self, value: Iterable[int] | None, dialect: Dialect) -> Any:
        ordered = sorted(set(value or ()))
        return ordered if dialect.name == "postgresql" else json.dumps(ordered)


class Among(FunctionElement[bool]):
    """``column IN keys`` with all keys in one parameter, so that the statement's text never changes."""

    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Among:
        """Itself: it is a condition already; made one by ``= 1``, it would hide its column from every index."""
        return self


@compiles(Among)
def _among(element: Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, keys = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608 - both parts come from the compiler


@compiles(Among, "postgresql")
def _among_postgresql(element: Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, keys = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} = ANY ({keys})"


@compiles(Among, "oracle")
def _among_oracle(element: Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, keys = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} IN (SELECT one FROM JSON_TABLE({keys}, '$[*]' COLUMNS (one NUMBER(19) PATH '$')))"  # noqa: S608 - both parts come from the compiler


def among(column: Column[Any]) -> ColumnElement[bool]:
    """The rows whose column is one of the keys given as the parameter ``keys`` when the statement runs."""
    return Among(column, bindparam(KEYS, type_=KeyList()))


def table_of(model: Any) -> Table:
    """The table behind a model."""
    return cast(Table, model.__table__)


def plainly(session: Session, statement: Any, keys: Iterable[int], **given: Any) -> Sequence[Any]:
    """Rows of a prepared statement for these keys, as tuples; ``given`` are values of its other parameters.

    Raises:
        RuntimeError: the session's scope is not the platform's own, and the statement would see past it.
    """
    if not scope_of(session).everything:
        raise RuntimeError("plain statements see the whole index; use whole_index()")
    connection = session.connection()
    if connection.dialect.name in driver.DRIVEN:
        return driver.fetch(connection, statement, {KEYS: keys, **given})
    return connection.execute(statement, {KEYS: keys, **given}).fetchall()


def write(session: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns in the same order."""
    if rows:
        write_tuples(session, model, tuple(rows[0]), [tuple(row.values()) for row in rows])


def write_tuples(session: Session, model: Any, names: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows given as the values of the named columns."""
    insert_into(session.connection(), table_of(model), names, rows)


def write_missing(session: Session, model: Any, names: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
    """``write_tuples`` where some of the rows may be there already, unless the database cannot be told so (Oracle)."""
    insert_into(session.connection(), table_of(model), names, rows, missing=True)


def insert_into(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[Any]], missing: bool = False
) -> None:
    """Insert rows given as the values of the named columns; of those with a key that is there already none if ``missing``."""
    if not rows:
        return
    dialect = connection.dialect.name
    if len(rows) > _FEW and dialect == "postgresql":
        columns = tuple(map(list, zip(*rows, strict=True)))
        driver.run(connection, _unnested(table, names, missing), names, [columns])
    elif dialect in driver.DRIVEN:
        driver.run(connection, _inserted(table, dialect if missing else ""), names, rows)
    else:
        connection.execute(_inserted(table), [dict(zip(names, row, strict=True)) for row in rows])


@lru_cache(maxsize=64)
def _inserted(table: Table, missing_on: str = "") -> Any:
    match missing_on:
        case "sqlite":
            return sqlite.insert(table).on_conflict_do_nothing()
        case "postgresql":
            return postgresql.insert(table).on_conflict_do_nothing()
        case _:
            return insert(table)


@lru_cache(maxsize=64)
def _unnested(table: Table, names: tuple[str, ...], missing: bool) -> Any:
    """One statement that inserts whole columns: far cheaper than a statement a row."""
    columns = [bindparam(name, type_=postgresql.ARRAY(table.c[name].type)) for name in names]
    given = func.unnest(*columns).table_valued(*names).render_derived()
    whole = postgresql.insert(table).from_select(list(names), select(*(given.c[name] for name in names)))
    return whole.on_conflict_do_nothing() if missing else whole


def change(session: Session, model: Any, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Update rows named by their ``key`` column; all change the same other columns."""
    if not rows:
        return
    names = tuple(name for name in rows[0] if name != key)
    statement, connection = _changed(table_of(model), key, names), session.connection()
    if connection.dialect.name in driver.DRIVEN:
        values = [(row[key], *(row[name] for name in names)) for row in rows]
        driver.run(connection, statement, (_WHICH, *names), values)
    else:
        connection.execute(statement, [{_WHICH: row[key], **{name: row[name] for name in names}} for row in rows])


_WHICH = "which_row"


@lru_cache(maxsize=64)
def _changed(table: Table, key: str, names: tuple[str, ...]) -> Any:
    return update(table).where(table.c[key] == bindparam(_WHICH)).values({name: bindparam(name) for name in names})
