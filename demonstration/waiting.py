"""Waiting until everything that was acknowledged can be read."""

from __future__ import annotations

import time

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from demonstration.city.people import Resident
from empi.api import by_credential
from etl.api import pending
from health_platform.kernel import claims
from health_platform.kernel.errors import NotFound, Unavailable
from health_platform.kernel.platform import Platform
from health_platform.kernel.progress import Progress
from health_platform.kernel.scope import system_scope

PATIENCE = 600.0  # seconds without any progress


def drained(platform: Platform, rows: int) -> None:
    """Return when no batch and no delivery waits any more. Shows how far the loading of ``rows`` is; of 0 rows, nothing.

    Raises:
        Unavailable: nothing has moved for ten minutes.
    """
    progress, best, since = Progress(rows, "loading") if rows else None, -1, time.monotonic()
    while True:
        waiting, loaded, busy = _state(platform) or (1, best, {})
        if loaded > best:
            if progress:
                progress.advance(loaded - max(best, 0))
            best, since = loaded, time.monotonic()
        if waiting == 0 and not (busy.get("waiting") or busy.get("running")):
            return
        if time.monotonic() - since > PATIENCE:
            raise Unavailable("demonstration.stuck", batches=waiting, deliveries=busy)
        time.sleep(1)


def _state(platform: Platform) -> tuple[int, int, dict[str, int]] | None:
    """Waiting uploads, rows dealt with, deliveries under way; ``None`` while the workers keep the database to themselves."""
    try:
        with platform.database.unit_of_work(system_scope("demonstration"), reading=True) as session:
            return *pending(session), claims.backlog(session)
    except OperationalError:
        return None


def person_of(session: Session, resident: Resident) -> int:
    """The person the index made of a resident."""
    found = by_credential(session, "id", resident.id_number)
    if not found:
        raise NotFound("demonstration.person")
    return found[0].person_id
