"""Tables of accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.crypto import BlindIndexText, EncryptedText
from health_platform.kernel.db import Base, DivisionScoped, Instant, PrimaryKey, Text_, Unscoped

ACTIVE, LOCKED, DISABLED = "active", "locked", "disabled"
STAFF, RESIDENT = "staff", "resident"


class User(DivisionScoped, Base):
    """An account of one real person. One national id has at most one account of each kind.

    ``epoch`` grows with every change of the account's rights, so that cached rights are dropped at once.
    """

    __tablename__ = "access_user"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'locked', 'disabled')", name="ck_access_user_status"),
        CheckConstraint("kind IN ('staff', 'resident')", name="ck_access_user_kind"),
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(Text_(8), default=STAFF)
    login_name: Mapped[str] = mapped_column(Text_(40), unique=True)
    real_name: Mapped[str] = mapped_column(Text_(40))
    id_no: Mapped[str | None] = mapped_column(EncryptedText("user.id_no"), deferred=True)
    id_no_index: Mapped[str | None] = mapped_column(BlindIndexText("user.id_no"), unique=True)
    phone: Mapped[str | None] = mapped_column(EncryptedText("user.phone"), deferred=True)
    title: Mapped[str | None] = mapped_column(Text_(40))
    institution_id: Mapped[int | None] = mapped_column(index=True)
    institution_name: Mapped[str | None] = mapped_column(Text_(128))
    staff_ref: Mapped[str | None] = mapped_column(Text_(40), index=True)
    resident_ref: Mapped[int | None] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(Text_(8), default=ACTIVE)
    status_reason: Mapped[str | None] = mapped_column(Text_(200))
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[int]
    last_login_at: Mapped[datetime | None] = mapped_column(Instant)
    password_hash: Mapped[str | None] = mapped_column(Text_(255), deferred=True)
    password_set_at: Mapped[datetime | None] = mapped_column(Instant)
    must_change: Mapped[bool] = mapped_column(default=True)
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText("user.totp"), deferred=True)
    totp_since: Mapped[datetime | None] = mapped_column(Instant)
    totp_step: Mapped[int | None]
    certificate: Mapped[str | None] = mapped_column(Text_(64), unique=True)
    epoch: Mapped[int] = mapped_column(default=1)


class OldPassword(Unscoped, Base):
    """A password an account had; it may not be chosen again."""

    __tablename__ = "access_old_password"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(index=True)
    password_hash: Mapped[str] = mapped_column(Text_(255))
    set_at: Mapped[datetime] = mapped_column(Instant)
