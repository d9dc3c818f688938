"""Pages of local codes: coverage, what is unmapped, suggestions and decisions."""

from __future__ import annotations

from typing import Any

from browser_ui.forms import choices, form_of
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, endpoint
from registry.standards import api as standards

READ = "registry.mapping.read"
STATES = {"unmapped": ("未对照", "bad"), "confirmed": ("已对照", "ok"), "ignored": ("不对照", "")}

COVERAGE = (
    Column("source_name", "来源系统", href="/console/registry/mappings/codes?source={source}&system={system}"),
    Column("system", "代码表", kind="mono", href="/console/registry/standards/{system}"),
    Column("codes", "本地代码", kind="number"),
    Column("mapped", "已处理", kind="number"),
    Column("rows", "数据行", kind="number"),
    Column("gap", "未对照行", kind="number"),
    Column("percent", "行覆盖率"),
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

blp = Blueprint("pages_mappings", __name__, url_prefix="/console/registry/mappings", description="代码对照页面")


@endpoint(blp, "GET", "", permission=READ, label="对照覆盖页面", template="registry/mappings.html")
def overview(call: Call) -> dict[str, Any]:
    """Coverage per source and code system; the largest gaps first."""
    rows = [
        {
            "source": one.source,
            "source_name": one.source_name,
            "system": one.system,
            "codes": one.codes,
            "mapped": one.mapped,
            "rows": one.rows,
            "gap": one.rows - one.rows_mapped,
            "percent": f"{one.share:.1%}",
        }
        for one in standards.coverage(call.session)
    ]
    sources = choices((one.code, one.name) for one in standards.sources(call.session))
    return {
        "columns": COVERAGE,
        "rows": rows,
        "source": form_of(standards.SourceIn),
        "sources": sources,
        "dictionary": form_of(standards.DictionaryIn),
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
    plan = []
    if query["source"] and query["system"]:
        proposed = standards.bulk_plan(call.session, query["source"], query["system"]).proposed
        plan = [{"id": row.id, "local": row.code, "local_name": row.name, **_suggestion(best)} for row, best in proposed]
    return {
        "columns": CODES,
        "page": Page(rows, found.total, found.page, found.size),
        "query": query,
        "search": search,
        "plan": plan,
        "plan_columns": PLAN,
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
