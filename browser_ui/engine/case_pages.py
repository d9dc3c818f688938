"""Pages of a workflow: the list of cases, a new case, one case with what can be done next."""

from __future__ import annotations

from typing import Any

from browser_ui.engine.inputs import groups_of
from browser_ui.engine.tabs import Tabs
from browser_ui.forms import choices, form_of
from browser_ui.tables import Page
from health_platform.engine.api import (
    CLOCK,
    Application,
    CaseFilter,
    CaseQuery,
    Transition,
    Workflow,
    case,
    case_line,
    case_lines,
    case_view,
    declare,
    desk_of,
    find_cases,
    person_view,
    trial_of_case,
)
from health_platform.kernel import clock
from health_platform.kernel.http import Blueprint, Call, IdField, Schema


class OpenQuery(Schema):
    """Whom a case is about, when the page was opened from somebody's record."""

    person_id = IdField(load_default=None)


def add_workflow(blp: Blueprint, application: Application, workflow: Workflow) -> None:
    """Declare the pages of one workflow."""
    tabs = Tabs(application)
    _lists(blp, tabs, workflow)
    _opening(blp, tabs, workflow)
    for transition in workflow.transitions:
        if transition.form is not None and transition.by != CLOCK:
            _transition(blp, tabs, workflow, transition)


def _api(tabs: Tabs, workflow: Workflow) -> str:
    return f"/api/v1/apps/{tabs.application.code}/{workflow.code}/cases"


def _lists(blp: Blueprint, tabs: Tabs, workflow: Workflow) -> None:
    code, read = workflow.code, f"workflow.{workflow.code}.read"

    @declare(blp, f"{code}_cases", "GET", f"/{code}/cases", permission=read, label=f"{workflow.label}列表",
             template="engine/cases.html", query=CaseQuery, audit=f"{code}.list")  # fmt: skip
    def listed(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        return case_list_page(call, tabs, workflow, query)

    @declare(blp, f"{code}_case", "GET", f"/{code}/cases/<int:case_no>", permission=read, label=workflow.label,
             template="engine/case.html", audit=f"{code}.view")  # fmt: skip
    def one(call: Call, case_no: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = case(desk, workflow, case_no)
        call.audit(person_id=row.person_id, object_kind=f"workflow.{code}", object_id=case_no)
        return {
            **tabs.of(call, workflow, ""),
            "case": case_view(desk, workflow, row),
            "api": f"{_api(tabs, workflow)}/{case_no}",
            "here": f"{tabs.base}/{code}/cases/{case_no}",
        }


def case_list_page(call: Call, tabs: Tabs, workflow: Workflow, query: dict[str, Any]) -> dict[str, Any]:
    """The list of cases."""
    desk = desk_of(call)
    found = find_cases(desk, workflow.code, CaseFilter(**query))
    states = choices((state.code, state.label) for state in workflow.states)
    parties = choices((party.code, party.label) for party in workflow.parties)
    fields = form_of(CaseQuery, state={"choices": states, "kind": "select"}, party={"choices": parties, "kind": "select"})
    kinds = {state.code: state.kind for state in workflow.states}
    return {
        **tabs.of(call, workflow, ""),
        "fields": [one for one in fields if one.name in ("text", "state", "party")],
        "query": query,
        "kinds": kinds,
        "page": Page(case_lines(desk, workflow, found.rows), found.total, found.page, found.size),
    }


def _opening(blp: Blueprint, tabs: Tabs, workflow: Workflow) -> None:
    code = workflow.code

    @declare(blp, f"{code}_open", "GET", f"/{code}/open", permission=f"workflow.{code}.open", label=workflow.opening.label,
             template="engine/form.html", query=OpenQuery, audit=f"{code}.open")  # fmt: skip
    def opened(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        desk = desk_of(call)
        card = desk.persons.card(desk.session, query["person_id"]) if query["person_id"] else None
        call.audit(person_id=query["person_id"])
        filled = trial_of_case(desk, workflow.opening, None)
        return {
            **tabs.of(call, workflow, ""), "title": workflow.opening.label, "shape": workflow.opening,
            "groups": groups_of(desk, workflow.opening, {}, filled),
            "action": _api(tabs, workflow), "check": f"{_api(tabs, workflow)}/check", "method": "POST",
            "next": f"{tabs.base}/{code}/cases/{{case_no}}", "day": None, "today": clock.today(), "prompts": [],
            "person": person_view(desk, card) if card else None, "chosen_person": card.person_id if card else None,
            "ask_person": workflow.subject == "person" and card is None, "back": f"{tabs.base}/{code}/cases",
        }  # fmt: skip


def _transition(blp: Blueprint, tabs: Tabs, workflow: Workflow, transition: Transition) -> None:
    code, form = workflow.code, transition.form
    assert form is not None  # noqa: S101  # only transitions with a form have a page

    @declare(blp, f"{code}_{transition.code}", "GET", f"/{code}/cases/<int:case_no>/{transition.code}",
             permission=f"workflow.{code}.{transition.code}", label=f"{workflow.label}：{transition.label}",
             template="engine/form.html", audit=f"{code}.view")  # fmt: skip
    def moving(call: Call, case_no: int) -> dict[str, Any]:
        desk = desk_of(call)
        row = case(desk, workflow, case_no)
        call.audit(person_id=row.person_id)
        filled = trial_of_case(desk, form, row)
        here, address = f"{tabs.base}/{code}/cases/{case_no}", f"{_api(tabs, workflow)}/{case_no}/{transition.code}"
        return {
            **tabs.of(call, workflow, ""), "title": transition.label, "shape": form,
            "groups": groups_of(desk, form, {}, filled), "action": address, "check": f"{address}/check",
            "method": "POST", "next": here, "day": None, "today": clock.today(), "prompts": [],
            "person": case_line(desk, workflow, row), "ask_person": False, "back": here, "revision": row.revision,
        }  # fmt: skip
