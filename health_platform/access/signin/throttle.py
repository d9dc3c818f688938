"""How often one may guess, kept in the database so that it holds across processes and restarts.

The claim of an attempt is written before the password is looked at: a hundred parallel guesses are counted one by one. Within
a window of 15 minutes at most 5 attempts per account are evaluated; further ones are refused unseen, and each further
window that is used up doubles the pause. An unknown account behaves the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from health_platform.access.policy import AccessPolicy
from health_platform.access.signin.models import Throttle
from health_platform.kernel import clock
from health_platform.kernel.crypto import sm3
from health_platform.kernel.errors import TooMany, register_messages

register_messages({"access.login.throttled": "尝试次数过多,请在 {minutes} 分钟后再试"})

_LONGEST_PAUSE = timedelta(hours=4)


@dataclass(frozen=True)
class Limit:
    """At most ``attempts`` within ``window``."""

    attempts: int
    window: timedelta


def account_key(login_name: str) -> str:
    """The key of an account's guesses; names are hashed so that mistyped passwords are not kept as names."""
    return "login:" + sm3(login_name.strip().lower().encode()).hex()


def limit_of(policy: AccessPolicy) -> Limit:
    return Limit(policy.login_failures, policy.login_window)


def claim(session: Session, key: str, limit: Limit) -> None:
    """Count one attempt before evaluating it.

    Raises:
        TooMany: the attempts of this window are used up; nothing may be evaluated.
    """
    now = clock.now()
    row = _row(session, key, now)
    if not allowed(row, limit, now) and row.blocked_until:
        raise TooMany("access.login.throttled", minutes=_minutes(row.blocked_until - now))
    session.flush()


def allowed(row: Throttle, limit: Limit, now: datetime) -> bool:
    """Count an attempt in the row, unless it is blocked; whether it may be evaluated."""
    if row.blocked_until and row.blocked_until > now:
        return False
    if row.blocked_until or now - row.window_at >= limit.window:
        row.blocks = row.blocks if row.blocked_until else 0
        row.window_at, row.failures, row.blocked_until = now, 0, None
    row.failures += 1
    if row.failures >= limit.attempts:
        row.blocks += 1
        row.blocked_until = now + min(limit.window * 2 ** (row.blocks - 1), _LONGEST_PAUSE)
    return True


def forget(session: Session, key: str) -> None:
    """The attempt was right: start afresh."""
    session.execute(delete(Throttle).where(Throttle.key == key))


def count_failure(session: Session, key: str, window: timedelta) -> int:
    """Count a failure that blocks nothing (an address) and return how many the running window has."""
    now = clock.now()
    row = _row(session, key, now)
    if now - row.window_at >= window:
        row.window_at, row.failures = now, 0
    row.failures += 1
    session.flush()
    return row.failures


def forget_old(session: Session, before: datetime) -> None:
    """Drop counters whose window and pause ended before an instant."""
    over = Throttle.window_at < before, (Throttle.blocked_until.is_(None) | (Throttle.blocked_until < before))
    session.execute(delete(Throttle).where(*over))


def _row(session: Session, key: str, now: datetime) -> Throttle:
    """The counter, locked until the transaction ends; two first attempts at once meet at the primary key."""
    query = select(Throttle).where(Throttle.key == key).with_for_update()
    if found := session.scalar(query):
        return found
    try:
        with session.begin_nested():
            session.add(Throttle(key=key, window_at=now, failures=0, blocks=0))
    except IntegrityError:
        pass
    return session.scalars(query).one()


def _minutes(left: timedelta) -> int:
    return max(1, -(-int(left.total_seconds()) // 60))
