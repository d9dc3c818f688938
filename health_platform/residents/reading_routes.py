"""The resident API: the own record, list by list."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from health_platform.residents.reading import LISTS, own_record

blp = Blueprint("resident_record", __name__, url_prefix="/api/v1/resident/record", description="居民本人的健康档案")


class CursorQuery(Schema):
    cursor = fields.String(load_default="", validate=validate.Length(max=400))


class ShownOut(Schema):
    """One event. A ``held`` result has no value yet: ask the institution."""

    ref = fields.String(attribute="event.ref")
    kind = fields.Function(lambda shown: shown.event.section.value)
    title = fields.String(attribute="event.title")
    time = fields.AwareDateTime(attribute="event.time")
    institution = fields.String(attribute="event.institution")
    department = fields.String(attribute="event.department")
    doctor = fields.String(attribute="event.doctor")
    value = fields.String()
    unit = fields.String(attribute="event.unit")
    normal = fields.String(attribute="event.normal")
    flag = fields.Function(lambda shown: "" if shown.held else shown.event.flag)
    note = fields.String()
    held = fields.Boolean()


class ListOut(Schema):
    """A page, newest first; pass ``cursor`` for the next one ("" = this is the last)."""

    items = fields.List(fields.Nested(ShownOut))
    cursor = fields.String()


class ReportOut(Schema):
    report = fields.Nested(ShownOut)
    items = fields.List(fields.Nested(ShownOut))


@endpoint(blp, "GET", "/<name>", permission="resident.self", label="我的档案列表", query=CursorQuery, response=ListOut,
          scope="self")  # fmt: skip
def one_list(call: Call, query: dict[str, Any], name: str) -> dict[str, Any]:
    """One list: visits, reports, results, medication, vaccinations, services, costs or documents."""
    if name not in LISTS:
        raise NotFound("request.not_found")
    items, cursor = own_record(call.platform, call.session, call.principal).page(name, query["cursor"])
    return {"items": items, "cursor": cursor}


@endpoint(blp, "GET", "/reports/<path:ref>", permission="resident.self", label="我的报告", response=ReportOut, scope="self")
def report(call: Call, ref: str) -> dict[str, Any]:
    """One report with its results."""
    found = own_record(call.platform, call.session, call.principal).in_full(ref)
    return {"report": found.report, "items": found.items}
