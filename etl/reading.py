"""Receipts and findings as their sender may read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from etl.models import LANDED, RUNNING, Batch, Channel, QuarantinedRow
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
