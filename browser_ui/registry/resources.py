"""Pages of health resources."""

from __future__ import annotations

from typing import Any

from browser_ui.forms import form_of, keyed
from browser_ui.registry.imports import ImportPage, offer_import
from browser_ui.tables import Column, Page, cells
from browser_ui.units import unit_field
from health_platform.kernel.http import Blueprint, Call, endpoint
from registry.api import DayIn, FileIn
from registry.institutions import api as institutions
from registry.resources import api as resources

READ, EDIT = "registry.resource.read", "registry.resource.edit"
KINDS = {key: (text, "") for key, text in resources.LABELS.items()}

COLUMNS = (
    Column("kind", "类别", sort=True, kind="badge", badges=KINDS),
    Column("name", "名称", sort=True),
    Column("unit", "机构"),
    Column("category", "分类代码", kind="mono"),
    Column("quantity", "数量", sort=True, kind="number"),
    Column("detail", "其他"),
    Column("valid_from", "启用", sort=True, kind="day"),
)

ADDRESS = "/console/registry/resources"
blp = Blueprint("pages_resources", __name__, url_prefix=ADDRESS, description="卫生资源页面")


@endpoint(
    blp, "GET", "", permission=READ, label="卫生资源页面", query=resources.ResourceQuery, template="registry/resources.html"
)
def listing(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The resources of today."""
    found = resources.listed(call.session, resources.ResourceFilter(**query))
    units = institutions.InstitutionLookup().names(call.session, sorted({row.institution_id for row in found.rows}))
    rows = [
        {**cells(row, COLUMNS), "id": row.id, "unit": units.get(row.institution_id), "detail": _detail(row)} for row in found.rows
    ]
    unit = unit_field(call, query["institution_id"], "机构")
    asked = {one.name: one for one in form_of(resources.ResourceQuery, institution_id=unit)}
    entry = [one for one in form_of(resources.ResourceIn, institution_id=unit) if one.name != "details"]
    return {
        "columns": COLUMNS,
        "page": Page(rows, found.total, found.page, found.size),
        "query": query,
        "search": [asked[name] for name in ("text", "kind", "institution_id")],
        "fields": keyed(entry, "new"),
        "values": {"institution_id": query["institution_id"] or call.principal.institution_id},
        "day": form_of(DayIn),
        "file": form_of(FileIn),
    }


offer_import(
    blp,
    ImportPage(EDIT, "导入资源页面", "registry.resource.import"),
    lambda call, content, apply: resources.import_file(call.session, call.principal, content, apply),
)


@endpoint(
    blp,
    "GET",
    "/statistics",
    permission=READ,
    label="卫生资源统计页面",
    query=resources.SumQuery,
    template="registry/resource_sums.html",
)
def statistics(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Resources by area and by institution on a day, by the divisions then or of another year."""
    found = resources.sums(call.session, query)
    return {
        "columns": (Column("key", "名称"), *(Column(one.key, one.label, kind="number") for one in resources.KIND_HEADINGS)),
        "areas": found.areas,
        "units": found.units,
        "query": {**query, "day": found.day},
        "search": form_of(resources.SumQuery)[:4],
    }


def _detail(row: resources.Resource) -> str:
    labels = {detail.name: detail.label for detail in resources.KINDS[row.kind].details}
    return "；".join(f"{labels.get(name, name)} {value}" for name, value in row.details.items())
