"""Cases that tell a protected diagnosis: withheld from callers who are not cleared for its class and take no part in the case.

The doctors of both sides need what a referral says, whatever their clearance: who filled in a step reads the case for good, and
while the case lives so does everybody of a party's institution who may do one of its steps. Whoever only reads lists
(administrators, supervisors) is told that there is a case, between whom, and how it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

from health_platform.engine.definitions.workflows import CLOCK, Workflow
from health_platform.engine.desk import Desk
from health_platform.engine.models import Case, Submission
from health_platform.engine.protecting import classes_of, covered, narrowed, tells_diagnoses
from health_platform.records.api import class_of_place

VEILED_SHOWN = {"protected": "含受保护的内容，未获授权不予显示"}
VEILED_NAME = "受保护的机构"


def veiled_case(desk: Desk, workflow: Workflow, row: Case) -> bool:
    """Whether the content of a case is withheld from the caller."""
    return bool(veiled_cases(desk, workflow, [row]))


def veiled_cases(desk: Desk, workflow: Workflow, rows: Iterable[Case]) -> frozenset[int]:
    """Numbers of the cases whose content is withheld from the caller."""
    if not narrowed(desk):
        return frozenset()
    shut = {row.case_no for row in rows if not covered(desk, _classes(workflow, row)) and not takes_part(desk, workflow, row)}
    return frozenset(shut - _worked_on(desk, shut))


def takes_part(desk: Desk, workflow: Workflow, row: Case) -> bool:
    """Whether the caller belongs to a party of a running case and may do one of that party's steps."""
    if workflow.by_code[row.state].final:
        return False
    return desk.belongs_to(row.institution_id) and any(
        desk.principal.may(f"workflow.{workflow.code}.{step}") for step in _steps_of(workflow, row.party)
    )


def name_told(desk: Desk, name: str) -> str:
    """The name of a party; of one that treats only patients of a class withheld from the caller, that it is such a one."""
    return name if not narrowed(desk) or covered(desk, iter((class_of_place(name),))) else VEILED_NAME


def _steps_of(workflow: Workflow, party: str) -> Iterator[str]:
    opener = next(one.code for one in workflow.parties if not one.field)
    if party == opener:
        yield "open"
    yield from (one.code for one in workflow.transitions if one.by in ("", party) and one.by != CLOCK)


def _classes(workflow: Workflow, row: Case) -> Iterator[str]:
    """What the answers of all steps tell, those that a later step has replaced included; and the names of the parties."""
    if not any(tells_diagnoses(form) for form in workflow.forms):
        return
    written: list[dict[str, Any]] = [row.answers, *(step["answers"] for step in row.steps)]
    for form in workflow.forms:
        for answers in written:
            yield from classes_of(form, answers)
    yield from (class_of_place(one["name"]) for one in row.parties.values())


def _worked_on(desk: Desk, case_nos: Iterable[int]) -> set[int]:
    """Those of some cases in which the caller filled in a step."""
    if not (asked := list(case_nos)):
        return set()
    query = select(Submission.case_no).where(Submission.case_no.in_(asked), Submission.worker == desk.principal.id)
    return {number for number in desk.session.scalars(query.distinct()) if number is not None}
