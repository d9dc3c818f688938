"""Rows follow their persons: when the index merges two persons, everything of the one that is gone belongs to the other."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update

from health_platform.engine.desk import Desk
from health_platform.engine.events import MemberChanged
from health_platform.engine.members import ACTIVE
from health_platform.engine.models import Alert, Case, Enrolment, Submission, Task
from health_platform.kernel import clock
from health_platform.kernel.outbox import publish


def merge(desk: Desk, gone: int, kept: int) -> int:
    """Give the rows of a person that is gone to the one that is kept; gives how many members that were.

    Somebody may now stand in one register twice; both stay until a person closes one, and only the first blocks a third.
    """
    rows = list(desk.session.scalars(select(Enrolment).where(Enrolment.person_id == gone)))
    _carry(desk, rows, kept)
    desk.session.execute(update(Case).where(Case.person_id == gone).values(person_id=kept))
    desk.session.execute(update(Submission).where(Submission.person_id == gone).values(person_id=kept))
    return len(rows)


def unmerge(desk: Desk, restored: int) -> int:
    """Give a person whose merge was undone the rows back that were first written about it; gives how many members."""
    mine = (Enrolment.origin_person_id == restored, Enrolment.person_id != restored)
    rows = list(desk.session.scalars(select(Enrolment).where(*mine)))
    _carry(desk, rows, restored)
    cases = list(desk.session.scalars(select(Case).where(Case.origin_person_id == restored)))
    for case in cases:
        case.person_id = restored
    numbers = {case.case_no for case in cases}
    desk.session.execute(update(Submission).where(Submission.case_no.in_(numbers)).values(person_id=restored))
    return len(rows)


def _carry(desk: Desk, rows: Iterable[Enrolment], person_id: int) -> None:
    for row in rows:
        row.person_id, row.changed_at = person_id, clock.now()
        if row.once_key is not None or row.state == ACTIVE:
            row.once_key = _free_key(desk, row)
        for model in (Submission, Task, Alert):
            desk.session.execute(update(model).where(model.enrolment_id == row.id).values(person_id=person_id))
        desk.session.flush()
        publish(desk.session, MemberChanged(row.register, row.id))


def _free_key(desk: Desk, row: Enrolment) -> str | None:
    """The key that keeps a person in a register once, unless another member of the same person has it."""
    register = desk.catalogue.register(row.register)
    if row.state != ACTIVE or not register.once:
        return None
    key = f"{row.register}:{row.person_id}"
    taken = select(Enrolment.id).where(Enrolment.once_key == key, Enrolment.id != row.id)
    return None if desk.session.scalar(taken) is not None else key
