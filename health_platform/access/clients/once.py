"""Things that may be used only once: nonces and assertion ids. The primary key decides, across all processes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from health_platform.access.clients.models import UsedOnce
from health_platform.kernel import clock
from health_platform.kernel.bulk import insert_rows

LONGEST = 128


class UsedBefore(Exception):
    """A value that counts once was used before, or is none."""


def spend(session: Session, client_id: int, kind: str, value: str, expires_at: datetime) -> None:
    """Record the first use of a value by a client until ``expires_at``.

    Raises:
        UsedBefore: it is not the first; the unit of work must be given up, its transaction may be broken.
    """
    if not 0 < len(value) <= LONGEST:
        raise UsedBefore
    try:
        insert_rows(session, UsedOnce, [{"client_id": client_id, "kind": kind, "value": value, "expires_at": expires_at}])
    except IntegrityError as error:
        raise UsedBefore from error


def use_once(session: Session, client_id: int, kind: str, value: str, expires_at: datetime) -> bool:
    """Whether this is the first use of the value by the client; as :func:`spend`, for acts that go on after a second use."""
    try:
        with session.begin_nested():
            spend(session, client_id, kind, value, expires_at)
    except UsedBefore:
        return False
    return True


def forget_expired(session: Session) -> None:
    """Drop what could not be replayed any more, because it expired by itself."""
    session.execute(delete(UsedOnce).where(UsedOnce.expires_at < clock.now()))
