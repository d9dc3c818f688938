"""Kept answers that every process of the platform shares, on whatever machine it runs: sealed rows of the database."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import LargeBinary, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from health_platform.kernel import clock
from health_platform.kernel.cache import CacheRule
from health_platform.kernel.crypto import CryptoProvider, DecryptionFailed
from health_platform.kernel.db import Base, Database, Instant, Text_, Unscoped
from health_platform.kernel.scope import system_scope

LARGEST: Final = 1_000_000
"""Bytes of an answer that is still shared; a larger one stays with the process that computed it."""


class CacheEntryRow(Unscoped, Base):
    """An answer of a marked function. The digest is of its key; the content is encrypted and bound to name and digest."""

    __tablename__ = "cache_entry"

    name: Mapped[str] = mapped_column(Text_(64), primary_key=True)
    digest: Mapped[str] = mapped_column(Text_(64), primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class SharedAnswers:
    """``SharedPlace``. New answers wait in memory until the process next exchanges figures and rules.

    Answers are Python values. Unpickling runs what the bytes say, so only bytes that this platform's own key has sealed for
    this very name and key are unpickled: who can write to the table but has no key can at most make an answer be computed anew.
    """

    def __init__(self, crypto: CryptoProvider) -> None:
        self._crypto = crypto
        self._new: dict[tuple[str, str], tuple[datetime, bytes, int]] = {}
        self._lock = threading.Lock()

    def find(self, session: Session, name: str, key: Any, rule: CacheRule) -> tuple[float, Any] | None:
        """See ``SharedPlace``."""
        digest, now = digest_of(rule.round, key), clock.now()
        row = session.execute(
            select(CacheEntryRow.ends_at, CacheEntryRow.content).where(CacheEntryRow.name == name, CacheEntryRow.digest == digest)
        ).one_or_none()
        if row is None or row.ends_at <= now:
            return None
        try:
            value = pickle.loads(self._crypto.decrypt_bytes(row.content, f"{name}\x1f{digest}"))  # noqa: S301 - see the class
        except (DecryptionFailed, AttributeError, ImportError):
            return None  # another key, or a type that an upgrade has moved
        return (row.ends_at - now).total_seconds(), value

    def keep(self, name: str, key: Any, value: Any, rule: CacheRule) -> None:
        """See ``SharedPlace``."""
        content = pickle.dumps(value)
        if len(content) > LARGEST:
            return
        digest = digest_of(rule.round, key)
        sealed = self._crypto.encrypt_bytes(content, f"{name}\x1f{digest}")
        with self._lock:
            self._new[name, digest] = clock.now() + timedelta(seconds=rule.seconds), sealed, rule.entries

    def exchange(self, database: Database) -> None:
        """Write what waits, if anything does; remove of each function what is more than its rule keeps."""
        with self._lock:
            waiting, self._new = self._new, {}
        if not waiting:
            return
        # Of two processes that write one answer at once one fails, with all it had: the answers are computed once more.
        with suppress(IntegrityError), database.unit_of_work(system_scope("shared answers")) as session:
            for (name, digest), (ends_at, content, _) in sorted(waiting.items()):
                session.merge(CacheEntryRow(name=name, digest=digest, ends_at=ends_at, content=content))
            for name, most in {name: most for (name, _), (_, _, most) in waiting.items()}.items():
                _trim(session, name, most)


def forget_ended(session: Session, now: datetime) -> None:
    """Remove shared answers that have run out."""
    session.execute(delete(CacheEntryRow).where(CacheEntryRow.ends_at <= now))


def _trim(session: Session, name: str, most: int) -> None:
    newest = select(CacheEntryRow.ends_at).where(CacheEntryRow.name == name).order_by(CacheEntryRow.ends_at.desc())
    if (oldest := session.scalar(newest.offset(most).limit(1))) is not None:
        session.execute(delete(CacheEntryRow).where(CacheEntryRow.name == name, CacheEntryRow.ends_at <= oldest))


def digest_of(emptied: int, key: Any) -> str:
    """Names a key, the same in every process: sets are put in order, and a value of another type is another key."""
    return hashlib.sha256("\x1f".join(_words((emptied, key))).encode()).hexdigest()


def _words(value: Any) -> Iterator[str]:
    yield type(value).__qualname__
    if is_dataclass(value):
        parts: list[Any] = [getattr(value, one.name) for one in fields(value)]
    elif isinstance(value, frozenset | set):
        parts = sorted(value, key=repr)
    elif isinstance(value, tuple | list):
        parts = list(value)
    else:
        yield repr(value)
        return
    yield str(len(parts))
    for part in parts:
        yield from _words(part)
