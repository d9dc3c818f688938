"""Carrying members and submissions into the warehouse, from the outbox; replayed at will, the newest version counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.engine import tables
from health_platform.engine.answers import restored
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk, system_desk
from health_platform.engine.events import Closed, Enrolled, MemberChanged, Submitted, Voided
from health_platform.engine.filling import CURRENT, submissions_of
from health_platform.engine.members import ACTIVE, CLOSED
from health_platform.engine.models import Enrolment, Submission
from health_platform.engine.scheduling import age_on, full_quarter
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import TableSpec

CHUNK = 500


class Projector:
    """Writes the warehouse rows of members and submissions; tables are made when the first row comes."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._ready: set[str] = set()

    def member(self, session: Session, event: Enrolled | MemberChanged | Closed) -> None:
        """A member came, changed or left."""
        self.members(system_desk(session, self._platform), event.register, [event.enrolment_id])

    def submission(self, session: Session, event: Submitted | Voided) -> None:
        """A form was submitted, corrected or voided; what an entry form says stands in every row of its member."""
        desk = system_desk(session, self._platform)
        form = desk.catalogue.form(event.form)
        register = desk.catalogue.home("form", form.code).register_of(form)
        self.submissions(desk, form, [event.root_id])
        if register is None or form is not register.entry or event.enrolment_id is None:
            return
        self.members(desk, register.code, [event.enrolment_id])
        if isinstance(event, Submitted) and event.corrects is not None:
            for other in register.work_forms:
                roots = [row.root_id for row in submissions_of(desk, event.enrolment_id) if row.form == other.code]
                self.submissions(desk, other, roots)

    def members(self, desk: Desk, code: str, ids: Sequence[int]) -> int:
        """Write the rows of members; gives their number."""
        register = desk.catalogue.register(code)
        spec = tables.register_table(register)
        rows = []
        for some in _chunks(ids):
            found = list(desk.session.scalars(select(Enrolment).where(Enrolment.id.in_(some))))
            entries = _entries(desk, register, [one.id for one in found])
            rows += [_member_row(register, one, entries.get(one.id)) for one in found if one.state in (ACTIVE, CLOSED)]
        return self._write(desk, spec, rows)

    def submissions(self, desk: Desk, form: Form, roots: Sequence[int]) -> int:
        """Write the rows of submissions, given by their roots; gives their number."""
        spec = tables.form_table(form)
        rows = []
        for some in _chunks(roots):
            query = select(Submission).where(Submission.root_id.in_(some)).order_by(Submission.submitted_at, Submission.id)
            newest = {one.root_id: one for one in desk.session.scalars(query)}
            subjects = _subjects(desk, list(newest.values()))
            rows += [_submission_row(form, one, subjects.get(one.id)) for one in newest.values()]
        return self._write(desk, spec, rows)

    def _write(self, desk: Desk, spec: TableSpec, rows: list[dict[str, Any]]) -> int:
        if spec.name not in self._ready:
            desk.platform.warehouse.ensure_table(spec)
            self._ready.add(spec.name)
        names = spec.column_names
        values = [tuple(row[name] for name in names) for row in rows]
        return desk.platform.warehouse.insert(spec.name, names, values) if values else 0


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _entries(desk: Desk, register: Register, ids: Sequence[int]) -> dict[int, Submission]:
    query = select(Submission).where(
        Submission.enrolment_id.in_(ids), Submission.form == register.entry.code, Submission.state == CURRENT
    )
    return {one.enrolment_id or 0: one for one in desk.session.scalars(query)}


def _subjects(desk: Desk, rows: Sequence[Submission]) -> dict[int, tuple[str, date | None, date | None]]:
    """Sex, birth date and day of enrolment of whom each submission is about."""
    members = {one.enrolment_id for one in rows if one.enrolment_id}
    known = {one.id: one for one in desk.session.scalars(select(Enrolment).where(Enrolment.id.in_(members)))}
    found: dict[int, tuple[str, date | None, date | None]] = {}
    for row in rows:
        if member := known.get(row.enrolment_id or 0):
            found[row.id] = (member.sex or "", member.birth_date, member.enrolled_on)
    return found


def _place(row: Enrolment | Submission) -> dict[str, Any]:
    return {
        "person_id": row.person_id or 0,
        "division_code": row.division_code or "",
        "line_code": row.line_code or "",
        "institution_id": row.institution_id or 0,
        "team": row.team or "",
        "worker": row.worker or 0,
        "worker_name": row.worker_name or "",
    }


def _member_row(register: Register, row: Enrolment, entry: Submission | None) -> dict[str, Any]:
    answers = restored(register.entry, entry.answers if entry else {})
    return {
        "id": row.id,
        **_place(row),
        "sex": row.sex or "",
        "birth_date": row.birth_date,
        "enrolled_on": row.enrolled_on,
        "closed_on": row.closed_on,
        "close_reason": row.close_reason or "",
        "state": row.state,
        **{f"entry_{field.code}": field.column(answers[field.code]) for field in register.entry.fields},
        "version": _micros(row.changed_at),
        "is_deleted": 0,
    }


def _submission_row(form: Form, row: Submission, subject: tuple[str, date | None, date | None] | None) -> dict[str, Any]:
    sex, birth, enrolled = subject or ("", None, None)
    answers = restored(form, row.answers)
    current = row.state == CURRENT
    return {
        "id": row.root_id,
        "enrolment_id": row.enrolment_id or 0,
        "case_no": row.case_no or 0,
        **_place(row),
        "sex": sex,
        "day": row.day,
        "age": age_on(birth, row.day),
        "enrolled_on": enrolled,
        "full_quarter": full_quarter(enrolled, row.day),
        "form_version": row.form_version,
        **{field.code: field.column(answers[field.code]) for field in form.fields},
        # A voided row hides what the same version showed; a row written again after a change of the member is as new.
        "version": _micros(row.submitted_at) * 2 + (0 if current else 1),
        "is_deleted": 0 if current else 1,
    }


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
