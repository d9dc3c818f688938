"""Pages of the referral beside those its definition gives: the shared summary, free beds, the fate of referrals."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from applications.referral import api as referral
from browser_ui.forms import FormField, choices, form_of
from browser_ui.identity import person_card
from browser_ui.tables import Column, Page
from health_platform.engine.api import desk_of
from health_platform.kernel.db import widened
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.platform import MenuItem, Platform

blp = Blueprint("pages_referral", __name__, url_prefix="/console/referral", description="双向转诊页面")

LINES = (Column("name", "内容"), Column("at", "时间", kind="day"), Column("institution", "机构"))
FREE = (
    Column("institution", "机构"),
    Column("kind", "类别", kind="badge", badges={"bed": ("床位", "info"), "clinic": ("门诊号源", "")}),
    Column("ward", "科室或病区"),
    Column("registered", "登记", kind="number"), Column("held", "转诊占用", kind="number"), Column("free", "可用", kind="number"),
)  # fmt: skip
FIGURES = (
    Column("institution", "机构"), Column("sent_up", "上转", kind="number"), Column("sent_down", "下转", kind="number"),
    Column("received", "收到", kind="number"), Column("waiting", "待答复", kind="number"),
    Column("accepted", "接收", kind="number"), Column("rejected", "拒绝", kind="number"),
    Column("expired", "逾期未答复", kind="number"), Column("withdrawn", "撤销", kind="number"),
    Column("missed", "爽约", kind="number"), Column("arrived", "到诊", kind="number"), Column("late", "反馈逾期", kind="number"),
    Column("finished", "已反馈", kind="number"), Column("answer_share", "答复率(%)", kind="number"),
    Column("median_answer_hours", "答复中位(小时)", kind="number"),
)  # fmt: skip


class UnitQuery(Schema):
    """The institution to look at."""

    institution_id = IdField(load_default=None, metadata={"label": "机构", "kind": "select"})


@endpoint(blp, "GET", "/cases/<int:case_no>/record", permission="workflow.referral.read", label="转诊患者健康档案摘要页面",
          template="referral/record.html", audit="referral.summary")  # fmt: skip
def record(call: Call, case_no: int) -> dict[str, Any]:
    """What both sides read of the patient while the referral lives."""
    found = referral.summary_of(desk_of(call), case_no)
    call.audit(person_id=found.person_id, object_kind="referral", object_id=case_no, why="转诊会诊")
    with widened(call.session, "identity of a referred patient"):
        card = person_card(call.session, found.person_id)
    line = " ".join((card.name, card.sex, f"{card.birth or ''}"))
    return {"card_line": line.strip(), "summary": found, "case_no": case_no, "columns": LINES}


@endpoint(blp, "GET", "/resources", permission="workflow.referral.open", label="床位与号源页面", query=UnitQuery,
          template="referral/resources.html", scope="system")  # fmt: skip
def resources(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Beds and clinic places as far as they are registered for referrals: of every institution, or of one."""
    every = referral.all_resources(call.session)
    with widened(call.session, "institutions that receive referrals"):
        units = desk_of(call).institution_names(sorted({one.institution_id for one in every}))
    chosen = query["institution_id"]
    rows = [
        {**asdict(one), "free": one.free, "institution": units.get(one.institution_id, "")}
        for one in every
        if chosen in (None, one.institution_id)
    ]
    rows.sort(key=lambda row: (row["institution"], row["kind"], row["ward"]))
    field = FormField("institution_id", "机构", "select", choices=choices(units))
    return {"fields": (field,), "query": query, "columns": FREE, "rows": rows}


@endpoint(blp, "GET", "/statistics", permission="program.referral.read", label="转诊统计页面", query=referral.SpanQuery,
          template="referral/statistics.html")  # fmt: skip
def statistics(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """By institution: sent, received, and what became of it."""
    rows = referral.by_institution(call.session, **query)
    page = Page(rows, len(rows), size=max(1, len(rows)))
    return {"fields": form_of(referral.SpanQuery), "query": query, "columns": FIGURES, "page": page}


def install(platform: Platform) -> None:
    if "app.referral" not in platform.menus:
        return  # a profile without the business capabilities
    platform.blueprint(blp)
    platform.menu(
        MenuItem("referral.figures", "转诊统计", "/console/referral/statistics", "program.referral.read", "业务协同", 311)
    )
    platform.menu(
        MenuItem("referral.free", "转诊床位与号源", "/console/referral/resources", "workflow.referral.open", "业务协同", 312)
    )
