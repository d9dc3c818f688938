"""Pages of code systems and their versions."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from browser_ui.forms import form_of
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from registry.standards import api as standards

READ, EDIT = "registry.standard.read", "registry.standard.edit"
MARKS = {"standard": ("标准", "ok"), "local": ("本地", "info"), "unconfirmed": ("待确认", "warn")}
STATES = {"draft": ("草稿", ""), "review": ("待审核", "warn"), "published": ("已发布", "ok"), "retired": ("已停用", "")}

SYSTEMS = (
    Column("title", "名称", sort=True, href="/console/registry/standards/{code}"),
    Column("code", "编号", sort=True, kind="mono"),
    Column("source", "来源标准", sort=True),
    Column("mark", "标识", sort=True, kind="badge", badges=MARKS),
    Column("hierarchical", "有层级", kind="flag"),
)
VERSIONS = (
    Column("label", "版本", href="/console/registry/standards/{system}/{label}"),
    Column("state", "状态", kind="badge", badges=STATES),
    Column("size", "条数", kind="number"),
    Column("valid_from", "启用", kind="day"),
    Column("valid_to", "停用", kind="day"),
    Column("edited_by", "编辑人"),
    Column("decided_by", "审核人"),
)
TERMS = (
    Column("code", "代码", kind="mono"),
    Column("name", "名称"),
    Column("parent", "上级代码", kind="mono"),
    Column("note", "说明"),
)
CHANGED = (Column("code", "代码", kind="mono"), Column("before", "变更前"), Column("after", "变更后"))
VALUE_SETS = (Column("title", "名称"), Column("code", "编号", kind="mono"), Column("system_code", "代码表", kind="mono"))
SHOWN = 200

blp = Blueprint("pages_standards", __name__, url_prefix="/console/registry/standards", description="标准页面")


class TermsQuery(Schema):
    """What is looked for in a code system."""

    text = fields.String(load_default="", metadata={"label": "代码、名称或拼音首字母"})


@endpoint(
    blp,
    "GET",
    "",
    permission=READ,
    label="代码表页面",
    scope="reference",
    query=standards.CodeSystemsQuery,
    template="registry/standards.html",
)
def listing(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """All code systems."""
    found = standards.systems(call.session, standards.SystemFilter(**query))
    return {
        "columns": SYSTEMS,
        "page": Page(found.rows, found.total, found.page, found.size),
        "query": query,
        "search": form_of(standards.CodeSystemsQuery)[:2],
        "fields": form_of(standards.CodeSystemIn),
        "value_set_columns": VALUE_SETS,
        "value_sets": standards.value_sets(call.session),
    }


@endpoint(
    blp,
    "GET",
    "/<code>",
    permission=READ,
    label="代码表详情页面",
    scope="reference",
    query=TermsQuery,
    template="registry/standard.html",
)
def detail(call: Call, query: dict[str, Any], code: str) -> dict[str, Any]:
    """One code system: its versions, and a search in what is in force."""
    row = standards.system(call.session, code)
    versions = [
        {
            "system": code,
            "label": one.label,
            "state": one.state,
            "size": one.size,
            "valid_from": one.valid_from,
            "valid_to": one.valid_to,
            "edited_by": one.edited_by,
            "decided_by": one.decided_by,
        }
        for one in standards.versions(call.session, code)
    ]
    return {
        "row": row,
        "marks": MARKS,
        "version_columns": VERSIONS,
        "versions": versions,
        "term_columns": TERMS,
        "terms": standards.search(call.session, code, query["text"], SHOWN),
        "query": query,
        "shown": SHOWN,
        "current": standards.current(call.session, code),
        "search": form_of(TermsQuery),
        "file": form_of(standards.TermsFileIn),
    }


@endpoint(
    blp, "GET", "/<code>/<label>", permission=READ, label="代码表版本页面", scope="reference", template="registry/version.html"
)
def version(call: Call, code: str, label: str) -> dict[str, Any]:
    """One version: what it changes against the one in force, and the steps that are open to it."""
    row = standards.version(call.session, code, label)
    terms = standards.terms_of(call.session, row)
    change = standards.compare(standards.current_terms(call.session, code), terms)
    changed = [{"code": after.code, "before": _words(before), "after": _words(after)} for before, after in change.changed]
    return {
        "system": standards.system(call.session, code),
        "row": row,
        "states": STATES,
        "difference": change,
        "changed": changed[:SHOWN],
        "changed_columns": CHANGED,
        "term_columns": TERMS,
        "terms": terms[:SHOWN],
        "shown": SHOWN,
    }


def _words(term: standards.Term) -> str:
    return " · ".join(part for part in (term.name, term.parent, term.note) if part)
