"""Statements handed to SQLite's driver itself.

On the embedded database a registration's statements cost less than SQLAlchemy's work around each of them. So the statement is
compiled once, values are bound and read by whole columns with the types SQLAlchemy would use, and the rest is the driver's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

_Convert = Callable[[Any], Any] | None
LISTENERS: list[Callable[[Connection, ClauseElement], None]] = []
"""Told of each statement when it is prepared, since SQLAlchemy's events do not hear of it."""


@dataclass(frozen=True)
class Prepared:
    """A statement as the driver takes it.

    Attributes:
        text: SQL with a question mark for every value.
        places: name of each value, in order.
        binds: what turns a value into what is stored, by name; values that are stored as they are have none.
        reads: what turns each column of an answer into its value; ``None`` where all are taken as they come.
        fixed: values the statement brings itself.
    """

    text: str
    places: tuple[str, ...]
    binds: Mapping[str, Callable[[Any], Any]]
    reads: tuple[_Convert, ...] | None
    fixed: Mapping[str, Any]

    def bound(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values in their order, each converted once however often it occurs."""
        values = {**self.fixed, **given}
        for name, bind in self.binds.items():
            values[name] = bind(values[name])
        return tuple([values[name] for name in self.places])

    def bound_rows(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
        """The values of many rows, each given in the order of ``names``."""
        if tuple(names) == self.places and not self.binds:
            return rows
        given = dict(zip(names, zip(*rows, strict=True), strict=True))
        columns = [given[name] if (bind := self.binds.get(name)) is None else map(bind, given[name]) for name in self.places]
        return list(zip(*columns, strict=True))

    def read(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Rows as the statement's columns mean them."""
        if self.reads is None:
            return rows
        return [tuple([value if to is None else to(value) for to, value in zip(self.reads, row, strict=True)]) for row in rows]


def fetch(connection: Connection, statement: ClauseElement, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement that reads."""
    prepared = _prepared(connection, statement, statement)
    driver = _driver(connection)
    try:
        rows = driver.execute(prepared.text, prepared.bound(given)).fetchall()
    except sqlite3.Error as error:
        raise _wrapped(connection, prepared, error) from error
    return prepared.read(rows)


def run(connection: Connection, statement: ClauseElement, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """A statement that writes, once for each row of values; the model fills no column that is not named."""
    prepared = _prepared(connection, (statement, names), statement, names)
    driver = _driver(connection)
    try:
        driver.executemany(prepared.text, prepared.bound_rows(names, rows))
    except sqlite3.Error as error:
        raise _wrapped(connection, prepared, error) from error


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def _prepared(connection: Connection, key: Any, statement: ClauseElement, names: tuple[str, ...] | None = None) -> Prepared:
    kept = connection.info.setdefault("empi prepared", {})
    if key not in kept:
        for listener in LISTENERS:
            listener(connection, statement)
        kept[key] = _prepare(connection.dialect, statement, names)
    return cast(Prepared, kept[key])


def _prepare(dialect: Dialect, statement: ClauseElement, names: tuple[str, ...] | None) -> Prepared:
    compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=list(names) if names else None))
    places = tuple(compiled.positiontup or ())
    types: dict[str, TypeEngine[Any]] = {name: bind.type for name, bind in compiled.binds.items()}
    binds = {name: bind for name in dict.fromkeys(places) if (bind := types[name].dialect_impl(dialect).bind_processor(dialect))}
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    reads = tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in _columns(statement))
    return Prepared(str(compiled), places, binds, reads if any(reads) else None, fixed)


def _columns(statement: ClauseElement) -> Sequence[Any]:
    return list(getattr(statement, "selected_columns", ()))


def _wrapped(connection: Connection, prepared: Prepared, error: sqlite3.Error) -> BaseException:
    """The driver's error as SQLAlchemy raises it; the values stay out of its text, they are people's."""
    return DBAPIError.instance(prepared.text, None, error, sqlite3.Error, hide_parameters=True, dialect=connection.dialect)
