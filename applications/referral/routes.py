"""What the definition of the referral cannot give: free beds, the shared summary, the fate of referrals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from applications.referral import schemas as s
from applications.referral.capacity import Free, resources_of
from applications.referral.sharing import RUNNING
from applications.referral.statistics import Figures, by_institution
from applications.referral.summary import shared
from health_platform.engine.api import desk_of
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.records.api import Event, Medication, Problem

blp = Blueprint("referral_more", __name__, url_prefix="/api/v1/apps/referral", description="双向转诊")
_LISTED = 12


@endpoint(blp, "GET", "/resources/<int:institution_id>", permission="workflow.referral.open", label="转入机构床位与号源",
          scope="reference", response=s.FreeOut, many=True)  # fmt: skip
def resources(call: Call, institution_id: int) -> list[Free]:
    """What an institution has registered and has left for referrals; every institution may ask every other."""
    return resources_of(call.session, institution_id)


@endpoint(blp, "GET", "/cases/<int:case_no>/summary", permission="workflow.referral.read", label="转诊患者健康档案摘要",
          response=s.SummaryOut, audit="referral.summary")  # fmt: skip
def summary(call: Call, case_no: int) -> dict[str, Any]:
    """The patient's summary for both sides, for as long as the referral lives."""
    found = shared(desk_of(call), case_no, RUNNING)
    call.audit(person_id=found.case.person_id, object_kind="referral", object_id=case_no, why="转诊会诊")
    one = found.overview
    return {
        "person_id": found.case.person_id, "as_of": one.as_of, "withheld": sum(hidden.count for hidden in one.withheld),
        "allergies_state": one.allergies.state, "allergies": _events(one.allergies.items),
        "problems": [_problem(problem) for problem in one.problems[:_LISTED] if problem.active],
        "medications": [_medicine(drug) for drug in one.medications[:_LISTED] if drug.active],
        "critical": _events(one.critical), "visits": _events(one.visits),
    }  # fmt: skip


@endpoint(blp, "GET", "/statistics", permission="program.referral.read", label="转诊统计", query=s.SpanQuery,
          response=s.FiguresOut, many=True)  # fmt: skip
def statistics(call: Call, query: dict[str, Any]) -> list[Figures]:
    """By institution: sent, received, and what became of it."""
    return by_institution(call.session, **query)


def _events(events: Iterable[Event]) -> list[dict[str, Any]]:
    return [
        {"name": f"{one.title} {one.value}{one.unit}".strip(), "code": one.code, "at": one.time, "institution": one.institution}
        for one in events
    ]


def _problem(problem: Problem) -> dict[str, Any]:
    return {"name": problem.name, "code": problem.code, "at": problem.last, "institution": problem.institutions[0]}


def _medicine(drug: Medication) -> dict[str, Any]:
    name = f"{drug.name} {drug.dose}".strip()
    return {"name": name, "code": drug.code, "at": drug.last, "institution": drug.institutions[0]}
