"""Opaque bearer tokens: random, shown once, kept as digests, revocable at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from health_platform.access.clients.models import Client, Token
from health_platform.kernel import clock
from health_platform.kernel.crypto import sm3
from health_platform.kernel.errors import Unauthenticated

PREFIX = "hpt_"
SYSTEM_SECONDS = 900
PERSON_SECONDS = 3600


@dataclass(frozen=True)
class NewToken:
    """Whose token: a system's own, or one for a person (``user_id``) tied to the session it came from."""

    client_id: int
    user_id: int | None = None
    session_id: int | None = None
    scope: str | None = None
    seconds: int = SYSTEM_SECONDS


def digest_of(token: str) -> str:
    return sm3(token.encode()).hex()


def generate() -> str:
    """A new token text; :func:`keep_token` makes it valid."""
    return PREFIX + secrets.token_urlsafe(32)


def keep_token(session: Session, text: str, new: NewToken) -> Token:
    """Make a token valid from now on."""
    now = clock.now()
    row = Token(
        digest=digest_of(text),
        client_id=new.client_id,
        user_id=new.user_id,
        session_id=new.session_id,
        scope=new.scope,
        issued_at=now,
        expires_at=now + timedelta(seconds=new.seconds),
    )
    session.add(row)
    session.flush()
    return row


def live_token(session: Session, text: str) -> Token | None:
    """The token if it is valid now and its client may still act."""
    query = (
        select(Token)
        .join(Client, Client.id == Token.client_id)
        .where(
            Token.digest == digest_of(text),
            Token.expires_at > clock.now(),
            Token.revoked_at.is_(None),
            Client.status == "active",
        )
    )
    return session.scalar(query)


def active_client(session: Session, client_id: int) -> Client:
    """
    Raises:
        Unauthenticated: the client is unknown or switched off.
    """
    client = session.get(Client, client_id)
    if client is None or client.status != "active":
        raise Unauthenticated("request.unauthenticated")
    return client


def revoke_tokens_of_session(session: Session, session_id: int) -> None:
    """End every token that came from a session."""
    unrevoked = Token.session_id == session_id, Token.revoked_at.is_(None)
    session.execute(update(Token).where(*unrevoked).values(revoked_at=clock.now()))


def revoke_tokens_of_client(session: Session, client_id: int) -> None:
    """End every token of a client."""
    session.execute(update(Token).where(Token.client_id == client_id, Token.revoked_at.is_(None)).values(revoked_at=clock.now()))


def forget_expired(session: Session) -> None:
    session.execute(delete(Token).where(Token.expires_at < clock.now() - timedelta(days=1)))
