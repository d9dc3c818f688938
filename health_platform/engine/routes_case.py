"""The addresses of a workflow."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from health_platform.engine import bodies, case_sheets, cases, fhir, lists, views
from health_platform.engine import schemas as s
from health_platform.engine.cases import Move
from health_platform.engine.declaring import declare
from health_platform.engine.definitions.application import Application
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.workflows import CLOCK, Transition, Workflow
from health_platform.engine.desk import desk_of
from health_platform.engine.routes_register import trial_view
from health_platform.engine.submitting import Trial
from health_platform.kernel.http import Blueprint, Call, Schema
from health_platform.kernel.sheets import download


def add_workflow(blp: Blueprint, application: Application, workflow: Workflow) -> None:
    """Declare the addresses of one workflow."""
    _lists(blp, workflow)
    _opening(blp, application, workflow)
    for transition in workflow.transitions:
        if transition.by != CLOCK:
            _transition(blp, application, workflow, transition)


def _lists(blp: Blueprint, workflow: Workflow) -> None:
    code, read = workflow.code, f"workflow.{workflow.code}.read"

    @declare(blp, f"{code}_cases", "GET", f"/{code}/cases", permission=read, label=f"{workflow.label}列表",
             query=s.CaseQuery, response=s.CasesOut, audit=f"{code}.list")  # fmt: skip
    def found(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        desk = desk_of(call)
        page = lists.cases(desk, code, lists.CaseFilter(**query))
        return {"total": page.total, "page": page.page, "rows": views.case_lines(desk, workflow, page.rows)}

    @declare(blp, f"{code}_cases_export", "GET", f"/{code}/cases/export", permission=f"workflow.{code}.export",
             label=f"{workflow.label}导出", query=s.CaseQuery, audit=f"{code}.export")  # fmt: skip
    def exported(call: Call, query: dict[str, Any]) -> Response:
        desk = desk_of(call)
        return download(case_sheets.cases_file(desk, workflow, lists.CaseFilter(**query)), f"{workflow.label}.xlsx")

    @declare(blp, f"{code}_case", "GET", f"/{code}/cases/<int:case_no>", permission=read, label=f"{workflow.label}详情",
             response=s.CaseFullOut, audit=f"{code}.view")  # fmt: skip
    def one(call: Call, case_no: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = cases.case(desk, workflow, case_no)
        call.audit(person_id=row.person_id, object_kind=f"workflow.{code}", object_id=case_no)
        return views.case_view(desk, workflow, row)

    @declare(blp, f"{code}_case_fhir", "GET", f"/{code}/cases/<int:case_no>/fhir", permission=read,
             label=f"{workflow.label}（FHIR）", raw=True, audit=f"{code}.view")  # fmt: skip
    def bundle(call: Call, case_no: int) -> Response:
        desk = desk_of(call)
        row = cases.case(desk, workflow, case_no)
        call.audit(person_id=row.person_id, object_kind=f"workflow.{code}", object_id=case_no)
        return fhir.answer(case_sheets.bundle_of(desk, workflow, row))

    for form in workflow.forms:
        _questionnaire(blp, form)


def _questionnaire(blp: Blueprint, form: Form) -> None:
    @declare(blp, f"{form.code}_questionnaire", "GET", f"/{form.code}/questionnaire", permission=f"form.{form.code}.read",
             scope="reference", label=f"{form.label}定义（FHIR）", raw=True)  # fmt: skip
    def questionnaire(call: Call) -> Response:
        return fhir.answer(fhir.questionnaire(form))


def _body(application: Application, form: Form | None, base: type[Schema], name: str) -> type[Schema]:
    if form is None:
        return s.made(name, application.code, base, answers=fields.Dict(load_default=dict))
    return s.sheet_in(application.code, form, base)


def _opening(blp: Blueprint, application: Application, workflow: Workflow) -> None:
    code = workflow.code

    @declare(blp, f"{code}_open", "POST", f"/{code}/cases", permission=f"workflow.{code}.open",
             label=workflow.opening.label, body=_body(application, workflow.opening, s.OpenCaseIn, ""),
             response=s.CaseFullOut, status=201)  # fmt: skip
    def opened(call: Call, body: dict[str, Any]) -> dict[str, Any]:
        desk = desk_of(call)
        card = bodies.person_of(desk, body["person"]) if workflow.subject == "person" else None
        row = cases.open_case(desk, workflow, card, _move(body))
        call.audit(person_id=row.person_id, object_kind=f"workflow.{code}", object_id=row.case_no)
        return views.case_view(desk, workflow, row)

    _trying(blp, application, workflow.opening, f"{code}_open", f"/{code}/cases/check", f"workflow.{code}.open")


def _trying(blp: Blueprint, application: Application, form: Form, name: str, rule: str, permission: str) -> None:
    """A form of a case as it would be judged now."""

    @declare(blp, f"{name}_check", "POST", rule, permission=permission, label=f"试填{form.label}",
             body=s.sheet_in(application.code, form, s.OpenCaseIn), response=s.TrialOut)  # fmt: skip
    def check(call: Call, body: dict[str, Any], **path: int) -> dict[str, Any]:
        return trial_view(Trial(cases.trial_of_case(desk_of(call), form, None, bodies.written(body))))


def _transition(blp: Blueprint, application: Application, workflow: Workflow, transition: Transition) -> None:
    code = f"{workflow.code}_{transition.code}"
    body_of = _body(application, transition.form, s.MoveIn, f"{code}MoveIn")

    @declare(blp, code, "POST", f"/{workflow.code}/cases/<int:case_no>/{transition.code}",
             permission=f"workflow.{workflow.code}.{transition.code}", label=f"{workflow.label}：{transition.label}",
             body=body_of, response=s.CaseFullOut)  # fmt: skip
    def moved(call: Call, body: dict[str, Any], case_no: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = cases.move_case(desk, workflow, case_no, transition, _move(body))
        call.audit(person_id=row.person_id, object_kind=f"workflow.{workflow.code}", object_id=case_no)
        return views.case_view(desk, workflow, row)

    if transition.form is not None:
        rule = f"/{workflow.code}/cases/<int:case_no>/{transition.code}/check"
        _trying(blp, application, transition.form, code, rule, f"workflow.{workflow.code}.{transition.code}")


def _move(body: dict[str, Any]) -> Move:
    return Move(bodies.written(body), body["confirmed"], body["note"], body["revision"])
