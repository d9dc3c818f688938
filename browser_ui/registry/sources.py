"""Pages of source systems: which systems send codes of their own, of which institution, and how far they are mapped."""

from __future__ import annotations

from typing import Any

from browser_ui.forms import FormField, choices, form_of, keyed
from browser_ui.registry.imports import ImportPage, offer_import
from browser_ui.tables import Column, Page, cells
from browser_ui.units import unit_field
from health_platform.kernel.http import Blueprint, Call, endpoint
from registry.api import FileIn, division_names, full_name
from registry.institutions import api as institutions
from registry.standards import api as standards

READ, EDIT = "registry.mapping.read", "registry.mapping.edit"
ADDRESS = "/console/registry/mappings/sources"

COLUMNS = (
    Column("name", "来源系统", sort=True, href="/console/registry/mappings/codes?source={code}"),
    Column("code", "编号", sort=True, kind="mono"),
    Column("unit", "机构", href="/console/registry/institutions/{institution_id}"),
    Column("place", "所在区划"),
    Column("codes", "本地代码", kind="number"),
    Column("unmapped", "未对照", kind="number"),
)

blp = Blueprint("pages_sources", __name__, url_prefix=ADDRESS, description="来源系统页面")


@endpoint(blp, "GET", "", permission=READ, label="来源系统页面", query=standards.SourcesQuery, template="registry/sources.html")
def listing(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The source systems of the caller's part, those without a code so far included."""
    found = standards.found_sources(call.session, standards.SourceFilter(**query))
    units = institutions.InstitutionLookup().names(
        call.session, sorted({row.institution_id for row in found.rows if row.institution_id})
    )
    known = division_names(call.session, {row.division_code or "" for row in found.rows})
    standing = standards.standings(call.session, [row.id for row in found.rows])
    nothing, asked = standards.Standing(), unit_field(call, None, "机构")
    rows = [
        {
            **cells(standing.get(row.id, nothing), COLUMNS),
            "id": row.id,
            "name": row.name,
            "code": row.code,
            "institution_id": row.institution_id,
            "unit": units.get(row.institution_id or 0),
            "place": full_name(row.division_code or "", known),
            "division_code": row.division_code,
        }
        for row in found.rows
    ]
    return {
        "columns": COLUMNS,
        "page": Page(rows, found.total, found.page, found.size),
        "query": query,
        "search": form_of(standards.SourcesQuery)[:1],
        "fields": form_of(standards.SourceIn, institution_id=asked),
        "changed": {row["id"]: _changed(asked, row) for row in rows},
        "file": form_of(FileIn),
    }


offer_import(
    blp,
    ImportPage(EDIT, "导入来源系统页面", "registry.mapping.sources_import"),
    lambda call, content, apply: standards.import_sources(call.session, content, apply),
)


def _changed(asked: dict[str, Any], row: dict[str, Any]) -> tuple[FormField, ...]:
    """The form that changes a source, with its institution already known; its code stays."""
    own = choices([(row["institution_id"], row["unit"])]) if row["unit"] else ()
    unit = {**asked, "choices": asked["choices"] or own}
    return keyed(form_of(standards.SourceIn, code={"kind": "hidden"}, institution_id=unit), str(row["id"]))
