"""How a scope narrows every ORM statement and guards every write.

Criteria are plain expressions, one per mapped class: a lambda would be cached by SQLAlchemy with the first caller's scope.
They are added to every ORM SELECT, UPDATE and DELETE, to lazy loads and to eager loads. They are *not* added to textual
SQL or Core tables, which an architecture test therefore keeps inside the kernel; on PostgreSQL row security
(``kernel.row_security``) is the second net.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, and_, event, false, or_, true
from sqlalchemy.orm import (
    DeclarativeBase,
    LoaderCriteriaOption,
    Mapped,
    Mapper,
    ORMExecuteState,
    Session,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.sql import visitors

from health_platform.kernel.columns import Text_
from health_platform.kernel.errors import NotFound
from health_platform.kernel.scope import SCOPE_KEY, Scope, scope_of, system_scope

_IN_LIMIT = 900  # Oracle refuses more than 1,000 expressions in a list


class Unscoped:
    """Reference and system rows: whoever may call the function may see them all."""


class DivisionScoped:
    """Rows that belong to a division (12-digit code) and, when ``line_code`` is set, to one line of work.

    Optional columns with a meaning here: ``institution_id`` (a unit's own rows), ``class_code`` (document class).
    """

    division_code: Mapped[str | None] = mapped_column(Text_(12), index=True)
    line_code: Mapped[str | None] = mapped_column(Text_(16))


class PersonScoped(DivisionScoped):
    """Rows about a person: visible by jurisdiction, or by a relationship with the person."""

    person_id: Mapped[int | None] = mapped_column(index=True)


def criterion(model: Any, scope: Scope) -> ColumnElement[bool]:
    """The rows of ``model`` that ``scope`` may touch, as a WHERE expression."""
    allowed = _jurisdiction(model, scope)
    if issubclass(model, PersonScoped) and scope.persons:
        allowed = or_(allowed, _in(model.person_id, scope.persons))
    return and_(allowed, _cleared(model, scope))


@lru_cache(maxsize=500)
def _option(model: Any, scope: Scope) -> LoaderCriteriaOption:
    """The criterion as an option of statements; a scope says all it depends on, so callers of equal scope share it."""
    return with_loader_criteria(model, criterion(model, scope), include_aliases=True)


def _jurisdiction(model: Any, scope: Scope) -> ColumnElement[bool]:
    if not scope.divisions:
        return false()
    parts = [_in_divisions(model.division_code, scope.divisions)]
    if scope.lines is not None:
        parts.append(or_(model.line_code.is_(None), _in(model.line_code, scope.lines)))
    if scope.institutions is not None and hasattr(model, "institution_id"):
        parts.append(_in(model.institution_id, scope.institutions))
    return and_(*parts)


def _cleared(model: Any, scope: Scope) -> ColumnElement[bool]:
    if scope.classes is None or not hasattr(model, "class_code"):
        return true()
    return or_(model.class_code.is_(None), _in(model.class_code, scope.classes))


def _in_divisions(column: Any, prefixes: Iterable[str]) -> ColumnElement[bool]:
    tests = [true() if prefix == "" else column.like(f"{_digits(prefix)}%") for prefix in sorted(prefixes)]
    return or_(*tests)


def _digits(prefix: str) -> str:
    if not prefix.isascii() or not prefix.isdigit():
        raise ValueError(f"division prefix {prefix!r} is not made of digits")
    return prefix


def _in(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    ordered = sorted(values)
    chunks = [ordered[start : start + _IN_LIMIT] for start in range(0, len(ordered), _IN_LIMIT)]
    return or_(*(column.in_(chunk) for chunk in chunks)) if chunks else false()


def scoped_models(base: type[DeclarativeBase]) -> list[Any]:
    """All mapped classes that carry a scope."""
    classes = [mapper.class_ for mapper in base.registry.mappers]
    return sorted((c for c in classes if issubclass(c, DivisionScoped)), key=lambda c: str(c.__name__))


class Reach:
    """Which scoped classes a statement can touch: the tables it names, and whatever relationships lead to from there.

    Adding the criteria of every scoped class to every statement is right but costs milliseconds. When a statement names
    no table we know, all classes are taken: in doubt the answer is narrower, never wider.
    """

    def __init__(self, base: type[DeclarativeBase]) -> None:
        self._base = base
        self._by_table: dict[str, frozenset[Any]] = {}

    def of(self, statement: Any) -> Sequence[Any]:
        """Scoped classes whose rows the statement may return or change."""
        elements: Iterable[Any] = visitors.iterate(statement)
        names = {element.name for element in elements if element.__visit_name__ == "table"}
        if not names or not names <= self._tables().keys():
            return scoped_models(self._base)
        found = [self._by_table[name] for name in names]
        return sorted(frozenset().union(*found), key=lambda c: str(c.__name__))

    def _tables(self) -> dict[str, frozenset[Any]]:
        if len(self._by_table) < len(self._base.metadata.tables):
            mappers = {str(mapper.local_table.name): mapper for mapper in self._base.registry.mappers}  # type: ignore[attr-defined]
            tables = self._base.metadata.tables
            self._by_table = {name: _reachable(mappers[name]) if name in mappers else frozenset() for name in tables}
        return self._by_table


def _reachable(start: Mapper[Any]) -> frozenset[Any]:
    seen, waiting = {start}, [start]
    while waiting:
        targets = {relationship.mapper for relationship in waiting.pop().relationships} - seen
        seen |= targets
        waiting += targets
    return frozenset(mapper.class_ for mapper in seen if issubclass(mapper.class_, DivisionScoped))


class Narrowing:
    """Statements as a scope may ask them.

    A statement that is put together once, beside its function, and asked by every request is looked through once, and what a
    scope made of it is kept for the next caller of equal scope: SQLAlchemy then need not work out again which of its compiled
    forms it is. A statement built for one call is never seen twice, and nothing of it is kept.
    """

    def __init__(self, base: type[DeclarativeBase]) -> None:
        self._reach = Reach(base)
        self._tables, self._known = base.metadata.tables, 0
        self._met: WeakKeyDictionary[Any, Sequence[Any]] = WeakKeyDictionary()
        self._kept = lru_cache(maxsize=2_000)(self._narrowed)

    def of(self, statement: Any, scope: Scope) -> Any:
        """The statement with the criteria of every scoped class it can touch."""
        if len(self._tables) != self._known:  # classes defined since may be within its reach
            self._known = len(self._tables)
            self._met.clear()
            self._kept.cache_clear()
        if statement in self._met:
            return self._kept(statement, scope)
        return self._narrowed(statement, scope)

    def _narrowed(self, statement: Any, scope: Scope) -> Any:
        reached = self._met.get(statement)
        if reached is None:
            reached = self._met[statement] = self._reach.of(statement)
        return statement.options(*(_option(model, scope) for model in reached))


def install(session_class: type[Session], base: type[DeclarativeBase]) -> None:
    """Narrow every statement and guard every write of this session class."""
    narrowing = Narrowing(base)

    @event.listens_for(session_class, "do_orm_execute")
    def narrow_statement(state: ORMExecuteState) -> None:
        scope = scope_of(state.session)
        if not scope.everything and not state.is_column_load:
            state.statement = narrowing.of(state.statement, scope)

    @event.listens_for(session_class, "before_flush")
    def guard_writes(session: Session, context: Any, instances: Any) -> None:
        scope = scope_of(session)
        if scope.everything:
            return
        for row in (*session.new, *session.dirty):
            if isinstance(row, DivisionScoped) and not covers(row, scope):
                raise NotFound("scope.outside", kind=type(row).__name__)


def covers(row: DivisionScoped, scope: Scope) -> bool:
    """The in-memory twin of ``criterion``."""
    related = isinstance(row, PersonScoped) and row.person_id is not None and scope.covers_person(row.person_id)
    owned = (
        scope.covers_division(row.division_code)
        and scope.covers_line(row.line_code)
        and (not hasattr(row, "institution_id") or scope.covers_institution(row.institution_id))
    )
    document_class = getattr(row, "class_code", None)
    return (related or owned) and (document_class is None or scope.covers_class(document_class))


def change_scope(session: Session, scope: Scope) -> None:
    """Give the session another scope and forget what it loaded under the old one."""
    session.flush()
    session.expunge_all()
    session.info[SCOPE_KEY] = scope
    session.info["on_scope"](session)


@contextmanager
def widened(session: Session, reason: str) -> Iterator[Session]:
    """Work under the platform's own scope inside the block, in the same transaction.

    For acts that must see more than their caller (finding a duplicate in another county). Whatever the block loaded is
    detached at its end, so that the caller's scope cannot reach it through the identity map.
    """
    before = session.info[SCOPE_KEY]
    session.flush()
    known = set(session.identity_map.keys())
    session.info[SCOPE_KEY] = system_scope(reason)
    session.info["on_scope"](session)
    try:
        yield session
        session.flush()
    finally:
        for key in [key for key in session.identity_map.keys() if key not in known]:  # noqa: SIM118 - not a dict
            session.expunge(session.identity_map[key])
        session.info[SCOPE_KEY] = before
        if session.is_active:
            session.info["on_scope"](session)
