"""Inserting rows without making objects of them, for acts that write many or are done often.

A row of an object takes about four times as long as one by a Core statement. The scope guards what is written here as it
guards objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Insert, Table, insert
from sqlalchemy.orm import DeclarativeBase, Session

from health_platform.kernel.errors import NotFound
from health_platform.kernel.narrowing import DivisionScoped, covers
from health_platform.kernel.scope import scope_of

_STATEMENTS: dict[type[DeclarativeBase], Insert] = {}


def insert_rows(session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows given by column name, all with the same columns; defaults of the model fill the others.

    Raises:
        NotFound: a row lies outside the session's scope, as for objects.
    """
    if not rows:
        return
    _guard(session, model, rows)
    if model not in _STATEMENTS:
        _STATEMENTS[model] = insert(cast(Table, model.__table__))
    session.flush()  # objects written before may be what these rows refer to
    session.connection().execute(_STATEMENTS[model], list(rows))


def _guard(session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
    scope = scope_of(session)
    if scope.everything or not issubclass(model, DivisionScoped):
        return
    for row in rows:
        if not covers(model(**row), scope):
            raise NotFound("scope.outside", kind=model.__name__)
