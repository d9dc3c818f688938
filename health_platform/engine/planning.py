"""What lists show of a member: the last answers, marks, and the tasks its schedules plan. Made anew from the submissions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from health_platform.engine.answers import Setting, prefixed, restored
from health_platform.engine.definitions.registers import Register
from health_platform.engine.definitions.schedules import Schedule
from health_platform.engine.desk import Desk
from health_platform.engine.filling import Subject, answers_of, counted, setting_of, so_far, submissions_of
from health_platform.engine.models import Enrolment, Submission, Task
from health_platform.engine.scheduling import Due, Past, due
from health_platform.engine.versions import fingerprint

ACTIVE = "active"


def renew(desk: Desk, member: Enrolment) -> None:
    """Bring latest answers, marks and tasks of a member up to its submissions."""
    register = desk.catalogue.register(member.register)
    rows = submissions_of(desk, member.id)
    member.latest = _latest(register, rows)
    member.marks = _marks(desk, register, member, rows)
    member.stamp = stamp_of(desk, member)
    _plan(desk, register, member, rows)


def stamp_of(desk: Desk, member: Enrolment) -> str:
    """Tells by which definitions and parameters a member is to be planned."""
    application = desk.catalogue.home("register", member.register)
    register = application.register(member.register)
    parts = [fingerprint(form) for form in register.all_forms] + [repr(one) for one in register.schedules]
    parts += [f"{code}={value}" for code, value in desk.parameters(application, member.division_code or "").items()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _latest(register: Register, rows: Sequence[Submission]) -> dict[str, Any]:
    """The last answers of the shown fields, and the day and number of every form."""
    found: dict[str, Any] = {}
    for form in register.all_forms:
        mine = [row for row in rows if row.form == form.code]
        if mine:
            found[f"{form.code}.day"], found[f"{form.code}.count"] = mine[-1].day.isoformat(), len(mine)
    for shown in register.shown:
        answered = [row.answers[shown.field] for row in rows if row.form == shown.form.code and shown.field in row.answers]
        if answered:
            found[shown.key] = answered[-1]
    return found


def _marks(desk: Desk, register: Register, member: Enrolment, rows: Sequence[Submission]) -> str | None:
    """Codes of the marks that hold, as ``,a,b,``."""
    held = []
    for mark in register.marks:
        mine = [row for row in rows if row.form == mark.form.code]
        if not mine:
            continue
        ((day, answers),) = answers_of(mark.form, mine[-1:])
        counts = counted(desk, register, mark.form, Subject.of(member), mine[:-1])
        before = prefixed("previous_", counts[-1].answers) if counts else {}
        sums = so_far(desk, register, mark.when, Subject.of(member), rows)
        setting = setting_of(desk, mark.form, Subject.of(member), {**entry_answers(register, rows), **before, **sums}, day)
        if setting.holds(mark.when, answers):
            held.append(mark.code)
    return f",{','.join(held)}," if held else None


def entry_answers(register: Register, rows: Sequence[Submission]) -> dict[str, Any]:
    """The entry form's answers under the names by which other forms see them."""
    entries = [row for row in rows if row.form == register.entry.code]
    return prefixed("entry_", restored(register.entry, entries[-1].answers)) if entries else {}


def _plan(desk: Desk, register: Register, member: Enrolment, rows: Sequence[Submission]) -> None:
    """Replace the open tasks; a task that stays keeps its row."""
    wanted = {(one.schedule, one.item): one for one in planned(desk, register, member, rows)}
    known = {(row.schedule, row.item or ""): row for row in tasks_of(desk, member.id)}
    for key, row in known.items():
        if key not in wanted:
            desk.session.delete(row)
    for key, one in wanted.items():
        row = known.get(key) or Task(enrolment_id=member.id, register=register.code, schedule=one.schedule, item=one.item)
        _write(row, one, member)
        desk.session.add(row)
    desk.session.flush()


def tasks_of(desk: Desk, enrolment_id: int) -> list[Task]:
    """The open tasks of a member, the most urgent first."""
    query = select(Task).where(Task.enrolment_id == enrolment_id).order_by(Task.due_on, Task.schedule, Task.item)
    return list(desk.session.scalars(query))


def planned(desk: Desk, register: Register, member: Enrolment, rows: Sequence[Submission]) -> list[Due]:
    """What is due for a member; nothing once it left the register."""
    if member.state != ACTIVE:
        return []
    entry = entry_answers(register, rows)
    return [one for schedule in register.schedules for one in _of(desk, schedule, member, rows, entry)]


def _of(desk: Desk, schedule: Schedule, member: Enrolment, rows: Sequence[Submission], entry: dict[str, Any]) -> list[Due]:
    history = [Past(day, answers) for day, answers in answers_of(schedule.form, rows)]
    sums = so_far(desk, desk.catalogue.register(member.register), schedule.expressions, Subject.of(member), rows)
    setting: Setting = setting_of(desk, schedule.form, Subject.of(member), {**entry, **sums}, None)
    return due(schedule, history, setting)


def _write(row: Task, one: Due, member: Enrolment) -> None:
    row.label, row.reason = one.label, one.reason
    row.opens_on, row.due_on, row.until_on = one.opens_on, one.due_on, one.until_on
    row.person_id, row.division_code, row.line_code = member.person_id, member.division_code, member.line_code
    row.institution_id, row.team, row.worker = member.institution_id, member.team, member.worker
