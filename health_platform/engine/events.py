"""What the engine tells others. Ids are those of ``eng_`` tables; ``person_id`` is the person's at that moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from health_platform.kernel.outbox import event


@event("register.proposed")
@dataclass(frozen=True)
class Proposed:
    """Somebody may belong into a register; its unit decides."""

    register: str
    enrolment_id: int
    person_id: int | None


@event("register.enrolled")
@dataclass(frozen=True)
class Enrolled:
    """Somebody came into a register."""

    register: str
    enrolment_id: int
    person_id: int | None


@event("register.changed")
@dataclass(frozen=True)
class MemberChanged:
    """Where or by whom a member is managed changed, or its person's facts."""

    register: str
    enrolment_id: int


@event("register.closed")
@dataclass(frozen=True)
class Closed:
    """Somebody left a register."""

    register: str
    enrolment_id: int
    person_id: int | None
    reason: str


@event("form.submitted")
@dataclass(frozen=True)
class Submitted:
    """A form was filled in or corrected. ``corrects`` is the submission it takes the place of."""

    form: str
    submission_id: int
    root_id: int
    enrolment_id: int | None
    person_id: int | None
    day: str
    corrects: int | None = None


@event("form.voided")
@dataclass(frozen=True)
class Voided:
    """A submission was declared void."""

    form: str
    submission_id: int
    root_id: int
    enrolment_id: int | None


@event("case.moved")
@dataclass(frozen=True)
class CaseMoved:
    """A case was opened (``transition`` is "") or moved."""

    workflow: str
    case_no: int
    transition: str
    state: str
    person_id: int | None
    answers: dict[str, Any]


@event("alert.raised")
@dataclass(frozen=True)
class AlertRaised:
    """A kept prompt found something."""

    application: str
    prompt: str
    alert_id: int
    level: str
    person_id: int | None
