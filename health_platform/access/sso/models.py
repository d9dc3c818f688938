"""Tables of single sign-on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.crypto import EncryptedText
from health_platform.kernel.db import Base, Instant, PrimaryKey, Text_, Unscoped


class SigningKey(Unscoped, Base):
    """An RSA key of the provider. The newest one signs; the others stay published until they retire."""

    __tablename__ = "access_sso_key"

    id: Mapped[PrimaryKey]
    kid: Mapped[str] = mapped_column(Text_(64), unique=True)
    private_jwk: Mapped[str] = mapped_column(EncryptedText("sso.key"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)


class AuthorizationCode(Unscoped, Base):
    """A code waiting to be redeemed once, within a minute; only its digest is kept."""

    __tablename__ = "access_sso_code"

    id: Mapped[PrimaryKey]
    digest: Mapped[str] = mapped_column(Text_(64), unique=True)
    client_id: Mapped[int]
    user_id: Mapped[int]
    session_id: Mapped[int]
    redirect_uri: Mapped[str] = mapped_column(Text_(400))
    scope: Mapped[str | None] = mapped_column(Text_(400))
    nonce: Mapped[str | None] = mapped_column(Text_(200))
    challenge: Mapped[str] = mapped_column(Text_(128))
    auth_time: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Participation(Unscoped, Base):
    """A relying system took part in a session; it is told when the session ends (single logout)."""

    __tablename__ = "access_sso_party"

    session_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    client_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int]
    joined_at: Mapped[datetime] = mapped_column(Instant)
