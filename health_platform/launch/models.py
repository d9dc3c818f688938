"""Tables of the launch: registered hospital systems, tickets, frame sessions, seen nonces and stated purposes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, PersonScoped, PrimaryKey, Text_, Unscoped


class LaunchClient(DivisionScoped, Base):
    """A hospital system that may open records. ``origins`` are the pages allowed to frame us; ``keys`` is its JWK set."""

    __tablename__ = "launch_client"

    id: Mapped[PrimaryKey]
    client_key: Mapped[str] = mapped_column(Text_(48), unique=True)
    name: Mapped[str] = mapped_column(Text_(80))
    institution_id: Mapped[int]
    institution_name: Mapped[str] = mapped_column(Text_(128))
    origins: Mapped[list[str]] = mapped_column(Json)
    keys: Mapped[dict[str, Any]] = mapped_column(Json)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class LaunchNonce(Unscoped, Base):
    """A nonce already used by a client: the same signed request is not honoured twice."""

    __tablename__ = "launch_nonce"
    __table_args__ = (UniqueConstraint("client_id", "nonce", name="uq_launch_nonce"),)

    id: Mapped[PrimaryKey]
    client_id: Mapped[int]
    nonce: Mapped[str] = mapped_column(Text_(64))
    at: Mapped[datetime] = mapped_column(Instant, index=True)


class LaunchTicket(PersonScoped, Base):
    """A one-time ticket. Only its hash is kept, so that a copy of the database opens nothing."""

    __tablename__ = "launch_ticket"

    id: Mapped[PrimaryKey]
    person_id: Mapped[int]
    ticket_hash: Mapped[str] = mapped_column(Text_(64), unique=True)
    client_id: Mapped[int]
    doctor_no: Mapped[str] = mapped_column(Text_(32))
    doctor_name: Mapped[str] = mapped_column(Text_(64))
    department: Mapped[str | None] = mapped_column(Text_(64))
    workstation: Mapped[str | None] = mapped_column(Text_(64))
    visit_no: Mapped[str] = mapped_column(Text_(64))
    purpose: Mapped[str] = mapped_column(Text_(16))
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class LaunchSession(PersonScoped, Base):
    """A frame at work, frozen to the ticket's patient, visit and purpose. It can only be read with and ended."""

    __tablename__ = "launch_session"
    __table_args__ = (Index("ix_launch_session_visit", "client_id", "visit_no"),)

    id: Mapped[PrimaryKey]
    person_id: Mapped[int]
    token_hash: Mapped[str] = mapped_column(Text_(64), unique=True)
    ticket_id: Mapped[int] = mapped_column(index=True)
    client_id: Mapped[int]
    institution_id: Mapped[int]
    institution_name: Mapped[str] = mapped_column(Text_(128))
    doctor_no: Mapped[str] = mapped_column(Text_(32))
    doctor_name: Mapped[str] = mapped_column(Text_(64))
    department: Mapped[str | None] = mapped_column(Text_(64))
    workstation: Mapped[str | None] = mapped_column(Text_(64))
    visit_no: Mapped[str] = mapped_column(Text_(64))
    purpose: Mapped[str] = mapped_column(Text_(16))
    started_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_why: Mapped[str | None] = mapped_column(Text_(16))


class StatedPurpose(PersonScoped, Base):
    """Why a console user opened one person's record; asked once, valid for a while, shown to the resident."""

    __tablename__ = "stated_purpose"
    __table_args__ = (Index("ix_stated_purpose", "actor_id", "person_id", "expires_at"),)

    id: Mapped[PrimaryKey]
    actor_id: Mapped[int]
    person_id: Mapped[int]
    purpose: Mapped[str] = mapped_column(Text_(16))
    note: Mapped[str | None] = mapped_column(Text_(200))
    stated_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class RecordLayout(Unscoped, Base):
    """A physician's own order of cards and sections."""

    __tablename__ = "record_layout"

    id: Mapped[PrimaryKey]
    owner: Mapped[str] = mapped_column(Text_(96), unique=True)
    view: Mapped[str] = mapped_column(Text_(16))
    hidden: Mapped[list[str]] = mapped_column(Json)
    changed_at: Mapped[datetime] = mapped_column(Instant)
