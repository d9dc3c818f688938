"""How long the bytes of uploads are kept. Receipts stay; only what was sent is removed when its time has passed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from etl.models import LOADED, Batch, BatchBody
from health_platform.kernel import clock, parameters
from health_platform.kernel.platform import Job, Parameter, Platform
from health_platform.kernel.scope import system_scope

KEEP: Final = Parameter(
    "etl.keep_days", "原始上传保存天数", 180, int, low=7, high=3650, help="超过天数且已入库的原始上传内容将被删除，回执保留"
)
_AT_ONCE: Final = 500


def install(platform: Platform) -> None:
    """Declare the parameter and the nightly work."""
    platform.parameter(KEEP)
    platform.schedule(Job("etl.keep", timedelta(hours=6), forget_old, "清理过期的原始上传"))


def forget_old(platform: Platform) -> None:
    """Remove the bytes of loaded uploads that are older than the parameter says, some at a time."""
    while True:
        with platform.database.unit_of_work(system_scope("etl keeping")) as session:
            days = parameters.value(session, platform, KEEP.key)
            old = (
                select(Batch.id)
                .join(BatchBody, BatchBody.batch_id == Batch.id)
                .where(Batch.state == LOADED, Batch.received_at < clock.now() - timedelta(days=days))
                .limit(_AT_ONCE)
            )
            found = session.scalars(old).all()
            session.execute(delete(BatchBody).where(BatchBody.batch_id.in_(found)))
        if len(found) < _AT_ONCE:
            return
