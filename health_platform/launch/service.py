"""Tickets and frame sessions: issue once, redeem once, frozen to one patient, ended with the visit."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Conflict, Gone, NotFound
from health_platform.kernel.http import keep
from health_platform.kernel.scope import Principal, Scope
from health_platform.launch.definitions import (
    FRAME_PERMISSIONS,
    NONCE_LIFE,
    SEEN_STEP,
    SESSION_IDLE,
    SESSION_LIFE,
    TICKET_LIFE,
    TOKEN_PREFIX,
)
from health_platform.launch.models import LaunchClient, LaunchNonce, LaunchSession, LaunchTicket
from health_platform.launch.signing import LaunchRequest


@dataclass(frozen=True)
class Issued:
    """A ticket for the workstation. ``ticket`` is told once and never stored."""

    ticket: str
    ticket_id: int
    expires_in: int


@dataclass(frozen=True)
class Opened:
    """A frame session. ``token`` is told once, to the frame, and never stored."""

    token: str
    session: LaunchSession


def digest(secret: str) -> str:
    """What is stored of a 256-bit random secret; a salt would add nothing to its entropy."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(session: Session, client: LaunchClient, request: LaunchRequest, person_id: int, at: datetime) -> Issued:
    """A one-time ticket for a verified request.

    Raises:
        Conflict: this client used the nonce before.
    """
    use_nonce(session, client.id, request.nonce, at)
    secret = secrets.token_urlsafe(32)
    ticket = LaunchTicket(
        ticket_hash=digest(secret), client_id=client.id, person_id=person_id,
        division_code=client.division_code, doctor_no=request.doctor_no, doctor_name=request.doctor_name,
        department=request.department, workstation=request.workstation, visit_no=request.visit_no,
        purpose=request.purpose, issued_at=at, expires_at=at + TICKET_LIFE,
    )  # fmt: skip
    session.add(ticket)
    session.flush()
    return Issued(secret, ticket.id, int(TICKET_LIFE.total_seconds()))


def use_nonce(session: Session, client_id: int, nonce: str, at: datetime) -> None:
    """Mark a nonce of a client as used.

    Raises:
        Conflict: the client used it before.
    """
    try:
        with session.begin_nested():
            session.add(LaunchNonce(client_id=client_id, nonce=nonce, at=at))
    except IntegrityError as error:
        raise Conflict("launch.replayed", nonce=nonce) from error


def redeem(session: Session, client: LaunchClient, secret: str, at: datetime) -> Opened:
    """Open the frame session of a ticket; of any number of callers exactly one succeeds.

    A second use means that somebody else holds the ticket: the session of the first use is closed as well.

    Raises:
        Gone: unknown, late, another client's, or used before.
    """
    mine = (LaunchTicket.ticket_hash == digest(secret), LaunchTicket.client_id == client.id)
    taken = cast(
        "CursorResult[Any]",
        session.execute(
            update(LaunchTicket)
            .where(*mine, LaunchTicket.used_at.is_(None), LaunchTicket.expires_at > at)
            .values(used_at=at)
            .execution_options(synchronize_session=False)
        ),
    ).rowcount
    ticket = session.scalar(select(LaunchTicket).where(*mine))
    if ticket is None or (taken == 0 and ticket.used_at is None):
        raise Gone("launch.ticket")
    if taken == 0:
        _end(session, at, "replayed", LaunchSession.ticket_id == ticket.id)
        raise keep(Gone("launch.ticket_used", ticket_id=str(ticket.id)))
    return _open(session, client, ticket, at)


def _open(session: Session, client: LaunchClient, ticket: LaunchTicket, at: datetime) -> Opened:
    if ticket.workstation:
        # One workstation shows one patient: what it had open before is closed.
        same = (LaunchSession.client_id == client.id, LaunchSession.workstation == ticket.workstation)
        _end(session, at, "next patient", *same)
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    opened = LaunchSession(
        token_hash=digest(token), ticket_id=ticket.id, client_id=client.id, institution_id=client.institution_id,
        institution_name=client.institution_name, person_id=ticket.person_id, division_code=ticket.division_code,
        doctor_no=ticket.doctor_no, doctor_name=ticket.doctor_name, department=ticket.department,
        workstation=ticket.workstation, visit_no=ticket.visit_no, purpose=ticket.purpose,
        started_at=at, seen_at=at, ends_at=at + SESSION_LIFE,
    )  # fmt: skip
    session.add(opened)
    session.flush()
    return Opened(token, opened)


def end_visit(session: Session, client: LaunchClient, visit_no: str, at: datetime) -> int:
    """End every frame of a visit; returns how many were open. Tickets of the visit lose their force too."""
    session.execute(
        update(LaunchTicket)
        .where(LaunchTicket.client_id == client.id, LaunchTicket.visit_no == visit_no, LaunchTicket.used_at.is_(None))
        .values(expires_at=at)
        .execution_options(synchronize_session=False)
    )
    return _end(session, at, "visit", LaunchSession.client_id == client.id, LaunchSession.visit_no == visit_no)


def close_session(session: Session, session_id: int, at: datetime) -> int:
    """End one frame session (the doctor closes the frame)."""
    return _end(session, at, "closed", LaunchSession.id == session_id)


def _end(session: Session, at: datetime, why: str, *which: Any) -> int:
    statement = (
        update(LaunchSession)
        .where(*which, LaunchSession.ended_at.is_(None))
        .values(ended_at=at, ended_why=why)
        .execution_options(synchronize_session=False)
    )
    return int(cast("CursorResult[Any]", session.execute(statement)).rowcount)


def recognise(session: Session, token: str, at: datetime) -> Principal | None:
    """The caller behind a frame token, or ``None`` when the session is over."""
    found = session.scalar(
        select(LaunchSession).where(LaunchSession.token_hash == digest(token), LaunchSession.ended_at.is_(None))
    )
    if found is None or at >= found.ends_at or at - found.seen_at >= SESSION_IDLE:
        return None
    client = session.get(LaunchClient, found.client_id)
    if client is None or not client.active:
        return None
    if at - found.seen_at >= SEEN_STEP:  # not on every request: a read should seldom cost a write
        found.seen_at = at
    return principal_of(found)


def principal_of(opened: LaunchSession) -> Principal:
    """A caller with a relationship to exactly one person, no jurisdiction, and the right to read only."""
    return Principal(
        id=opened.id, kind="user", name=opened.doctor_name, institution_id=opened.institution_id,
        institution_name=opened.institution_name, division_code=opened.division_code or "",
        permissions=FRAME_PERMISSIONS, scope=Scope(persons=frozenset({opened.person_id})),
        session_id=str(opened.id), methods=frozenset({"ticket"}), purpose=opened.purpose, person_id=opened.person_id,
        facts={"doctor_no": opened.doctor_no, "department": opened.department or "", "visit_no": opened.visit_no,
               "visit": f"{opened.client_id}:{opened.visit_no}"[:100]},
    )  # fmt: skip


def active_client(client: LaunchClient | None) -> LaunchClient:
    """The client, when it exists and is switched on.

    Raises:
        NotFound: otherwise, without saying which.
    """
    if client is None or not client.active:
        raise NotFound("request.not_found")
    return client


def forget_old(session: Session, at: datetime) -> None:
    """Remove nonces and tickets that can no longer matter; the audit log keeps what was done."""
    session.execute(delete(LaunchNonce).where(LaunchNonce.at < at - NONCE_LIFE))
    session.execute(delete(LaunchTicket).where(LaunchTicket.expires_at < at - timedelta(days=1), LaunchTicket.used_at.is_(None)))
