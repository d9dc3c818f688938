"""Real-name login: name and identity number name a person, a code proves the phone, a token is the session.

The answer to a request for a code is the same whether or not somebody fits, so the portal tells nobody who lives here.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import TooMany, Unauthenticated
from health_platform.kernel.http import keep
from health_platform.kernel.ids import new_id
from health_platform.kernel.scope import Principal, Scope
from health_platform.residents.definitions import (
    CODE_ATTEMPTS,
    CODE_LIFE,
    CODE_WINDOW,
    CODES_PER_WINDOW,
    PERMISSIONS,
    SEEN_STEP,
    SESSION_IDLE,
    SESSION_LIFE,
    TOKEN_PREFIX,
)
from health_platform.residents.family import standing_proxy
from health_platform.residents.models import LoginCode, ResidentAccount, ResidentSession
from health_platform.residents.ports import IdentityVerifier, PersonRegister


@dataclass(frozen=True)
class Claim:
    """Who somebody says to be."""

    name: str
    id_number: str
    phone: str


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """The CSRF token of a session, derived so that it need not be stored."""
    return digest("csrf:" + token)


def send_code(session: Session, claim: Claim, register: PersonRegister, verifier: IdentityVerifier, at: datetime) -> LoginCode:
    """Send a code when the claim fits a person, and answer the same when it does not.

    Raises:
        TooMany: more than five codes for this identity number within an hour.
    """
    recent = select(func.count()).select_from(LoginCode).where(
        LoginCode.who_index == claim.id_number, LoginCode.sent_at > at - CODE_WINDOW
    )  # fmt: skip
    if (session.scalar(recent) or 0) >= CODES_PER_WINDOW:
        raise TooMany("resident.codes")
    person = register(session, claim.name, claim.id_number)
    fits = person is not None and verifier.confirm(claim.name, claim.id_number, claim.phone)
    code = f"{secrets.randbelow(1_000_000):06d}"
    key = new_id()
    row = LoginCode(
        id=key, who_index=claim.id_number, name=claim.name, phone=claim.phone, code_hash=digest(f"{key}:{code}"),
        sent_at=at, expires_at=at + CODE_LIFE, attempts=0,
        person_id=person.person_id if person and fits else None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    if fits:
        verifier.send(claim.phone, code)
    return row


def sign_in(session: Session, code_id: int, code: str, by_cookie: bool, at: datetime) -> tuple[str, ResidentSession]:
    """A session for a code. Five wrong guesses spend it.

    Raises:
        Unauthenticated: wrong, late, spent, or a code of nobody.
    """
    row = session.get(LoginCode, code_id, with_for_update=True)
    if row is None or row.used_at or row.expires_at <= at or row.attempts >= CODE_ATTEMPTS:
        raise Unauthenticated("resident.code")
    row.attempts += 1
    if row.person_id is None or not hmac.compare_digest(row.code_hash, digest(f"{row.id}:{code}")):
        raise keep(Unauthenticated("resident.code"))
    row.used_at = at
    return _open(session, _account(session, row, at), by_cookie, at)


def _account(session: Session, row: LoginCode, at: datetime) -> ResidentAccount:
    found = session.scalar(select(ResidentAccount).where(ResidentAccount.person_id == row.person_id))
    account = found or ResidentAccount(person_id=row.person_id, name=row.name, created_at=at)
    account.phone, account.signed_in_at = row.phone, at
    session.add(account)
    session.flush()
    return account


def _open(session: Session, account: ResidentAccount, by_cookie: bool, at: datetime) -> tuple[str, ResidentSession]:
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    opened = ResidentSession(
        token_hash=digest(token), account_id=account.id, person_id=account.person_id, acting_for=account.person_id,
        by_cookie=by_cookie, started_at=at, seen_at=at, ends_at=at + SESSION_LIFE,
    )  # fmt: skip
    session.add(opened)
    session.flush()
    return token, opened


def recognise(session: Session, token: str, by_cookie: bool, at: datetime) -> Principal | None:
    """The resident behind a token, or ``None`` when the session is over.

    A cookie token does not work as a bearer token and the other way round. A family member's record closes at the
    moment the consent does.
    """
    found = session.scalar(
        select(ResidentSession).where(ResidentSession.token_hash == digest(token), ResidentSession.ended_at.is_(None))
    )
    if found is None or found.by_cookie != by_cookie or at >= found.ends_at or at - found.seen_at >= SESSION_IDLE:
        return None
    if found.acting_for != found.person_id and not standing_proxy(session, found.person_id, found.acting_for, at):
        found.acting_for = found.person_id
    if at - found.seen_at >= SEEN_STEP:
        found.seen_at = at
    account = session.get_one(ResidentAccount, found.account_id)
    return Principal(
        id=account.id, kind="resident", name=account.name,
        permissions=PERMISSIONS, scope=Scope(persons=frozenset({found.person_id, found.acting_for})),
        session_id=str(found.id), methods=frozenset({"code"}), purpose="本人查询", person_id=found.acting_for,
        csrf_token=csrf_of(token) if by_cookie else None, facts={"own_person": str(found.person_id)},
    )  # fmt: skip


def sign_out(session: Session, principal: Principal, at: datetime) -> None:
    """End the session of this caller."""
    found = session.get(ResidentSession, int(principal.session_id or 0))
    if found:
        found.ended_at = at
