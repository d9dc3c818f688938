"""Statements handed to the database's driver itself, on SQLite and PostgreSQL.

A registration's statements cost the processor less than SQLAlchemy's work around each of them. So the statement is compiled
once, values are bound and read with the types SQLAlchemy would use, and the rest is the driver's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

DRIVEN = ("sqlite", "postgresql")
"""Dialects whose drivers are spoken to here."""
LISTENERS: list[Callable[[Connection, ClauseElement], None]] = []
"""Told of each statement when it is prepared, since SQLAlchemy's events do not hear of it."""
_Convert = Callable[[Any], Any] | None


@dataclass(frozen=True)
class Prepared:
    """A statement as the driver takes it.

    Attributes:
        text: SQL with a place for every value.
        places: name of each value in order, where the driver knows places by their order; else ``None``, and they have names.
        binds: what turns a value into what is stored, by name; values that are stored as they are have none.
        fixed: values the statement brings itself.
    """

    text: str
    places: tuple[str, ...] | None
    binds: Mapping[str, Callable[[Any], Any]]
    fixed: Mapping[str, Any]

    def bound(self, given: Mapping[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        """The values as the driver takes them, each converted once however often it occurs."""
        values = {**self.fixed, **given}
        for name, bind in self.binds.items():
            values[name] = bind(values[name])
        return values if self.places is None else tuple([values[name] for name in self.places])

    def bound_rows(self, names: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> Sequence[Any]:
        """The values of many rows, each given in the order of ``names``."""
        if self.places is None:
            return [self.bound(dict(zip(names, row, strict=True))) for row in rows]
        if names == self.places and not self.binds:
            return rows
        given = dict(zip(names, zip(*rows, strict=True), strict=True))
        columns = [given[name] if (bind := self.binds.get(name)) is None else map(bind, given[name]) for name in self.places]
        return list(zip(*columns, strict=True))


def fetch(connection: Connection, statement: ClauseElement, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement that reads."""
    prepared = _prepared(connection, statement, statement)
    cursor = _do(connection, prepared, "execute", prepared.bound(given))
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    converts = _converts(connection, statement, cursor)
    if converts is None:
        return rows
    return [tuple([value if to is None else to(value) for to, value in zip(converts, row, strict=True)]) for row in rows]


def run(connection: Connection, statement: ClauseElement, names: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
    """A statement that writes, once for each row of values; the model fills no column that is not named."""
    prepared = _prepared(connection, (statement, names), statement, names)
    values = prepared.bound_rows(names, rows)
    if len(values) == 1:
        _do(connection, prepared, "execute", values[0])
    else:
        _do(connection, prepared, "executemany", values)


def _do(connection: Connection, prepared: Prepared, how: str, values: Any) -> Any:
    driver = cast(Any, connection.connection.driver_connection)
    failure = cast(Any, connection.dialect.dbapi).Error
    try:
        cursor = driver.cursor()
        getattr(cursor, how)(prepared.text, values)
    except failure as error:
        raise _as_sqlalchemys(connection, prepared, error, failure) from error
    return cursor


def _as_sqlalchemys(connection: Connection, prepared: Prepared, error: Any, failure: type[Exception]) -> BaseException:
    """The driver's error as SQLAlchemy raises it; the values stay out of its text, they are people's."""
    dialect = connection.dialect
    if gone := dialect.is_disconnect(error, connection.connection, None):
        connection.invalidate(error)
    return cast(BaseException, DBAPIError.instance(prepared.text, None, error, failure, True, gone, dialect))


def _prepared(connection: Connection, key: Any, statement: ClauseElement, names: tuple[str, ...] | None = None) -> Prepared:
    kept = connection.info.setdefault("empi prepared", {})
    if key not in kept:
        for listener in LISTENERS:
            listener(connection, statement)
        kept[key] = _prepare(connection.dialect, statement, names)
    return cast(Prepared, kept[key])


def _prepare(dialect: Dialect, statement: ClauseElement, names: tuple[str, ...] | None) -> Prepared:
    compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=list(names) if names else None))
    places = tuple(compiled.positiontup) if compiled.positional and compiled.positiontup is not None else None
    used = compiled.params if places is None else dict.fromkeys(places)
    types = {name: compiled.binds[name].type for name in used}
    binds = {name: bind for name, of in types.items() if (bind := of.dialect_impl(dialect).bind_processor(dialect))}
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    return Prepared(str(compiled), places, binds, fixed)


def _converts(connection: Connection, statement: ClauseElement, cursor: Any) -> tuple[_Convert, ...] | None:
    """What turns each column of an answer into its value; ``None`` where all are taken as they come."""
    kept = connection.info.setdefault("empi converts", {})
    if statement not in kept:
        found = tuple(
            column.type.dialect_impl(connection.dialect).result_processor(connection.dialect, described[1])
            for column, described in zip(statement.selected_columns, cursor.description, strict=True)  # type: ignore[attr-defined]
        )
        kept[statement] = found if any(found) else None
    return cast("tuple[_Convert, ...] | None", kept[statement])
