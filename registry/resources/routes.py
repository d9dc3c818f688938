"""The JSON API of health resources."""

from typing import Any

from flask import Response

from health_platform.kernel import clock
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.sheets import download, write_xlsx
from registry.divisions.codes import Level
from registry.fields import DayIn, ImportOut, SheetIn
from registry.importing import ImportResult
from registry.paging import Paged
from registry.resources import schemas as s
from registry.resources import service
from registry.resources.models import Resource
from registry.resources.service import ResourceDraft, ResourceFilter, Sum
from registry.resources.tables import sums_file
from registry.resources.transfer_files import SHEET, import_file, rows_of

READ, EDIT = "registry.resource.read", "registry.resource.edit"

blp = Blueprint("resources", __name__, url_prefix="/api/v1/resources", description="卫生资源")


@endpoint(blp, "GET", "", permission=READ, label="资源列表", query=s.ResourceQuery, response=s.ResourcesOut)
def resources(call: Call, query: dict[str, Any]) -> Paged[Resource]:
    return service.listed(call.session, ResourceFilter(**query))


@endpoint(blp, "POST", "", permission=EDIT, label="登记资源", body=s.ResourceIn, response=s.ResourceOut, status=201)
def add(call: Call, body: dict[str, Any]) -> Resource:
    institution_id = body.pop("institution_id")
    return service.add(call.session, call.principal, institution_id, ResourceDraft(**body))


@endpoint(blp, "PUT", "/<int:resource_id>", permission=EDIT, label="变更资源", body=s.ResourceChange, response=s.ResourceOut)
def change(call: Call, body: dict[str, Any], resource_id: int) -> Resource:
    return service.change(call.session, call.principal, resource_id, body.pop("day"), **body)


@endpoint(blp, "POST", "/<int:resource_id>/end", permission=EDIT, label="停用资源", body=DayIn, response=s.ResourceOut)
def end(call: Call, body: dict[str, Any], resource_id: int) -> Resource:
    return service.end(call.session, call.principal, resource_id, body["day"])


@endpoint(blp, "GET", "/by-area", permission=READ, label="资源按地区统计", query=s.SumQuery, response=s.SumOut, many=True)
def by_area(call: Call, query: dict[str, Any]) -> list[Sum]:
    day = query["day"] or clock.today()
    return service.by_area(call.session, day, Level(query["level"]), query["shape_year"])


@endpoint(blp, "GET", "/by-institution", permission=READ, label="资源按机构统计", query=s.SumQuery, response=s.SumOut, many=True)
def by_institution(call: Call, query: dict[str, Any]) -> list[Sum]:
    return service.by_institution(call.session, query["day"] or clock.today(), query["under"])


@endpoint(blp, "GET", "/statistics.xlsx", permission=READ, label="导出资源统计", query=s.SumQuery)
def export_sums(call: Call, query: dict[str, Any]) -> Response:
    """The sums by area and by institution in one sheet."""
    return download(sums_file(call.session, query), "卫生资源统计.xlsx")


@endpoint(blp, "GET", "/export", permission=READ, label="导出资源", query=s.ResourceQuery)
def export(call: Call, query: dict[str, Any]) -> Response:
    found = service.listed(call.session, ResourceFilter(**{**query, "page": 1, "size": 100_000}))
    return download(write_xlsx("卫生资源", SHEET, rows_of(call.session, found.rows)), "卫生资源.xlsx")


@endpoint(blp, "POST", "/import", permission=EDIT, label="导入资源", body=SheetIn, response=ImportOut)
def load(call: Call, body: dict[str, Any]) -> ImportResult:
    """Enter or change one resource per row of a file."""
    return import_file(call.session, call.principal, body["file"].read(), body["apply"])
