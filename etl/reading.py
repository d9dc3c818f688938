"""Receipts and findings as their sender may read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, bindparam, case, func, select
from sqlalchemy.orm import Session, defer
from sqlalchemy.orm.attributes import set_committed_value

from etl.models import FAILED, LANDED, MESSAGE_STANDARDS, OPEN, REFUSED, RUNNING, WAITING, Batch, Channel, QuarantinedRow
from etl.uploads import Sender
from health_platform.kernel.errors import NotFound, register_messages

UNSETTLED: Final = (OPEN, WAITING)
"""States of a quarantined row with which somebody or something has still to deal."""

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "pending": (LANDED, RUNNING),
    "bad": (REFUSED, FAILED),
    "unsettled": UNSETTLED,
}
"""States that lists are asked for together, as the figures of a channel count them together."""

_LISTED: Final = 40_000
"""Characters, as stored, of a row's text up to which lists carry it: about 30 KB."""

register_messages({"batch.unknown": "未找到该上传"})


def batch_of(session: Session, sender: Sender, batch_id: int) -> Batch:
    """An upload of this sender.

    Raises:
        NotFound: ``batch.unknown``, also for uploads of others.
    """
    own = (Batch.id == batch_id, Batch.institution_id == sender.institution_id)
    row = session.scalar(select(Batch).where(*own))
    if row is None:
        raise NotFound("batch.unknown")
    return row


def pending(session: Session) -> tuple[int, int]:
    """How many uploads still wait or are under way, and how many rows have been loaded or refused so far."""
    waiting = func.sum(case((Batch.state.in_((LANDED, RUNNING)), 1), else_=0))
    found = session.execute(
        select(waiting, func.coalesce(func.sum(Batch.loaded_count + Batch.rejected_count), 0)).select_from(Batch)
    ).one()
    return int(found[0] or 0), int(found[1])


def findings_of(session: Session, sender: Sender, batch_id: int, page: int, size: int) -> Sequence[QuarantinedRow]:
    """One page of the rows of an upload that were not loaded; pages count from 1.

    Raises:
        NotFound: as :func:`batch_of`.
    """
    batch_of(session, sender, batch_id)
    query = (
        select(QuarantinedRow)
        .where(QuarantinedRow.batch_id == batch_id)
        .order_by(QuarantinedRow.dataset, QuarantinedRow.position)
    )
    return _listed(session, query.limit(size).offset((page - 1) * size))


@dataclass(frozen=True)
class BatchFilter:
    """Which uploads to list, newest first; pages count from 1. ``state`` may name a group of :data:`GROUPS`."""

    institution_id: int | None = None
    channel: str = ""
    state: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True)
class QuarantineFilter:
    """Which quarantined rows to list, newest first; pages count from 1.

    ``state`` may name a group of :data:`GROUPS`, ``dataset`` a message standard: what came in its messages.
    """

    institution_id: int | None = None
    dataset: str = ""
    rule: str = ""
    batch_id: int | None = None
    state: str = OPEN
    page: int = 1
    size: int = 50


def batches(session: Session, wanted: BatchFilter) -> tuple[Sequence[Batch], int]:
    """One page of uploads in scope, and how many there are."""
    query = select(Batch)
    if wanted.institution_id is not None:
        query = query.where(Batch.institution_id == wanted.institution_id)
    if wanted.channel:
        query = query.where(Batch.channel == wanted.channel)
    if wanted.state:
        query = query.where(Batch.state.in_(GROUPS.get(wanted.state, (wanted.state,))))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(Batch.id.desc()).limit(wanted.size).offset((wanted.page - 1) * wanted.size)
    return session.scalars(page).all(), total


def quarantined(session: Session, wanted: QuarantineFilter) -> tuple[Sequence[QuarantinedRow], int]:
    """One page of quarantined rows in scope, and how many there are."""
    query = select(QuarantinedRow)
    if wanted.institution_id is not None:
        query = query.where(QuarantinedRow.institution_id == wanted.institution_id)
    if wanted.batch_id is not None:
        query = query.where(QuarantinedRow.batch_id == wanted.batch_id)
    if wanted.state:
        query = query.where(QuarantinedRow.state.in_(GROUPS.get(wanted.state, (wanted.state,))))
    if wanted.rule:
        query = query.where(QuarantinedRow.rule == wanted.rule)
    if wanted.dataset in MESSAGE_STANDARDS:
        query = query.where(QuarantinedRow.batch_id.in_(select(Batch.id).where(Batch.channel == wanted.dataset)))
    elif wanted.dataset:
        query = query.where(QuarantinedRow.dataset == wanted.dataset)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(QuarantinedRow.id.desc()).limit(wanted.size).offset((wanted.page - 1) * wanted.size)
    return _listed(session, page), total


def _listed(session: Session, query: Select[QuarantinedRow]) -> Sequence[QuarantinedRow]:
    """Rows with their texts, without the texts that no list should carry: a refused file may be as large as an upload."""
    rows = session.scalars(query.options(defer(QuarantinedRow.raw))).all()
    short = (QuarantinedRow.id.in_([row.id for row in rows]), func.length(QuarantinedRow.raw) <= _LISTED)
    texts = {row.id: row.raw for row in session.execute(select(QuarantinedRow.id, QuarantinedRow.raw).where(*short))}
    for row in rows:
        set_committed_value(row, "raw", texts.get(row.id))
    return rows


class UploadTimes:
    """``health_platform.records.UploadClock``: when institutions last uploaded anything at all."""

    def last_uploads(self, session: Session, institution_ids: Sequence[int]) -> dict[int, datetime]:
        """Institution id → time of its last accepted upload (aware UTC); absent when it never uploaded."""
        found = session.execute(_LAST_UPLOADS, {"institutions": list(institution_ids)})
        return {institution_id: at for institution_id, at in found if at is not None}


# Asked with every overview, so it is put together once.
_LAST_UPLOADS: Final = (
    select(Channel.institution_id, func.max(Channel.last_received_at))
    .where(Channel.institution_id.in_(bindparam("institutions", expanding=True)))
    .group_by(Channel.institution_id)
)
