"""How long what was done stays on record: delivered events and past runs of jobs. What is not done is never removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock, parameters
from health_platform.kernel.ids import first_id
from health_platform.kernel.jobs import JobRun
from health_platform.kernel.outbox import OutboxDelivery, OutboxEvent
from health_platform.kernel.platform import Job, Parameter, Platform
from health_platform.kernel.scope import system_scope

KEEP: Final = Parameter(
    "operations.keep_days",
    "事件与任务记录保存天数",
    14,
    int,
    low=1,
    high=3650,
    help="已投递的事件和已结束的任务记录超过天数后删除",
)
_AT_ONCE: Final = 500


def install(platform: Platform) -> None:
    """Declare the parameter and the work."""
    platform.parameter(KEEP)
    platform.schedule(Job("operations.keep", timedelta(hours=1), forget_old, "清理过期的事件与任务记录"))


def forget_old(platform: Platform) -> None:
    """Remove what has been done for longer than the parameter says, some at a time, so that nobody waits for it."""
    while True:
        with platform.database.unit_of_work(system_scope("operations keeping")) as session:
            before = clock.now() - timedelta(days=parameters.value(session, platform, KEEP.key))
            removed = [_remove(session, model, old) for model, old in _old(before)]
        if max(removed) < _AT_ONCE:
            return


def _old(before: datetime) -> Iterator[tuple[type[JobRun | OutboxDelivery | OutboxEvent], Select[Any]]]:
    """What may go; the conditions on ids and due times let the database find it by an index."""
    # An event goes after all its deliveries. One that nobody consumes has none.
    yield (
        OutboxDelivery,
        select(OutboxDelivery.id).where(
            OutboxDelivery.state == "done", OutboxDelivery.due_at < before, OutboxDelivery.done_at < before
        ),
    )
    left = select(OutboxDelivery.id).where(OutboxDelivery.event_id == OutboxEvent.id)
    yield (
        OutboxEvent,
        select(OutboxEvent.id).where(OutboxEvent.id < first_id(before), OutboxEvent.occurred_at < before, ~left.exists()),
    )
    yield JobRun, select(JobRun.id).where(JobRun.id < first_id(before), JobRun.ended_at < before)


def _remove(session: Session, model: type[JobRun | OutboxDelivery | OutboxEvent], old: Select[Any]) -> int:
    found = session.scalars(old.limit(_AT_ONCE)).all()
    session.execute(delete(model).where(model.id.in_(found)), execution_options={"synchronize_session": False})
    return len(found)
