"""Following link changes: a cursor per subscriber over the history of decisions, confirmed by the subscriber.

Ids of decisions are time-sortable but made before their transaction commits, so the newest seconds are held back: a change
that commits late must not fall behind a cursor that has passed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from empi.models import DecisionRow, SubscriptionRow
from health_platform.kernel import clock
from health_platform.kernel.errors import NotFound, register_messages
from health_platform.kernel.scope import Principal

register_messages({"empi.subscription_unknown": "未找到该订阅"})

SETTLE = timedelta(seconds=5)
PAGE = 200


def changes_after(session: Session, cursor: int, limit: int = PAGE, kinds: Sequence[str] = ()) -> list[DecisionRow]:
    """Decisions after a cursor that the session may see, in order."""
    statement = select(DecisionRow).where(DecisionRow.id > cursor, DecisionRow.decided_at <= clock.now() - SETTLE)
    if kinds:
        statement = statement.where(DecisionRow.kind.in_(kinds))
    return list(session.scalars(statement.order_by(DecisionRow.id).limit(limit)))


def subscribe(session: Session, principal: Principal, name: str, kinds: Sequence[str]) -> SubscriptionRow:
    """A subscription that starts with the present."""
    newest = session.scalar(select(func.max(DecisionRow.id))) or 0
    row = SubscriptionRow(
        client_id=principal.id,
        name=name,
        kinds=",".join(kinds),
        cursor=newest,
        made_at=clock.now(),
        division_code=principal.division_code,
    )
    session.add(row)
    session.flush()
    return row


def subscriptions(session: Session, principal: Principal) -> list[SubscriptionRow]:
    """The subscriptions of a caller."""
    statement = select(SubscriptionRow).where(SubscriptionRow.client_id == principal.id)
    return list(session.scalars(statement.order_by(SubscriptionRow.id)))


def subscription(session: Session, principal: Principal, subscription_id: int) -> SubscriptionRow:
    """
    Raises:
        NotFound: the caller has no such subscription.
    """
    statement = select(SubscriptionRow).where(SubscriptionRow.id == subscription_id, SubscriptionRow.client_id == principal.id)
    row = session.scalar(statement)
    if row is None:
        raise NotFound("empi.subscription_unknown", subscription_id=str(subscription_id))
    return row


def kinds_of(row: SubscriptionRow) -> list[str]:
    """The kinds of decisions a subscription is limited to; none means all."""
    return [kind for kind in (row.kinds or "").split(",") if kind]


def pending(session: Session, row: SubscriptionRow) -> list[DecisionRow]:
    """What the subscriber has not confirmed yet."""
    return changes_after(session, row.cursor, PAGE, kinds_of(row))
