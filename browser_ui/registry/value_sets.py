"""Pages of value sets: the list, in and out by file, and one value set with the codes it selects today."""

from __future__ import annotations

from typing import Any

from browser_ui.forms import form_of
from browser_ui.registry.imports import ImportPage, offer_import
from browser_ui.registry.standards import SHOWN, TERMS
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, endpoint
from registry.api import FileIn
from registry.divisions.api import answers_for_region
from registry.standards import api as standards

READ, EDIT = "registry.standard.read", "registry.standard.edit"
ADDRESS = "/console/registry/value-sets"

COLUMNS = (
    Column("title", "名称", sort=True, href=ADDRESS + "/{code}"),
    Column("code", "编号", sort=True, kind="mono"),
    Column("system_code", "代码表", sort=True, kind="mono", href="/console/registry/standards/{system_code}"),
)

blp = Blueprint("pages_value_sets", __name__, url_prefix=ADDRESS, description="值域页面")


@endpoint(
    blp,
    "GET",
    "",
    permission=READ,
    label="值域页面",
    scope="reference",
    query=standards.ValueSetsQuery,
    template="registry/value_sets.html",
)
def listing(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """All value sets."""
    found = standards.listed_value_sets(call.session, standards.ValueSetFilter(**query))
    return {
        "columns": COLUMNS,
        "page": Page(found.rows, found.total, found.page, found.size),
        "query": query,
        "search": form_of(standards.ValueSetsQuery)[:1],
        "fields": form_of(standards.ValueSetIn),
        "file": form_of(FileIn),
        "for_region": answers_for_region(call.session, call.principal.scope),
    }


@endpoint(blp, "GET", "/<code>", permission=READ, label="值域详情页面", scope="reference", template="registry/value_set.html")
def detail(call: Call, code: str) -> dict[str, Any]:
    """One value set: its rule, and what that selects of the version in force."""
    row = standards.value_set(call.session, code)
    terms = standards.value_set_terms(call.session, code)
    fields = form_of(standards.ValueSetIn, code={"kind": "hidden"})
    rule = {**row.rule, "include": "\n".join(row.rule["include"]), "exclude": "\n".join(row.rule["exclude"])}
    return {
        "row": row,
        "columns": TERMS,
        "terms": terms[:SHOWN],
        "total": len(terms),
        "for_region": answers_for_region(call.session, call.principal.scope),
        "fields": fields,
        "values": {"code": row.code, "title": row.title, "system_code": row.system_code, **rule},
    }


offer_import(
    blp,
    ImportPage(EDIT, "导入值域页面", "registry.value_set.import"),
    lambda call, content, apply: standards.import_value_sets(call.session, content, apply),
)
