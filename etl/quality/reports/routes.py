"""``/api/v1/quality/reports``: the inbox of an institution, files, answers, and the effect of mending."""

from __future__ import annotations

from typing import Any

from flask import Response

from etl.quality.reports import files, service
from etl.quality.reports import schemas as s
from etl.quality.reports.models import QualityReport
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.sheets import download

READ, MAKE, ANSWER, CLOSE = "quality.report.read", "quality.report.make", "quality.report.answer", "quality.report.close"
PDF = "application/pdf"

blp = Blueprint("quality_reports", __name__, url_prefix="/api/v1/quality/reports", description="数据质量分析报告")


@endpoint(blp, "GET", "", permission=READ, label="分析报告列表", query=s.ReportQuery, response=s.ReportRowOut, many=True)
def listing(call: Call, query: dict[str, Any]) -> Any:
    """Reports of the caller's institutions, newest first."""
    return service.reports(call.session, **query)


@endpoint(blp, "POST", "", permission=MAKE, label="生成分析报告", body=s.OrderIn, status=202)
def order(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Make a report of a month in the background; it appears in the list."""
    service.order(call.session, body["institution_id"], body["month"])
    call.audit(object_id=body["institution_id"])
    return {"accepted": True}


@endpoint(blp, "GET", "/<int:report_id>", permission=READ, label="分析报告", response=s.ReportOut)
def one(call: Call, report_id: int) -> Any:
    """A report as it was delivered."""
    return service.report(call.session, report_id)


@endpoint(blp, "POST", "/<int:report_id>/read", permission=READ, label="标记报告已读", response=s.ReportRowOut)
def read(call: Call, report_id: int) -> Any:
    """The institution takes note of its report."""
    row = service.report(call.session, report_id)
    service.mark_read(call.session, call.principal, row)
    return row


@endpoint(
    blp, "GET", "/<int:report_id>/report.xlsx", permission=READ, label="下载分析报告(XLSX)", audit="quality.report.download"
)
def as_xlsx(call: Call, report_id: int) -> Response:
    """The report as a workbook, with failing rows as the caller may see them."""
    row, examples = _with_examples(call, report_id)
    return download(files.xlsx(row, examples), f"{_name(row)}.xlsx")


@endpoint(blp, "GET", "/<int:report_id>/report.pdf", permission=READ, label="下载分析报告(PDF)", audit="quality.report.download")
def as_pdf(call: Call, report_id: int) -> Response:
    """The report as PDF, with failing rows as the caller may see them."""
    row, examples = _with_examples(call, report_id)
    return download(files.pdf(row, examples), f"{_name(row)}.pdf", PDF)


@endpoint(blp, "GET", "/<int:report_id>/answers", permission=READ, label="报告答复", response=s.AnswerOut, many=True)
def list_answers(call: Call, report_id: int) -> Any:
    """What was written to a report."""
    return service.answers(call.session, service.report(call.session, report_id).id)


@endpoint(blp, "POST", "/<int:report_id>/answers", permission=ANSWER, label="答复分析报告", body=s.AnswerIn, response=s.AnswerOut,
          status=201)  # fmt: skip
def answer(call: Call, body: dict[str, Any], report_id: int) -> Any:
    """Say what was found and mended."""
    return service.answer(call.session, call.principal, report_id, body["text"])


@endpoint(blp, "POST", "/<int:report_id>/close", permission=CLOSE, label="办结分析报告", body=s.AnswerIn, response=s.AnswerOut)
def close(call: Call, body: dict[str, Any], report_id: int) -> Any:
    """The administrator is satisfied."""
    return service.answer(call.session, call.principal, report_id, body["text"], closes=True)


@endpoint(blp, "GET", "/<int:report_id>/effect", permission=READ, label="整改效果", response=s.EffectOut)
def effect(call: Call, report_id: int) -> Any:
    """Score and failures of the period now, against those of the report."""
    return service.effect_of(call.platform, call.session, service.report(call.session, report_id))


def _with_examples(call: Call, report_id: int) -> tuple[QualityReport, list[service.Example]]:
    row = service.report(call.session, report_id)
    call.audit(institution_id=str(row.institution_id), period=row.first.isoformat())
    return row, service.examples(call.platform, call.session, call.principal, row)


def _name(row: QualityReport) -> str:
    return f"数据质量分析报告-{row.content['institution']}-{row.first:%Y%m}-第{row.edition}版"
