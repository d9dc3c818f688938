"""Receipts and findings as their sender may read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from etl.models import LANDED, OPEN, RUNNING, Batch, Channel, QuarantinedRow
from etl.uploads import Sender
from health_platform.kernel.errors import NotFound, register_messages

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
    """How many uploads still wait or are under way, and how many rows have been loaded so far."""
    waiting = func.sum(case((Batch.state.in_((LANDED, RUNNING)), 1), else_=0))
    found = session.execute(select(waiting, func.coalesce(func.sum(Batch.loaded_count), 0)).select_from(Batch)).one()
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
    return session.scalars(query.limit(size).offset((page - 1) * size)).all()


@dataclass(frozen=True)
class BatchFilter:
    """Which uploads to list, newest first; pages count from 1."""

    institution_id: int | None = None
    channel: str = ""
    state: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True)
class QuarantineFilter:
    """Which quarantined rows to list, newest first; pages count from 1."""

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
        query = query.where(Batch.state == wanted.state)
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
    for name in ("dataset", "rule", "state"):
        if value := getattr(wanted, name):
            query = query.where(getattr(QuarantinedRow, name) == value)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(QuarantinedRow.id.desc()).limit(wanted.size).offset((wanted.page - 1) * wanted.size)
    return session.scalars(page).all(), total


class UploadTimes:
    """``health_platform.records.UploadClock``: when institutions last uploaded anything at all."""

    def last_uploads(self, session: Session, institution_ids: Sequence[int]) -> dict[int, datetime]:
        """Institution id → time of its last accepted upload (aware UTC); absent when it never uploaded."""
        query = (
            select(Channel.institution_id, func.max(Channel.last_received_at))
            .where(Channel.institution_id.in_(institution_ids))
            .group_by(Channel.institution_id)
        )
        return {institution_id: at for institution_id, at in session.execute(query) if at is not None}
