"""Reading a few columns of tables that carry no scope, as every request does before anybody is served.

What the ORM does for objects, and the narrowing for scopes, is more than such a read itself: without them it takes half the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakSet

from sqlalchemy import Select
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from health_platform.kernel.db import Base, Unscoped
from health_platform.kernel.errors import DefinitionError

_CHECKED: WeakSet[Any] = WeakSet()


def columns(session: Session, statement: Select[*tuple[Any, ...]], values: Mapping[str, Any] | None = None) -> Sequence[Any]:
    """The rows of a statement that is put together once and names columns of ``Unscoped`` tables.

    Objects that the session has not written yet are not seen.

    Raises:
        DefinitionError: it names another table, whose rows not everybody may see.
    """
    if statement not in _CHECKED:
        _check(statement)
        _CHECKED.add(statement)
    return session.connection().execute(statement, values or {}).all()


def _check(statement: Select[*tuple[Any, ...]]) -> None:
    open_mappers = [mapper for mapper in Base.registry.mappers if issubclass(mapper.class_, Unscoped)]
    open_to_all = {str(mapper.local_table.name) for mapper in open_mappers}  # type: ignore[attr-defined]  # all are tables
    elements: Iterable[Any] = visitors.iterate(statement)
    named = {element.name for element in elements if element.__visit_name__ == "table"}
    if not named or not named <= open_to_all:
        raise DefinitionError(f"a plain read names tables that carry a scope: {statement}")
