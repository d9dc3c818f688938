"""Pages of local codes: coverage, what is unmapped, suggestions and decisions."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from browser_ui.forms import FormField, choices, form_of
from browser_ui.registry.imports import LookedAtIn, Source, taken_in
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, endpoint
from registry.api import FileIn, ImportResult
from registry.standards import api as standards

READ, EDIT = "registry.mapping.read", "registry.mapping.edit"
STATES = {"unmapped": ("未对照", "bad"), "confirmed": ("已对照", "ok"), "ignored": ("不对照", "")}

COVERAGE = (
    Column("source_name", "来源系统", sort=True, href="/console/registry/mappings/codes?source={source}&system={system}"),
    Column("title", "代码表", href="/console/registry/standards/{system}"),
    Column("system", "代码表编号", sort=True, kind="mono"),
    Column("codes", "本地代码", sort=True, kind="number"),
    Column("mapped", "已处理", sort=True, kind="number"),
    Column("rows", "数据行", sort=True, kind="number"),
    Column("gap", "未对照行", sort=True, kind="number"),
    Column("percent", "行覆盖率"),
    Column("adopted", "声明", kind="badge", badges={True: ("直接使用标准代码", "info"), False: ("", "")}),
)
CODES = (
    Column("code", "本地代码", sort=True, kind="mono", href="/console/registry/mappings/codes/{id}"),
    Column("name", "本地名称", sort=True),
    Column("system_code", "代码表", sort=True, kind="mono"),
    Column("rows_seen", "数据行", sort=True, kind="number"),
    Column("state", "状态", sort=True, kind="badge", badges=STATES),
    Column("target", "标准代码", kind="mono"),
    Column("target_version", "版本"),
    Column("reason_label", "依据"),
)
SUGGESTIONS = (
    Column("code", "标准代码", kind="mono"),
    Column("name", "名称"),
    Column("reason_label", "依据"),
    Column("percent", "把握"),
)
LOG = (
    Column("at", "时间", kind="moment"),
    Column("by_name", "经办人"),
    Column("before", "原对照", kind="mono"),
    Column("after", "现对照", kind="mono"),
)
PLAN = (Column("local", "本地代码", kind="mono"), Column("local_name", "本地名称"), *SUGGESTIONS)

SIZE = 50
ADDRESS = "/console/registry/mappings"
blp = Blueprint("pages_mappings", __name__, url_prefix=ADDRESS, description="代码对照页面")


class DictionaryFileIn(LookedAtIn):
    """A source's dictionary for one code system."""

    source = fields.String(required=True, metadata={"label": "来源系统"})
    system = fields.String(required=True, metadata={"label": "代码表"})


@endpoint(
    blp,
    "GET",
    "",
    permission=READ,
    label="对照覆盖页面",
    query=standards.CoveragePageQuery,
    template="registry/mappings.html",
)
def overview(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Coverage per source and code system; the largest gaps first."""
    start = (query["page"] - 1) * SIZE
    wanted = standards.CoverageFilter(query["text"], query["system"], query["gaps"], query["sort"])
    found = standards.found_coverage(call.session, wanted)
    declared = standards.adopted(call.session)
    shown = found[start : start + SIZE]
    titles = standards.titles(call.session, {one.system for one in shown})
    rows = [
        {
            "title": titles.get(one.system),
            "adopted": (one.source, one.system) in declared,
            "source": one.source,
            "source_name": one.source_name,
            "system": one.system,
            "codes": one.codes,
            "mapped": one.mapped,
            "rows": one.rows,
            "gap": one.gap,
            "percent": f"{one.share:.1%}",
        }
        for one in shown
    ]
    return {
        "columns": COVERAGE,
        "page": Page(rows, len(found), query["page"], SIZE),
        "query": query,
        "search": form_of(standards.CoveragePageQuery)[:3],
        "dictionary": _dictionary_form(call),
    }


@endpoint(
    blp,
    "POST",
    "/import",
    permission=EDIT,
    label="导入本地字典页面",
    body=DictionaryFileIn,
    template="registry/imported.html",
    audit="registry.mapping.import",
)
def load(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Show what a dictionary would do, or take it in and show what became of each row."""
    table = standards.Table(body["source"], body["system"])

    def work(content: bytes, apply: bool) -> ImportResult:
        return standards.import_dictionary(call.session, call.principal, table, content, apply)

    kept = {"source": table.source, "system": table.system}
    return taken_in(body, Source(f"{ADDRESS}/codes?source={table.source}&system={table.system}", f"{ADDRESS}/import", kept), work)


@endpoint(
    blp, "GET", "/sure", permission=READ, label="批量确认页面", query=standards.SurePageQuery, template="registry/sure.html"
)
def sure(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Every sure suggestion of a source and code system, to look over and confirm together."""
    start = (query["page"] - 1) * SIZE
    found = standards.sure(call.session, standards.Table(query["source"], query["system"]))
    return {
        "columns": PLAN,
        "page": Page([_proposal(*one) for one in found[start : start + SIZE]], len(found), query["page"], SIZE),
        "query": query,
        "owner": standards.source(call.session, query["source"]),
        "system": standards.system(call.session, query["system"]),
    }


@endpoint(
    blp, "GET", "/codes", permission=READ, label="本地代码页面", query=standards.LocalQuery, template="registry/local_codes.html"
)
def codes(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Local codes; those that most rows carry come first."""
    found = standards.local_codes(call.session, standards.LocalFilter(**query))
    rows = [_local(row) for row in found.rows]
    sources = choices((one.code, one.name) for one in standards.sources(call.session))
    search = form_of(standards.LocalQuery, source={"kind": "select", "choices": sources})[:4]
    plan, line = [], None
    if query["source"] and query["system"]:
        plan = [_proposal(*one) for one in standards.bulk_plan(call.session, query["source"], query["system"]).proposed]
        name = standards.source(call.session, query["source"]).name
        lines = standards.found_coverage(call.session, standards.CoverageFilter(name, query["system"]))
        line = next((one for one in lines if one.source == query["source"]), None)
    return {
        "columns": CODES,
        "page": Page(rows, found.total, found.page, found.size),
        "query": query,
        "search": search,
        "plan": plan,
        "plan_columns": PLAN,
        "line": line,
        "many": line is not None and line.codes - line.mapped > standards.BULK,
    }


@endpoint(blp, "GET", "/codes/<int:local_id>", permission=READ, label="对照详情页面", template="registry/local_code.html")
def code(call: Call, local_id: int) -> dict[str, Any]:
    """One local code with suggestions and every decision about it."""
    row = standards.local_code(call.session, local_id)
    return {
        "row": row,
        "states": STATES,
        "columns": SUGGESTIONS,
        "log_columns": LOG,
        "suggestions": [_suggestion(one) for one in standards.suggestions(call.session, local_id)],
        "log": standards.history(call.session, local_id),
        "decision": form_of(standards.OneDecisionIn)[:1],
        "system": standards.system(call.session, row.system_code),
    }


def _dictionary_form(call: Call) -> tuple[FormField, ...]:
    sources = choices((one.code, one.name) for one in standards.sources(call.session))
    systems = standards.systems(call.session, standards.SystemFilter(size=2000)).rows
    named = form_of(
        DictionaryFileIn,
        source={"kind": "select", "choices": sources},
        system={"kind": "select", "choices": choices((one.code, f"{one.title}（{one.code}）") for one in systems)},
    )
    return (*(one for one in named if one.name in ("source", "system")), *form_of(FileIn))


def _proposal(row: Any, best: Any) -> dict[str, Any]:
    return {"id": row.id, "local": row.code, "local_name": row.name, **_suggestion(best)}


def _local(row: standards.LocalCode) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "system_code": row.system_code,
        "rows_seen": row.rows_seen,
        "state": row.state,
        "target": row.target,
        "target_version": row.target_version,
        "reason_label": standards.REASONS.get(row.reason or ""),
    }


def _suggestion(one: Any) -> dict[str, Any]:
    return {
        "code": one.target.code,
        "name": one.target.name,
        "reason": one.reason,
        "reason_label": standards.REASONS[one.reason],
        "percent": f"{one.score:.0%}",
    }
