"""Tables of client systems, their tokens and what may be used only once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.crypto import EncryptedText
from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, PrimaryKey, Text_, Unscoped


class Client(DivisionScoped, Base):
    """A system that calls the platform or signs its users in through it.

    ``certificate`` is the SHA-256 fingerprint of the client certificate by which it is known, when it has one.
    """

    __tablename__ = "access_client"

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(Text_(48), unique=True)
    name: Mapped[str] = mapped_column(Text_(80))
    institution_id: Mapped[int | None]
    institution_name: Mapped[str | None] = mapped_column(Text_(128))
    status: Mapped[str] = mapped_column(Text_(8), default="active")
    keys: Mapped[dict[str, Any] | None] = mapped_column(Json)
    secret: Mapped[str | None] = mapped_column(EncryptedText("client.secret"), deferred=True)
    certificate: Mapped[str | None] = mapped_column(Text_(64), unique=True)
    redirect_uris: Mapped[list[str]] = mapped_column(Json)
    logout_uris: Mapped[list[str]] = mapped_column(Json)
    backchannel_uri: Mapped[str | None] = mapped_column(Text_(400))
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[int]
    epoch: Mapped[int] = mapped_column(default=1)


class Token(Unscoped, Base):
    """A bearer token; only its SM3 digest is kept. ``user_id`` is set when it stands for a person."""

    __tablename__ = "access_token"

    id: Mapped[PrimaryKey]
    digest: Mapped[str] = mapped_column(Text_(64), unique=True)
    client_id: Mapped[int] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column(index=True)
    session_id: Mapped[int | None] = mapped_column(index=True)
    scope: Mapped[str | None] = mapped_column(Text_(400))
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class UsedOnce(Unscoped, Base):
    """A nonce or assertion id that was used; the primary key refuses a second use, whichever process sees it."""

    __tablename__ = "access_used_once"

    client_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text_(8), primary_key=True)
    value: Mapped[str] = mapped_column(Text_(128), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
