"""The addresses of a register and its forms."""

from __future__ import annotations

from typing import Any

from flask import Response

from health_platform.engine import (
    bodies,
    fhir,
    form_sheets,
    lists,
    members,
    planning,
    renewing,
    sealing,
    sheets,
    submitting,
    views,
)
from health_platform.engine import schemas as s
from health_platform.engine.answers import stored
from health_platform.engine.declaring import declare
from health_platform.engine.definitions.application import Application
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk, desk_of
from health_platform.engine.filling import Subject
from health_platform.engine.members import Place, own_place
from health_platform.engine.models import Enrolment
from health_platform.kernel import clock
from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call
from health_platform.kernel.sheets import download


def add_register(blp: Blueprint, application: Application, register: Register) -> None:
    """Declare the addresses of one register."""
    _lists(blp, register)
    _enrolling(blp, application, register)
    _trying(blp, application, register)
    _leaving(blp, register)
    _files(blp, register)
    for form in register.all_forms:
        _forms(blp, application, register, form)


def _lists(blp: Blueprint, register: Register) -> None:
    code, read = register.code, f"register.{register.code}.read"

    @declare(blp, f"{code}_members", "GET", f"/{code}/members", permission=read, label=f"{register.label}名册",
             query=s.MemberQuery, response=s.MembersOut, audit=f"{code}.list")  # fmt: skip
    def found(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        page = lists.members(desk_of(call), register, lists.MemberFilter(**query))
        return {"total": page.total, "page": page.page, "rows": views.member_views(desk_of(call), register, page.rows)}

    @declare(blp, f"{code}_tasks", "GET", f"/{code}/tasks", permission=read, label=f"{register.label}任务清单",
             query=s.TaskQuery, response=s.TasksOut, audit=f"{code}.list")  # fmt: skip
    def tasks(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        page = lists.tasks(desk_of(call), register, lists.TaskFilter(**query))
        return {"total": page.total, "page": page.page, "rows": views.task_views(desk_of(call), register, page.rows)}

    @declare(blp, f"{code}_workload", "GET", f"/{code}/workload", permission=read, label=f"{register.label}工作量",
             query=s.LoadQuery, response=s.LoadOut, many=True)  # fmt: skip
    def workload(call: Call, query: dict[str, Any]) -> list[lists.Load]:
        end = query["end"] or clock.today()
        return lists.workload(desk_of(call), register, query["by"], query["start"] or end.replace(month=1, day=1), end)

    @declare(blp, f"{code}_member", "GET", f"/{code}/members/<int:enrolment_id>", permission=read,
             label=f"{register.label}对象详情", response=s.MemberFullOut, audit=f"{code}.view")  # fmt: skip
    def one(call: Call, enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = seen(call, desk, register, enrolment_id)
        rows = submitting.history(desk, row)
        tasks = [
            {"label": t.label, "due_on": t.due_on.isoformat(), "schedule": t.schedule} for t in planning.tasks_of(desk, row.id)
        ]
        shown = [views.submission_view(desk, register.form(one.form), one) for one in rows if _known(register, one.form)]
        return {**views.member_view(desk, register, row), "tasks": tasks, "submissions": shown}


def _known(register: Register, code: str) -> bool:
    return any(form.code == code for form in register.all_forms)


def seen(call: Call, desk: Desk, register: Register, enrolment_id: int) -> Enrolment:
    """A member the caller may see; the audit entry of the call names the person."""
    row = members.member(desk, register, enrolment_id)
    call.audit(person_id=row.person_id, object_kind=f"register.{register.code}", object_id=row.id)
    return row


def _enrolling(blp: Blueprint, application: Application, register: Register) -> None:
    code, may = register.code, f"register.{register.code}.enrol"
    body_of = s.newcomer_in(application.code, register)

    @declare(blp, f"{code}_enrol", "POST", f"/{code}/members", permission=may, label=f"{register.label}建档",
             body=body_of, response=s.MemberOut, status=201)  # fmt: skip
    def enrol(call: Call, body: dict[str, Any]) -> dict[str, Any]:
        desk = desk_of(call)
        card = bodies.person_of(desk, body["person"]) if register.subject == "person" else None
        row = members.enrol(desk, register, bodies.newcomer_of(desk, body, card))
        call.audit(person_id=row.person_id, object_kind=f"register.{code}", object_id=row.id)
        return views.member_view(desk, register, row)

    @declare(blp, f"{code}_accept", "POST", f"/{code}/members/<int:enrolment_id>/accept", permission=may,
             label=f"{register.label}确认推送", body=body_of, response=s.MemberOut)  # fmt: skip
    def accept(call: Call, body: dict[str, Any], enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = seen(call, desk, register, enrolment_id)
        body["institution_id"] = body["institution_id"] or row.institution_id
        members.accept(desk, row, bodies.newcomer_of(desk, body, None))
        return views.member_view(desk, register, row)

    @declare(blp, f"{code}_accept_check", "POST", f"/{code}/members/<int:enrolment_id>/accept/check", permission=may,
             label=f"试填{register.label}确认推送", body=body_of, response=s.TrialOut)  # fmt: skip
    def try_acceptance(call: Call, body: dict[str, Any], enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = seen(call, desk, register, enrolment_id)
        return trial_view(submitting.attempt_entry(desk, register, Subject.of(row), bodies.sheet_of(body)))

    if register.renews:

        @declare(blp, f"{code}_renew", "POST", f"/{code}/members/<int:enrolment_id>/renew", permission=may,
                 label=f"{register.label}续签", body=body_of, response=s.MemberOut, status=201)  # fmt: skip
        def renew(call: Call, body: dict[str, Any], enrolment_id: int) -> dict[str, Any]:
            desk = desk_of(call)
            row = seen(call, desk, register, enrolment_id)
            body["institution_id"] = body["institution_id"] or row.institution_id
            return views.member_view(desk, register, renewing.renew(desk, row, bodies.newcomer_of(desk, body, None)))

        @declare(blp, f"{code}_renew_check", "POST", f"/{code}/members/<int:enrolment_id>/renew/check", permission=may,
                 label=f"试填{register.label}续签", body=body_of, response=s.TrialOut)  # fmt: skip
        def try_renewal(call: Call, body: dict[str, Any], enrolment_id: int) -> dict[str, Any]:
            desk = desk_of(call)
            row = seen(call, desk, register, enrolment_id)
            return trial_view(submitting.attempt_entry(desk, register, Subject.of(row), bodies.sheet_of(body), row))

    @declare(blp, f"{code}_decline", "POST", f"/{code}/members/<int:enrolment_id>/decline", permission=may,
             label=f"{register.label}排除推送", body=s.NoteIn, response=s.MemberOut)  # fmt: skip
    def decline(call: Call, body: dict[str, Any], enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = members.decline(desk, seen(call, desk, register, enrolment_id), body["note"])
        return views.member_view(desk, register, row)


def _trying(blp: Blueprint, application: Application, register: Register) -> None:
    @declare(blp, f"{register.code}_entry_check", "POST", f"/{register.code}/check",
             permission=f"register.{register.code}.enrol", label=f"试填{register.entry.label}",
             body=s.newcomer_in(application.code, register), response=s.TrialOut)  # fmt: skip
    def check(call: Call, body: dict[str, Any]) -> dict[str, Any]:
        desk = desk_of(call)
        subject = bodies.person_subject(desk, body["person"])
        return trial_view(submitting.attempt_entry(desk, register, subject, bodies.sheet_of(body)))


def _leaving(blp: Blueprint, register: Register) -> None:
    code = register.code

    @declare(blp, f"{code}_close", "POST", f"/{code}/members/<int:enrolment_id>/close", permission=f"register.{code}.close",
             label=f"{register.label}结案", body=s.CloseIn, response=s.MemberOut)  # fmt: skip
    def close(call: Call, body: dict[str, Any], enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = seen(call, desk, register, enrolment_id)
        call.audit(**{**body, "day": body["day"].isoformat()})
        members.close(desk, row, body["reason"], body["day"], body["note"])
        return views.member_view(desk, register, row)

    @declare(blp, f"{code}_hand_over", "POST", f"/{code}/members/<int:enrolment_id>/hand-over",
             permission=f"register.{code}.hand_over", label=f"{register.label}转管",
             body=s.HandOverIn, response=s.MemberOut)  # fmt: skip
    def hand_over(call: Call, body: dict[str, Any], enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = seen(call, desk, register, enrolment_id)
        members.hand_over(desk, row, _new_place(desk, row, body))
        return views.member_view(desk, register, row)


def _new_place(desk: Desk, row: Enrolment, body: dict[str, Any]) -> Place:
    """The named institution may lie outside the caller's own reach: a member who moves is given away."""
    if body["institution_id"]:
        unit = desk.unit(body["institution_id"])
        if unit is None:
            own_place(desk, body["institution_id"])
        found = Place(unit.id, unit.division_code) if unit else own_place(desk)
    else:
        found = Place(row.institution_id or 0, row.division_code or "", row.team or "", row.worker, row.worker_name or "")
    return Place(
        found.institution_id,
        found.division_code,
        body["team"] or found.team,
        None if body["worker_name"] else found.worker,
        body["worker_name"] or found.worker_name,
    )


def _files(blp: Blueprint, register: Register) -> None:
    code = register.code

    @declare(blp, f"{code}_export", "GET", f"/{code}/export", permission=f"register.{code}.export",
             label=f"{register.label}导出", query=s.MemberQuery, audit=f"{code}.export")  # fmt: skip
    def export(call: Call, query: dict[str, Any]) -> Response:
        content = sheets.members_file(desk_of(call), register, lists.MemberFilter(**query))
        return download(content, f"{register.label}.xlsx")

    if register.schedules:

        @declare(blp, f"{code}_tasks_export", "GET", f"/{code}/tasks/export", permission=f"register.{code}.export",
                 label=f"{register.label}任务清单导出", query=s.TaskQuery, audit=f"{code}.export")  # fmt: skip
        def tasks(call: Call, query: dict[str, Any]) -> Response:
            content = form_sheets.tasks_file(desk_of(call), register, lists.TaskFilter(**query))
            return download(content, f"{register.label}任务清单.xlsx")

    for form in register.work_forms:
        _form_files(blp, register, form)

    @declare(blp, f"{code}_template", "GET", f"/{code}/import", permission=f"register.{code}.import",
             label=f"{register.label}导入模板")  # fmt: skip
    def template(call: Call) -> Response:
        return download(sheets.template_file(register), f"{register.label}导入模板.xlsx")

    @declare(blp, f"{code}_import", "POST", f"/{code}/import", permission=f"register.{code}.import",
             label=f"{register.label}导入", body=sheets.FileIn, response=sheets.ImportOut)  # fmt: skip
    def load(call: Call, body: dict[str, Any]) -> sheets.Imported:
        done = sheets.load_members(desk_of(call), register, sheets.content_of(body["file"]), body["apply"])
        call.audit(accepted=done.accepted, refused=len(done.refused), applied=done.applied)
        return done


def _form_files(blp: Blueprint, register: Register, form: Form) -> None:
    path = f"/{register.code}/{form.code}"

    @declare(blp, f"{form.code}_export", "GET", f"{path}/export", permission=f"register.{register.code}.export",
             label=f"{form.label}导出", query=s.SpanQuery, audit=f"{form.code}.export")  # fmt: skip
    def export(call: Call, query: dict[str, Any]) -> Response:
        end = query["end"] or clock.today()
        wanted = form_sheets.Filled(query["start"] or end.replace(month=1, day=1), end)
        return download(form_sheets.forms_file(desk_of(call), register, form, wanted), f"{form.label}.xlsx")

    @declare(blp, f"{form.code}_template", "GET", f"{path}/import", permission=f"form.{form.code}.submit",
             label=f"{form.label}导入模板")  # fmt: skip
    def template(call: Call) -> Response:
        return download(form_sheets.template_file(register, form), f"{form.label}导入模板.xlsx")

    @declare(blp, f"{form.code}_import", "POST", f"{path}/import", permission=f"form.{form.code}.submit",
             label=f"{form.label}导入", body=sheets.FileIn, response=sheets.ImportOut)  # fmt: skip
    def load(call: Call, body: dict[str, Any]) -> sheets.Imported:
        done = form_sheets.load_forms(desk_of(call), register, form, sheets.content_of(body["file"]), body["apply"])
        call.audit(accepted=done.accepted, refused=len(done.refused), applied=done.applied)
        return done


def _forms(blp: Blueprint, application: Application, register: Register, form: Form) -> None:
    _reading(blp, register, form)
    path = f"/{register.code}/members/<int:enrolment_id>/{form.code}"

    @declare(blp, f"{form.code}_correct", "PUT", f"{path}/<int:submission_id>", permission=f"form.{form.code}.correct",
             label=f"更正{form.label}", body=s.sheet_in(application.code, form, s.CorrectionIn),
             response=s.SubmissionOut)  # fmt: skip
    def correct(call: Call, body: dict[str, Any], enrolment_id: int, submission_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = seen(call, desk, register, enrolment_id)
        earlier = submitting.submission(desk, row, submission_id)
        call.audit(submission=str(submission_id), reason=body["reason"])
        return views.submission_view(desk, form, submitting.correct(desk, row, earlier, bodies.sheet_of(body)))

    if form is register.entry:
        return

    @declare(blp, f"{form.code}_check", "POST", f"{path}/check", permission=f"form.{form.code}.submit",
             label=f"试填{form.label}", body=s.sheet_in(application.code, form), response=s.TrialOut)  # fmt: skip
    def check(call: Call, body: dict[str, Any], enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = seen(call, desk, register, enrolment_id)
        return trial_view(submitting.attempt(desk, row, form, bodies.sheet_of(body)))

    @declare(blp, f"{form.code}_submit", "POST", path, permission=f"form.{form.code}.submit", label=f"填写{form.label}",
             body=s.sheet_in(application.code, form), response=s.SubmissionOut, status=201)  # fmt: skip
    def submit(call: Call, body: dict[str, Any], enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = seen(call, desk, register, enrolment_id)
        return views.submission_view(desk, form, submitting.submit(desk, row, form, bodies.sheet_of(body)))

    @declare(blp, f"{form.code}_void", "POST", f"{path}/<int:submission_id>/void", permission=f"form.{form.code}.correct",
             label=f"作废{form.label}", body=s.NoteIn)  # fmt: skip
    def void(call: Call, body: dict[str, Any], enrolment_id: int, submission_id: int) -> None:
        desk = desk_of(call)
        row = seen(call, desk, register, enrolment_id)
        call.audit(submission=str(submission_id), reason=body["note"])
        submitting.void(desk, row, submitting.submission(desk, row, submission_id), body["note"])


def trial_view(trial: submitting.Trial) -> dict[str, Any]:
    """A trial for a page that fills in a form."""
    filled = trial.filled
    return {
        "hidden": filled.hidden,
        "computed": stored(filled.computed),
        "findings": filled.findings,
        "questions": filled.questions,
        "prompts": trial.prompts,
    }


def _reading(blp: Blueprint, register: Register, form: Form) -> None:
    read = f"form.{form.code}.read"
    path = f"/{register.code}/members/<int:enrolment_id>/{form.code}/<int:submission_id>"

    @declare(blp, f"{form.code}_read", "GET", path, permission=read, label=f"查看{form.label}",
             response=s.SubmissionOut, audit=f"{form.code}.view")  # fmt: skip
    def one(call: Call, enrolment_id: int, submission_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = seen(call, desk, register, enrolment_id)
        return views.submission_view(desk, form, submitting.submission(desk, row, submission_id))

    @declare(blp, f"{form.code}_fhir", "GET", f"{path}/fhir", permission=read, label=f"{form.label}（FHIR）",
             raw=True, audit=f"{form.code}.view")  # fmt: skip
    def response(call: Call, enrolment_id: int, submission_id: int) -> Response:
        desk = desk_of(call)
        row = seen(call, desk, register, enrolment_id)
        found = submitting.submission(desk, row, submission_id)
        return fhir.answer(fhir.questionnaire_response(desk, form, found))

    if form.signature:

        @declare(blp, f"{form.code}_seal", "GET", f"{path}/seal", permission=read, label=f"{form.label}签名核验材料",
                 audit=f"{form.code}.view", response=s.SealOut)  # fmt: skip
        def sealed(call: Call, enrolment_id: int, submission_id: int) -> dict[str, Any]:
            desk = desk_of(call)
            found = sealing.proof(desk, submitting.submission(desk, seen(call, desk, register, enrolment_id), submission_id))
            if found is None:
                raise NotFound("engine.submission")
            return found

    @declare(blp, f"{form.code}_questionnaire", "GET", f"/{form.code}/questionnaire", permission=read, scope="reference",
             label=f"{form.label}定义（FHIR）", raw=True)  # fmt: skip
    def questionnaire(call: Call) -> Response:
        return fhir.answer(fhir.questionnaire(form))
