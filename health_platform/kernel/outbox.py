"""Business events that cannot be lost: the event row and one delivery row per consumer, in the transaction of the act.

A worker takes deliveries one at a time, runs the consumer in its own unit of work, retries it alone with back-off, and
lays it aside visibly ("dead") after ``MAX_ATTEMPTS``. Consumers are idempotent; effects in the database happen exactly
once, because the delivery is marked done in the transaction of the effect.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ForeignKey, Index, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from health_platform.kernel import clock
from health_platform.kernel.bulk import insert_rows
from health_platform.kernel.db import Base, Instant, Json, LongText, PrimaryKey, Text_, Unscoped
from health_platform.kernel.errors import DefinitionError
from health_platform.kernel.ids import new_id

MAX_ATTEMPTS = 8
_IN_LIMIT = 500

EVENTS: dict[str, type[Any]] = {}
E = TypeVar("E", bound=type[Any])


def event(name: str) -> Callable[[E], E]:
    """Name a frozen dataclass as an event. Fields hold JSON values (int, str, bool, None, lists and dicts of them)."""

    def register(cls: E) -> E:
        if not dataclasses.is_dataclass(cls) or EVENTS.setdefault(name, cls) is not cls:
            raise DefinitionError(f"event {name} is not a dataclass or is defined twice")
        cls.event_name = name
        return cls

    return register


class OutboxEvent(Unscoped, Base):
    """A business fact that happened."""

    __tablename__ = "outbox_event"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(Text_(64))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    occurred_at: Mapped[datetime] = mapped_column(Instant)


class OutboxDelivery(Unscoped, Base):
    """One event on its way to one consumer. States: waiting, running (leased), done, dead."""

    __tablename__ = "outbox_delivery"
    __table_args__ = (Index("ix_outbox_due", "state", "due_at"),)

    id: Mapped[PrimaryKey]
    event_id: Mapped[int] = mapped_column(ForeignKey("outbox_event.id"), index=True)
    consumer: Mapped[str] = mapped_column(Text_(64))
    state: Mapped[str] = mapped_column(Text_(8))
    attempts: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Instant)
    leased_by: Mapped[str | None] = mapped_column(Text_(64))
    last_error: Mapped[str | None] = mapped_column(LongText)
    done_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True)
class Consumer:
    """Who listens. ``leased`` consumers do long work in several units of work of their own.

    ``rest``: a running worker leaves a delivery alone for so long, so that work that comes together is done together.
    """

    name: str
    handler: Callable[..., None]
    leased: bool = False
    rest: timedelta = timedelta()


def publish(session: Session, fact: Any, identity: int | None = None) -> int:
    """Write an event and its deliveries into the running transaction; returns the event id.

    ``identity`` gives the event an id of the caller's (from ``new_id``), by which its deliveries can be found again.
    """
    now, event_id = clock.now(), identity or new_id()
    payload = {field.name: getattr(fact, field.name) for field in dataclasses.fields(fact)}  # JSON values: no need to copy them
    insert_rows(session, OutboxEvent, [{"id": event_id, "name": fact.event_name, "payload": payload, "occurred_at": now}])
    shared = {"event_id": event_id, "state": "waiting", "attempts": 0, "due_at": now}
    consumers = session.info["consumers"].get(fact.event_name, ())
    wanted = [{"consumer": name, **shared} for name, wants in consumers if wants is None or wants(fact)]
    insert_rows(session, OutboxDelivery, wanted)
    return event_id


def settle(session: Session, event_ids: Sequence[int], consumer: str) -> None:
    """Close deliveries that still wait although their work was done along with other work."""
    for start in range(0, len(event_ids), _IN_LIMIT):
        waiting = (
            OutboxDelivery.event_id.in_(event_ids[start : start + _IN_LIMIT]),
            OutboxDelivery.consumer == consumer,
            OutboxDelivery.state == "waiting",
        )
        done = update(OutboxDelivery).where(*waiting).values(state="done", done_at=clock.now(), last_error=None)
        session.execute(done, execution_options={"synchronize_session": False})


def decode(row: OutboxEvent) -> Any:
    """The event as its dataclass; unknown fields of a newer writer are dropped, missing ones take their defaults."""
    cls = EVENTS[row.name]
    names = {field.name for field in dataclasses.fields(cls)}
    return cls(**{key: value for key, value in row.payload.items() if key in names})
