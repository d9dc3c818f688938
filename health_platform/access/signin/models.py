"""Tables of sessions and failed attempts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, PrimaryKey, Text_, Unscoped


class UserSession(DivisionScoped, Base):
    """A signed-in browser. The cookie holds a random token, the table only its SM3 digest.

    ``pending`` is the step that must be taken before the session counts: code, enrol, password.
    ``patient_id`` freezes an embedded session to one patient (launch from a workstation).
    """

    __tablename__ = "access_session"

    id: Mapped[PrimaryKey]
    token_digest: Mapped[str] = mapped_column(Text_(64), unique=True)
    user_id: Mapped[int] = mapped_column(index=True)
    institution_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(Text_(8), default="console")
    methods: Mapped[list[str]] = mapped_column(Json)
    pending: Mapped[str | None] = mapped_column(Text_(8))
    duty: Mapped[str | None] = mapped_column(Text_(64))
    purpose: Mapped[str | None] = mapped_column(Text_(64))
    patient_id: Mapped[int | None]
    address: Mapped[str | None] = mapped_column(Text_(45))
    agent: Mapped[str | None] = mapped_column(Text_(200))
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    idle_until: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_reason: Mapped[str | None] = mapped_column(Text_(24))


class Throttle(Unscoped, Base):
    """Failed attempts of one account, second factor or address within the running window."""

    __tablename__ = "access_throttle"

    key: Mapped[str] = mapped_column(Text_(96), primary_key=True)
    window_at: Mapped[datetime] = mapped_column(Instant)
    failures: Mapped[int]
    blocked_until: Mapped[datetime | None] = mapped_column(Instant)
    blocks: Mapped[int]
