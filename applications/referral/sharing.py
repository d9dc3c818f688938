"""The patient's record, shared between the two doctors for as long as the referral lives."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.api import NewRelation, relate, unrelate
from health_platform.engine.api import Case, CaseMoved, Desk, Submission
from health_platform.kernel import clock
from health_platform.kernel.db import widened

WORKFLOW: Final = "referral"
KIND: Final = "referral"
RUNNING: Final = frozenset({"requested", "accepted", "arrived", "late"})
_LONGEST = timedelta(days=120)  # longer than every deadline of the workflow; the end of the case ends it sooner


def on_moved(desk: Desk, event: CaseMoved) -> None:
    """Everybody who has done a step of a running referral may read the patient's record; nobody once it is over."""
    if event.workflow != WORKFLOW or event.person_id is None:
        return
    source = source_of(event.case_no)
    row = _case(desk.session, event.case_no)
    if row is None or row.state not in RUNNING:  # a later step may have ended it before this event was delivered
        unrelate(desk.session, KIND, source)
        return
    expires = clock.now() + _LONGEST
    for actor, division in _actors(desk.session, event.case_no):
        relate(desk.session, NewRelation(actor, event.person_id, KIND, source, expires, "REFERRAL", division))


def source_of(case_no: int) -> str:
    """What relations of a case are named after."""
    return f"referral:{case_no}"


def _case(session: Session, case_no: int) -> Case | None:
    with widened(session, "state of a referral"):
        return session.scalar(select(Case).where(Case.case_no == case_no, Case.workflow == WORKFLOW).limit(1))


def _actors(session: Session, case_no: int) -> set[tuple[int, str | None]]:
    """(user, division) of everybody who filled in a form of the case."""
    with widened(session, "doctors of a referral"):
        rows = session.execute(select(Submission.worker, Submission.division_code).where(Submission.case_no == case_no))
        return {(worker, division) for worker, division in rows if worker}
