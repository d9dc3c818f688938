"""Pages of institutions and their departments."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from marshmallow import fields, validate

from browser_ui.forms import FormField, choices, form_of
from browser_ui.registry.imports import ImportPage, offer_import
from browser_ui.tables import Column, Page, cells
from browser_ui.units import unit_field, units_named
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from registry.api import DayIn, FileIn, division_names, full_name, identifiers_of
from registry.divisions.api import answers_for_region
from registry.institutions import api as institutions

READ, EDIT = "registry.institution.read", "registry.institution.edit"
STATES = {"active": ("正常", "ok"), "closed": ("注销", ""), "merged": ("已并入", "info")}

COLUMNS = (
    Column("name", "名称", sort=True, href="/console/registry/institutions/{id}"),
    Column("code", "统一社会信用代码", sort=True, kind="mono"),
    Column("category_label", "类别", sort=True),
    Column("grade_label", "等级"),
    Column("place", "所在地", sort=True),
    Column("state", "状态", kind="badge", badges=STATES),
)
DEPARTMENTS = (
    Column("code", "编码", kind="mono"),
    Column("name", "名称"),
    Column("standard_code", "标准科室代码", kind="mono"),
    Column("valid_from", "启用", kind="day"),
    Column("valid_to", "停用", kind="day"),
)
EVENTS = (
    Column("at", "时间", kind="moment"),
    Column("kind", "事项", kind="badge", badges={key: (text, "") for key, text in institutions.EVENTS.items()}),
    Column("by_name", "经办人"),
    Column("text", "变更内容"),
)

ADDRESS = "/console/registry/institutions"
blp = Blueprint("pages_institutions", __name__, url_prefix=ADDRESS, description="机构页面")


class NamedQuery(Schema):
    """A part of a name, as it is being typed."""

    text = fields.String(load_default="", validate=validate.Length(max=60))


@endpoint(
    blp, "GET", "", permission=READ, label="机构页面", query=institutions.InstitutionQuery, template="registry/institutions.html"
)
def listing(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Institutions of the caller's part."""
    found = institutions.listed(call.session, institutions.InstitutionFilter(**query))
    known = division_names(call.session, {row.division_code or "" for row in found.rows})
    rows = [
        {
            **cells(row, COLUMNS),
            "id": row.id,
            "category_label": institutions.CATEGORIES.get(row.category[0]),
            "grade_label": institutions.GRADES.get(row.grade or ""),
            "place": full_name(row.division_code or "", known),
        }
        for row in found.rows
    ]
    states = {"kind": "select", "choices": choices(institutions.STATES), "label": "状态"}
    search = form_of(institutions.InstitutionQuery, state=states)[:4]
    return {
        "columns": COLUMNS,
        "page": Page(rows, found.total, found.page, found.size),
        "query": query,
        "search": search,
        "file": form_of(FileIn),
    }


@endpoint(blp, "GET", "/found", permission=READ, label="按名称查找机构", query=NamedQuery, raw=True)
def found(call: Call, query: dict[str, Any]) -> Response:
    """Institutions with this in their name, for the inputs of forms."""
    return jsonify(units_named(call.session, query["text"]))


@endpoint(blp, "GET", "/new", permission=EDIT, label="登记机构页面", template="registry/institution_form.html")
def new(call: Call) -> dict[str, Any]:
    """An empty entry."""
    return {"row": None, "fields": _form(call, institutions.InstitutionIn), "values": {}}


@endpoint(blp, "GET", "/<int:institution_id>", permission=READ, label="机构详情页面", template="registry/institution.html")
def detail(call: Call, institution_id: int) -> dict[str, Any]:
    """One institution with its codes, departments and history."""
    row = institutions.institution(call.session, institution_id)
    codes = {row.division_code or "", row.manager_code}
    known = division_names(call.session, codes)
    return {
        "row": row,
        "keeps": institutions.may_keep(call.session, row.manager_code),
        "for_region": answers_for_region(call.session),
        "place": full_name(row.division_code or "", known),
        "keeper": known.get(row.manager_code),
        "labels": institutions,
        "states": STATES,
        "identifiers": identifiers_of(call.session, "institution", row.id),
        "parent": _name_of(call, row.parent_id),
        "department_columns": DEPARTMENTS,
        "departments": institutions.departments(call.session, row.id),
        "department": form_of(institutions.DepartmentIn),
        "event_columns": EVENTS,
        "events": [_event(event) for event in institutions.history(call.session, row.id)],
        "merge": form_of(institutions.MergeIn, into_id=unit_field(call, None, "并入机构")),
        "delegate": form_of(institutions.KeeperIn),
        "day": form_of(DayIn),
    }


@endpoint(
    blp, "GET", "/<int:institution_id>/edit", permission=EDIT, label="变更机构页面", template="registry/institution_form.html"
)
def edit(call: Call, institution_id: int) -> dict[str, Any]:
    """The entry to be changed."""
    row = institutions.institution(call.session, institution_id)
    asked = _form(call, institutions.InstitutionChange, row.parent_id)
    return {"row": row, "fields": asked, "values": {one.name: getattr(row, one.name) for one in asked}}


offer_import(
    blp,
    ImportPage(EDIT, "导入机构页面", "registry.institution.import"),
    lambda call, content, apply: institutions.import_file(call.session, call.principal, content, apply),
)


def _name_of(call: Call, institution_id: int | None) -> str | None:
    """The name of an institution that may lie outside the caller's part."""
    wanted = [institution_id] if institution_id else []
    return institutions.InstitutionLookup().names(call.session, wanted).get(institution_id or 0)


def _form(call: Call, schema: Any, parent_id: int | None = None) -> tuple[FormField, ...]:
    return form_of(
        schema,
        parent_id=unit_field(call, parent_id, "上级机构"),
        category={"hint": "WS 218 类别字母,可加三位细类,如 A100 综合医院、D600 村卫生室"},
    )


def _event(event: institutions.InstitutionEvent) -> dict[str, Any]:
    labels = {one.name: one.label for one in form_of(institutions.InstitutionIn)}
    labels |= {"state": "状态", "manager_code": "管理区划"}
    changed = (
        f"{labels.get(name, name)}：{event.before.get(name) or '—'} → {value or '—'}"
        for name, value in event.after.items()
        if name in labels
    )
    text = "；".join(changed) if event.kind != "created" else ""
    return {"at": event.at, "kind": event.kind, "by_name": event.by_name, "text": text}
