"""Pages of a register: what is due, who is in it, one member, filling in, work load, files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from marshmallow import fields, validate

from browser_ui.engine.inputs import groups_of
from browser_ui.engine.shown import doses, doses_before, prescriptions
from browser_ui.engine.tabs import Tabs
from browser_ui.forms import choices, form_of
from browser_ui.tables import Page
from health_platform.engine.api import (
    ENDINGS,
    Application,
    CloseIn,
    Desk,
    Enrolment,
    FileIn,
    Form,
    HandOverIn,
    LoadQuery,
    MemberFilter,
    MemberQuery,
    NoteIn,
    Register,
    Sheet,
    Subject,
    TaskFilter,
    TaskQuery,
    attempt,
    attempt_entry,
    blank,
    declare,
    desk_of,
    find_members,
    find_tasks,
    history,
    member,
    member_view,
    member_views,
    person_subject,
    person_view,
    renewable,
    renewal,
    submission,
    submission_view,
    task_views,
    tasks_of,
    veiled,
    workload,
)
from health_platform.kernel import clock
from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, IdField, Schema

WHICH = {"overdue": "逾期未办", "due": "应办", "soon": "30天内", "all": "全部任务"}
BY = {"institution": "机构", "team": "团队", "worker": "人员"}


class EnrolQuery(Schema):
    """Whom to enrol, when the page was opened from somebody's record."""

    person_id = IdField(load_default=None)


class FillQuery(Schema):
    """Where to go when the form is saved: to the member, or back to the working list with the next one in focus."""

    then = fields.String(load_default="", validate=validate.OneOf(["", "overdue", "due", "soon", "all"]))
    schedule = fields.String(load_default="", validate=validate.Regexp(r"^[a-z0-9_]*$"))


def add_register(blp: Blueprint, application: Application, register: Register) -> None:
    """Declare the pages of one register."""
    tabs = Tabs(application)
    _lists(blp, tabs, register)
    _member(blp, tabs, register)
    _enrolling(blp, tabs, register)
    _files(blp, tabs, register)
    for form in register.all_forms:
        _form(blp, tabs, register, form)


def _api(tabs: Tabs, register: Register) -> str:
    return f"/api/v1/apps/{tabs.application.code}/{register.code}"


def _lists(blp: Blueprint, tabs: Tabs, register: Register) -> None:
    code, read = register.code, f"register.{register.code}.read"

    @declare(blp, f"{code}_tasks", "GET", f"/{code}/tasks", permission=read, label=f"{register.label}工作清单",
             template="engine/tasks.html", query=TaskQuery, audit=f"{code}.list")  # fmt: skip
    def tasks(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        return task_page(call, tabs, register, query)

    @declare(blp, f"{code}_members", "GET", f"/{code}/members", permission=read, label=f"{register.label}名册",
             template="engine/members.html", query=MemberQuery, audit=f"{code}.list")  # fmt: skip
    def members(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        desk = desk_of(call)
        found = find_members(desk, register, MemberFilter(**query))
        states = {"active": "管理中", "proposed": "待确认推送", "closed": "已结案", "declined": "已排除"}
        fields = form_of(
            MemberQuery,
            state={"choices": choices(states), "kind": "select"},
            mark={"choices": choices((mark.code, mark.label) for mark in register.marks), "kind": "select"},
        )
        return {
            **tabs.of(call, register, "proposed" if query["state"] == "proposed" else "members"),
            "fields": [one for one in fields if one.name in ("text", "state", "mark")],
            "query": query,
            "page": Page(member_views(desk, register, found.rows), found.total, found.page, found.size),
        }

    @declare(blp, f"{code}_workload", "GET", f"/{code}/workload", permission=read, label=f"{register.label}工作量",
             template="engine/workload.html", query=LoadQuery)  # fmt: skip
    def load(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        end = query["end"] or clock.today()
        start = query["start"] or end.replace(month=1, day=1)
        fields = form_of(LoadQuery, by={"choices": choices(BY), "kind": "select", "label": "按"})
        return {
            **tabs.of(call, register, "workload"),
            "fields": fields,
            "query": {**query, "start": start, "end": end},
            "by": BY[query["by"]],
            "rows": workload(desk_of(call), register, query["by"], start, end),
        }


def task_page(call: Call, tabs: Tabs, register: Register, query: dict[str, Any]) -> dict[str, Any]:
    """The working list of a register."""
    desk = desk_of(call)
    found = find_tasks(desk, register, TaskFilter(**query))
    fields = form_of(
        TaskQuery,
        schedule={"choices": choices((one.code, one.label) for one in register.schedules), "kind": "select"},
        which={"kind": "hidden"},
    )
    return {
        **tabs.of(call, register, query["which"]),
        "heading": WHICH[query["which"]],
        "fields": [one for one in fields if one.name in ("text", "schedule")],
        "query": query,
        "page": Page(task_views(desk, register, found.rows), found.total, found.page, found.size),
    }


def _member(blp: Blueprint, tabs: Tabs, register: Register) -> None:
    code = register.code

    @declare(blp, f"{code}_member", "GET", f"/{code}/members/<int:enrolment_id>", permission=f"register.{code}.read",
             label=f"{register.label}对象", template="engine/member.html", audit=f"{code}.view")  # fmt: skip
    def one(call: Call, enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = member(desk, register, enrolment_id)
        call.audit(person_id=row.person_id, object_kind=f"register.{code}", object_id=row.id)
        known = {form.code for form in register.all_forms}
        rows = [submission_view(desk, register.form(one.form), one) for one in history(desk, row) if one.form in known]
        plans = {one.code: one.form for one in register.schedules}
        tasks = [(task, plans[task.schedule]) for task in tasks_of(desk, row.id) if task.schedule in plans]
        leave = choices((option.code, option.label) for option in register.leave)
        return {
            **tabs.of(call, register, "members"),
            "api": f"{_api(tabs, register)}/members/{row.id}",
            "member": member_view(desk, register, row),
            "tasks": tasks,
            "today": clock.today(),
            "submissions": rows,
            "close_fields": form_of(CloseIn, reason={"choices": leave, "kind": "select"}),
            "hand_over_fields": form_of(HandOverIn),
            "note_fields": tuple(replace(one, key=f"decline-{one.name}") for one in form_of(NoteIn)),
            "void_fields": form_of(NoteIn),
            "renewable": renewable(desk, register, row, clock.today()),
            "to_close": closing_form(register, row, rows),
            "prescriptions": prescriptions(call, register, row),
            "doses": doses(call, register, row),
        }


def _enrolling(blp: Blueprint, tabs: Tabs, register: Register) -> None:
    code, may = register.code, f"register.{register.code}.enrol"

    @declare(blp, f"{code}_enrol", "GET", f"/{code}/enrol", permission=may, label=f"{register.label}建档",
             template="engine/form.html", query=EnrolQuery, audit=f"{code}.enrol.open")  # fmt: skip
    def enrol(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        desk = desk_of(call)
        card = desk.persons.card(desk.session, query["person_id"]) if query["person_id"] else None
        call.audit(person_id=query["person_id"])
        shape = _entry(desk, tabs, register, person_subject(desk, query))
        shape["person"], shape["chosen_person"] = (person_view(desk, card), card.person_id) if card else (None, None)
        shape["ask_person"] = register.subject == "person" and card is None
        return {**tabs.of(call, register, "members"), **shape}

    @declare(blp, f"{code}_accept", "GET", f"/{code}/members/<int:enrolment_id>/accept", permission=may,
             label=f"{register.label}确认推送", template="engine/form.html", audit=f"{code}.view")  # fmt: skip
    def accept(call: Call, enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = member(desk, register, enrolment_id)
        call.audit(person_id=row.person_id)
        shape = _entry(desk, tabs, register, Subject.of(row))
        address = f"{_api(tabs, register)}/members/{row.id}/accept"
        shape |= {"action": address, "check": f"{address}/check"}
        return {**tabs.of(call, register, "proposed"), **shape, "person": member_view(desk, register, row), "ask_person": False}

    if register.renews:
        _renewing(blp, tabs, register)


def closing_form(register: Register, row: Enrolment, submissions: Sequence[dict[str, Any]]) -> Form | None:
    """The form that may still be filled in for somebody who has left (a settlement), unless it is there."""
    if register.closing is None or row.state != "closed" or row.close_reason in ENDINGS:
        return None
    form = register.closing.form
    return None if any(one["form"] == form.code and one["state"] == "current" for one in submissions) else form


def _renewing(blp: Blueprint, tabs: Tabs, register: Register) -> None:
    code = register.code

    @declare(blp, f"{code}_renew", "GET", f"/{code}/members/<int:enrolment_id>/renew", permission=f"register.{code}.enrol",
             label=f"{register.label}续签", template="engine/form.html", audit=f"{code}.view")  # fmt: skip
    def renew(call: Call, enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = member(desk, register, enrolment_id)
        call.audit(person_id=row.person_id)
        shape = _entry(desk, tabs, register, Subject.of(row), row)
        address = f"{_api(tabs, register)}/members/{row.id}/renew"
        shape |= {"title": f"{register.label}：续签", "action": address, "check": f"{address}/check", "ask_person": False}
        shape["back"] = f"{tabs.base}/{code}/members/{row.id}"
        return {**tabs.of(call, register, "members"), **shape, "person": member_view(desk, register, row)}


def _entry(desk: Desk, tabs: Tabs, register: Register, subject: Subject, renewed: Enrolment | None = None) -> dict[str, Any]:
    """The entry form for somebody: what is asked depends on his age and sex from the first moment, if they are known."""
    answers = renewal(desk, register, renewed) if renewed else {}
    trial = attempt_entry(desk, register, subject, Sheet(answers, clock.today()), renewed)
    return {
        "title": f"{register.label}：{register.entry.label}",
        "shape": register.entry,
        "groups": groups_of(desk, register.entry, answers, trial.filled),
        "action": f"{_api(tabs, register)}/members",
        "check": f"{_api(tabs, register)}/check",
        "next": f"{tabs.base}/{register.code}/members/{{id}}",
        "method": "POST",
        "day": clock.today(),
        "today": clock.today(),
        "prompts": [],
        "back": f"{tabs.base}/{register.code}/members",
    }


def _form(blp: Blueprint, tabs: Tabs, register: Register, form: Form) -> None:
    path = f"/{register.code}/members/<int:enrolment_id>/{form.code}"

    @declare(blp, f"{form.code}_read", "GET", f"{path}/<int:submission_id>", permission=f"form.{form.code}.read",
             label=f"查看{form.label}", template="engine/submission.html", audit=f"{form.code}.view")  # fmt: skip
    def read(call: Call, enrolment_id: int, submission_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = member(desk, register, enrolment_id)
        call.audit(person_id=row.person_id)
        found = submission_view(desk, form, submission(desk, row, submission_id))
        unit = desk.institution_names([found["institution_id"]]) if found["institution_id"] else {}
        return {
            **tabs.of(call, register, "members"),
            "member": member_view(desk, register, row),
            "submission": found,
            "unit": unit.get(found["institution_id"], ""),
        }

    @declare(blp, f"{form.code}_edit", "GET", f"{path}/<int:submission_id>/edit", permission=f"form.{form.code}.correct",
             label=f"更正{form.label}", template="engine/form.html", audit=f"{form.code}.view")  # fmt: skip
    def edit(call: Call, enrolment_id: int, submission_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = member(desk, register, enrolment_id)
        call.audit(person_id=row.person_id)
        earlier = submission(desk, row, submission_id)
        if veiled(desk, form, earlier):
            raise NotFound("engine.submission")
        answers = {code: value for code, value in earlier.answers.items() if code in {one.code for one in form.fields}}
        trial = attempt(desk, row, form, Sheet(_typed(form, answers), earlier.day), earlier)
        return {
            **tabs.of(call, register, "members"), **_filling(desk, tabs, register, form, row, answers, trial),
            "action": f"{_api(tabs, register)}/members/{row.id}/{form.code}/{earlier.id}", "method": "PUT",
            "day": earlier.day, "correcting": True,
        }  # fmt: skip

    if form is register.entry:
        return

    @declare(blp, f"{form.code}_new", "GET", f"{path}/new", permission=f"form.{form.code}.submit",
             label=f"填写{form.label}", template="engine/form.html", query=FillQuery, audit=f"{form.code}.open")  # fmt: skip
    def new(call: Call, query: dict[str, Any], enrolment_id: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = member(desk, register, enrolment_id)
        call.audit(person_id=row.person_id)
        answers = blank(desk, row, form)
        trial = attempt(desk, row, form, Sheet(answers, clock.today()))
        found = {**tabs.of(call, register, "members"), **_filling(desk, tabs, register, form, row, answers, trial)}
        found["doses"] = doses_before(call, register, form, row)
        if query["then"]:
            kept = f"which={query['then']}&schedule={query['schedule']}"
            found["next"] = found["back"] = f"{tabs.base}/{register.code}/tasks?{kept}#next"
        return found


def _typed(form: Form, answers: dict[str, Any]) -> dict[str, Any]:
    """What was written, without what is computed."""
    computed = {one.code for one in form.fields if one.value}
    return {code: value for code, value in answers.items() if code not in computed}


def _filling(
    desk: Desk, tabs: Tabs, register: Register, form: Form, row: Any, answers: dict[str, Any], trial: Any
) -> dict[str, Any]:
    address = f"{_api(tabs, register)}/members/{row.id}/{form.code}"
    return {
        "title": form.label,
        "shape": form,
        "groups": groups_of(desk, form, answers, trial.filled),
        "action": address,
        "check": "" if form is register.entry else f"{address}/check",
        "next": f"{tabs.base}/{register.code}/members/{row.id}",
        "method": "POST",
        "day": clock.today(),
        "today": clock.today(),
        "prompts": trial.prompts,
        "person": member_view(desk, register, row),
        "ask_person": False,
        "back": f"{tabs.base}/{register.code}/members/{row.id}",
    }


def _files(blp: Blueprint, tabs: Tabs, register: Register) -> None:
    code = register.code

    @declare(blp, f"{code}_files", "GET", f"/{code}/files", permission=f"register.{code}.import",
             label=f"{register.label}导入导出", template="engine/files.html")  # fmt: skip
    def files(call: Call) -> dict[str, Any]:
        fields = form_of(FileIn, file={"accept": ".xlsx,.csv"})
        return {**tabs.of(call, register, "files"), "api": _api(tabs, register), "fields": fields}
