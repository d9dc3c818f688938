"""Asking the audit log: by person, actor, unit, time, object and act, newest first, page by page.

The caller's scope narrows the answer like any other read: a unit's auditor sees the acts of the unit, a county's those of
the county, residents those about themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from health_platform.kernel.audit import AuditEntry

PAGE = 50


@dataclass(frozen=True)
class AuditQuestion:
    """What to look for; empty parts do not narrow, several values of one part are alternatives.

    ``before`` is the id of the last entry of the page before.
    """

    person_id: int | None = None
    actor_id: int | None = None
    actor_name: str | None = None
    institution_id: int | None = None
    institution_name: str | None = None
    kind: str | None = None
    action: str | tuple[str, ...] | None = None
    object_kind: str | tuple[str, ...] | None = None
    object_id: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = PAGE


_EQUAL = (
    "person_id",
    "actor_id",
    "actor_name",
    "institution_id",
    "institution_name",
    "kind",
    "action",
    "object_kind",
    "object_id",
    "outcome",
)


def find(session: Session, question: AuditQuestion) -> list[AuditEntry]:
    """Entries that answer the question, newest first, at most ``limit``."""
    query = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(min(question.limit, 500))
    for name in _EQUAL:
        wanted = getattr(question, name)
        if wanted is not None:
            column = getattr(AuditEntry, name)
            query = query.where(column.in_(wanted) if isinstance(wanted, tuple) else column == wanted)
    if question.since:
        query = query.where(AuditEntry.at >= question.since)
    if question.until:
        query = query.where(AuditEntry.at < question.until)
    if question.before:
        query = query.where(_older_than(question.before))
    return list(session.scalars(query))


def _older_than(entry_id: int) -> ColumnElement[bool]:
    """What comes after an entry in an answer; nothing when the caller may not see that entry.

    Both halves bound ``at``, so that the index is entered at the right place.
    """
    last = aliased(AuditEntry)
    at = select(last.at).where(last.id == entry_id).scalar_subquery()
    return and_(AuditEntry.at <= at, or_(AuditEntry.at < at, AuditEntry.id < entry_id))


_FHIR_ACTION = {"browse": "R", "login": "E", "interface": "E"}
_FHIR_TYPE = {"browse": ("110110", "Patient Record"), "login": ("110114", "User Authentication")}


def fhir_event(entry: AuditEntry) -> dict[str, Any]:
    """An entry as a FHIR R4 AuditEvent after IHE BALP: type, action, agents, entities, outcome."""
    code, display = _FHIR_TYPE.get(entry.kind, ("110100", "Application Activity"))
    if entry.action.startswith("break_glass"):
        code, display = "110113", "Security Alert"
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": str(entry.id),
        "type": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": code, "display": display},
        "subtype": [{"system": "urn:health-platform:action", "code": entry.action}],
        "action": _FHIR_ACTION.get(entry.kind, _write_action(entry.action)),
        "recorded": entry.at.isoformat(),
        "outcome": "0" if entry.outcome == "ok" else "4",
        "agent": [_agent(entry)],
        "source": {"observer": {"display": "health-platform"}},
        "entity": _entities(entry),
    }
    if entry.purpose:
        event["purposeOfEvent"] = [{"text": entry.purpose}]
    return event


def _write_action(action: str) -> str:
    verbs = {"create": "C", "new": "C", "delete": "D", "remove": "D", "view": "R"}
    return next((letter for verb, letter in verbs.items() if verb in action), "U")


def _agent(entry: AuditEntry) -> dict[str, Any]:
    agent: dict[str, Any] = {
        "who": {"identifier": {"value": str(entry.actor_id)}, "display": entry.actor_name or ""},
        "requestor": True,
    }
    if entry.address:
        agent["network"] = {"address": entry.address, "type": "2"}
    if entry.institution_id:
        agent["location"] = {"identifier": {"value": str(entry.institution_id)}, "display": entry.institution_name or ""}
    return agent


def _entities(entry: AuditEntry) -> list[dict[str, Any]]:
    entities: list[dict[str, Any]] = []
    if entry.person_id:
        entities.append({"what": {"reference": f"Patient/{entry.person_id}"}, "role": {"code": "1"}})
    if entry.object_id:
        entities.append({"what": {"identifier": {"value": entry.object_id}}, "description": entry.object_kind})
    if entry.request_id:
        entities.append({"what": {"identifier": {"value": entry.request_id}}, "type": {"code": "XrequestId"}})
    return entities
