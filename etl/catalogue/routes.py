"""``/api/v1/catalogue``: the data resource catalogue, requests for data and their extracts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response

from etl.catalogue import entries, requests
from etl.catalogue import schemas as s
from etl.catalogue.describing import field_lines, in_catalogue, lineage, listed, listing, shown
from etl.catalogue.entries import Act
from etl.catalogue.exporting import ENTRY_SHEET, FIELD_SHEET, entry_rows, field_rows
from etl.catalogue.models import DataRequest
from etl.catalogue.requests import Decision
from etl.catalogue.scores import quality_scores
from etl.catalogue.terms import Terms, terms_of
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.sheets import download, write_csv, write_xlsx

READ, EDIT, REVIEW, PUBLISH = "catalogue.entry.read", "catalogue.entry.edit", "catalogue.entry.review", "catalogue.entry.publish"
ASK, DECIDE, FETCH = "catalogue.request.ask", "catalogue.request.decide", "catalogue.extract.fetch"
CSV = "text/csv"

blp = Blueprint("catalogue", __name__, url_prefix="/api/v1/catalogue", description="数据资源目录")


@endpoint(blp, "GET", "", permission=READ, label="数据资源目录", query=s.CatalogueQuery, response=s.ListedOut, many=True)
def list_entries(call: Call, query: dict[str, Any]) -> Any:
    """Datasets with classification, state and the caller's volumes."""
    return in_catalogue(listing(call.session), **query)


@endpoint(blp, "GET", "/export.xlsx", permission=READ, label="导出数据资源目录", query=s.CatalogueQuery)
def export_xlsx(call: Call, query: dict[str, Any]) -> Response:
    """The catalogue as a workbook."""
    lines = in_catalogue(listing(call.session), **query)
    return download(write_xlsx("数据资源目录", ENTRY_SHEET, entry_rows(lines)), "数据资源目录.xlsx")


@endpoint(blp, "GET", "/export.csv", permission=READ, label="导出数据资源目录(CSV)", query=s.CatalogueQuery)
def export_csv(call: Call, query: dict[str, Any]) -> Response:
    """The catalogue as CSV."""
    lines = in_catalogue(listing(call.session), **query)
    return download(write_csv(ENTRY_SHEET, entry_rows(lines)), "数据资源目录.csv", CSV)


@endpoint(blp, "GET", "/fields.xlsx", permission=READ, label="导出信息项", query=s.CatalogueQuery)
def export_fields(call: Call, query: dict[str, Any]) -> Response:
    """All fields of the datasets as a workbook."""
    lines = in_catalogue(listing(call.session), **query)
    return download(write_xlsx("信息项", FIELD_SHEET, field_rows(lines)), "数据资源信息项.xlsx")


@endpoint(blp, "GET", "/entries/<name>", permission=READ, label="数据资源详情", response=s.EntryOut)
def one_entry(call: Call, name: str) -> Any:
    """One dataset with fields and lineage."""
    entry = entries.entry_of(call.session, name)
    scores = quality_scores(call.platform, call.session)
    facts = {**asdict(listed(call.session, entry)), **shown(entry, call.principal.may(EDIT))}
    return {**facts, "details": field_lines(name), "lineage": lineage(call.session, name), "quality": scores.get(name)}


@endpoint(blp, "PATCH", "/entries/<name>", permission=EDIT, label="编辑目录", body=s.EntryIn, response=s.StateOut)
def edit(call: Call, body: dict[str, Any], name: str) -> Any:
    """Change the working copy."""
    return entries.edit(call.session, call.principal, name, body)


def _act(call: Call, name: str, what: Act, body: dict[str, Any]) -> Any:
    return entries.act(call.session, call.principal, name, what, body["note"])


@endpoint(blp, "POST", "/entries/<name>/submit", permission=EDIT, label="提交目录审核", body=s.StepIn, response=s.StateOut)
def submit(call: Call, body: dict[str, Any], name: str) -> Any:
    """Hand in for review."""
    return _act(call, name, entries.SUBMIT, body)


@endpoint(blp, "POST", "/entries/<name>/approve", permission=REVIEW, label="审核通过目录", body=s.StepIn, response=s.StateOut)
def approve(call: Call, body: dict[str, Any], name: str) -> Any:
    """Approve; not by the one who submitted."""
    return _act(call, name, entries.APPROVE, body)


@endpoint(blp, "POST", "/entries/<name>/return", permission=REVIEW, label="退回目录", body=s.RefuseIn, response=s.StateOut)
def send_back(call: Call, body: dict[str, Any], name: str) -> Any:
    """Send back with a reason."""
    return _act(call, name, entries.RETURN, body)


@endpoint(blp, "POST", "/entries/<name>/publish", permission=PUBLISH, label="发布目录", body=s.StepIn, response=s.StateOut)
def publish(call: Call, body: dict[str, Any], name: str) -> Any:
    """Publish the approved edition."""
    return _act(call, name, entries.PUBLISH, body)


@endpoint(blp, "POST", "/entries/<name>/reopen", permission=EDIT, label="修订目录", body=s.StepIn, response=s.StateOut)
def reopen(call: Call, body: dict[str, Any], name: str) -> Any:
    """Begin the next edition; the published one stays in force."""
    return _act(call, name, entries.REOPEN, body)


@endpoint(blp, "POST", "/entries/<name>/withdraw", permission=PUBLISH, label="撤销目录", body=s.RefuseIn, response=s.StateOut)
def withdraw(call: Call, body: dict[str, Any], name: str) -> Any:
    """Take a published entry out of the catalogue."""
    return _act(call, name, entries.WITHDRAW, body)


@endpoint(blp, "POST", "/requests", permission=ASK, label="申请数据", body=s.RequestIn, response=s.RequestOut, status=201)
def ask(call: Call, body: dict[str, Any]) -> Any:
    """Ask for a de-identified extract or for counts."""
    name, purpose, wanted = body.pop("dataset"), body.pop("purpose"), tuple(body.pop("fields_"))
    terms = Terms(fields=wanted, **body)
    row = requests.ask(call.session, call.principal, name, purpose, terms)
    call.audit(object_id=row.id, dataset=name)
    return row


@endpoint(blp, "GET", "/requests", permission=ASK, label="我的数据申请", response=s.RequestOut, many=True)
def my_requests(call: Call) -> Any:
    """The caller's own requests."""
    return requests.requests(call.session, call.principal, mine=True)


@endpoint(
    blp, "GET", "/decisions", permission=DECIDE, label="待审批的数据申请", query=s.RequestQuery, response=s.RequestOut, many=True
)
def to_decide(call: Call, query: dict[str, Any]) -> Any:
    """Requests of the caller's area."""
    return requests.requests(call.session, call.principal, **query)


@endpoint(blp, "POST", "/requests/<int:request_id>/grant", permission=DECIDE, label="批准数据申请", body=s.GrantIn,
          response=s.RequestOut)  # fmt: skip
def grant(call: Call, body: dict[str, Any], request_id: int) -> Any:
    """Allow a request or part of it; the extract is made in the background."""
    row = requests.request_of(call.session, request_id)
    decision = Decision(_granted(row, body), body["k"], body["days"], body["note"])
    call.audit(dataset=row.dataset, k=body["k"])
    return requests.grant(call.session, call.platform, call.principal, request_id, decision)


@endpoint(blp, "POST", "/requests/<int:request_id>/refuse", permission=DECIDE, label="不批准数据申请", body=s.RefuseIn,
          response=s.RequestOut)  # fmt: skip
def refuse(call: Call, body: dict[str, Any], request_id: int) -> Any:
    """Say no, with the reason."""
    return requests.refuse(call.session, call.principal, request_id, body["note"])


@endpoint(blp, "POST", "/requests/<int:request_id>/revoke", permission=DECIDE, label="收回数据", body=s.RefuseIn,
          response=s.RequestOut)  # fmt: skip
def revoke(call: Call, body: dict[str, Any], request_id: int) -> Any:
    """Take a granted request back; its data are removed."""
    return requests.revoke(call.session, call.principal, request_id, body["note"])


@endpoint(
    blp, "GET", "/requests/<int:request_id>/downloads", permission=DECIDE, label="数据下载记录", response=s.DownloadOut, many=True
)
def download_log(call: Call, request_id: int) -> Any:
    """Who fetched an extract, and when."""
    return requests.downloads(call.session, requests.request_of(call.session, request_id).id)


@endpoint(
    blp, "POST", "/requests/<int:request_id>/file", permission=FETCH, label="下载去标识数据", audit="catalogue.extract.fetch"
)
def fetch(call: Call, request_id: int) -> Response:
    """The caller's own extract. A POST, because every handing out is counted and written down."""
    content = requests.fetch(call.session, call.platform, call.principal, request_id, call.address)
    return download(content, f"数据提取-{request_id}.csv", CSV)


def _granted(row: DataRequest, body: dict[str, Any]) -> Terms:
    fields = body["fields_"]
    return requests.narrowed(
        terms_of(row.asked), division=body["division"] or None, fields=tuple(fields) if fields else None, grain=body["grain"],
        shift_days=body["shift_days"],
    )  # fmt: skip
