"""The queue of landed batches: who works for which sender, and which batches make a load.

One worker at a time processes an institution's uploads: two at once could each miss that the other moves a row. The order
is that of landing within a channel, and channels take turns, so that a message of today does not wait behind a file of years;
which row counts is decided by versions, not by the order of work (docs/adr/0060). A worker that dies loses its lease when it
runs out, or at once when it ran on this machine.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from etl.checking import BatchFacts
from etl.models import LANDED, RUNNING, Batch, BatchBody, Channel, Load, SenderLease
from etl.uploads import unseal
from health_platform.kernel import clock
from health_platform.kernel.crypto import CryptoProvider

LEASE: Final = timedelta(minutes=5)
BATCHES_PER_LOAD: Final = 1_000
BYTES_PER_LOAD: Final = 16 * 1024 * 1024
_IN_LIMIT: Final = 500
ATTEMPTS_TOGETHER: Final = 2
"""After so many failures of several batches together, each is tried alone."""
ATTEMPTS_ALONE: Final = 4
"""After so many failures of one batch alone it is laid aside as poison."""

ME_HOST: Final = socket.gethostname()[:40]


def owner() -> str:
    """Name of this process as a lease holder."""
    return f"{ME_HOST}:{threading.get_ident()}:{os.getpid()}"


def take_lease(session: Session, institution_id: int) -> bool:
    """Become the one who works for this sender. When somebody else is, ask him to look again before he goes."""
    lease = session.scalar(select(SenderLease).where(SenderLease.institution_id == institution_id).with_for_update())
    now = clock.now()
    if lease is None:
        lease = SenderLease(institution_id=institution_id, wanted=False)
        session.add(lease)
    elif _held_by_another(lease):
        lease.wanted = True
        return False
    lease.leased_by, lease.leased_until, lease.wanted = owner(), now + LEASE, False
    return True


def extend_lease(session: Session, institution_id: int) -> bool:
    """Keep the lease; False when it was lost meanwhile."""
    mine = and_(SenderLease.institution_id == institution_id, SenderLease.leased_by == owner())
    done = session.execute(update(SenderLease).where(mine).values(leased_until=clock.now() + LEASE))
    return int(done.rowcount) == 1  # type: ignore[attr-defined]


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


def next_load(session: Session, institution_id: int) -> int | None:
    """The load to work on: an unfinished one, or a new one of the batches that waited longest."""
    unfinished = select(Load.id).where(Load.institution_id == institution_id, Load.state == RUNNING).order_by(Load.id)
    if (known := session.scalars(unfinished.limit(1)).one_or_none()) is not None:
        return known
    chosen = _waiting(session, institution_id)
    return _new_load(session, institution_id, chosen) if chosen else None


def batches_of(session: Session, load_id: int) -> list[BatchFacts]:
    """The batches of a load in the order of landing."""
    rows = session.scalars(select(Batch).where(Batch.load_id == load_id).order_by(Batch.id)).all()
    return [facts_of(row) for row in rows]


def facts_of(row: Batch) -> BatchFacts:
    """A stored batch as the pipeline sees it."""
    return BatchFacts(
        row.id,
        row.institution_id,
        row.division_code or "",
        row.channel,
        row.format,
        row.operation,
        row.source,
        row.version,
        row.received_at,
        row.first_received_at,
    )


def contents_of(session: Session, crypto: CryptoProvider, batch_ids: Sequence[int]) -> dict[int, bytes]:
    """The bytes of uploads as sent, by batch; those no longer kept are absent."""
    found: dict[int, bytes] = {}
    for start in range(0, len(batch_ids), _IN_LIMIT):
        some = BatchBody.batch_id.in_(batch_ids[start : start + _IN_LIMIT])
        for batch_id, stored in session.execute(select(BatchBody.batch_id, BatchBody.content).where(some)):
            found[batch_id] = unseal(crypto, stored)
    return found


def split_load(session: Session, load_id: int) -> None:
    """Put every batch of a load into a load of its own, so that a poisonous one harms only itself."""
    load = session.get_one(Load, load_id)
    for row in session.scalars(select(Batch).where(Batch.load_id == load_id).order_by(Batch.id)).all():
        _new_load(session, load.institution_id, [row.id])
    load.state, load.finished_at = "split", clock.now()


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
    leases = select(SenderLease).where(SenderLease.leased_until > now)
    held = {lease.institution_id for lease in session.scalars(leases) if _alive(lease.leased_by or "")}
    return [each for each in session.scalars(waiting) if each not in held]


def backlog(session: Session) -> int:
    """Batches that wait or are being processed."""
    count = select(func.count()).select_from(Batch).where(Batch.state.in_((LANDED, RUNNING)))
    return session.scalar(count) or 0


def _waiting(session: Session, institution_id: int) -> list[int]:
    """What makes the next load: the oldest batch of every channel, then the second oldest, until it is full."""
    paused = select(Channel.channel).where(Channel.institution_id == institution_id, Channel.paused.is_(True))
    turn = func.row_number().over(partition_by=Batch.channel, order_by=Batch.id)
    query = (
        select(Batch.id, Batch.size)
        .where(
            Batch.institution_id == institution_id,
            Batch.state == LANDED,
            or_(Batch.channel.not_in(paused), Batch.channel.is_(None)),
        )
        .order_by(turn, Batch.id)
        .limit(BATCHES_PER_LOAD)
    )
    chosen: list[int] = []
    size = 0
    for batch_id, batch_size in session.execute(query):
        size += batch_size
        if chosen and size > BYTES_PER_LOAD:
            break
        chosen.append(batch_id)
    return chosen


def _new_load(session: Session, institution_id: int, batch_ids: Sequence[int]) -> int:
    load = Load(institution_id=institution_id, state=RUNNING, attempts=0, started_at=clock.now())
    session.add(load)
    session.flush()
    for start in range(0, len(batch_ids), _IN_LIMIT):
        some = Batch.id.in_(batch_ids[start : start + _IN_LIMIT])
        session.execute(update(Batch).where(some).values(state=RUNNING, load_id=load.id))
    return load.id


def _held_by_another(lease: SenderLease) -> bool:
    if not lease.leased_by or not lease.leased_until or lease.leased_by == owner():
        return False
    return lease.leased_until > clock.now() and _alive(lease.leased_by)


def _alive(holder: str) -> bool:
    """Whether the process may still run; on another machine only the lease's end tells."""
    host, _, rest = holder.partition(":")
    pid = rest.rpartition(":")[2]
    if host != ME_HOST or not pid.isdigit():
        return bool(holder)
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs as another user
        return True
    return True
