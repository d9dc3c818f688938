"""Why an actor may see a person wherever that person lives. These feed ``Scope.persons``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from health_platform.access.authority.models import Relation
from health_platform.kernel import clock
from health_platform.kernel.db import widened

KINDS = ("launch", "encounter", "referral", "contract", "break_glass", "guardian", "self")


@dataclass(frozen=True)
class NewRelation:
    """An actor's reason to see a person, until ``expires_at``.

    ``source`` names what made it (``launch:123``); the same actor, person, kind and source make one relation.
    """

    actor_id: int
    person_id: int
    kind: str
    source: str
    expires_at: datetime
    purpose: str | None = None
    division_code: str | None = None


def relate(session: Session, new: NewRelation) -> int:
    """Record a relation, or prolong the one of the same source; returns its id. Counts from the next request on."""
    if new.kind not in KINDS:
        raise ValueError(f"unknown kind of relation {new.kind!r}")
    with widened(session, "relation"):
        row = session.scalar(
            select(Relation).where(
                Relation.actor_id == new.actor_id,
                Relation.person_id == new.person_id,
                Relation.kind == new.kind,
                Relation.source == new.source,
            )
        )
        if row is None:
            row = Relation(
                actor_id=new.actor_id,
                person_id=new.person_id,
                kind=new.kind,
                source=new.source,
                purpose=new.purpose,
                division_code=new.division_code,
                created_at=clock.now(),
                expires_at=new.expires_at,
            )
            session.add(row)
        row.expires_at = new.expires_at
        session.flush()
        return row.id


def unrelate(session: Session, kind: str, source: str) -> None:
    """End every relation a source made (the referral was withdrawn)."""
    with widened(session, "relation"):
        session.execute(delete(Relation).where(Relation.kind == kind, Relation.source == source))


# Asked by every request of a person, so it is put together once.
_RUNNING = select(Relation.person_id).where(Relation.actor_id == bindparam("actor"), Relation.expires_at > bindparam("now"))


def related_persons(session: Session, actor_id: int, now: datetime) -> frozenset[int]:
    """The persons an actor has a running relation with (under a scope that sees all)."""
    found = session.scalars(_RUNNING, {"actor": actor_id, "now": now})
    return frozenset(person for person in found if person is not None)


def forget_expired(session: Session, before: datetime) -> None:
    """Delete relations that ended before an instant; the audit log keeps what was done by them."""
    session.execute(delete(Relation).where(Relation.expires_at < before))
