"""The login as a sequence of steps; the session counts only when none is left.

Every refusal of a password login says the same and takes the same time, whether the account exists, is locked or has
another password.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from health_platform.access.accounts import passwords
from health_platform.access.accounts.models import User
from health_platform.access.accounts.service import touched, usable
from health_platform.access.authority.evaluate import Duty
from health_platform.access.policy import AccessPolicy, access_policy
from health_platform.access.signin import throttle, totp
from health_platform.access.signin.certificates import ClientCertificate
from health_platform.access.signin.models import UserSession
from health_platform.access.signin.sessions import Opening, open_session, renew_token
from health_platform.kernel import clock
from health_platform.kernel.errors import PlatformError, TooMany, Unauthenticated, register_messages
from health_platform.kernel.http import keep
from health_platform.kernel.outbox import event, publish

log = logging.getLogger("health_platform.access")

register_messages(
    {
        "access.login.failed": "登录名或口令不正确",
        "access.login.certificate": "未收到有效的数字证书,或证书未绑定账号",
        "access.login.step": "登录已过期,请重新登录",
    }
)

CODE, PASSWORD, ENROL = "code", "password", "enrol"
_SPRAY_WINDOW = timedelta(minutes=10)
_ADMINISTRATIVE = (
    "access.user.create",
    "access.grant.create",
    "access.policy.edit",
    "access.menu.edit",
    "operations.parameter.edit",
    "audit.entry.view",
)


@event("access.guessing_alarm")
@dataclass(frozen=True)
class GuessingAlarm:
    """Many failed logins from one address: somebody tries one password on many accounts."""

    address: str
    failures: int


@dataclass(frozen=True)
class Attempt:
    """One try to sign in with a password."""

    login_name: str
    password: str
    address: str = ""
    agent: str = ""


class LoginRefused(Unauthenticated):
    """A failed login; ``user_id`` is for the audit log only and is never shown."""

    user_id: int | None = None


def sign_in(session: Session, attempt: Attempt) -> tuple[UserSession, User, str]:
    """Check a password and open a session, which may have further steps; returns the cookie's token with it.

    Raises:
        LoginRefused: whatever the reason.
        TooMany: the account's attempts are used up; the password was not looked at.
    """
    policy = access_policy(session)
    key = throttle.account_key(attempt.login_name)
    try:
        throttle.claim(session, key, throttle.limit_of(policy))
    except TooMany as error:
        raise keep(error) from None
    user = _find(session, attempt.login_name)
    right = passwords.matches(user.password_hash if user else None, attempt.password)
    if user is None or not right or not usable(user, clock.now()):
        raise _refused(session, attempt, policy, user)
    throttle.forget(session, key)
    opening = Opening(frozenset({"password"}), attempt.address, attempt.agent)
    return _opened(session, user, opening, policy)


def _find(session: Session, login_name: str) -> User | None:
    query = select(User).where(User.login_name == login_name.strip().lower()).options(undefer(User.password_hash))
    return session.scalar(query.execution_options(populate_existing=True))


def _refused(session: Session, attempt: Attempt, policy: AccessPolicy, user: User | None) -> PlatformError:
    """Count the failure for the address; the alarm is raised once per window, when the limit is reached."""
    failures = throttle.count_failure(session, f"address:{attempt.address}", _SPRAY_WINDOW)
    if failures == policy.spray_failures:
        log.warning("many failed logins from one address", extra={"facts": {"failures": failures}})
        publish(session, GuessingAlarm(attempt.address, failures))
    error = LoginRefused("access.login.failed")
    error.user_id = user.id if user else None
    return keep(error)


def sign_in_by_certificate(
    session: Session, certificate: ClientCertificate | None, address: str, agent: str
) -> tuple[UserSession, User, str]:
    """Open a session for the account a verified certificate is bound to.

    Works while password guesses have blocked the account: locking somebody out by wrong passwords is no use.
    """
    user = None
    if certificate is not None:
        user = session.scalar(select(User).where(User.certificate == certificate.fingerprint))
    if user is None or not usable(user, clock.now()):
        raise keep(LoginRefused("access.login.certificate"))
    opening = Opening(frozenset({"certificate"}), address, agent)
    return _opened(session, user, opening, access_policy(session))


def _opened(session: Session, user: User, opening: Opening, policy: AccessPolicy) -> tuple[UserSession, User, str]:
    pending = next_step(user, opening.methods, policy, administers=False)
    user.last_login_at = clock.now()
    row, token = open_session(session, user, replace(opening, pending=pending))
    return row, user, token


def next_step(user: User, methods: frozenset[str], policy: AccessPolicy, administers: bool) -> str | None:
    """The step that is left: one-time code, new password, enrolment of a second factor; ``None`` when complete."""
    strong = bool(methods & {"totp", "certificate"})
    if user.totp_since is not None and not strong:
        return CODE
    if "certificate" not in methods and password_is_due(user, policy):
        return PASSWORD
    if administers and policy.second_factor_for_admins and user.totp_since is None and not strong:
        return ENROL
    return None


def password_is_due(user: User, policy: AccessPolicy) -> bool:
    """Whether the password must be changed: a first password, or one older than the policy allows."""
    if user.must_change or user.password_set_at is None:
        return True
    return policy.password_days > 0 and clock.now() - user.password_set_at > timedelta(days=policy.password_days)


def administers(duties: tuple[Duty, ...]) -> bool:
    """Whether any duty is an administrator's, who needs two factors (GB/T 22239 8.1.4.1 d)."""
    return any(key in duty.permissions for duty in duties for key in _ADMINISTRATIVE)


def show_code(session: Session, row: UserSession, user: User, code: str) -> str:
    """Take the one-time-code step; returns the new token.

    Raises:
        Invalid: the code is wrong or was used. The count of wrong codes is kept.
    """
    try:
        totp.check(session, user, code)
    except PlatformError as error:
        raise keep(error) from None
    return _advanced(session, row, user, frozenset({"totp"}))


def choose_password(session: Session, row: UserSession, user: User, password: str) -> str:
    """Take the new-password step; returns the new token."""
    passwords.set_password(session, user, password, must_change=False)
    return _advanced(session, row, user, frozenset())


def enrol_code(session: Session, row: UserSession, user: User, code: str) -> str:
    """Take the enrolment step by the first code of the new device; returns the new token."""
    try:
        totp.confirm(session, user, code)
    except PlatformError as error:
        raise keep(error) from None
    return _advanced(session, row, user, frozenset({"totp"}))


def _advanced(session: Session, row: UserSession, user: User, gained: frozenset[str]) -> str:
    row.methods = sorted({*row.methods, *gained})
    row.pending = next_step(user, frozenset(row.methods), access_policy(session), administers=False)
    return renew_token(session, row)


def settle(session: Session, row: UserSession, user: User, duties: tuple[Duty, ...], policy: AccessPolicy) -> str | None:
    """Decide whether a session without steps left needs the enrolment step after all; returns the pending step."""
    if row.pending is None and (step := next_step(user, frozenset(row.methods), policy, administers(duties))):
        row.pending = step
        session.flush()
    return row.pending


def change_own_password(session: Session, user_id: int, old: str, new: str) -> User:
    """Change one's password from a running session; the old one is asked for and throttled like a login.

    Raises:
        LoginRefused: the old password is wrong.
    """
    user = session.get(User, user_id, options=[undefer(User.password_hash), undefer(User.id_no)], populate_existing=True)
    if user is None:
        raise LoginRefused("access.login.failed")
    key = throttle.account_key(user.login_name)
    throttle.claim(session, key, throttle.limit_of(access_policy(session)))
    if not passwords.matches(user.password_hash, old):
        raise keep(LoginRefused("access.login.failed"))
    throttle.forget(session, key)
    passwords.set_password(session, user, new, must_change=False)
    return touched(session, user)
