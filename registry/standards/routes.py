"""The JSON API of code systems, versions and value sets."""

from collections.abc import Sequence
from typing import Any

from flask import Response

from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.sheets import download, write_csv, write_xlsx
from registry.fields import ImportOut, SheetIn
from registry.importing import ImportResult
from registry.paging import Paged
from registry.standards import schemas as s
from registry.standards import system_files, systems, value_set_files, value_sets
from registry.standards.models import CodeSystem, SystemVersion, ValueSet
from registry.standards.systems import SystemDraft, SystemFilter
from registry.standards.terms import State, Term
from registry.standards.value_sets import ValueSetFilter
from registry.standards.version_files import SHEET, read_terms, terms_in

READ, EDIT = "registry.standard.read", "registry.standard.edit"
REVIEW = "registry.standard.review"

blp = Blueprint("standards", __name__, url_prefix="/api/v1/standards", description="标准与代码表")


@endpoint(
    blp,
    "GET",
    "/systems",
    permission=READ,
    label="代码表列表",
    scope="reference",
    query=s.CodeSystemsQuery,
    response=s.CodeSystemsOut,
)
def list_systems(call: Call, query: dict[str, Any]) -> Paged[CodeSystem]:
    return systems.systems(call.session, SystemFilter(**query))


@endpoint(
    blp,
    "POST",
    "/systems",
    permission=EDIT,
    label="新建代码表",
    body=s.CodeSystemIn,
    response=s.CodeSystemOut,
    status=201,
)
def create_system(call: Call, body: dict[str, Any]) -> CodeSystem:
    return systems.create_system(call.session, SystemDraft(**body))


@endpoint(
    blp,
    "PUT",
    "/systems/<code>",
    permission=EDIT,
    label="变更代码表",
    body=s.CodeSystemIn,
    response=s.CodeSystemOut,
)
def change_system(call: Call, body: dict[str, Any], code: str) -> CodeSystem:
    return systems.change_system(call.session, code, SystemDraft(**body))


@endpoint(blp, "GET", "/systems/export", permission=READ, label="导出代码表清单", scope="reference", query=s.CodeSystemsQuery)
def export_systems(call: Call, query: dict[str, Any]) -> Response:
    found = systems.systems(call.session, SystemFilter(**{**query, "page": 1, "size": 100_000}))
    return download(
        write_xlsx("代码表清单", system_files.EXPORT, system_files.rows_of(call.session, found.rows)), "代码表清单.xlsx"
    )


@endpoint(
    blp,
    "POST",
    "/systems/import",
    permission=EDIT,
    label="导入代码表清单",
    body=SheetIn,
    response=ImportOut,
)
def load_systems(call: Call, body: dict[str, Any]) -> ImportResult:
    """Add or change one code system per row of a file."""
    return system_files.import_file(call.session, body["file"].read(), body["apply"])


@endpoint(
    blp,
    "GET",
    "/systems/<code>/versions",
    permission=READ,
    label="代码表版本",
    scope="reference",
    response=s.VersionOut,
    many=True,
)
def list_versions(call: Call, code: str) -> list[SystemVersion]:
    return systems.versions(call.session, code)


@endpoint(
    blp,
    "GET",
    "/systems/<code>/terms",
    permission=READ,
    label="查代码",
    scope="reference",
    query=s.SearchQuery,
    response=s.TermOut,
    many=True,
)
def search(call: Call, query: dict[str, Any], code: str) -> Sequence[Term]:
    systems.system(call.session, code)
    return systems.search(call.session, code, query["text"], query["limit"])


@endpoint(
    blp,
    "POST",
    "/systems/<code>/preview",
    permission=EDIT,
    label="预览导入代码表",
    body=s.TermsFileIn,
    response=s.ImportPreviewOut,
)
def preview(call: Call, body: dict[str, Any], code: str) -> dict[str, Any]:
    terms, wrong = read_terms(body["file"].read())
    found = systems.preview_import(call.session, code, terms)
    return {
        "total": found.total,
        "added": found.difference.added,
        "removed": found.difference.removed,
        "changed": [{"before": before, "after": after} for before, after in found.difference.changed],
        "faults": wrong,
    }


@endpoint(
    blp,
    "POST",
    "/systems/<code>/versions",
    permission=EDIT,
    label="导入代码表草稿",
    body=s.TermsFileIn,
    response=s.VersionOut,
    status=201,
)
def save_draft(call: Call, body: dict[str, Any], code: str) -> SystemVersion:
    terms = terms_in(body["file"].read())
    return systems.save_draft(call.session, call.principal, code, body["label"], terms)


@endpoint(
    blp,
    "POST",
    "/systems/<code>/versions/<label>/submit",
    permission=EDIT,
    label="提交审核",
    response=s.VersionOut,
)
def submit(call: Call, code: str, label: str) -> SystemVersion:
    return systems.move(call.session, call.principal, code, label, State.REVIEW)


@endpoint(
    blp,
    "POST",
    "/systems/<code>/versions/<label>/state",
    permission=REVIEW,
    label="审核、发布或停用",
    body=s.StateIn,
    response=s.VersionOut,
)
def move(call: Call, body: dict[str, Any], code: str, label: str) -> SystemVersion:
    return systems.move(call.session, call.principal, code, label, State(body["to"]))


@endpoint(blp, "GET", "/systems/<code>/versions/<label>/export.<form>", permission=READ, label="导出代码表", scope="reference")
def export(call: Call, code: str, label: str, form: str) -> Response:
    if form not in ("xlsx", "csv"):
        raise NotFound("standard.form_unknown", form=form)
    terms = systems.terms_of(call.session, systems.version(call.session, code, label))
    name = f"{code}-{label}.{form}"
    if form == "csv":
        return download(write_csv(SHEET, terms), name, "text/csv; charset=utf-8")
    return download(write_xlsx(code, SHEET, terms), name)


@endpoint(blp, "GET", "/value-sets", permission=READ, label="值域列表", scope="reference", response=s.ValueSetOut, many=True)
def list_value_sets(call: Call) -> list[ValueSet]:
    return value_sets.value_sets(call.session)


@endpoint(blp, "POST", "/value-sets", permission=EDIT, label="保存值域", body=s.ValueSetIn, response=s.ValueSetOut)
def put_value_set(call: Call, body: dict[str, Any]) -> ValueSet:
    return value_sets.put_value_set(call.session, value_sets.draft_from(body))


@endpoint(blp, "GET", "/value-sets/export", permission=READ, label="导出值域", scope="reference", query=s.ValueSetsQuery)
def export_value_sets(call: Call, query: dict[str, Any]) -> Response:
    found = value_sets.listed(call.session, ValueSetFilter(**{**query, "page": 1, "size": 100_000}))
    return download(write_xlsx("值域", value_set_files.SHEET, value_set_files.rows_of(found.rows)), "值域.xlsx")


@endpoint(
    blp,
    "POST",
    "/value-sets/import",
    permission=EDIT,
    label="导入值域",
    body=SheetIn,
    response=ImportOut,
)
def load_value_sets(call: Call, body: dict[str, Any]) -> ImportResult:
    """Add or change one value set per row of a file."""
    return value_set_files.import_file(call.session, body["file"].read(), body["apply"])


@endpoint(
    blp, "GET", "/value-sets/<code>/terms", permission=READ, label="值域内容", scope="reference", response=s.TermOut, many=True
)
def value_set_terms(call: Call, code: str) -> list[Term]:
    return list(value_sets.value_set_terms(call.session, code))
