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


def use_once(session: Session, client_id: int, kind: str, value: str, expires_at: datetime) -> bool:
    """Whether this is the first use of the value by the client; records it until ``expires_at``."""
    if not 0 < len(value) <= LONGEST:
        return False
    try:
        with session.begin_nested():
            insert_rows(session, UsedOnce, [{"client_id": client_id, "kind": kind, "value": value, "expires_at": expires_at}])
    except IntegrityError:
        return False
    return True


def forget_expired(session: Session) -> None:
    """Drop what could not be replayed any more, because it expired by itself."""
    session.execute(delete(UsedOnce).where(UsedOnce.expires_at < clock.now()))
