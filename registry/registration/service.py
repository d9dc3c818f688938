"""Submitting and reviewing registrations.

A submission with faults is kept and answered with them; sending the same reference again replaces it. An accepted one
is applied under the reviewer's rights, so that nobody can have something registered that the reviewer could not register.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Invalid, NotFound, PlatformError
from health_platform.kernel.parsing import load
from health_platform.kernel.scope import Principal
from registry.columns import headings_of
from registry.identifiers import Identifier, attach, entity_of
from registry.paging import Paged, ordering, paged
from registry.refusals import Told, told_of
from registry.registration.kinds import KINDS
from registry.registration.models import Submission

FAULTY, SUBMITTED, ACCEPTED, REJECTED = "faulty", "submitted", "accepted", "rejected"

HIDDEN = "********"

_SORTS = {
    "kind": Submission.kind,
    "reference": Submission.reference,
    "provider_name": Submission.provider_name,
    "submitted_at": Submission.submitted_at,
    "state": Submission.state,
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a provider submits: its own reference, the kind, the payload, and its external ids for the entity."""

    reference: str
    kind: str
    payload: dict[str, Any]
    identifiers: Sequence[Identifier] = ()


@dataclass(frozen=True, slots=True)
class SubmissionFilter:
    """Which submissions to list."""

    state: str | None = None
    kind: str | None = None
    text: str = ""
    sort: str = ""
    page: int = 1
    size: int = 50


def submit(session: Session, principal: Principal, offer: Offer) -> Submission:
    """Take a submission in. Its state says at once whether it has faults; the faults are part of the answer.

    Raises:
        Invalid: the kind is unknown.
        Conflict: a submission with this reference was decided.
    """
    if offer.kind not in KINDS:
        raise Invalid("registration.kind", kind=offer.kind, known=sorted(KINDS))
    row = session.scalar(
        select(Submission).where(Submission.provider_id == principal.id, Submission.reference == offer.reference)
    )
    if row is None:
        row = Submission(
            provider_id=principal.id,
            provider_name=principal.name,
            reference=offer.reference,
            institution_id=principal.institution_id,
            division_code=principal.division_code,
        )
        session.add(row)
    elif row.state in (ACCEPTED, REJECTED):
        raise Conflict("registration.decided", state=row.state)
    row.kind = offer.kind
    row.payload, row.secret = _parted(offer)
    row.identifiers = [asdict(one) for one in offer.identifiers]
    row.faults, row.state, row.submitted_at = [], SUBMITTED, clock.now()
    session.flush()
    row.faults = _faults(session, principal, row)
    row.state = FAULTY if row.faults else SUBMITTED
    session.flush()
    return row


def accept(session: Session, principal: Principal, submission_id: int, note: str = "") -> Submission:
    """Apply a submission and give the entity its external ids.

    Raises:
        Conflict: it was decided, has faults, or its external ids belong to different entities.
        Invalid, Denied, NotFound: the register refuses it; nothing is changed and it can still be rejected.
    """
    row = _undecided(session, submission_id)
    if row.state == FAULTY:
        raise Conflict("registration.faulty")
    row.entity_id = _apply(session, principal, row)
    _decide(row, ACCEPTED, principal, note)
    return row


def reject(session: Session, principal: Principal, submission_id: int, note: str) -> Submission:
    """Send a submission back; the note tells the provider why.

    Raises:
        Conflict: it was decided.
        Invalid: no reason is given.
    """
    row = _undecided(session, submission_id)
    if not note.strip():
        raise Invalid("registration.note_missing")
    _decide(row, REJECTED, principal, note)
    return row


def submission(session: Session, submission_id: int) -> Submission:
    """One submission.

    Raises:
        NotFound: it does not exist or lies outside the caller's part.
    """
    row = session.scalar(select(Submission).where(Submission.id == submission_id))
    if row is None:
        raise NotFound("registration.unknown", submission_id=str(submission_id))
    return row


def listed(session: Session, wanted: SubmissionFilter) -> Paged[Submission]:
    """Submissions the caller may see, oldest first, so that review follows arrival."""
    query = select(Submission)
    if wanted.state:
        query = query.where(Submission.state == wanted.state)
    if wanted.kind:
        query = query.where(Submission.kind == wanted.kind)
    if text := wanted.text.strip():
        columns = (Submission.reference, Submission.provider_name)
        query = query.where(or_(*(column.contains(text, autoescape=True) for column in columns)))
    ordered = query.order_by(*ordering(wanted.sort, _SORTS, (Submission.submitted_at, Submission.id)))
    return paged(session, ordered, wanted.page, wanted.size)


def _apply(session: Session, principal: Principal, row: Submission) -> int:
    kind = KINDS[row.kind]
    identifiers = [Identifier(**one) for one in row.identifiers]
    known = {entity_of(session, row.kind, one.value, one.scheme) for one in identifiers} - {None}
    if len(known) > 1:
        raise Conflict("registry.identifiers_differ", entities=sorted(map(str, known)))
    values = load(kind.schema(), {**row.payload, **json.loads(row.secret or "{}")}, "payload")
    entity_id = kind.apply(session, principal, values, next(iter(known), None))
    attach(session, row.kind, entity_id, identifiers)
    return entity_id


def _faults(session: Session, principal: Principal, row: Submission) -> list[dict[str, Any]]:
    """Try the submission in a savepoint that is always rolled back; what the register refuses are its faults.

    It is tried under the platform's scope: whether somebody may register is the reviewer's question, and a provider
    without that right is told of the faults all the same.
    """
    with widened(session, "try a submission"):
        trial = session.begin_nested()
        try:
            _apply(session, principal, row)
        except PlatformError as error:
            return [_labelled(told_of(error, "reference"), row.kind)]
        finally:
            trial.rollback()
    return []


def _parted(offer: Offer) -> tuple[dict[str, Any], str | None]:
    """The payload as it may be read, and what it hides."""
    hidden = {name: offer.payload[name] for name in KINDS[offer.kind].secret if offer.payload.get(name)}
    shown = {**offer.payload, **dict.fromkeys(hidden, HIDDEN)}
    return shown, json.dumps(hidden, ensure_ascii=False) if hidden else None


def _labelled(fault: Told, kind: str) -> Told:
    """A fault with the Chinese label of each field it is about. Values stay where they are, in the payload."""
    labels = {"reference": "提交编号", **{heading.key: heading.label for heading in headings_of(KINDS[kind].schema)}}
    return {**fault, "findings": [{**one, "label": labels.get(one["field"], one["field"])} for one in fault["findings"]]}


def _undecided(session: Session, submission_id: int) -> Submission:
    row = submission(session, submission_id)
    if row.state in (ACCEPTED, REJECTED):
        raise Conflict("registration.decided", state=row.state)
    return row


def _decide(row: Submission, state: str, principal: Principal, note: str) -> None:
    row.state, row.note = state, note
    row.decided_by, row.decided_at = principal.name, clock.now()
