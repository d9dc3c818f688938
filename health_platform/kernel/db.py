"""The relational database: scoped sessions and the only commit.

Functions of the platform take a ``Session`` and never commit; the edge (a request, a worker's step, a command) opens one
``unit_of_work`` around them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from sqlalchemy import BigInteger, Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

from health_platform.kernel import narrowing, row_security, sqlite
from health_platform.kernel.columns import KEY_ORDERED, NAMING, Flag, Instant, Json, LongText, Text_
from health_platform.kernel.errors import DefinitionError
from health_platform.kernel.ids import new_id
from health_platform.kernel.narrowing import DivisionScoped, PersonScoped, Unscoped, change_scope, widened
from health_platform.kernel.scope import REGION_KEY, SCOPE_KEY, Scope

__all__ = [
    "KEY_ORDERED",
    "Base",
    "Database",
    "DivisionScoped",
    "Flag",
    "Id",
    "Instant",
    "Json",
    "LongText",
    "MustWrite",
    "PersonScoped",
    "PrimaryKey",
    "Text_",
    "Unscoped",
    "about_to_write",
    "afterwards",
    "change_scope",
    "give_room",
    "only_reads",
    "reads_so_far",
    "start_writing",
    "widened",
]

_LATER, _READING, _WRITER = "hp_afterwards", "hp_reading", "hp_writer"
_READ_ONLY = "attempt to write a readonly database"

Answer = TypeVar("Answer")

PrimaryKey = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False, default=new_id)]
Id = Annotated[int, mapped_column(BigInteger)]


class MustWrite(Exception):
    """A unit of work that said it only reads wrote something: it must be run again as one that writes."""


class Base(DeclarativeBase):
    """Every table. A model picks exactly one of ``Unscoped``, ``DivisionScoped`` and ``PersonScoped``."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {int: BigInteger(), bool: Flag}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if issubclass(cls, Unscoped) == issubclass(cls, DivisionScoped):
            raise DefinitionError(f"{cls.__name__} must be either Unscoped or DivisionScoped/PersonScoped")


class ScopedSession(Session):
    """A session that carries the caller's scope; made only by ``Database``."""


narrowing.install(ScopedSession, Base)


class Database:
    """The engine and its units of work.

    Args:
        url: SQLAlchemy URL (SQLite, PostgreSQL/openGauss or Oracle).
        app_role: PostgreSQL role taken inside every transaction, so that forced row security applies to it.
        region: 12-digit code of the division this deployment serves; whoever answers for it answers for the whole map.
    """

    def __init__(self, url: str, app_role: str = "", region: str = "") -> None:
        self.url = url
        self.app_role = app_role
        self.region = region
        self.engine = _engine(url)
        self._reader = sqlite.reader_engine(self.engine) if self.dialect == "sqlite" and self.engine.url.database else None
        self._log = sqlite.Log(self.engine.url.database or "") if self._reader is not None else None
        self.consumers: dict[str, list[tuple[str, Callable[[Any], bool] | None]]] = {}
        self._sessions = sessionmaker(self.engine, class_=ScopedSession, expire_on_commit=False)
        if self.dialect == "postgresql":
            event.listen(self._sessions, "after_begin", self._begun)

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    @contextmanager
    def unit_of_work(self, scope: Scope, *, reading: bool = False, writes_later: bool = False) -> Iterator[Session]:
        """One transaction under one scope: commits at the end of the block, rolls back on an exception.

        ``reading`` promises that the block writes nothing but what it hands to ``afterwards``. SQLite lets one writer in at a
        time, and a transaction that may write takes its place at the start; one that only reads need not wait (ADR 86). With
        ``writes_later`` the promise holds until the block calls ``start_writing``. Other databases do not care.

        Raises:
            MustWrite: the block of a reading unit wrote all the same; nothing was changed.
        """
        reads = (reading or writes_later) and self._reader is not None
        with self._sessions(bind=self._reader if reads else self.engine) as session:
            known = {SCOPE_KEY: scope, REGION_KEY: self.region, "consumers": self.consumers, "on_scope": self._announce}
            session.info.update(known)
            session.info[_READING] = reading
            if reads:
                session.info[_LATER], session.info[_WRITER] = [], self.engine
            try:
                yield session
                session.commit()
                if session.info.get(_LATER):
                    _write_later(session)
                    session.commit()
            except OperationalError as error:
                session.rollback()
                if session.bind is self._reader and _READ_ONLY in str(error.orig):
                    raise MustWrite from error
                raise
            except BaseException:
                session.rollback()
                raise

    def read_first(self, scope: Scope, work: Callable[[Session], Answer]) -> Answer:
        """What ``work`` returns, for work that seldom writes: it is done reading, and once more if it turns out to write."""
        try:
            with self.unit_of_work(scope, writes_later=True) as session:
                return work(session)
        except MustWrite:
            with self.unit_of_work(scope) as session:
                return work(session)

    def _begun(self, session: Session, transaction: Any, connection: Connection) -> None:
        row_security.announce(connection, session.info[SCOPE_KEY], self.app_role)

    def _announce(self, session: Session) -> None:
        if self.dialect == "postgresql" and session.in_transaction():
            row_security.announce(session.connection(), session.info[SCOPE_KEY], self.app_role)

    def create_all(self) -> None:
        """Create every table from the models, for tests and throw-away databases; real ones use migrations."""
        Base.metadata.create_all(self.engine)

    def carry_over(self) -> None:
        """What SQLite otherwise does in somebody's commit; a worker calls it every second. Other databases do it themselves."""
        if self._log is not None:
            self._log.carry_over()

    def read_ahead(self) -> bool:
        """Have a SQLite file in memory soon after a start, before people wait for its pages one by one; takes seconds.

        Returns:
            Whether there was a file to read, and it fits well into the memory that is free.
        """
        return self.dialect == "sqlite" and sqlite.read_ahead(Path(self.engine.url.database or ""))

    def close(self) -> None:
        self.engine.dispose()
        if self._reader is not None:
            self._reader.dispose()


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        return sqlite.writer_engine(url)
    if url.startswith("oracle"):
        return create_engine(url, pool_pre_ping=True, max_identifier_length=30)
    return create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=16)


def afterwards(session: Session, write: Callable[[Session], None]) -> None:
    """Write within the unit of work: at once, or in a reading unit after its reads, before the unit ends."""
    later = session.info.get(_LATER)
    if later is None:
        write(session)
    else:
        later.append(write)


def give_room(session: Session) -> None:
    """Much memory for a unit of work that writes a great many rows, and the next ones of its connection; SQLite only."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        sqlite.give_room(connection)


def only_reads(session: Session) -> bool:
    """Whether the unit of work promised to write nothing but what it hands to ``afterwards``."""
    return bool(session.info.get(_READING))


def about_to_write(session: Session) -> None:
    """Say that the unit of work will write, before the work for it is done in vain where it is to read.

    Raises:
        MustWrite: the unit reads until now; it must be run again as one that writes.
    """
    if reads_so_far(session):
        raise MustWrite


def reads_so_far(session: Session) -> bool:
    """Whether the unit of work only reads until now, beside whoever writes; on databases that care (SQLite)."""
    return session.info.get(_LATER) is not None


def start_writing(session: Session) -> None:
    """End the reading part of a unit of work: what follows is a transaction of its own, beginning with what was handed to
    ``afterwards``. Rows read before belong to the session no longer, because another writer may have been there meanwhile."""
    if session.info.get(_LATER) is not None:
        session.commit()
        session.expunge_all()
        _write_later(session)


def _write_later(session: Session) -> None:
    later, session.info[_LATER] = session.info[_LATER], None
    session.bind = session.info[_WRITER]
    for write in later:
        write(session)
