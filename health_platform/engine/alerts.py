"""Alerts: what kept prompts found, until somebody writes what was done."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from health_platform.engine.answers import Filled, Setting, raised
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.prompts import Prompt
from health_platform.engine.desk import Desk
from health_platform.engine.events import AlertRaised
from health_platform.engine.models import Alert, Enrolment, Submission
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish

OPEN, DONE, WITHDRAWN = "open", "done", "withdrawn"


def called_for(desk: Desk, form: Form, setting: Setting, filled: Filled) -> list[Prompt]:
    """The prompts of a form that what was filled in calls for, the most urgent first."""
    application = desk.catalogue.home("form", form.code)
    return raised([prompt for prompt in application.prompts if prompt.form == form], setting, filled.answers)


def raise_all(desk: Desk, member: Enrolment, submission: Submission, prompts: Iterable[Prompt]) -> list[Alert]:
    """Keep the prompts that are to be kept, for the unit that manages the member."""
    application = desk.catalogue.home("form", submission.form)
    made = []
    for prompt in prompts:
        if prompt.kept:
            row = Alert(
                id=new_id(), application=application.code, prompt=prompt.code, level=prompt.level, text=prompt.text,
                institution_id=member.institution_id, division_code=member.division_code, line_code=member.line_code,
                person_id=member.person_id, enrolment_id=member.id, submission_id=submission.id, title=member.title,
                state=OPEN, raised_at=clock.now(),
            )  # fmt: skip
            desk.session.add(row)
            made.append(row)
    desk.session.flush()
    for row in made:
        publish(desk.session, AlertRaised(row.application, row.prompt, row.id, row.level, row.person_id))
    return made


def withdraw(desk: Desk, submission_id: int) -> None:
    """The submission an alert stands on was corrected or voided."""
    for row in desk.session.scalars(select(Alert).where(Alert.submission_id == submission_id, Alert.state == OPEN)):
        row.state, row.done_at, row.done_by = WITHDRAWN, clock.now(), desk.principal.name
    desk.session.flush()


def deal(desk: Desk, application: str, alert_id: int, note: str) -> Alert:
    """Write what was done about an alert.

    Raises:
        NotFound: no such alert in scope. Conflict: it is dealt with. Invalid: nothing was written.
    """
    row = desk.session.scalar(select(Alert).where(Alert.id == alert_id, Alert.application == application))
    if row is None:
        raise NotFound("engine.alert")
    if row.state != OPEN:
        raise Conflict("engine.superseded")
    if not note.strip():
        raise Invalid("engine.note")
    row.state, row.note, row.done_at, row.done_by = DONE, note.strip()[:400], clock.now(), desk.principal.name
    desk.session.flush()
    return row
