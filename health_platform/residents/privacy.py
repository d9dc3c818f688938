"""Who looked at my record, objections, hidden classes, and results that wait for a doctor."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from health_platform.access.api import Rule, consents_of, end_consent, set_consent
from health_platform.kernel.audit import AuditEntry
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.scope import Principal
from health_platform.residents.definitions import CLASSES_OF, HIDEABLE, OBJECTION_STATES
from health_platform.residents.models import AccessObjection, ResultRelease

_SEEN = or_(AuditEntry.action.like("record.%"), AuditEntry.action.like("launch.%"), AuditEntry.kind == "browse")


def views_of(session: Session, person_id: int, number: int = 1, size: int = 20) -> tuple[list[AuditEntry], int]:
    """Who looked at a person's record, newest first, without the person's own visits; and how many there are."""
    mine = (AuditEntry.person_id == person_id, AuditEntry.actor_kind != "resident", AuditEntry.outcome == "ok", _SEEN)
    total = session.scalar(select(func.count()).select_from(AuditEntry).where(*mine)) or 0
    rows = select(AuditEntry).where(*mine).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    return list(session.scalars(rows.limit(size).offset((number - 1) * size))), total


def object_to(session: Session, principal: Principal, audit_id: int, text: str, at: datetime) -> AccessObjection:
    """Raise an objection against one view of the open record; the division of who looked has to answer it.

    Raises:
        NotFound: that view was not of this person. Conflict: already objected.
    """
    entry = session.scalar(select(AuditEntry).where(AuditEntry.id == audit_id, AuditEntry.person_id == principal.person_id))
    if entry is None or principal.person_id is None:
        raise NotFound("resident.audit")
    if audit_id in objections(session, principal.person_id):
        raise Conflict("resident.objection")
    objection = AccessObjection(
        person_id=principal.person_id, division_code=entry.division_code, audit_id=audit_id,
        institution_id=entry.institution_id, text=text, state="open", raised_at=at,
    )  # fmt: skip
    session.add(objection)
    session.flush()
    return objection


def objections(session: Session, person_id: int) -> dict[int, AccessObjection]:
    """A person's objections by the id of the view they are about."""
    rows = session.scalars(select(AccessObjection).where(AccessObjection.person_id == person_id))
    return {row.audit_id: row for row in rows}


def open_objections(session: Session) -> list[AccessObjection]:
    """Objections of the caller's jurisdiction that wait for an answer, oldest first."""
    statement = select(AccessObjection).where(AccessObjection.state == "open").order_by(AccessObjection.raised_at)
    return list(session.scalars(statement))


def answer(session: Session, principal: Principal, objection_id: int, verdict: str, text: str) -> AccessObjection:
    """Answer an objection after looking into it; the time is the caller's ``answered_at`` to set by the endpoint.

    Raises:
        NotFound: out of scope. Conflict: answered before. Invalid: no such verdict.
    """
    row = session.scalar(select(AccessObjection).where(AccessObjection.id == objection_id))
    if row is None:
        raise NotFound("request.not_found")
    if row.state != "open":
        raise Conflict("resident.answered")
    if verdict == "open" or verdict not in OBJECTION_STATES:
        raise Invalid("request.invalid", findings=[{"field": "state", "problem": "须为结论"}])
    row.state, row.answer, row.answered_by = verdict, text, principal.name
    return row


def classes_of(kind: str) -> tuple[str, ...]:
    """The document classes a choice of the portal stands for."""
    return CLASSES_OF.get(kind, (kind,))


def hidden_kinds(session: Session, person_id: int) -> frozenset[str]:
    """The choices this person hides from everybody."""
    hidden = {rule.document_class for _, rule, _ in _own_rules(session, person_id)}
    return frozenset(kind for kind in HIDEABLE if hidden.issuperset(classes_of(kind)))


def _own_rules(session: Session, person_id: int) -> list[tuple[int, Rule, datetime]]:
    """Rules this portal sets: a whole class hidden from everybody. Finer rules of the person stay untouched."""
    return [
        (number, rule, since)
        for number, rule, since in consents_of(session, person_id)
        if rule.effect == "hide" and rule.level == 1 and rule.target_kind == "everybody"
    ]


def set_hidden(session: Session, principal: Principal, kinds: frozenset[str]) -> frozenset[str]:
    """Hide exactly these classes from everybody from now on. Break-glass and legal reporting are not affected.

    Raises:
        Invalid: not a class that can be hidden.
    """
    change_hidden(session, principal.person_id or 0, kinds, principal.id)
    return kinds


def change_hidden(session: Session, person_id: int, kinds: frozenset[str], set_by: int) -> None:
    """Hide exactly these classes of a person from everybody; what was set before and is not among them is shown again.

    Raises:
        Invalid: not a class that can be hidden.
    """
    if unknown := sorted(kinds - set(HIDEABLE)):
        raise Invalid("request.invalid", findings=[{"field": "kinds", "problem": f"不能隐藏 {'、'.join(unknown)}"}])
    wanted = {document_class for kind in kinds for document_class in classes_of(kind)}
    known = {rule.document_class: number for number, rule, _ in _own_rules(session, person_id)}
    for document_class in known.keys() - wanted:
        end_consent(session, person_id, known[document_class])
    for document_class in sorted(wanted - known.keys()):
        set_consent(session, person_id, Rule("hide", document_class=document_class), set_by)


class CounterWishes:
    """``records.filing``: wishes taken down at the counter are the same wishes as those set in the portal."""

    def change(
        self, session: Session, person_id: int, kinds: frozenset[str], set_by: int
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Hide exactly these classes; returns what was hidden before and is now."""
        before = hidden_kinds(session, person_id)
        change_hidden(session, person_id, kinds, set_by)
        return before, kinds


# Asked by every page of a resident, so it is put together once.
_RELEASED = select(ResultRelease.result_ref).where(ResultRelease.person_id == bindparam("person"))


def released(session: Session, person_id: int) -> frozenset[str]:
    """Critical results a doctor has spoken about with the person."""
    return frozenset(session.scalars(_RELEASED, {"person": person_id}))


def release(session: Session, principal: Principal, person_id: int, result_ref: str, at: datetime) -> None:
    """A doctor confirms that the person was told. Repeating changes nothing."""
    if result_ref in released(session, person_id):
        return
    row = ResultRelease(person_id=person_id, division_code=principal.division_code, result_ref=result_ref)
    row.released_by, row.released_at = principal.name, at
    session.add(row)
