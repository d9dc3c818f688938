"""The JSON API of institutions and departments."""

from typing import Any

from flask import Response

from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.sheets import download, write_xlsx
from registry.fields import DayIn, ImportOut, SheetIn
from registry.importing import ImportResult
from registry.institutions import department_files, service
from registry.institutions import departments as wards
from registry.institutions import schemas as s
from registry.institutions.departments import DepartmentDraft, DepartmentFilter
from registry.institutions.drafts import InstitutionDraft
from registry.institutions.models import Department, Institution, InstitutionEvent
from registry.institutions.service import InstitutionFilter
from registry.institutions.transfer_files import SHEET, import_file, rows_of
from registry.paging import Paged

READ, EDIT, MERGE = "registry.institution.read", "registry.institution.edit", "registry.institution.merge"

blp = Blueprint("institutions", __name__, url_prefix="/api/v1/institutions", description="卫生机构")


@endpoint(blp, "GET", "", permission=READ, label="机构列表", query=s.InstitutionQuery, response=s.InstitutionsOut)
def institutions(call: Call, query: dict[str, Any]) -> Paged[Institution]:
    return service.listed(call.session, InstitutionFilter(**query))


@endpoint(blp, "POST", "", permission=EDIT, label="登记机构", body=s.InstitutionIn, response=s.InstitutionOut, status=201)
def register(call: Call, body: dict[str, Any]) -> Institution:
    return service.register(call.session, call.principal, InstitutionDraft(**body))


@endpoint(blp, "GET", "/<int:institution_id>", permission=READ, label="机构", response=s.InstitutionOut)
def institution(call: Call, institution_id: int) -> Institution:
    return service.institution(call.session, institution_id)


@endpoint(
    blp, "PUT", "/<int:institution_id>", permission=EDIT, label="变更机构", body=s.InstitutionChange, response=s.InstitutionOut
)
def change(call: Call, body: dict[str, Any], institution_id: int) -> Institution:
    revision = body.pop("revision")
    return service.change(call.session, call.principal, institution_id, revision, **body)


@endpoint(
    blp, "GET", "/resolve", permission=READ, label="按代码查机构", scope="reference", query=s.CodeQuery, response=s.ResolvedOut
)
def resolve(call: Call, query: dict[str, Any]) -> Institution:
    found = service.resolve(call.session, query["value"], query["scheme"])
    if found is None:
        raise NotFound("institution.unknown", value=query["value"])
    return found


@endpoint(blp, "GET", "/<int:institution_id>/history", permission=READ, label="机构变更记录", response=s.EventOut, many=True)
def history(call: Call, institution_id: int) -> list[InstitutionEvent]:
    return service.history(call.session, institution_id)


@endpoint(
    blp,
    "POST",
    "/<int:institution_id>/delegate",
    permission=MERGE,
    label="调整机构管理层级",
    body=s.KeeperIn,
    response=s.InstitutionOut,
)
def delegate(call: Call, body: dict[str, Any], institution_id: int) -> Institution:
    return service.delegate(call.session, call.principal, institution_id, body["manager_code"])


@endpoint(
    blp, "POST", "/<int:institution_id>/merge", permission=MERGE, label="合并机构", body=s.MergeIn, response=s.InstitutionOut
)
def merge(call: Call, body: dict[str, Any], institution_id: int) -> Institution:
    return service.merge(call.session, call.principal, institution_id, body["into_id"], body["day"])


@endpoint(blp, "POST", "/<int:institution_id>/close", permission=EDIT, label="注销机构", body=DayIn, response=s.InstitutionOut)
def close(call: Call, body: dict[str, Any], institution_id: int) -> Institution:
    return service.close(call.session, call.principal, institution_id, body["day"])


@endpoint(blp, "GET", "/<int:institution_id>/departments", permission=READ, label="科室列表", response=s.DepartmentOut, many=True)
def departments(call: Call, institution_id: int) -> list[Department]:
    service.institution(call.session, institution_id)
    return wards.departments(call.session, institution_id)


@endpoint(
    blp,
    "POST",
    "/<int:institution_id>/departments",
    permission="registry.department.edit",
    label="登记科室",
    body=s.DepartmentIn,
    response=s.DepartmentOut,
)
def put_department(call: Call, body: dict[str, Any], institution_id: int) -> Department:
    return wards.put_department(call.session, institution_id, DepartmentDraft(**body))


@endpoint(blp, "GET", "/departments/export", permission=READ, label="导出科室", query=s.DepartmentQuery)
def export_departments(call: Call, query: dict[str, Any]) -> Response:
    found = wards.listed(call.session, DepartmentFilter(**{**query, "page": 1, "size": 100_000}))
    rows = department_files.rows_of(call.session, found.rows)
    return download(write_xlsx("科室", department_files.SHEET, rows), "科室.xlsx")


@endpoint(
    blp,
    "POST",
    "/departments/import",
    permission="registry.department.edit",
    label="导入科室",
    body=SheetIn,
    response=ImportOut,
)
def load_departments(call: Call, body: dict[str, Any]) -> ImportResult:
    """Enter or change one department per row of a file."""
    return department_files.import_file(call.session, body["file"].read(), body["apply"])


@endpoint(blp, "GET", "/export", permission=READ, label="导出机构", query=s.InstitutionQuery)
def export(call: Call, query: dict[str, Any]) -> Response:
    found = service.listed(call.session, InstitutionFilter(**{**query, "page": 1, "size": 100_000}))
    return download(write_xlsx("卫生机构", SHEET, rows_of(found.rows)), "卫生机构.xlsx")


@endpoint(blp, "POST", "/import", permission=EDIT, label="导入机构", body=SheetIn, response=ImportOut)
def load(call: Call, body: dict[str, Any]) -> ImportResult:
    return import_file(call.session, call.principal, body["file"].read(), body["apply"])
