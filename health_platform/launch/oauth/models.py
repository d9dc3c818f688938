"""Tables of delegated access: registered apps, launch handles, codes and tokens. Of every secret only the digest is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, PersonScoped, PrimaryKey, Text_, Unscoped


class DelegatedApp(DivisionScoped, Base):
    """An app that may act for a person. ``kind`` is smart (for a physician) or resident (for a resident).

    ``client_id`` is its registration with the single sign-on, which holds redirect addresses, keys and secret.
    """

    __tablename__ = "delegated_app"

    id: Mapped[PrimaryKey]
    client_id: Mapped[int] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(Text_(48), unique=True)
    name: Mapped[str] = mapped_column(Text_(80))
    kind: Mapped[str] = mapped_column(Text_(8))
    launch_uri: Mapped[str | None] = mapped_column(Text_(400))
    scopes: Mapped[list[str]] = mapped_column(Json)
    origins: Mapped[list[str]] = mapped_column(Json)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class LaunchHandle(PersonScoped, Base):
    """The ``launch`` parameter of a SMART launch: who opens which app for which person, once, within minutes."""

    __tablename__ = "launch_handle"

    id: Mapped[PrimaryKey]
    person_id: Mapped[int]
    digest: Mapped[str] = mapped_column(Text_(64), unique=True)
    app_id: Mapped[int]
    subject: Mapped[dict[str, Any]] = mapped_column(Json)
    visit: Mapped[str | None] = mapped_column(Text_(100))
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class DelegatedCode(Unscoped, Base):
    """An authorisation code, redeemable once within a minute."""

    __tablename__ = "delegated_code"

    id: Mapped[PrimaryKey]
    digest: Mapped[str] = mapped_column(Text_(64), unique=True)
    client_id: Mapped[int]
    subject: Mapped[dict[str, Any]] = mapped_column(Json)
    redirect_uri: Mapped[str] = mapped_column(Text_(400))
    scope: Mapped[str] = mapped_column(Text_(1000))
    nonce: Mapped[str | None] = mapped_column(Text_(200))
    challenge: Mapped[str] = mapped_column(Text_(128))
    made_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class DelegatedToken(Unscoped, Base):
    """An access token of an app for one person, with the refresh token of a resident's app.

    ``visit`` ends the token with the visit it was opened in.
    """

    __tablename__ = "delegated_token"
    __table_args__ = (Index("ix_delegated_token_visit", "visit"), Index("ix_delegated_token_person", "person_id"))

    id: Mapped[PrimaryKey]
    digest: Mapped[str] = mapped_column(Text_(64), unique=True)
    refresh_digest: Mapped[str | None] = mapped_column(Text_(64), unique=True)
    code_id: Mapped[int] = mapped_column(index=True)
    client_id: Mapped[int]
    person_id: Mapped[int]
    subject: Mapped[dict[str, Any]] = mapped_column(Json)
    scope: Mapped[str] = mapped_column(Text_(1000))
    visit: Mapped[str | None] = mapped_column(Text_(100))
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    refresh_until: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
