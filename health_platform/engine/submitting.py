"""Filling in the forms of a member: look, try, submit, correct, declare void."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from health_platform.engine import alerts, planning, protecting, sealing, versions
from health_platform.engine.answers import Filled, Finding, fill, stored
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.prompts import Prompt
from health_platform.engine.definitions.registers import Register
from health_platform.engine.definitions.schedules import Milestones
from health_platform.engine.desk import Desk
from health_platform.engine.events import Submitted, Voided
from health_platform.engine.filling import (
    CURRENT,
    Subject,
    picked,
    refuse,
    setting_of,
    stray_picks,
    submissions_of,
    surroundings,
)
from health_platform.engine.members import ACTIVE, CLOSED, Newcomer, entry_setting, hold
from health_platform.engine.models import Enrolment, Submission
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish

REPLACED, VOID = "replaced", "void"


@dataclass(frozen=True)
class Sheet:
    """A form as somebody wrote it: answers, the day it is about, whether open questions were confirmed."""

    answers: Mapping[str, Any]
    day: date
    confirmed: bool = False
    reason: str = ""


@dataclass
class Trial:
    """What would happen: the filled form, the prompts it calls for, questions that must be confirmed."""

    filled: Filled
    prompts: list[Prompt] = field(default_factory=list)


def attempt(desk: Desk, member: Enrolment, form: Form, sheet: Sheet, corrected: Submission | None = None) -> Trial:
    """Fill a form in without keeping anything: what is shown, computed, wrong, asked, prompted."""
    register = desk.catalogue.register(member.register)
    rows = submissions_of(desk, member.id)
    besides = corrected.root_id if corrected else None
    others = [row for row in rows if row.root_id != besides]
    around = surroundings(desk, register, form, Subject.of(member), others, sheet.day) | picked(desk, form, sheet.answers)
    setting = setting_of(desk, form, Subject.of(member), around, sheet.day)
    filled = fill(form, setting, sheet.answers)
    kept = corrected.answers if corrected else {}
    fresh = {code: answer for code, answer in filled.answers.items() if answer != kept.get(code)}
    filled.findings += [*stray_picks(desk, form, fresh), *_day_faults(member, register, form, sheet.day)]
    if _same_day(register, form, rows, sheet.day, besides):
        filled.questions.append(Finding("", f"{sheet.day} 已有一份《{form.label}》，确认再保存一份"))
    return Trial(filled, alerts.called_for(desk, form, setting, filled))


def attempt_entry(desk: Desk, register: Register, subject: Subject, sheet: Sheet, renewed: Enrolment | None = None) -> Trial:
    """Fill an entry form in without keeping anything; ``renewed`` is the membership it is to continue."""
    setting = entry_setting(desk, register, subject, Newcomer(sheet.answers, sheet.day, renews=renewed))
    filled = fill(register.entry, setting, sheet.answers)
    filled.findings += stray_picks(desk, register.entry, filled.answers)
    if not filled.findings and not setting.holds(register.admit, filled.answers):
        filled.findings.append(Finding("", register.admit_message))
    return Trial(filled, alerts.called_for(desk, register.entry, setting, filled))


def submit(desk: Desk, member: Enrolment, form: Form, sheet: Sheet) -> Submission:
    """Keep a form of a member; publishes ``form.submitted`` and raises the alerts it calls for.

    Raises:
        Conflict: the member left, or something must be confirmed. Invalid: the answers have faults.
    """
    register = desk.catalogue.register(member.register)
    hold(desk, member)
    if member.state != ACTIVE and not (member.state == CLOSED and register.closing and form is register.closing.form):
        raise Conflict("engine.not_active")
    if form is register.entry:
        raise Invalid("engine.entry_form")
    trial = attempt(desk, member, form, sheet)
    refuse(trial.filled, sheet.confirmed)
    return _keep(desk, member, form, sheet, trial, None)


def correct(desk: Desk, member: Enrolment, submission: Submission, sheet: Sheet) -> Submission:
    """Put a corrected form in the place of an earlier one, which stays readable.

    Raises:
        Conflict: it was corrected or voided before. Invalid: no reason, or the answers have faults. NotFound: what it says is
            withheld from the caller.
    """
    _hold(desk, member, submission)
    if not sheet.reason.strip():
        raise Invalid("engine.note")
    form = desk.catalogue.register(member.register).form(submission.form)
    if protecting.veiled(desk, form, submission):
        raise NotFound("engine.submission")
    trial = attempt(desk, member, form, sheet, submission)
    refuse(trial.filled, sheet.confirmed)
    submission.state = REPLACED
    desk.session.flush()
    alerts.withdraw(desk, submission.id)
    return _keep(desk, member, form, sheet, trial, submission)


def void(desk: Desk, member: Enrolment, submission: Submission, reason: str) -> None:
    """Declare a submission void (entered for the wrong person); it stays readable and counts no more."""
    _hold(desk, member, submission)
    if not reason.strip():
        raise Invalid("engine.note")
    if submission.form == desk.catalogue.register(member.register).entry.code:
        raise Invalid("engine.entry_form")
    submission.state, submission.reason = VOID, reason.strip()
    desk.session.flush()
    alerts.withdraw(desk, submission.id)
    planning.renew(desk, member)
    publish(desk.session, Voided(submission.form, submission.id, submission.root_id, member.id))


def _hold(desk: Desk, member: Enrolment, submission: Submission) -> None:
    """Two who correct the same submission at once do it one after the other, and the second is told."""
    hold(desk, member)
    desk.session.refresh(submission)
    if submission.state != CURRENT:
        raise Conflict("engine.superseded")


def submission(desk: Desk, member: Enrolment, submission_id: int) -> Submission:
    """One submission of a member.

    Raises:
        NotFound: ``engine.submission``.
    """
    query = select(Submission).where(Submission.id == submission_id, Submission.enrolment_id == member.id)
    found = desk.session.scalar(query)
    if found is None:
        raise NotFound("engine.submission")
    return found


def history(desk: Desk, member: Enrolment) -> list[Submission]:
    """Every submission of a member with its replaced and voided ones, newest first."""
    query = select(Submission).where(Submission.enrolment_id == member.id)
    return list(desk.session.scalars(query.order_by(Submission.day.desc(), Submission.submitted_at.desc())))


def carried(form: Form, around: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in a blank form already: the last answers of fields that carry over."""
    return {
        one.code: around[f"previous_{one.code}"]
        for one in form.fields
        if one.carry and around.get(f"previous_{one.code}") is not None
    }


def blank(desk: Desk, member: Enrolment, form: Form) -> dict[str, Any]:
    """The answers a new form of a member starts with, as JSON."""
    register = desk.catalogue.register(member.register)
    around = surroundings(desk, register, form, Subject.of(member), submissions_of(desk, member.id), clock.today())
    return stored(carried(form, around))


def _day_faults(member: Enrolment, register: Register, form: Form, day: date) -> list[Finding]:
    today = clock.today()
    if form is not register.entry and day < member.enrolled_on and not _of_a_life(register, form):
        return [Finding("day", f"{form.day}：不能早于建档日期 {member.enrolled_on}")]
    if register.closing and form is register.closing.form:
        return [Finding("day", f"{form.day}：不能晚于 {today}")] if day > today else []
    if day > today or (member.closed_on is not None and day > member.closed_on):
        return [Finding("day", f"{form.day}：不能晚于 {member.closed_on or today}")]
    return []


def _of_a_life(register: Register, form: Form) -> bool:
    """Whether its plan runs from birth and not from the enrolment: what was done before (doses) is told afterwards."""
    plans = (plan for plan in register.schedules if isinstance(plan, Milestones) and plan.form is form)
    return any(plan.anchor == "birth_date" for plan in plans)


def _same_day(register: Register, form: Form, rows: list[Submission], day: date, besides: int | None) -> bool:
    """Whether this looks like the same visit entered twice; several doses on one day are usual."""
    if any(isinstance(plan, Milestones) and plan.form is form for plan in register.schedules):
        return False
    return any(row.form == form.code and row.day == day and row.root_id != besides for row in rows)


def _keep(desk: Desk, member: Enrolment, form: Form, sheet: Sheet, trial: Trial, corrected: Submission | None) -> Submission:
    versions.keep(desk.session, form)
    row = _row(desk, member, form, sheet, trial, corrected)
    desk.session.add(row)
    if corrected is not None and form is desk.catalogue.register(member.register).entry:
        member.enrolled_on = sheet.day
    desk.session.flush()
    sealing.seal(desk, form, row, member)
    alerts.raise_all(desk, member, row, trial.prompts)
    planning.renew(desk, member)
    fact = Submitted(
        form.code, row.id, row.root_id, member.id, member.person_id, row.day.isoformat(), corrected.id if corrected else None
    )
    publish(desk.session, fact)
    return row


def _row(desk: Desk, member: Enrolment, form: Form, sheet: Sheet, trial: Trial, corrected: Submission | None) -> Submission:
    """A correction stays where the first version was made; a new one belongs to who made it."""
    identity = new_id()
    place = corrected or member
    return Submission(
        id=identity, root_id=corrected.root_id if corrected else identity, form=form.code, form_version=form.version,
        state=CURRENT, enrolment_id=member.id, person_id=member.person_id, division_code=place.division_code,
        line_code=member.line_code, institution_id=place.institution_id, team=place.team,
        worker=corrected.worker if corrected else desk.principal.id,
        worker_name=corrected.worker_name if corrected else desk.principal.name,
        day=sheet.day, answers=stored(trial.filled.answers), reason=sheet.reason.strip(), submitted_at=clock.now(),
        confirmed=trial.filled.asked,
    )  # fmt: skip
