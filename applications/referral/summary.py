"""The clinical summary both sides read while a referral lives: by their case, not by where the patient lives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from applications.referral.sharing import RUNNING, WORKFLOW
from health_platform.access.api import document_access
from health_platform.engine.api import Desk, case, takes_part
from health_platform.kernel.db import change_scope
from health_platform.kernel.errors import Denied, register_messages
from health_platform.kernel.scope import Scope, scope_of
from health_platform.records.api import Event, Medication, Overview, Problem, open_record

register_messages({"referral.over": "转诊已结束，不再共享健康档案", "referral.nobody": "该转诊没有关联居民",
                   "referral.party": "健康档案摘要只供转出、转入双方办理转诊的医务人员查看"})  # fmt: skip
_LISTED = 12


@dataclass(frozen=True)
class Line:
    """One line of the summary."""

    name: str
    code: str
    at: datetime
    institution: str


@dataclass(frozen=True)
class Summary:
    """What both sides read. ``allergies_state`` is known, none, unasked or withheld; ``withheld`` counts what is not shown."""

    person_id: int
    allergies_state: str
    allergies: tuple[Line, ...]
    problems: tuple[Line, ...]
    medications: tuple[Line, ...]
    critical: tuple[Line, ...]
    visits: tuple[Line, ...]
    withheld: int
    as_of: datetime | None


def summary_of(desk: Desk, case_no: int) -> Summary:
    """The patient's summary for a party of a running referral.

    Raises:
        NotFound: no such case in the caller's book. Denied: the referral is over, what was shared is no longer; or the caller
            supervises it and does not treat the patient.
    """
    workflow = desk.catalogue.workflow(WORKFLOW)
    row = case(desk, workflow, case_no)
    if row.state not in RUNNING:
        raise Denied("referral.over")
    if not takes_part(desk, workflow, row):
        raise Denied("referral.party")
    if row.person_id is None:
        raise Denied("referral.nobody")
    return _told(row.person_id, _overview(desk, row.person_id))


def _overview(desk: Desk, person_id: int) -> Overview:
    """The overview under the relationship the referral gives, and nothing wider; his clearance is what it is."""
    before = scope_of(desk.session)
    scope = Scope(persons=frozenset({person_id}), classes=before.classes)
    reader = replace(desk.principal, purpose="REFERRAL", scope=scope)
    change_scope(desk.session, reader.scope)
    try:
        wishes = document_access(desk.session, reader, person_id)
        return open_record(desk.platform, desk.session, reader, person_id, wishes).overview()
    finally:
        change_scope(desk.session, before)


def _told(person_id: int, one: Overview) -> Summary:
    return Summary(
        person_id=person_id,
        allergies_state=one.allergies.state,
        allergies=_events(one.allergies.items),
        problems=tuple(_problem(problem) for problem in one.problems if problem.active)[:_LISTED],
        medications=tuple(_medicine(drug) for drug in one.medications if drug.active)[:_LISTED],
        critical=_events(one.critical),
        visits=_events(one.visits),
        withheld=sum(hidden.count for hidden in one.withheld),
        as_of=one.as_of,
    )


def _events(events: Iterable[Event]) -> tuple[Line, ...]:
    return tuple(Line(f"{one.title} {one.value}{one.unit}".strip(), one.code, one.time, one.institution) for one in events)


def _problem(problem: Problem) -> Line:
    return Line(problem.name, problem.code, problem.last, problem.institutions[0])


def _medicine(drug: Medication) -> Line:
    return Line(f"{drug.name} {drug.dose}".strip(), drug.code, drug.last, drug.institutions[0])
