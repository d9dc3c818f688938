"""Pages of the data resource catalogue: the list, one dataset, requests for data and their decisions."""

from __future__ import annotations

from typing import Any

from browser_ui.forms import FormField, choices, form_of, keyed
from browser_ui.tables import Column, Page
from etl.catalogue import api as catalogue
from health_platform.datasets.api import dataset
from health_platform.kernel import parameters
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.platform import Button, MenuItem, Platform
from health_platform.records.api import InstitutionDirectory

READ, EDIT, ASK, DECIDE = "catalogue.entry.read", "catalogue.entry.edit", "catalogue.request.ask", "catalogue.request.decide"
blp = Blueprint("pages_catalogue", __name__, url_prefix="/console/catalogue", description="数据资源目录页面")

STATES = {
    "draft": ("编目中", ""), "submitted": ("待审核", "warn"), "approved": ("待发布", "info"), "published": ("已发布", "ok"),
    "withdrawn": ("已撤销", "bad"),
}  # fmt: skip
FRESHNESS = {"fresh": ("正常", "ok"), "late": ("迟", "warn"), "none": ("无数据", "")}
REQUESTS = {
    "asked": ("待审批", "warn"), "granted": ("生成中", "info"), "ready": ("可下载", "ok"), "refused": ("未批准", "bad"),
    "failed": ("生成失败", "bad"), "expired": ("已过期", ""), "revoked": ("已收回", "bad"),
}  # fmt: skip

ENTRIES = (
    Column("code", "资源代码", kind="mono"), Column("label", "资源名称", href="/console/catalogue/{dataset}"),
    Column("item_label", "分类"), Column("share_label", "共享类型"), Column("fields", "信息项", kind="number"),
    Column("rows", "数据量(行)", kind="number"), Column("institutions", "机构数", kind="number"),
    Column("last_received", "最近接收", kind="moment"), Column("freshness", "新鲜度", kind="badge", badges=FRESHNESS),
    Column("quality", "质量分", kind="number"), Column("state", "状态", kind="badge", badges=STATES),
)  # fmt: skip
MY_REQUESTS = (
    Column("asked_at", "申请时间", kind="moment"), Column("label", "数据资源", href="/console/catalogue/{dataset}"),
    Column("kind", "方式"), Column("period", "业务日期"), Column("state", "状态", kind="badge", badges=REQUESTS),
    Column("outcome", "结果"), Column("expires_at", "有效期至", kind="moment"),
)  # fmt: skip
DECISIONS = (
    Column("asked_at", "申请时间", kind="moment"), Column("requester_unit", "申请单位"), Column("requester_name", "申请人"),
    Column("label", "数据资源"), Column("kind", "方式"), Column("period", "业务日期"), Column("purpose", "用途与依据"),
    Column("state", "状态", kind="badge", badges=REQUESTS), Column("outcome", "结果"),
    Column("expires_at", "有效期至", kind="moment"),
)  # fmt: skip
STEPS = (
    Column("at", "时间", kind="moment"), Column("edition", "版次", kind="number"), Column("act", "操作"),
    Column("actor_name", "操作人"), Column("note", "意见"),
)  # fmt: skip
UNITS = (
    Column("institution", "机构"), Column("source", "来源方式"), Column("row_count", "行数", kind="number"),
    Column("first_event", "最早业务", kind="day"), Column("last_event", "最近业务", kind="day"),
    Column("last_received", "最近接收", kind="moment"),
)  # fmt: skip


@endpoint(
    blp, "GET", "", permission=READ, label="数据资源目录页面", query=catalogue.CatalogueQuery, template="catalogue/list.html"
)
def listing(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The catalogue with its filters."""
    every = catalogue.listing(call.session)
    found = catalogue.in_catalogue(every, **query)
    scores = catalogue.quality_scores(call.platform, call.session)
    rows = [{**_row(line), "quality": scores.get(line.dataset)} for line in found]
    return {
        "columns": ENTRIES, "page": Page(rows, len(rows), size=max(1, len(rows))), "query": query,
        "fields": form_of(catalogue.CatalogueQuery), "tiles": _tiles(every),
        "waiting": catalogue.waiting(call.session) if call.principal.may(DECIDE) else 0,
    }  # fmt: skip


@endpoint(blp, "GET", "/<name>", permission=READ, label="数据资源详情页面", template="catalogue/entry.html")
def entry(call: Call, name: str) -> dict[str, Any]:
    """One dataset: classification, fields with tables of codes, lineage, volumes by institution, history."""
    row = catalogue.entry_of(call.session, name)
    edits = call.principal.may(EDIT)
    return {
        "quality": catalogue.quality_scores(call.platform, call.session).get(name),
        "entry": row, "line": catalogue.listed(call.session, row), "shown": catalogue.shown(row, edits), "labels": _labels(),
        "fields": catalogue.field_lines(name), "lineage": catalogue.lineage(call.session, name), "states": STATES,
        "freshness": FRESHNESS, "related": catalogue.related(name), "units": UNITS, "unit_rows": _units(call, name),
        "steps": STEPS, "step_rows": [_step(one) for one in catalogue.steps(call.session, name)],
        "entry_form": form_of(catalogue.EntryIn), "note": form_of(catalogue.StepIn), "reason": form_of(catalogue.RefuseIn),
        "keyed": keyed,
        "requestable": row.published is not None and row.published["share"] != "none" and dataset(name).personal,
    }  # fmt: skip


@endpoint(blp, "GET", "/<name>/request", permission=ASK, label="数据申请页面", template="catalogue/request.html")
def request_page(call: Call, name: str) -> dict[str, Any]:
    """The form that asks for data."""
    offered = {"choices": choices(catalogue.requestable(dataset(name))), "kind": "checks"}
    described = [one for one in form_of(catalogue.RequestIn, fields=offered) if one.kind != "hidden"]
    line = catalogue.listed(call.session, catalogue.entry_of(call.session, name))
    return {"line": line, "fields": described, "k": parameters.value(call.session, call.platform, catalogue.LEAST_K.key)}


@endpoint(blp, "GET", "/requests/mine", permission=ASK, label="我的数据申请页面", template="catalogue/requests.html")
def my_requests(call: Call) -> dict[str, Any]:
    """What the caller asked for, and the files."""
    rows = [_request(row) for row in catalogue.requests(call.session, call.principal, mine=True)]
    return {"columns": MY_REQUESTS, "page": Page(rows, len(rows), size=max(1, len(rows)))}


@endpoint(
    blp, "GET", "/requests/decide", permission=DECIDE, label="数据申请审批页面", query=catalogue.RequestQuery,
    template="catalogue/decide.html",
)  # fmt: skip
def decide(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Requests of the caller's area, with what each asks for."""
    rows = [_request(row) for row in catalogue.requests(call.session, call.principal, **query)]
    states = {"choices": choices((key, label) for key, (label, _) in REQUESTS.items()), "kind": "select"}
    least = parameters.value(call.session, call.platform, catalogue.LEAST_K.key)
    days = parameters.value(call.session, call.platform, catalogue.MOST_DAYS.key)
    return {
        "columns": DECISIONS, "page": Page(rows, len(rows), size=max(1, len(rows))), "query": query,
        "filters": [one for one in form_of(catalogue.RequestQuery, state=states) if one.name == "state"],
        "values": {"k": least, "days": days, "division": _own_prefix(call)}, "reason": form_of(catalogue.RefuseIn),
        "keyed": keyed, "downloads": catalogue.downloads_of(call.session, [row["id"] for row in rows]),
        "grant_fields": lambda key: keyed(_grant_form(), f"grant-{key}"),
    }  # fmt: skip


def _own_prefix(call: Call) -> str:
    """What an approver may allow of a request that names no division; empty when he rules several or all."""
    ruled = call.principal.scope.divisions
    return ruled[0] if len(ruled) == 1 else ""


def _grant_form() -> list[FormField]:
    return [one for one in form_of(catalogue.GrantIn) if one.name not in ("fields", "shift_days")]


def _row(line: catalogue.Listed) -> dict[str, Any]:
    shown = {name: getattr(line, name) for name in ("code", "label", "dataset", "item_label", "share_label", "fields")}
    volume = {name: getattr(line.volume, name) for name in ("rows", "institutions", "last_received")}
    return {**shown, **volume, "freshness": line.freshness, "state": line.state}


def _tiles(lines: list[catalogue.Listed]) -> list[tuple[str, int]]:
    return [
        ("数据资源", len(lines)), ("已发布", sum(line.public for line in lines)), ("信息项", sum(line.fields for line in lines)),
        ("数据量(行)", sum(line.volume.rows for line in lines)),
        ("更新及时", sum(line.freshness == "fresh" for line in lines)),
    ]  # fmt: skip


def _labels() -> dict[str, Any]:
    items = {key: f"{catalogue.CLASSES[kind]} · {label}" for key, (kind, _, label) in catalogue.ITEMS.items()}
    return {"item": items, "share": catalogue.SHARES, "cycle": catalogue.CYCLES}


def _units(call: Call, name: str) -> list[dict[str, Any]]:
    found = catalogue.by_institution(call.session, name)
    directory = call.platform.services.get(InstitutionDirectory.__qualname__)
    names = directory.names(call.session, sorted({row.institution_id for row in found})) if directory else {}
    keys = ("row_count", "first_event", "last_event", "last_received")
    return [
        {
            **{key: getattr(row, key) for key in keys}, "source": catalogue.SOURCES.get(row.source, row.source),
            "institution": names.get(row.institution_id, f"机构 {row.institution_id}"),
        }
        for row in found
    ]  # fmt: skip


def _step(row: catalogue.CatalogueStep) -> dict[str, Any]:
    keys = ("at", "edition", "actor_name", "note")
    return {**{key: getattr(row, key) for key in keys}, "act": catalogue.ACTS.get(row.act, row.act)}


def _request(row: catalogue.DataRequest) -> dict[str, Any]:
    terms = catalogue.terms_of(row.granted or row.asked)
    labels = catalogue.requestable(dataset(row.dataset))
    keys = ("id", "dataset", "state", "asked_at", "expires_at", "requester_unit", "requester_name", "purpose", "requester_id")
    return {
        **{key: getattr(row, key) for key in keys}, "label": dataset(row.dataset).label, "kind": catalogue.KINDS[terms.kind],
        "period": f"{terms.first} 至 {terms.last}", "outcome": _outcome(row), "terms": terms,
        "field_labels": "、".join(labels.get(name, name) for name in terms.fields),
    }  # fmt: skip


def _outcome(row: catalogue.DataRequest) -> str:
    report = row.report or {}
    if row.state == "failed":
        return str(report.get("error", ""))
    if "rows" in report:
        return (
            f"{report['rows']} 行，最小等价类 {report['smallest_class']} 人(k={report['k']})，舍弃 {report['suppressed_rows']} 行"
        )
    if "cells" in report:
        return f"{report['cells']} 组，其中 {report['hidden_cells']} 组人数不足 {report['k']} 已隐藏"
    return row.note or ""


MENUS = (
    MenuItem("catalogue.entries", "数据资源目录", "/console/catalogue", READ, "数据管理", 330, (
        Button("edit", "编目", EDIT), Button("review", "审核", "catalogue.entry.review"),
        Button("publish", "发布", "catalogue.entry.publish"),
    )),
    MenuItem("catalogue.mine", "我的数据申请", "/console/catalogue/requests/mine", ASK, "数据管理", 332, (
        Button("fetch", "下载数据", "catalogue.extract.fetch"),
    )),
    MenuItem("catalogue.decide", "数据申请审批", "/console/catalogue/requests/decide", DECIDE, "数据管理", 334),
)  # fmt: skip


def install(platform: Platform) -> None:
    """Serve the pages and offer their menus."""
    platform.blueprint(blp)
    for item in MENUS:
        platform.menu(item)
