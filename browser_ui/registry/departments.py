"""Pages of departments: those of all the caller's institutions, or of one; in and out by file."""

from __future__ import annotations

from typing import Any

from browser_ui.forms import form_of
from browser_ui.registry.imports import ImportPage, offer_import
from browser_ui.tables import Column, Page, cells
from browser_ui.units import unit_field
from health_platform.kernel.http import Blueprint, Call, endpoint
from registry.api import FileIn
from registry.institutions import api as institutions

READ, EDIT = "registry.institution.read", "registry.department.edit"
ADDRESS = "/console/registry/departments"

COLUMNS = (
    Column("unit", "机构", href="/console/registry/institutions/{institution_id}"),
    Column("code", "科室编码", sort=True, kind="mono"),
    Column("name", "科室名称", sort=True),
    Column("standard_code", "标准科室代码", sort=True, kind="mono"),
    Column("parent_code", "上级科室编码", kind="mono"),
    Column("valid_from", "启用", sort=True, kind="day"),
    Column("valid_to", "停用", kind="day"),
)

blp = Blueprint("pages_departments", __name__, url_prefix=ADDRESS, description="科室页面")


@endpoint(
    blp, "GET", "", permission=READ, label="科室页面", query=institutions.DepartmentQuery, template="registry/departments.html"
)
def listing(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Departments by institution and code."""
    found = institutions.listed_departments(call.session, institutions.DepartmentFilter(**query))
    units = institutions.InstitutionLookup().names(call.session, sorted({row.institution_id for row in found.rows}))
    rows = [
        {**cells(row, COLUMNS), "institution_id": row.institution_id, "unit": units.get(row.institution_id)} for row in found.rows
    ]
    unit = unit_field(call, query["institution_id"], "机构")
    return {
        "columns": COLUMNS,
        "page": Page(rows, found.total, found.page, found.size),
        "query": query,
        "search": form_of(institutions.DepartmentQuery, institution_id=unit)[:3],
        "file": form_of(FileIn),
    }


offer_import(
    blp,
    ImportPage(EDIT, "导入科室页面", "registry.department.import"),
    lambda call, content, apply: institutions.import_departments(call.session, content, apply),
)
