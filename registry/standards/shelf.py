"""Terms and search indexes kept in memory by the content they were made of; the least recently used go first."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.standards.models import CodeTerm, PackedTerms, SystemVersion
from registry.standards.packing import Columns, unpack
from registry.standards.search import SearchIndex
from registry.standards.suggest import Candidates
from registry.standards.terms import Term

T = TypeVar("T")


class Shelf(Generic[T]):
    """Keeps at most ``places`` values by id. Ids are never used twice, not even by another database."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._kept: OrderedDict[int, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: int, make: Callable[[], T]) -> T:
        """The kept value, or one made now."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        self.put(key, value)
        return value

    def put(self, key: int, value: T) -> None:
        """Keep a value."""
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self._places:
                self._kept.popitem(last=False)


_INDEXES: Shelf[SearchIndex] = Shelf(64)
_CANDIDATES: Shelf[Candidates] = Shelf(16)


def index(session: Session, version: SystemVersion) -> SearchIndex:
    """The search index of a version's present content."""
    return _INDEXES.get(version.content, lambda: SearchIndex(_columns(session, version)))


def terms(session: Session, version: SystemVersion) -> list[Term]:
    """The terms of a version's present content."""
    return index(session, version).terms


def candidates(session: Session, version: SystemVersion) -> Candidates:
    """The terms of a version's present content, arranged for suggesting."""
    return _CANDIDATES.get(version.content, lambda: Candidates(_columns(session, version)))


def _columns(session: Session, version: SystemVersion) -> Columns:
    """From the packed piece; from the rows where there is none, as for the small tables that come with the platform."""
    query = select(PackedTerms.body).where(PackedTerms.version_id == version.id, PackedTerms.content == version.content)
    if (body := session.scalar(query)) is not None:
        return unpack(body)
    columns = (CodeTerm.code, CodeTerm.name, CodeTerm.initials, CodeTerm.parent, CodeTerm.note)
    rows = session.execute(select(*columns).where(CodeTerm.version_id == version.id).order_by(CodeTerm.position)).all()
    return Columns(
        [row.code for row in rows],
        [row.name for row in rows],
        [row.initials or "" for row in rows],
        [row.parent for row in rows],
        [row.note for row in rows],
    )
