"""One internal id per entity and any number of external ids that resolve to it (A05).

External ids are looked up by value within a scheme. An id keeps pointing at the entity it was given to; when that entity
was merged, the register of the entity follows the merge.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from health_platform.kernel import clock
from health_platform.kernel.db import Base, Instant, PrimaryKey, Text_, Unscoped
from health_platform.kernel.errors import Conflict

CREDIT, WS218, CDC, ORGANISATION = "credit", "ws218", "cdc", "organisation"


class ExternalId(Unscoped, Base):
    """An id that somebody else uses for an entity of ours."""

    __tablename__ = "reg_external_id"
    __table_args__ = (
        Index("uq_reg_external_id", "kind", "scheme", "value", unique=True),
        Index("ix_reg_external_id_ent", "entity_id"),
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(Text_(16))
    scheme: Mapped[str] = mapped_column(Text_(48))
    value: Mapped[str] = mapped_column(Text_(64))
    entity_id: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A scheme (credit, ws218, cdc, organisation, or the code of a source system) and a value in it."""

    scheme: str
    value: str


def attach(session: Session, kind: str, entity_id: int, identifiers: Iterable[Identifier]) -> None:
    """Let identifiers resolve to an entity; those that already do are left alone.

    Raises:
        Conflict: one of them belongs to another entity of this kind.
    """
    for one in identifiers:
        owner = entity_of(session, kind, one.value, one.scheme)
        if owner not in (None, entity_id):
            raise Conflict("registry.identifier_taken", scheme=one.scheme, value=one.value)
        if owner is None:
            row = ExternalId(kind=kind, scheme=one.scheme, value=one.value, entity_id=entity_id, added_at=clock.now())
            session.add(row)
            session.flush()


def entity_of(session: Session, kind: str, value: str, scheme: str | None = None) -> int | None:
    """The internal id behind an external one; without a scheme, the only entity that any scheme gives for the value."""
    query = select(ExternalId.entity_id).where(ExternalId.kind == kind, ExternalId.value == value).distinct()
    if scheme is not None:
        query = query.where(ExternalId.scheme == scheme)
    found = list(session.scalars(query.limit(2)))
    return found[0] if len(found) == 1 else None


def identifiers_of(session: Session, kind: str, entity_id: int) -> list[Identifier]:
    """All external ids of an entity, by scheme."""
    query = select(ExternalId).where(ExternalId.kind == kind, ExternalId.entity_id == entity_id)
    rows = session.scalars(query.order_by(ExternalId.scheme, ExternalId.value))
    return [Identifier(row.scheme, row.value) for row in rows]
