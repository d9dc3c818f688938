"""Cases as files: a list of them as XLSX, one with all its steps as a FHIR Bundle. What is withheld on the page is in neither."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from health_platform.engine import lists, views
from health_platform.engine.definitions.workflows import Workflow
from health_platform.engine.desk import Desk
from health_platform.engine.fhir import BASE, items_of
from health_platform.engine.lists import CaseFilter
from health_platform.engine.models import Case
from health_platform.engine.protecting_cases import VEILED_SHOWN, veiled_case, veiled_cases
from health_platform.engine.sheets import EXPORTED
from health_platform.kernel import clock
from health_platform.kernel.sheets import Heading, write_xlsx

_CASE = (
    Heading("name", "姓名"), Heading("sex_label", "性别"), Heading("age", "年龄"), Heading("id_no", "身份证号"),
    Heading("state_label", "状态"), Heading("party_label", "本方"), Heading("others", "对方机构"),
    Heading("opened", "发起时间"), Heading("moved", "最近办理"), Heading("due", "期限"), Heading("protected", "说明"),
)  # fmt: skip


def cases_file(desk: Desk, workflow: Workflow, wanted: CaseFilter) -> bytes:
    """The cases of a list with what was written in all their steps; at most 20,000. Masked as on the pages."""
    rows = lists.cases(desk, workflow.code, replace(wanted, page=1, size=EXPORTED)).rows
    veiled = veiled_cases(desk, workflow, rows)
    told = [{} if row.case_no in veiled else row.answers for row in rows]
    names = views.names_of(desk, [(form, answers) for form in workflow.forms for answers in told])
    fields = {f"a_{one.code}": one for form in workflow.forms for one in form.fields}
    written = [
        {key: names.show(one, answers[one.code]) for key, one in fields.items() if one.code in answers} for answers in told
    ]
    lines = views.case_lines(desk, workflow, rows)
    times = [{name: _minute(line[f"{name}_at"]) for name in ("opened", "moved", "due")} for line in lines]
    notes = [VEILED_SHOWN if row.case_no in veiled else {} for row in rows]
    columns = (*_CASE, *(Heading(key, one.label) for key, one in fields.items()))
    return write_xlsx(
        workflow.label, columns, [{**a, **b, **c, **d} for a, b, c, d in zip(lines, times, notes, written, strict=True)]
    )


def _minute(at: Any) -> str:
    return clock.local(at).isoformat(sep=" ", timespec="minutes")[:16] if at else ""


def bundle_of(desk: Desk, workflow: Workflow, row: Case) -> dict[str, Any]:
    """A case as a Bundle of QuestionnaireResponses, one for every step that has a form, in the order they were made."""
    forms = {one.code: one.form for one in workflow.transitions} | {"": workflow.opening}
    then = views.forms_then(desk, workflow, row)
    veiled = veiled_case(desk, workflow, row)
    responses = []
    for place, step in enumerate(row.steps, 1):
        if form := forms.get(step["transition"]):
            version = then[form.code]
            responses.append({
                "resourceType": "QuestionnaireResponse",
                "id": f"{row.case_no}-{place}",
                "questionnaire": f"{BASE}{form.code}|{version.version}",
                "status": "completed",
                "authored": step["at"],
                **({"subject": {"reference": f"Patient/{row.person_id}"}} if row.person_id else {}),
                "item": [] if veiled else items_of(version, step["answers"]),
            })  # fmt: skip
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in responses]}
