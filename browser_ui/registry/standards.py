"""Pages of code systems and their versions."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import redirect
from marshmallow import fields

from browser_ui.forms import form_of
from browser_ui.registry.imports import FINDINGS, ImportPage, offer_import
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from registry.api import FileIn
from registry.divisions.api import answers_for_region
from registry.standards import api as standards

READ, EDIT = "registry.standard.read", "registry.standard.edit"
MARKS = {"standard": ("标准", "ok"), "local": ("本地", "info"), "unconfirmed": ("待确认", "warn")}
STATES = {"draft": ("草稿", ""), "review": ("待审核", "warn"), "published": ("已发布", "ok"), "retired": ("已停用", "")}

SYSTEMS = (
    Column("title", "名称", sort=True, href="/console/registry/standards/{code}"),
    Column("code", "编号", sort=True, kind="mono"),
    Column("source", "来源标准", sort=True),
    Column("mark", "标识", sort=True, kind="badge", badges=MARKS),
    Column("version", "现行版本"),
    Column("size", "条数", kind="number"),
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
SHOWN = 200

ADDRESS = "/console/registry/standards"
blp = Blueprint("pages_standards", __name__, url_prefix=ADDRESS, description="标准页面")


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
    """All code systems, with what is in force of each."""
    found = standards.systems(call.session, standards.SystemFilter(**query))
    versions = standards.in_force(call.session, [row.id for row in found.rows])
    return {
        "columns": SYSTEMS,
        "page": Page([_system(row, versions.get(row.id)) for row in found.rows], found.total, found.page, found.size),
        "file": form_of(FileIn),
        "for_region": answers_for_region(call.session, call.principal.scope),
        "query": query,
        "search": form_of(standards.CodeSystemsQuery)[:2],
        "fields": form_of(standards.CodeSystemIn),
    }


offer_import(
    blp,
    ImportPage(EDIT, "导入代码表清单页面", "registry.standard.import"),
    lambda call, content, apply: standards.import_systems(call.session, content, apply),
)


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
        "for_region": answers_for_region(call.session, call.principal.scope),
        "fields": form_of(standards.CodeSystemIn, code={"kind": "hidden"}),
        "values": {one.name: getattr(row, one.name) for one in form_of(standards.CodeSystemIn)},
    }


@endpoint(
    blp,
    "POST",
    "/<code>/import",
    permission=EDIT,
    label="导入代码表版本页面",
    body=standards.TermsFileIn,
    template="registry/version_refused.html",
    audit="registry.standard.version_import",
)
def load_version(call: Call, body: dict[str, Any], code: str) -> Any:
    """Keep a file as the draft of a version and show it, or show which cells are wrong; then nothing is kept."""
    terms, wrong = standards.read_terms(body["file"].read())
    if wrong:
        shown = {"wrong": wrong[:SHOWN], "count": len(wrong), "columns": FINDINGS}
        return {**shown, "system": standards.system(call.session, code), "label": body["label"]}
    row = standards.save_draft(call.session, call.principal, code, body["label"], terms)
    return redirect(f"{ADDRESS}/{quote(code)}/{quote(row.label)}", 303)


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
        "for_region": answers_for_region(call.session, call.principal.scope),
    }


def _system(row: standards.CodeSystem, version: standards.SystemVersion | None) -> dict[str, Any]:
    return {
        "code": row.code,
        "title": row.title,
        "source": row.source,
        "mark": row.mark,
        "hierarchical": row.hierarchical,
        "version": version.label if version else "尚无内容",
        "size": version.size if version else None,
    }


def _words(term: standards.Term) -> str:
    return " · ".join(part for part in (term.name, term.parent, term.note) if part)
