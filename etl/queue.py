"""The queue of landed batches: which of them make a load.

The order is that of landing within a channel, and channels take turns, so that a message of today does not wait behind a file
of years; which row counts is decided by versions, not by the order of work (docs/adr/0060). A load of little takes along what
waits of other institutions, because it costs an insert for every dataset in it, however few the rows (docs/adr/0097).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from etl import senders
from etl.checking import BatchFacts
from etl.events import CONSUMER, SenderDue
from etl.models import FAILED, LANDED, RUNNING, SPLIT, Batch, BatchBody, Channel, Load
from etl.uploads import unseal
from health_platform.kernel import clock
from health_platform.kernel.crypto import CryptoProvider
from health_platform.kernel.outbox import OutboxDelivery, publish

BATCHES_PER_LOAD: Final = 1_000
BYTES_PER_LOAD: Final = 16 * 1024 * 1024
SHARED_BYTES: Final = 512 * 1024
"""Uploads of several institutions go together up to this size: more is worth an insert of its own, and keeps nobody waiting."""
_OTHERS: Final = 100
_LOOKED_AT: Final = 1_000
_IN_LIMIT: Final = 500
ATTEMPTS_TOGETHER: Final = 2
"""After so many failures of several batches together, each is tried alone."""
ATTEMPTS_ALONE: Final = 4
"""After so many failures of one batch alone it is laid aside as poison."""
STARTS: Final = 12
"""A load begun so often and never ended takes its workers down with it, and is treated as one that failed too often. More
than for failures, because a worker may also be ended for reasons of its own."""
STARTS_SHARED: Final = 3
"""As ``STARTS``, for a load of several institutions: to part them costs little, and frees those that are not to blame."""


def next_load(session: Session, institution_id: int) -> int | None:
    """The load to work on for the holder of an institution's lease: an unfinished one, or a new one of the batches that waited
    longest. He holds the leases of all institutions in it then.

    Its attempt is counted here, before the work: a load that ends its worker's process leaves nobody to count afterwards.
    None also when another worker still holds one of the institutions of an unfinished load.
    """
    while (load := _unfinished(session, institution_id)) is not None:
        others = [each for each in institutions_of(session, load.id) if each != institution_id]
        if load.attempts < (STARTS_SHARED if others else STARTS):
            break
        set_aside(session, load, "处理该上传的进程多次异常终止")
    if load is None:
        load = _begun(session, institution_id)
    elif others and senders.take_leases(session, others, patient=True) != set(others):
        return None
    if load is None:
        return None
    load.attempts += 1
    return load.id


def leader_of(session: Session, institution_id: int) -> int:
    """Whose lease an institution's uploads are worked on under: its own, unless they are in an unfinished load of another."""
    mine = (Batch.institution_id == institution_id, Batch.state == RUNNING)
    wanted = select(Load.institution_id).join(Batch, Batch.load_id == Load.id).where(*mine, Load.state == RUNNING)
    return session.scalar(wanted.order_by(Load.id).limit(1)) or institution_id


def institutions_of(session: Session, load_id: int) -> list[int]:
    """The institutions whose batches a load has to work on."""
    return list(session.scalars(select(Batch.institution_id).where(*in_work(load_id)).distinct()))


def in_work(load_id: int) -> tuple[ColumnElement[bool], ...]:
    """The batches that a load has to work on: an institution of several that is finished has none in it any more."""
    return Batch.load_id == load_id, Batch.state == RUNNING


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
    """Part the institutions of a load, or the batches of the only one, so that a poisonous one harms only itself; lay a batch
    aside that was alone."""
    batches = session.scalars(select(Batch).where(*in_work(load.id)).order_by(Batch.id)).all()
    load.finished_at = clock.now()
    if len({row.institution_id for row in batches}) > 1:
        _part_institutions(session, load)
    elif len(batches) > 1:
        for row in batches:
            _new_load(session, load.institution_id, [row.id])
        load.state = SPLIT
    else:
        load.state, load.error = FAILED, reason
        for row in batches:
            row.state, row.error, row.finished_at = FAILED, reason, load.finished_at
    session.flush()


def batches_of(session: Session, load_id: int) -> list[BatchFacts]:
    """The batches that a load has to work on, in the order of landing."""
    rows = session.scalars(select(Batch).where(*in_work(load_id)).order_by(Batch.id)).all()
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


def _part_institutions(session: Session, load: Load) -> None:
    """A load of its own for every institution of a load."""
    batches = session.execute(select(Batch.institution_id, Batch.id).where(*in_work(load.id)).order_by(Batch.id)).all()
    for institution_id in dict.fromkeys(each for each, _ in batches):
        _new_load(session, institution_id, [batch_id for each, batch_id in batches if each == institution_id])
        if institution_id != load.institution_id:
            publish(session, SenderDue(institution_id))
    load.state, load.finished_at = SPLIT, clock.now()


def _unfinished(session: Session, institution_id: int) -> Load | None:
    wanted = select(Load).where(Load.institution_id == institution_id, Load.state == RUNNING).order_by(Load.id)
    return session.scalars(wanted.limit(1)).one_or_none()


def backlog(session: Session) -> int:
    """Batches that wait or are being processed."""
    count = select(func.count()).select_from(Batch).where(Batch.state.in_((LANDED, RUNNING)))
    return session.scalar(count) or 0


@dataclass
class _Room:
    """How much a load may still take: batches and bytes."""

    batches: int
    bytes: int

    def holds(self, size: int) -> bool:
        """Take so many bytes of a batch, if there is room for it."""
        if self.batches < 1 or self.bytes < size:
            return False
        self.batches, self.bytes = self.batches - 1, self.bytes - size
        return True


def _begun(session: Session, institution_id: int) -> Load | None:
    """A new load of what waits of an institution, and of others when that is little."""
    room = _Room(BATCHES_PER_LOAD, BYTES_PER_LOAD)
    chosen = _chosen(_waiting(session, institution_id), room, first=True)
    if not chosen:
        return None
    used = BYTES_PER_LOAD - room.bytes
    room.bytes = min(room.bytes, SHARED_BYTES - used)
    if room.bytes > 0 and room.batches > 0:
        chosen += _of_others(session, institution_id, room)
    return session.get_one(Load, _new_load(session, institution_id, chosen))


def _of_others(session: Session, institution_id: int, room: _Room) -> list[int]:
    """What waits of other institutions that nobody works for, whoever has waited longest first, as far as there is room."""
    asked = [each for each in _institutions_waiting(session) if each != institution_id][:_OTHERS]
    if not asked:
        return []
    taken = senders.take_leases(session, asked)
    chosen: list[int] = []
    idle = list[int]()
    for each in (each for each in asked if each in taken):
        mine = [] if _has_unfinished(session, each) else _chosen(_waiting(session, each), room)
        chosen += mine
        if not mine:
            idle.append(each)
    senders.let_go(session, idle)
    return chosen


def _institutions_waiting(session: Session) -> list[int]:
    """Institutions of uploads whose delivery waits, by the oldest. An upload's delivery has its id; a few are looked at only."""
    waiting = (OutboxDelivery.state == "waiting", OutboxDelivery.consumer == CONSUMER, OutboxDelivery.due_at <= clock.now())
    oldest = select(OutboxDelivery.event_id).where(*waiting).order_by(OutboxDelivery.due_at).limit(_LOOKED_AT).subquery()
    found = select(Batch.institution_id, func.min(Batch.id)).join(oldest, oldest.c.event_id == Batch.id)
    by_age = found.where(Batch.state == LANDED).group_by(Batch.institution_id).order_by(func.min(Batch.id))
    return [institution_id for institution_id, _ in session.execute(by_age)]


def _has_unfinished(session: Session, institution_id: int) -> bool:
    mine = (Batch.institution_id == institution_id, Batch.state == RUNNING)
    return session.scalar(select(Batch.id).where(*mine).limit(1)) is not None


def _waiting(session: Session, institution_id: int) -> Iterator[tuple[int, int]]:
    """What waits of an institution, and its size: the oldest batch of every channel, then the second oldest."""
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
    return ((batch_id, size) for batch_id, size in session.execute(query))


def _chosen(waiting: Iterable[tuple[int, int]], room: _Room, *, first: bool = False) -> list[int]:
    """As many as there is room for, in order; of a load's ``first`` ones at least one, however large."""
    chosen: list[int] = []
    for batch_id, size in waiting:
        if not room.holds(size):
            if chosen or not first:
                break
            room.batches, room.bytes = 0, 0
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
