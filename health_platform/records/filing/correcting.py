"""Correction requests: a reader says what is wrong with a reported event; the institution that reported it answers.

The platform never changes what an institution reported. The institution corrects at its source and uploads again; the new
version replaces the old one in the record, and the request shows what was asked and answered.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, NotFound
from health_platform.kernel.scope import Principal
from health_platform.records.filing.models import CorrectionRequest
from health_platform.records.reader import Record


def ask_correction(session: Session, principal: Principal, record: Record, ref: str, problem: str) -> CorrectionRequest:
    """Ask the reporting institution to correct an event the caller can see.

    Raises:
        NotFound: no such event for this caller.
    """
    detail = record.detail(ref)
    event = detail.event
    row = CorrectionRequest(
        person_id=record.person_id, division_code=detail.division, institution_id=event.institution_id,
        institution_name=event.institution, event_ref=ref, event_title=event.title[:300], event_time=event.time,
        problem=problem, state="asked", asked_at=clock.now(), asked_by=principal.name,
    )  # fmt: skip
    with widened(session, "a request to another county's institution"):
        session.add(row)
        session.flush()
    return row


def answer_correction(session: Session, principal: Principal, request_id: int, state: str, answer: str) -> CorrectionRequest:
    """Answer a request of the caller's scope: corrected at the source, or not and why.

    Raises:
        NotFound: out of scope. Conflict: answered before.
    """
    row = session.scalar(select(CorrectionRequest).where(CorrectionRequest.id == request_id))
    if row is None:
        raise NotFound("request.not_found")
    if row.state != "asked":
        raise Conflict("correction.answered")
    row.state, row.answer, row.answered_at, row.answered_by = state, answer, clock.now(), principal.name
    return row


def waiting_corrections(session: Session) -> Sequence[CorrectionRequest]:
    """Requests of the caller's scope without an answer, oldest first."""
    waiting = select(CorrectionRequest).where(CorrectionRequest.state == "asked")
    return session.scalars(waiting.order_by(CorrectionRequest.asked_at).limit(200)).all()


def corrections_of(session: Session, person_id: int, ref: str) -> Sequence[CorrectionRequest]:
    """What was asked about one event of a record the caller has open."""
    with widened(session, "corrections of an open record"):
        mine = select(CorrectionRequest).where(CorrectionRequest.person_id == person_id)
        rows = session.scalars(mine.order_by(CorrectionRequest.asked_at.desc())).all()
    return [row for row in rows if row.event_ref == ref]
