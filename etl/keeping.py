"""How long the bytes of uploads are kept. Receipts stay; only what was sent is removed when its time has passed, also from
the refused rows that quote it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from etl.models import LOADED, Batch, BatchBody, QuarantinedRow
from etl.reading import UNSETTLED
from health_platform.kernel import clock, parameters
from health_platform.kernel.platform import Job, Parameter, Platform
from health_platform.kernel.scope import system_scope

KEEP: Final = Parameter(
    "etl.keep_days", "原始上传保存天数", 180, int, low=7, high=3650,
    help="超过天数后删除已入库上传和已处理隔离行的原始内容，回执和记录保留",
)  # fmt: skip
_AT_ONCE: Final = 500


def install(platform: Platform) -> None:
    """Declare the parameter and the nightly work."""
    platform.parameter(KEEP)
    platform.schedule(Job("etl.keep", timedelta(hours=6), forget_old, "清理过期的原始上传"))


def forget_old(platform: Platform) -> None:
    """Remove what loaded uploads and settled rows said when it is older than the parameter says, some at a time."""
    while True:
        with platform.database.unit_of_work(system_scope("etl keeping")) as session:
            before = clock.now() - timedelta(days=parameters.value(session, platform, KEEP.key))
            removed = max(_forget_bodies(session, before), _forget_rows(session, before))
        if removed < _AT_ONCE:
            return


def _forget_bodies(session: Session, before: datetime) -> int:
    old = (
        select(Batch.id)
        .join(BatchBody, BatchBody.batch_id == Batch.id)
        .where(Batch.state == LOADED, Batch.received_at < before)
        .limit(_AT_ONCE)
    )
    found = session.scalars(old).all()
    session.execute(delete(BatchBody).where(BatchBody.batch_id.in_(found)))
    return len(found)


def _forget_rows(session: Session, before: datetime) -> int:
    settled = (
        QuarantinedRow.state.not_in(UNSETTLED),
        QuarantinedRow.resolved_at < before,
        QuarantinedRow.forgotten_at.is_(None),
    )
    found = session.scalars(select(QuarantinedRow.id).where(*settled).limit(_AT_ONCE)).all()
    nothing = update(QuarantinedRow).where(QuarantinedRow.id.in_(found))
    session.execute(
        nothing.values(raw=" ", faults="[]", forgotten_at=clock.now()), execution_options={"synchronize_session": False}
    )
    return len(found)
