"""Server-side sessions: opaque token in the cookie, its digest in the table, ended by idleness, age, people or events."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from health_platform.access.accounts.models import User
from health_platform.access.policy import AccessPolicy, access_policy
from health_platform.access.signin.models import UserSession
from health_platform.kernel import clock
from health_platform.kernel.crypto import sm3
from health_platform.kernel.db import widened
from health_platform.kernel.errors import NotFound, register_messages
from health_platform.kernel.outbox import event, publish

register_messages({"access.session.unknown": "未找到该会话"})

_TOKEN_BYTES = 32
_WRITE_EVERY = timedelta(seconds=60)  # an activity is noted at most once a minute: reading must not write


@event("access.session_ended")
@dataclass(frozen=True)
class SessionEnded:
    """A session is over; systems that joined it by single sign-on are to be told."""

    session_id: int
    user_id: int
    reason: str


@dataclass(frozen=True)
class Opening:
    """How a session begins."""

    methods: frozenset[str]
    address: str = ""
    agent: str = ""
    pending: str | None = None
    kind: str = "console"
    purpose: str | None = None
    patient_id: int | None = None
    minutes: int | None = None


def digest_of(token: str) -> str:
    return sm3(token.encode()).hex()


def csrf_of(token: str) -> str:
    """The CSRF token of a session, derived so that it need not be stored."""
    return sm3(b"csrf\x00" + token.encode()).hex()


def open_session(session: Session, user: User, opening: Opening) -> tuple[UserSession, str]:
    """Begin a session and return it with the token for the cookie. The oldest ones beyond the limit end."""
    policy, now = access_policy(session), clock.now()
    if opening.kind == "console":
        _make_room(session, user.id, policy, now)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    absolute = timedelta(minutes=opening.minutes) if opening.minutes else policy.absolute
    row = UserSession(
        token_digest=digest_of(token),
        user_id=user.id,
        institution_id=user.institution_id,
        division_code=user.division_code,
        kind=opening.kind,
        methods=sorted(opening.methods),
        pending=opening.pending,
        purpose=opening.purpose,
        patient_id=opening.patient_id,
        address=opening.address[:45],
        agent=opening.agent[:200],
        created_at=now,
        seen_at=now,
        idle_until=now + policy.idle,
        expires_at=now + absolute,
    )
    session.add(row)
    session.flush()
    return row, token


def _make_room(session: Session, user_id: int, policy: AccessPolicy, now: datetime) -> None:
    live = select(UserSession).where(
        UserSession.user_id == user_id,
        UserSession.kind == "console",
        UserSession.ended_at.is_(None),
        UserSession.expires_at > now,
        UserSession.idle_until > now,
    )
    rows = session.scalars(live.order_by(UserSession.created_at)).all()
    for row in rows[: max(0, len(rows) - policy.sessions_per_user + 1)]:
        end(session, row, "replaced")


def renew_token(session: Session, row: UserSession) -> str:
    """A new token after each step of the login, so that a token known before it is worth nothing (session fixation)."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row.token_digest = digest_of(token)
    session.flush()
    return token


# Asked by every request of a browser, so it is put together once.
_LIVE = (
    select(UserSession, User)
    .join(User, User.id == UserSession.user_id)
    .where(UserSession.token_digest == bindparam("digest"), UserSession.ended_at.is_(None))
)


def live_session(session: Session, token: str) -> tuple[UserSession, User] | None:
    """The running session of a token with its user; ``None`` when it ended, idled out or is unknown."""
    now = clock.now()
    found = session.execute(_LIVE, {"digest": digest_of(token)}).first()
    if found is None:
        return None
    row, user = found
    if row.expires_at <= now or row.idle_until <= now:
        end(session, row, "expired")
        return None
    if now - row.seen_at >= _WRITE_EVERY:
        row.seen_at, row.idle_until = now, now + access_policy(session).idle
    return row, user


def end(session: Session, row: UserSession, reason: str) -> None:
    """End one session and tell the systems that joined it."""
    if row.ended_at is None:
        row.ended_at, row.ended_reason = clock.now(), reason
        session.flush()
        publish(session, SessionEnded(row.id, row.user_id, reason))


def end_session(session: Session, session_id: int, reason: str) -> UserSession:
    """End a session in scope by its id.

    Raises:
        NotFound: no running session of this id in scope.
    """
    row = session.scalar(select(UserSession).where(UserSession.id == session_id, UserSession.ended_at.is_(None)))
    if row is None:
        raise NotFound("access.session.unknown", session_id=str(session_id))
    end(session, row, reason)
    return row


def end_sessions_of(session: Session, user_id: int, reason: str) -> int:
    """End all sessions of an account, whoever may see them; returns how many."""
    with widened(session, "end sessions"):
        rows = session.scalars(select(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))).all()
        for row in rows:
            end(session, row, reason)
    return len(rows)


def running_sessions(session: Session, user_id: int | None = None) -> list[tuple[UserSession, User]]:
    """Running sessions in scope with their users, last activity first."""
    now = clock.now()
    query = (
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.ended_at.is_(None), UserSession.expires_at > now, UserSession.idle_until > now)
        .order_by(UserSession.seen_at.desc())
        .limit(500)
    )
    if user_id is not None:
        query = query.where(UserSession.user_id == user_id)
    return [(row, user) for row, user in session.execute(query)]


def close_stale(session: Session) -> int:
    """End what ran out without being asked for again, so that relying systems hear of it; returns how many."""
    now = clock.now()
    stale = (UserSession.expires_at <= now) | (UserSession.idle_until <= now)
    rows = session.scalars(select(UserSession).where(UserSession.ended_at.is_(None), stale).limit(500)).all()
    for row in rows:
        end(session, row, "expired")
    return len(rows)


def forget_ended(session: Session, before: datetime) -> None:
    """Drop sessions that ended before an instant; the audit log keeps the logins."""
    session.execute(delete(UserSession).where(UserSession.ended_at < before))
