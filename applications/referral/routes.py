"""What the definition of the referral cannot give: free beds, the shared summary, the fate of referrals."""

from __future__ import annotations

from typing import Any

from applications.referral import schemas as s
from applications.referral.capacity import Free, resources_of
from applications.referral.statistics import Figures, by_institution
from applications.referral.summary import Summary, summary_of
from health_platform.engine.api import desk_of
from health_platform.kernel.http import Blueprint, Call, endpoint

blp = Blueprint("referral_more", __name__, url_prefix="/api/v1/apps/referral", description="双向转诊")


@endpoint(blp, "GET", "/resources/<int:institution_id>", permission="workflow.referral.open", label="转入机构床位与号源",
          scope="system", response=s.FreeOut, many=True)  # fmt: skip
def resources(call: Call, institution_id: int) -> list[Free]:
    """What an institution has registered and has left for referrals; every institution may ask every other."""
    return resources_of(call.session, institution_id)


@endpoint(blp, "GET", "/cases/<int:case_no>/summary", permission="workflow.referral.read", label="转诊患者健康档案摘要",
          response=s.SummaryOut, audit="referral.summary")  # fmt: skip
def summary(call: Call, case_no: int) -> Summary:
    """The patient's summary for both sides, for as long as the referral lives."""
    found = summary_of(desk_of(call), case_no)
    call.audit(person_id=found.person_id, object_kind="referral", object_id=case_no, why="转诊会诊")
    return found


@endpoint(blp, "GET", "/statistics", permission="program.referral.read", label="转诊统计", query=s.SpanQuery,
          response=s.FiguresOut, many=True)  # fmt: skip
def statistics(call: Call, query: dict[str, Any]) -> list[Figures]:
    """By institution: sent, received, and what became of it."""
    return by_institution(call.session, **query)
