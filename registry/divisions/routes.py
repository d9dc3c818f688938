"""The JSON API of divisions."""

from typing import Any

from flask import Response

from health_platform.kernel import clock
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.sheets import download, write_xlsx
from registry.divisions import change_files, changing, loading, migrating, reading, years
from registry.divisions import schemas as s
from registry.divisions.changing import ChangeFilter
from registry.divisions.codes import Level
from registry.divisions.followers import DivisionFollowers
from registry.divisions.models import DivisionChange, DivisionRow, DivisionYear, Migration
from registry.divisions.review_files import overrides_in, review_file
from registry.fields import FileIn, ImportOut, NoteIn, SheetIn
from registry.importing import ImportResult

READ, EDIT, APPROVE = "registry.division.read", "registry.division.edit", "registry.division.approve"

blp = Blueprint("divisions", __name__, url_prefix="/api/v1/divisions", description="行政区划")


@endpoint(
    blp,
    "GET",
    "",
    permission=READ,
    label="行政区划列表",
    scope="reference",
    query=s.DivisionQuery,
    response=s.DivisionOut,
    many=True,
)
def divisions(call: Call, query: dict[str, Any]) -> Any:
    level = Level(query["level"]) if query["level"] else None
    return reading.listed(call.session, reading.DivisionFilter(**{**query, "level": level}))


@endpoint(blp, "GET", "/<code>", permission=READ, label="行政区划", scope="reference", response=s.DivisionOut)
def division(call: Call, code: str) -> Any:
    return reading.division(call.session, code)


@endpoint(
    blp, "GET", "/<code>/history", permission=READ, label="行政区划沿革", scope="reference", response=s.HistoryOut, many=True
)
def history(call: Call, code: str) -> list[DivisionRow]:
    return reading.history_of(call.session, code)


@endpoint(
    blp,
    "GET",
    "/resolve",
    permission=READ,
    label="区划代码跨年对应",
    scope="reference",
    query=s.ResolveQuery,
    response=s.CodesOut,
)
def resolve(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    return {"codes": list(reading.resolve(call.session, query["code"], query["from_year"], query["to_year"]))}


@endpoint(
    blp,
    "GET",
    "/carried",
    permission=READ,
    label="年度间区划对应表",
    scope="reference",
    query=s.YearsQuery,
    response=s.CarriedOut,
)
def carried(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    return {"heirs": reading.carried(call.session, query["from_year"], query["to_year"])}


@endpoint(blp, "GET", "/export", permission=READ, label="导出行政区划", scope="reference", query=s.YearQuery)
def export(call: Call, query: dict[str, Any]) -> Response:
    year = query["year"] or clock.today().year
    shape = reading.atlas_of_year(call.session, year)
    rows = [
        {"code": code, "name": one.name, "kind": s.DIVISION_KINDS[one.kind], "area": one.area, "area_mark": one.area_mark}
        for code, one in sorted(shape.items())
    ]
    return download(write_xlsx(f"{year}年行政区划", loading.SHEET, rows), f"行政区划{year}.xlsx")


@endpoint(blp, "POST", "/import", permission=APPROVE, label="导入行政区划", body=SheetIn, response=ImportOut)
def load(call: Call, body: dict[str, Any]) -> ImportResult:
    """Add divisions that were never known before; a file with a wrong row is refused as a whole."""
    return loading.import_file(call.session, body["file"].read(), body["apply"])


@endpoint(blp, "GET", "/changes", permission=READ, label="区划变更列表", query=s.StateQuery, response=s.ChangeOut, many=True)
def changes(call: Call, query: dict[str, Any]) -> list[DivisionChange]:
    return changing.changes(call.session, query["state"])


@endpoint(blp, "GET", "/changes/export", permission=READ, label="导出区划变更", query=s.ChangeQuery)
def export_changes(call: Call, query: dict[str, Any]) -> Response:
    """The changes of the caller's part and what became of them."""
    found = changing.found_changes(call.session, ChangeFilter(**{**query, "page": 1, "size": 100_000}))
    return download(write_xlsx("区划变更", change_files.EXPORT, change_files.rows_of(found.rows)), "区划变更.xlsx")


@endpoint(blp, "POST", "/changes/import", permission=EDIT, label="按文件提交区划变更", body=SheetIn, response=ImportOut)
def load_changes(call: Call, body: dict[str, Any]) -> ImportResult:
    """Hand in one change per row of a file."""
    return change_files.import_file(call.session, call.principal, body["file"].read(), body["apply"])


@endpoint(blp, "GET", "/changes/<int:change_id>", permission=READ, label="区划变更", response=s.ChangeOut)
def change(call: Call, change_id: int) -> DivisionChange:
    return changing.change_row(call.session, change_id)


@endpoint(blp, "POST", "/changes/preview", permission=EDIT, label="预览区划变更", body=s.ChangeIn, response=s.EffectOut)
def preview(call: Call, body: dict[str, Any]) -> Any:
    return changing.preview(call.session, s.change_from(body))


@endpoint(blp, "POST", "/changes", permission=EDIT, label="提交区划变更", body=s.ChangeIn, response=s.ChangeOut, status=201)
def submit(call: Call, body: dict[str, Any]) -> DivisionChange:
    proposal = changing.Proposal(s.change_from(body), body["document"], body["reason"])
    return changing.submit(call.session, call.principal, proposal)


@endpoint(
    blp, "POST", "/changes/<int:change_id>/approve", permission=APPROVE, label="批准区划变更", body=NoteIn, response=s.ChangeOut
)
def approve(call: Call, body: dict[str, Any], change_id: int) -> DivisionChange:
    return changing.approve(call.session, call.principal, change_id, body["note"])


@endpoint(
    blp, "POST", "/changes/<int:change_id>/reject", permission=APPROVE, label="退回区划变更", body=NoteIn, response=s.ChangeOut
)
def reject(call: Call, body: dict[str, Any], change_id: int) -> DivisionChange:
    return changing.reject(call.session, call.principal, change_id, body["note"])


@endpoint(blp, "POST", "/changes/<int:change_id>/withdraw", permission=EDIT, label="撤回区划变更", response=s.ChangeOut)
def withdraw(call: Call, change_id: int) -> DivisionChange:
    return changing.withdraw(call.session, call.principal, change_id)


@endpoint(
    blp, "GET", "/changes/<int:change_id>/migration", permission=APPROVE, label="预览数据迁移", response=s.MigrationPreviewOut
)
def preview_migration(call: Call, change_id: int) -> Any:
    return migrating.preview_migration(call.session, change_id, call.platform.service(DivisionFollowers))


@endpoint(
    blp,
    "POST",
    "/changes/<int:change_id>/migration",
    permission=APPROVE,
    label="执行数据迁移",
    body=s.MigrationIn,
    response=s.MigrationOut,
    status=202,
)
def order_migration(call: Call, body: dict[str, Any], change_id: int) -> Migration:
    return migrating.order_migration(call.session, call.principal, change_id, body["overrides"])


@endpoint(blp, "GET", "/changes/<int:change_id>/migration/review.xlsx", permission=APPROVE, label="导出迁移核对表")
def review(call: Call, change_id: int) -> Response:
    """The records for which a split leaves open where they belong."""
    content = review_file(call.session, change_id, call.platform.service(DivisionFollowers))
    return download(content, f"迁移核对-{change_id}.xlsx")


@endpoint(
    blp,
    "POST",
    "/changes/<int:change_id>/migration/review",
    permission=APPROVE,
    label="按核对表执行数据迁移",
    body=FileIn,
    response=s.MigrationOut,
    status=202,
)
def order_reviewed(call: Call, body: dict[str, Any], change_id: int) -> Migration:
    """Carry a migration out with the targets that were filled into the file."""
    overrides = overrides_in(
        body["file"].read(), call.platform.service(DivisionFollowers), migrating.places_after(call.session, change_id)
    )
    return migrating.order_migration(call.session, call.principal, change_id, overrides)


@endpoint(blp, "GET", "/migrations", permission=APPROVE, label="数据迁移列表", response=s.MigrationOut, many=True)
def migrations(call: Call) -> list[Migration]:
    return migrating.migrations(call.session)


@endpoint(
    blp,
    "POST",
    "/migrations/<int:migration_id>/undo",
    permission=APPROVE,
    label="撤销数据迁移",
    response=s.MigrationOut,
    status=202,
)
def undo(call: Call, migration_id: int) -> Migration:
    return migrating.order_undo(call.session, migration_id)


@endpoint(blp, "GET", "/years", permission=READ, label="已关闭年度", scope="reference", response=s.YearOut, many=True)
def closed_years(call: Call) -> list[DivisionYear]:
    return years.closed_years(call.session)


@endpoint(blp, "POST", "/years", permission=APPROVE, label="关闭年度", body=s.YearIn, response=s.YearOut, status=201)
def close_year(call: Call, body: dict[str, Any]) -> DivisionYear:
    return years.close_year(call.session, call.principal, body["year"])
