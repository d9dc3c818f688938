"""Pages of the analysis reports: an institution's inbox and one report."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from browser_ui.charts.api import Chart, Series, line_chart
from browser_ui.forms import form_of, keyed
from browser_ui.tables import Column, Page
from etl.quality.reports import api as reports
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.platform import Button, MenuItem, Platform

READ, MAKE, ANSWER, CLOSE = "quality.report.read", "quality.report.make", "quality.report.answer", "quality.report.close"
blp = Blueprint("pages_reports", __name__, url_prefix="/console/quality/reports", description="数据质量分析报告页面")

STATES = {"delivered": ("未读", "warn"), "read": ("已读", "info"), "answered": ("已答复", "ok"), "closed": ("已办结", "")}
ROWS = (
    Column("month", "期间", href="/console/quality/reports/{id}"), Column("institution", "机构"),
    Column("edition", "版次", kind="number"),
    Column("total", "得分", kind="number"), Column("failed", "不合格规则", kind="number"), Column("place", "同类名次"),
    Column("state", "状态", kind="badge", badges=STATES), Column("made_at", "送达时间", kind="moment"),
)  # fmt: skip


@endpoint(blp, "GET", "", permission=READ, label="分析报告列表页面", query=reports.ReportQuery, template="reports/inbox.html")
def inbox(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Reports delivered to the caller's institution, or to those of the caller's area."""
    rows = [_row(row) for row in reports.reports(call.session, **query)]
    shown = {**query, "month": query["month"].strftime("%Y-%m") if query["month"] else ""}
    return {
        "columns": ROWS, "page": Page(rows, len(rows), size=max(1, len(rows))), "query": shown,
        "fields": [one for one in form_of(reports.ReportQuery) if one.name != "institution_id"],
        "unread": reports.unread(call.session, call.principal.institution_id), "order": form_of(reports.OrderIn),
    }  # fmt: skip


@endpoint(
    blp,
    "GET",
    "/<int:report_id>",
    permission=READ,
    label="分析报告页面",
    template="reports/report.html",
    audit="quality.report.read",
)
def report(call: Call, report_id: int) -> dict[str, Any]:
    """One report: score with derivation, worst rules with failing rows, trend, peers, answers, and the effect of mending."""
    row = reports.report(call.session, report_id)
    reports.mark_read(call.session, call.principal, row)
    effect = reports.effect_of(call.platform, call.session, row)
    return {
        "report": row, "content": row.content, "states": STATES, "trend": _trend(row.content["trend"]), "effect": effect,
        "examples": reports.examples(call.platform, call.session, call.principal, row), "deadline": reports.deadline(row),
        "answers": reports.answers(call.session, row.id), "form": form_of(reports.AnswerIn), "keyed": keyed,
        "mine": call.principal.institution_id == row.institution_id, "better": Decimal(effect["change"]) > 0,
    }  # fmt: skip


def _row(row: reports.QualityReport) -> dict[str, Any]:
    content = row.content
    peers = content["peers"]
    return {
        "id": row.id, "month": row.first.strftime("%Y-%m"), "institution": content["institution"], "edition": row.edition,
        "total": Decimal(content["score"]["total"]), "failed": content["rules"]["failed"], "state": row.state,
        "made_at": row.made_at, "place": f"{peers['place']} / {peers['of']}" if "place" in peers else None,
    }  # fmt: skip


def _trend(points: list[dict[str, Any]]) -> Any:
    labels = tuple(point["month"][:7] for point in points)
    chart = Chart("各月得分", labels, "分", width=620, height=200, band=(60, None))
    return line_chart(chart, (Series("得分", tuple(float(point["total"]) for point in points)),))


MENUS = (
    MenuItem("quality.reports", "质量分析报告", "/console/quality/reports", READ, "数据管理", 345, (
        Button("make", "生成报告", MAKE), Button("answer", "答复", ANSWER), Button("close", "办结", CLOSE),
    )),
)  # fmt: skip


def install(platform: Platform) -> None:
    """Serve the pages and offer their menus."""
    platform.blueprint(blp)
    for item in MENUS:
        platform.menu(item)
