"""Who works for which sender: one worker at a time, because two at once could each miss that the other moves a row.

The leader of a load takes the leases of all its institutions. Only he waits for anybody, and whoever finds that the uploads of
his institution are in somebody else's load lets go at once: so nobody waits in a circle. A worker that dies loses its leases
when they run out, or at once when it ran on this machine.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from etl.events import SenderDue
from etl.models import LANDED, RUNNING, Batch, Channel, SenderLease
from health_platform.kernel import clock
from health_platform.kernel.leases import HOST, alive
from health_platform.kernel.outbox import publish

LEASE: Final = timedelta(minutes=5)


def owner() -> str:
    """Name of this process as a lease holder."""
    return f"{HOST}:{threading.get_ident()}:{os.getpid()}"


def take_lease(session: Session, institution_id: int) -> bool:
    """Become the one who works for this sender. When somebody else is, ask him to look again before he goes."""
    lease = session.scalar(select(SenderLease).where(SenderLease.institution_id == institution_id).with_for_update())
    if lease is None:
        lease = SenderLease(institution_id=institution_id, wanted=False)
        session.add(lease)
    elif _held_by_another(lease):
        lease.wanted = True
        return False
    _take(lease)
    lease.wanted = False
    return True


def take_leases(session: Session, institution_ids: Collection[int], *, patient: bool = False) -> set[int]:
    """Become the one who works for these senders too, as far as nobody else is; returns for whom.

    Passes over those that another worker is just looking at, unless ``patient``. Who asked to look again is not forgotten.
    """
    wanted = SenderLease.institution_id.in_(institution_ids)
    order = SenderLease.institution_id
    free = select(SenderLease).where(wanted).order_by(order).with_for_update(skip_locked=not patient)
    taken = {lease.institution_id for lease in session.scalars(free) if not _held_by_another(lease) and _take(lease)}
    known = set(session.scalars(select(SenderLease.institution_id).where(wanted)))
    for institution_id in sorted(set(institution_ids) - known):
        with suppress(IntegrityError), session.begin_nested():  # another worker may meet the sender at the same time
            lease = SenderLease(institution_id=institution_id, wanted=False)
            _take(lease)
            session.add(lease)
            session.flush()
            taken.add(institution_id)
    return taken


def extend_leases(session: Session, institution_ids: Collection[int], holder: str = "") -> bool:
    """Keep the leases of ``holder`` (the calling thread when not given); False when one was lost meanwhile."""
    mine = and_(SenderLease.institution_id.in_(institution_ids), SenderLease.leased_by == (holder or owner()))
    done = session.execute(update(SenderLease).where(mine).values(leased_until=clock.now() + LEASE))
    return int(done.rowcount) == len(institution_ids)  # type: ignore[attr-defined]


def release_lease(session: Session, institution_id: int) -> bool:
    """Give the lease back; False when somebody asked to look again, which keeps it."""
    lease = session.scalar(select(SenderLease).where(SenderLease.institution_id == institution_id).with_for_update())
    if lease is None or lease.leased_by != owner():
        return True
    if lease.wanted:
        lease.wanted = False
        return False
    lease.leased_by = lease.leased_until = None
    return True


def hand_over(session: Session, institution_id: int) -> None:
    """Give a lease back to whoever leads the load that the sender's uploads are in; he tells when the sender is due again."""
    mine = (SenderLease.institution_id == institution_id, SenderLease.leased_by == owner())
    session.execute(update(SenderLease).where(*mine).values(leased_by=None, leased_until=None, wanted=True))


def let_go(session: Session, institution_ids: Collection[int]) -> None:
    """Give leases back without looking again: who asked for it is told that the sender is due."""
    mine = (SenderLease.institution_id.in_(institution_ids), SenderLease.leased_by == owner())
    for lease in session.scalars(select(SenderLease).where(*mine).order_by(SenderLease.institution_id).with_for_update()):
        lease.leased_by = lease.leased_until = None
        if lease.wanted:
            lease.wanted = False
            publish(session, SenderDue(lease.institution_id))


def senders_due(session: Session, older_than: timedelta) -> list[int]:
    """Institutions whose uploads wait although nobody works on them."""
    now = clock.now()
    paused = select(Channel.id).where(
        Channel.institution_id == Batch.institution_id, Channel.channel == Batch.channel, Channel.paused.is_(True)
    )
    waiting = (
        select(Batch.institution_id)
        .where(Batch.state.in_((LANDED, RUNNING)), Batch.received_at <= now - older_than, ~paused.exists())
        .distinct()
    )
    leases: Sequence[SenderLease] = session.scalars(select(SenderLease).where(SenderLease.leased_until > now)).all()
    held = {lease.institution_id for lease in leases if alive(lease.leased_by or "")}
    return [each for each in session.scalars(waiting) if each not in held]


def _take(lease: SenderLease) -> bool:
    lease.leased_by, lease.leased_until = owner(), clock.now() + LEASE
    return True


def _held_by_another(lease: SenderLease) -> bool:
    if not lease.leased_by or not lease.leased_until or lease.leased_by == owner():
        return False
    return lease.leased_until > clock.now() and alive(lease.leased_by)
