"""The audit log: who did or saw what about whom, written in the transaction of the act.

Entries are only ever inserted. ``kernel.audit_seal`` puts them into signed Merkle batches, so that a later change,
deletion, insertion or reordering is found. No act without its entry: when the entry cannot be written, the act fails.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Literal, cast

from sqlalchemy import Index, Table, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from health_platform.kernel import clock
from health_platform.kernel.db import Base, Instant, Json, PersonScoped, PrimaryKey, Text_, Unscoped, afterwards
from health_platform.kernel.ids import new_id
from health_platform.kernel.scope import SYSTEM, Principal

Kind = Literal["login", "operation", "browse", "interface"]


class AuditEntry(PersonScoped, Base):
    """One act. ``division_code`` and ``institution_id`` are the actor's; ``person_id`` is whom the act was about."""

    __tablename__ = "audit_entry"
    # Each ends with the order of an answer, newest first, so a page is read off the index whoever or whatever is asked for.
    __table_args__ = (
        Index("ix_audit_person", "person_id", "at", "id"),
        Index("ix_audit_actor", "actor_id", "at", "id"),
        Index("ix_audit_actor_name", "actor_name", "at", "id"),
        Index("ix_audit_unit", "institution_id", "at", "id"),
        Index("ix_audit_unit_name", "institution_name", "at", "id"),
        Index("ix_audit_object", "object_kind", "object_id", "at", "id"),
        Index("ix_audit_action", "action", "at", "id"),
        Index("ix_audit_at", "at", "id"),
        Index("ix_audit_batch", "batch_id", "position"),
    )
    append_only = True  # row security lets everybody add, and shows each only what is theirs

    id: Mapped[PrimaryKey]
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(Text_(12))
    action: Mapped[str] = mapped_column(Text_(64))
    object_kind: Mapped[str] = mapped_column(Text_(48))
    object_id: Mapped[str | None] = mapped_column(Text_(64))
    person_id: Mapped[int | None] = mapped_column()  # ``ix_audit_person`` begins with it
    actor_id: Mapped[int]
    actor_kind: Mapped[str] = mapped_column(Text_(8))
    actor_name: Mapped[str | None] = mapped_column(Text_(64))
    institution_id: Mapped[int | None]
    institution_name: Mapped[str | None] = mapped_column(Text_(128))
    purpose: Mapped[str | None] = mapped_column(Text_(64))
    outcome: Mapped[str] = mapped_column(Text_(8))
    address: Mapped[str | None] = mapped_column(Text_(45))
    request_id: Mapped[str | None] = mapped_column(Text_(36))
    detail: Mapped[dict[str, Any]] = mapped_column(Json)
    batch_id: Mapped[int | None]
    position: Mapped[int | None]


ENTRIES = cast(Table, AuditEntry.__table__)
_ADDED = insert(ENTRIES)


class AuditBatch(Unscoped, Base):
    """A sealed batch: Merkle root over its entries, chained to the batch before it, signed."""

    __tablename__ = "audit_batch"

    id: Mapped[PrimaryKey]
    number: Mapped[int] = mapped_column(unique=True)
    sealed_at: Mapped[datetime] = mapped_column(Instant)
    size: Mapped[int]
    root: Mapped[str] = mapped_column(Text_(64))
    previous: Mapped[str | None] = mapped_column(Text_(64))
    head: Mapped[str] = mapped_column(Text_(64))
    signature: Mapped[str] = mapped_column(Text_(512))


@dataclass(frozen=True)
class AuditFact:
    """What is to be written; ``principal`` is who acted."""

    action: str
    object_kind: str
    object_id: str | None = None
    person_id: int | None = None
    principal: Principal = SYSTEM
    outcome: str = "ok"
    kind: Kind = "operation"
    address: str = ""
    request_id: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def record(session: Session, fact: AuditFact) -> int:
    """Append an entry to the running unit of work; returns its id.

    A unit that only reads appends it after its reads and before anything of them is answered.

    A Core insert on purpose: the scope that narrows what the caller may read must not decide what is written down.
    """
    actor = fact.principal
    identity = new_id()
    entry = {
        "id": identity,
        "at": clock.now(),
        "kind": fact.kind,
        "action": fact.action,
        "object_kind": fact.object_kind,
        "object_id": fact.object_id,
        "person_id": fact.person_id,
        "actor_id": actor.id,
        "actor_kind": actor.kind,
        "actor_name": actor.name,
        "institution_id": actor.institution_id,
        "institution_name": actor.institution_name,
        "division_code": actor.division_code,
        "line_code": None,
        "purpose": actor.purpose,
        "outcome": fact.outcome,
        "address": fact.address,
        "request_id": fact.request_id,
        "detail": fact.detail,
    }
    afterwards(session, partial(_append, entry))
    return identity


def _append(entry: dict[str, Any], session: Session) -> None:
    session.flush()
    session.connection().execute(_ADDED, entry)
