"""The queue of landed batches: who works for which sender, and which batches make a load.

One worker at a time processes an institution's uploads: two at once could each miss that the other moves a row. The order
is that of landing within a channel, and channels take turns, so that a message of today does not wait behind a file of years;
which row counts is decided by versions, not by the order of work (docs/adr/0060). A worker that dies loses its lease when it
runs out, or at once when it ran on this machine.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from etl.checking import BatchFacts
from etl.models import FAILED, LANDED, RUNNING, SPLIT, Batch, BatchBody, Channel, Load, SenderLease
from etl.uploads import unseal
from health_platform.kernel import clock
from health_platform.kernel.crypto import CryptoProvider
from health_platform.kernel.leases import HOST, alive

LEASE: Final = timedelta(minutes=5)
BATCHES_PER_LOAD: Final = 1_000
BYTES_PER_LOAD: Final = 16 * 1024 * 1024
_IN_LIMIT: Final = 500
ATTEMPTS_TOGETHER: Final = 2
"""After so many failures of several batches together, each is tried alone."""
ATTEMPTS_ALONE: Final = 4
"""After so many failures of one batch alone it is laid aside as poison."""
STARTS: Final = 12
"""A load begun so often and never ended takes its workers down with it, and is treated as one that failed too often. More
than for failures, because a worker may also be ended for reasons of its own."""


def owner() -> str:
    """Name of this process as a lease holder."""
    return f"{HOST}:{threading.get_ident()}:{os.getpid()}"


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


def extend_lease(session: Session, institution_id: int, holder: str = "") -> bool:
    """Keep the lease of ``holder`` (the calling thread when not given); False when it was lost meanwhile."""
    mine = and_(SenderLease.institution_id == institution_id, SenderLease.leased_by == (holder or owner()))
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
    """The load to work on: an unfinished one, or a new one of the batches that waited longest.

    Its attempt is counted here, before the work: a load that ends its worker's process leaves nobody to count afterwards.
    """
    while (load := _unfinished(session, institution_id)) is not None:
        if load.attempts < STARTS:
            break
        set_aside(session, load, "处理该上传的进程多次异常终止")
    if load is None and (chosen := _waiting(session, institution_id)):
        load = session.get_one(Load, _new_load(session, institution_id, chosen))
    if load is None:
        return None
    load.attempts += 1
    return load.id


def postponed(session: Session, load_id: int) -> None:
    """An attempt that failed for reasons outside the load does not count."""
    load = session.get_one(Load, load_id)
    load.attempts = max(load.attempts - 1, 0)


def failed(session: Session, load_id: int, error: Exception) -> None:
    """Note why an attempt failed, and set the load aside when it failed too often."""
    load = session.get_one(Load, load_id)
    load.error = f"{type(error).__name__}: {error}"[:4000]
    limit = ATTEMPTS_TOGETHER if len(batches_of(session, load_id)) > 1 else ATTEMPTS_ALONE
    if load.attempts >= limit:
        set_aside(session, load, load.error)


def set_aside(session: Session, load: Load, reason: str) -> None:
    """Separate the batches of a load, so that a poisonous one harms only itself; lay a batch aside that was alone."""
    batches = session.scalars(select(Batch).where(Batch.load_id == load.id).order_by(Batch.id)).all()
    load.finished_at = clock.now()
    if len(batches) > 1:
        for row in batches:
            _new_load(session, load.institution_id, [row.id])
        load.state = SPLIT
    else:
        load.state, load.error = FAILED, reason
        for row in batches:
            row.state, row.error, row.finished_at = FAILED, reason, load.finished_at
    session.flush()


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
    held = {lease.institution_id for lease in session.scalars(leases) if alive(lease.leased_by or "")}
    return [each for each in session.scalars(waiting) if each not in held]


def _unfinished(session: Session, institution_id: int) -> Load | None:
    wanted = select(Load).where(Load.institution_id == institution_id, Load.state == RUNNING).order_by(Load.id)
    return session.scalars(wanted.limit(1)).one_or_none()


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
    return lease.leased_until > clock.now() and alive(lease.leased_by)
