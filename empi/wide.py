"""Seeing the whole index, for work whose result must not depend on who asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from health_platform.kernel.db import widened
from health_platform.kernel.scope import scope_of


@contextmanager
def whole_index(session: Session, reason: str) -> Iterator[Session]:
    """Work under the platform's own scope inside the block: a duplicate in another county is still a duplicate."""
    if scope_of(session).everything:
        yield session
        return
    with widened(session, reason):
        yield session
