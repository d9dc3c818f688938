"""Outbox deliveries as rows: who takes which, for how long, and what is noted of the outcome."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock, metrics
from health_platform.kernel.logs import redact_text
from health_platform.kernel.outbox import MAX_ATTEMPTS, OutboxDelivery

LEASE = timedelta(minutes=10)
CANDIDATES = 16  # more than there are workers at once, or they wait for each other's rows
TOGETHER: Final = 20
_NOBODY_CAME_BACK = f"{MAX_ATTEMPTS} workers took it and none came back: it may have ended their processes"
log = logging.getLogger("health_platform.worker")


def anything_due(session: Session, rests: Mapping[str, timedelta]) -> bool:
    """Whether a delivery looks as if it could be claimed."""
    return session.scalar(select(OutboxDelivery.id).where(_due(clock.now(), rests)).limit(1)) is not None


def claim(session: Session, worker: str, rests: Mapping[str, timedelta]) -> OutboxDelivery | None:
    """Lease the delivery that has waited longest. Rows locked by other workers are passed over."""
    due = _due(clock.now(), rests)
    oldest = select(OutboxDelivery.id).where(due).order_by(OutboxDelivery.due_at, OutboxDelivery.id).limit(CANDIDATES)
    for identity in session.scalars(oldest).all():
        # Oracle allows no row limit together with FOR UPDATE, hence one row by its id.
        mine = select(OutboxDelivery).where(OutboxDelivery.id == identity, due).with_for_update(skip_locked=True)
        delivery = session.scalars(mine).one_or_none()
        if delivery is not None and delivery.attempts >= MAX_ATTEMPTS:
            delivery.state, delivery.leased_by, delivery.last_error = "dead", None, _NOBODY_CAME_BACK
            count(delivery)
        elif delivery is not None:
            _lease(session, worker, [delivery])
            return delivery
    return None


def claim_others(session: Session, worker: str, consumer: str, rests: Mapping[str, timedelta]) -> Sequence[OutboxDelivery]:
    """Lease what else waits for a consumer and was never tried, the oldest first."""
    untried = and_(_due(clock.now(), rests), OutboxDelivery.state == "waiting", OutboxDelivery.attempts == 0)
    order = (OutboxDelivery.due_at, OutboxDelivery.id)
    same = select(OutboxDelivery.id).where(untried, OutboxDelivery.consumer == consumer)
    found = session.scalars(same.order_by(*order).limit(TOGETHER - 1)).all()
    if not found:
        return ()
    mine = select(OutboxDelivery).where(OutboxDelivery.id.in_(found), untried).order_by(*order)
    others = session.scalars(mine.with_for_update(skip_locked=True)).all()
    _lease(session, worker, others)
    return others


def _due(now: datetime, rests: Mapping[str, timedelta]) -> ColumnElement[bool]:
    """What may be delivered now; ``rests`` are the consumers whose deliveries are left to gather for a while."""
    gathered = (or_(OutboxDelivery.consumer != name, OutboxDelivery.due_at <= now - rest) for name, rest in rests.items())
    return and_(OutboxDelivery.state.in_(("waiting", "running")), OutboxDelivery.due_at <= now, *gathered)


def _lease(session: Session, worker: str, deliveries: Sequence[OutboxDelivery]) -> None:
    for each in deliveries:
        each.state, each.leased_by, each.due_at = "running", worker, clock.now() + LEASE
        each.attempts += 1


def done(delivery: OutboxDelivery) -> None:
    """Its consumer has done its work."""
    delivery.state, delivery.done_at, delivery.last_error, delivery.leased_by = "done", clock.now(), None, None


def failed(delivery: OutboxDelivery, error: Exception | None) -> None:
    """Retry with exponential back-off (2, 4, 8 ... seconds), then lay aside."""
    delivery.last_error = redact_text("".join(traceback.format_exception(error, limit=8)))[:8000]
    delivery.leased_by = None
    delivery.state = "dead" if delivery.attempts >= MAX_ATTEMPTS else "waiting"
    delivery.due_at = clock.now() + timedelta(seconds=2**delivery.attempts)
    log.warning("delivery failed", extra={"facts": {"consumer": delivery.consumer, "attempts": delivery.attempts}})


def count(delivery: OutboxDelivery) -> None:
    """Tell the metrics what became of it."""
    metrics.EVENTS_DELIVERED.labels(delivery.consumer, delivery.state).inc()


def replay(session: Session, delivery_id: int) -> None:
    """Try a dead delivery again from the first attempt."""
    delivery = session.get_one(OutboxDelivery, delivery_id)
    delivery.state, delivery.attempts, delivery.due_at = "waiting", 0, clock.now()


def backlog(session: Session) -> dict[str, int]:
    """Deliveries by state, without the done ones."""
    rows = session.execute(
        select(OutboxDelivery.state, func.count()).where(OutboxDelivery.state != "done").group_by(OutboxDelivery.state)
    )
    return {state: int(count) for state, count in rows}
