"""What callers are shown of members, tasks, submissions, cases and alerts: plain data with labels, masked as they may see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from health_platform.access.api import mask_of
from health_platform.engine import cases, members, protecting, protecting_cases, sealing, versions
from health_platform.engine.answers import restored
from health_platform.engine.definitions.fields import Coded, Field, Pick, Unit
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.engine.definitions.workflows import Workflow
from health_platform.engine.desk import Desk
from health_platform.engine.lists import TaskLine
from health_platform.engine.models import Alert, Case, Enrolment, Submission
from health_platform.engine.ports import PersonCard
from health_platform.engine.scheduling import age_on
from health_platform.kernel import clock

SEXES = {"1": "男", "2": "女"}
STATES = {"proposed": "待确认", "active": "管理中", "closed": "已结案", "declined": "已排除"}
STATE_KINDS = {"proposed": "warn", "active": "ok", "closed": "", "declined": ""}
SUBMISSION_STATES = {"current": "有效", "replaced": "已更正", "void": "已作废"}


def member_views(desk: Desk, register: Register, rows: Sequence[Enrolment]) -> list[dict[str, Any]]:
    """Members for lists."""
    names = desk.institution_names(sorted({row.institution_id for row in rows if row.institution_id}))
    return [_member(desk, register, row, names) for row in rows]


def member_view(desk: Desk, register: Register, row: Enrolment) -> dict[str, Any]:
    """One member."""
    return member_views(desk, register, [row])[0]


def _member(desk: Desk, register: Register, row: Enrolment, names: dict[int, str]) -> dict[str, Any]:
    leave = {option.code: option.label for option in register.leave} | members.ENDINGS
    return {
        "id": row.id,
        "register": register.code,
        "state": row.state,
        "state_label": STATES[row.state],
        **person_view(desk, members.card_of(row)),
        "institution_id": row.institution_id,
        "institution": names.get(row.institution_id or 0, ""),
        "division_code": row.division_code,
        "team": row.team,
        "worker_name": row.worker_name,
        "enrolled_on": row.enrolled_on,
        "ends_on": row.ends_on,
        "closed_on": row.closed_on,
        "close_reason": leave.get(row.close_reason or ""),
        "note": row.note,
        "marks": [
            {"code": mark.code, "label": mark.label, "kind": mark.kind}
            for mark in register.marks
            if f",{mark.code}," in (row.marks or "")
        ],
        "latest": shown_latest(desk, register, row),
        "changed_at": row.changed_at,
        "changed_by": row.changed_by,
    }


def person_view(desk: Desk, card: PersonCard) -> dict[str, Any]:
    """A person with fields masked the caller may not see whole."""
    mask = mask_of(desk.principal)
    return {
        "person_id": card.person_id,
        "name": card.name,
        "sex": card.sex,
        "sex_label": SEXES.get(card.sex, ""),
        "birth_date": card.birth_date,
        "age": age_on(card.birth_date, clock.today()),
        **{name: mask(name, getattr(card, name), card.person_id) or "" for name in ("id_no", "phone", "address")},
    }


def shown_latest(desk: Desk, register: Register, row: Enrolment) -> dict[str, Any]:
    """The last answers of the register's shown fields, as people read them, by ``form.field``."""
    found: dict[str, Any] = {}
    latest = protecting.latest_told(desk, register, row)
    for shown in register.shown:
        if shown.key in latest:
            found[shown.key] = shown.form.field(shown.field).show(latest[shown.key])
    return found | {key: value for key, value in latest.items() if key.endswith((".day", ".count"))}


def task_view(desk: Desk, register: Register, line: TaskLine, names: dict[int, str]) -> dict[str, Any]:
    """A task with its member; ``form`` is what is filled in to do it."""
    task = line.task
    plan = next(one for one in register.schedules if one.code == task.schedule)
    return {
        "id": task.id,
        "schedule": task.schedule,
        "item": task.item,
        "label": task.label,
        "reason": task.reason,
        "form": plan.form.code,
        "opens_on": task.opens_on,
        "due_on": task.due_on,
        "until_on": task.until_on,
        "late": line.late,
        "member": _member(desk, register, line.member, names),
    }


def task_views(desk: Desk, register: Register, lines: Sequence[TaskLine]) -> list[dict[str, Any]]:
    """Tasks for lists; a task whose schedule left the definition waits for the next planning."""
    known = {one.code for one in register.schedules}
    names = desk.institution_names(sorted({line.member.institution_id for line in lines if line.member.institution_id}))
    return [task_view(desk, register, line, names) for line in lines if line.task.schedule in known]


@dataclass(frozen=True)
class Names:
    """Names of what answers refer to: codes, institutions, entries of registers."""

    codes: dict[tuple[str, str], str]
    units: dict[str, str]

    def show(self, field: Field, answer: Any) -> str:
        """An answer as people read it."""
        text = str(answer) if answer is not None else ""
        if isinstance(field, Coded):
            name = self.codes.get((field.system, text), "")
            return f"{text} {name}".strip()
        if isinstance(field, Unit | Pick):
            return self.units.get(text, text)
        return field.show(answer)


def names_of(desk: Desk, forms: Iterable[tuple[Form, dict[str, Any]]]) -> Names:
    """The names that these answers need, each kind looked up once."""
    codes: dict[str, set[str]] = {}
    units: set[int] = set()
    things: set[int] = set()
    for form, answers in forms:
        for field in form.fields:
            answer = answers.get(field.code)
            if answer is None:
                continue
            if isinstance(field, Coded):
                codes.setdefault(field.system, set()).add(str(answer))
            elif isinstance(field, Unit):
                units.add(int(answer))
            elif isinstance(field, Pick):
                things.add(int(answer))
    named = {
        (system, code): name
        for system, some in codes.items()
        for code, name in desk.codes.names(desk.session, system, sorted(some)).items()
    }
    found = {str(key): name for key, name in desk.institution_names(sorted(units)).items()}
    return Names(named, found | {str(key): name for key, name in desk.things(sorted(things)).items()})


def submission_view(desk: Desk, form: Form, row: Submission) -> dict[str, Any]:
    """A submission, read with the version it was written with."""
    then = versions.of_version(desk.session, form, row.form_version)
    veiled = protecting.veiled(desk, then, row)
    answers = {} if veiled else row.answers
    names = names_of(desk, [(then, answers)])
    return {
        "id": row.id,
        "root_id": row.root_id,
        "form": row.form,
        "form_label": then.label,
        "form_version": row.form_version,
        "state": row.state,
        "state_label": SUBMISSION_STATES[row.state],
        "day": row.day,
        "answers": answers,
        "sections": [protecting.VEIL] if veiled else answer_sections(then, answers, names),
        "confirmed": row.confirmed,
        "reason": row.reason,
        "worker_name": row.worker_name,
        "institution_id": row.institution_id,
        "submitted_at": row.submitted_at,
        "seal": sealing.seal_view(desk, row) if form.signature and not veiled else None,
    }


def answer_sections(form: Form, document: dict[str, Any], names: Names) -> list[dict[str, Any]]:
    """Answered fields under their headings, as people read them."""
    answers = restored(form, document)
    found = []
    for section in form.sections:
        pairs = [(field.label, names.show(field, answers[field.code])) for field in section.fields if field.code in document]
        if pairs:
            found.append({"label": section.label, "answers": pairs})
    return found


def case_view(desk: Desk, workflow: Workflow, row: Case) -> dict[str, Any]:
    """A case with its history and what the caller may do next."""
    veiled = protecting_cases.veiled_case(desk, workflow, row)
    return {
        **_case_line(desk, workflow, row, veiled, _names_then(desk, workflow, row, veiled)),
        "state_kind": workflow.by_code[row.state].kind,
        "revision": row.revision,
        "takes_part": protecting_cases.takes_part(desk, workflow, row),
        "answers": {} if veiled else row.answers,
        "parties": {one.label: _party(desk, row, one.code, veiled) for one in workflow.parties},
        "steps": _steps(desk, workflow, row, veiled),
        "transitions": [
            {"code": one.code, "label": one.label, "kind": one.kind, "form": one.form.code if one.form else None}
            for one in ([] if veiled else cases.allowed(desk, workflow, row))
        ],
    }


def _steps(desk: Desk, workflow: Workflow, row: Case, veiled: bool) -> list[dict[str, Any]]:
    """The history; of a withheld case what was done when, without a word of what was written."""
    labels = {one.code: one.label for one in workflow.transitions} | {"": workflow.opening.label}
    forms = {one.code: one.form for one in workflow.transitions} | {"": workflow.opening}
    then = forms_then(desk, workflow, row)
    names = _names_then(desk, workflow, row, veiled)
    found = []
    for step in row.steps:
        form, at = forms.get(step["transition"]), clock.local(datetime.fromisoformat(step["at"]))
        sections = answer_sections(then[form.code], step["answers"], names) if form and not veiled else []
        unit = protecting_cases.name_told(desk, step["unit"])
        kept = {"by": "", "note": "", "answers": {}, "unit": unit} if veiled else {}
        found.append({
            **step, **kept, "at": at.isoformat(sep=" ", timespec="minutes"),
            "label": labels.get(step["transition"], step["transition"]),
            "sections": [protecting.VEIL] if veiled and form else sections,
        })  # fmt: skip
    return found


def _names_then(desk: Desk, workflow: Workflow, row: Case, veiled: bool) -> Names:
    return names_of(desk, [(form, {} if veiled else row.answers) for form in forms_then(desk, workflow, row).values()])


def forms_then(desk: Desk, workflow: Workflow, row: Case) -> dict[str, Form]:
    """The forms of a case by code, in the versions it was written with."""
    return {
        form.code: versions.of_version(desk.session, form, row.versions.get(form.code, form.version)) for form in workflow.forms
    }


def case_lines(desk: Desk, workflow: Workflow, rows: Sequence[Case]) -> list[dict[str, Any]]:
    """Cases for lists."""
    veiled = protecting_cases.veiled_cases(desk, workflow, rows)
    names = names_of(desk, [(form, row.answers) for row in rows if row.case_no not in veiled for form in workflow.forms])
    return [_case_line(desk, workflow, row, row.case_no in veiled, names) for row in rows]


def case_line(desk: Desk, workflow: Workflow, row: Case) -> dict[str, Any]:
    """One case as a list shows it."""
    return case_lines(desk, workflow, [row])[0]


def _case_line(desk: Desk, workflow: Workflow, row: Case, veiled: bool, names: Names) -> dict[str, Any]:
    fields = {field.code: field for form in workflow.forms for field in form.fields}
    shown = {name: names.show(fields[name], row.answers.get(name)) for name in workflow.shown if name in fields}
    return {
        "case_no": row.case_no,
        "party": row.party,
        "party_label": next((one.label for one in workflow.parties if one.code == row.party), ""),
        "state": row.state,
        "state_label": workflow.by_code[row.state].label,
        **person_view(desk, cases.card_of(row)),
        "others": "、".join(_party(desk, row, code, veiled) for code in row.parties if code != row.party),
        "shown": protecting_cases.VEILED_SHOWN if veiled else shown,
        "opened_at": row.opened_at,
        "moved_at": row.moved_at,
        "due_at": row.due_at,
    }


def _party(desk: Desk, row: Case, code: str, veiled: bool) -> str:
    name = str(row.parties.get(code, {}).get("name", ""))
    return protecting_cases.name_told(desk, name) if veiled else name


def alert_view(row: Alert) -> dict[str, Any]:
    """An alert."""
    return {
        "id": row.id,
        "prompt": row.prompt,
        "level": row.level,
        "text": row.text,
        "name": row.title,
        "person_id": row.person_id,
        "enrolment_id": row.enrolment_id,
        "submission_id": row.submission_id,
        "state": row.state,
        "raised_at": row.raised_at,
        "done_at": row.done_at,
        "done_by": row.done_by,
        "note": row.note,
    }
