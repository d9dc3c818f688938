"""Pages of divisions: the tree, changes with their review, closed years, and migrations."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate

from browser_ui.forms import form_of
from browser_ui.registry.imports import ImportPage, offer_import
from browser_ui.tables import Column, Page, cells, in_order
from health_platform.kernel import clock
from health_platform.kernel.errors import PlatformError
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from registry.api import DivisionField, FileIn, NoteIn
from registry.divisions import api as divisions

READ, APPROVE = "registry.division.read", "registry.division.approve"
_LOOKS = {"submitted": "warn", "approved": "ok", "rejected": "bad", "withdrawn": ""}
STATES = {state: (label, _LOOKS[state]) for state, label in divisions.CHANGE_STATES.items()}
MIGRATION_STATES = {
    "ordered": ("执行中", "info"),
    "done": ("已完成", "ok"),
    "undoing": ("撤销中", "warn"),
    "undone": ("已撤销", ""),
}
KINDS = {"statutory": ("法定", ""), "statistical": ("统计用", "info"), "managed": ("管理区", "warn")}

ROWS = (
    Column("name", "名称", sort=True, href="/console/registry/divisions?under={code}"),
    Column("code", "代码", sort=True, kind="mono"),
    Column("kind", "类型", sort=True, kind="badge", badges=KINDS),
    Column("area_name", "所属管理区", href="/console/registry/divisions?under={area}"),
    Column("area_mark", "管理区依据", kind="badge", badges={"": ("", ""), "待确认": ("待确认", "warn")}),
)
CHANGES = (
    Column("kind", "类型", sort=True, kind="badge", badges={key: (text, "") for key, text in divisions.KIND_LABELS.items()}),
    Column("targets", "新区划", href="/console/registry/divisions/changes/{id}"),
    Column("document", "批文号", sort=True),
    Column("effective_on", "生效日期", sort=True, kind="day"),
    Column("state", "状态", sort=True, kind="badge", badges=STATES),
    Column("submitted_by", "提交人", sort=True),
    Column("submitted_at", "提交时间", sort=True, kind="moment"),
)
YEARS = (
    Column("year", "年度", sort=True),
    Column("size", "区划数", sort=True, kind="number"),
    Column("closed_by", "关闭人", sort=True),
    Column("closed_at", "关闭时间", sort=True, kind="moment"),
    Column("intact", "校验", kind="badge", badges={True: ("完好", "ok"), False: ("被改动", "bad")}),
)
MOVES = (
    Column("label", "登记类别"),
    Column("from_code", "原区划", kind="mono"),
    Column("to_code", "现区划", kind="mono"),
    Column("count", "记录数", kind="number"),
    Column("unsure", "需核对", kind="badge", badges={True: ("拆分，请核对", "warn"), False: ("", "")}),
)
MIGRATIONS = (
    Column("ordered_at", "执行时间", kind="moment"),
    Column("ordered_by", "执行人"),
    Column("state", "状态", kind="badge", badges=MIGRATION_STATES),
)
EFFECT = (Column("code", "代码", kind="mono"), Column("name", "名称"), Column("what", "变化"))


class DivisionPageQuery(Schema):
    """What part of the tree is shown."""

    text = fields.String(load_default="", metadata={"label": "名称、代码或拼音首字母"})
    day = fields.Date(load_default=None, metadata={"label": "某日的区划"})
    under = DivisionField(load_default=None)
    top = fields.Boolean(load_default=False)
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))


class YearsQuery(Schema):
    """The order of the closed years."""

    sort = fields.String(load_default="")


SIZE = 50
ADDRESS = "/console/registry/divisions"
blp = Blueprint("pages_divisions", __name__, url_prefix=ADDRESS, description="区划页面")


@endpoint(
    blp,
    "GET",
    "",
    permission=READ,
    label="行政区划页面",
    scope="jurisdiction",
    query=DivisionPageQuery,
    template="registry/divisions.html",
)
def tree(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The divisions under one, as they are today; it begins with the caller's own."""
    day = query["day"]
    under = query["under"] or (None if query["top"] or query["text"] else _home(call, day))
    known = divisions.names(call.session, [under] if under else [], day)
    found = divisions.listed(call.session, divisions.DivisionFilter(under=under, text=query["text"], day=day, limit=None))
    found = in_order(found, ROWS, query["sort"])
    start = (query["page"] - 1) * SIZE
    return {
        "columns": ROWS,
        "page": Page(_named(call, found[start : start + SIZE], day), len(found), query["page"], SIZE),
        "for_region": divisions.answers_for_region(call.session),
        "trail": [(known.get(code, code), code) for code in divisions.lineage(under)] if under else [],
        "past": divisions.history_of(call.session, under) if under else [],
        "query": {**query, "under": under},
        "search": form_of(DivisionPageQuery)[:2],
        "change": form_of(divisions.ChangeIn),
        "file": form_of(FileIn),
        "year": clock.today().year,
    }


offer_import(
    blp,
    ImportPage(APPROVE, "导入行政区划页面", "registry.division.import"),
    lambda call, content, apply: divisions.import_divisions(call.session, content, apply),
)


@endpoint(
    blp,
    "GET",
    "/changes",
    permission=READ,
    label="区划变更页面",
    query=divisions.ChangeQuery,
    template="registry/division_changes.html",
)
def changes(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Changes of the caller's part, newest first."""
    found = divisions.found_changes(call.session, divisions.ChangeFilter(**query))
    rows = [
        {**cells(row, CHANGES), "id": row.id, "targets": "、".join(target["name"] for target in row.payload["targets"])}
        for row in found.rows
    ]
    return {
        "columns": CHANGES,
        "page": Page(rows, found.total, found.page, found.size),
        "query": query,
        "search": form_of(divisions.ChangeQuery)[:3],
        "change": form_of(divisions.ChangeIn),
        "file": form_of(FileIn),
    }


offer_import(
    blp,
    ImportPage(
        "registry.division.edit",
        "按文件提交区划变更页面",
        "registry.division.changes_import",
        rule="/changes",
        name="load_changes",
    ),
    lambda call, content, apply: divisions.import_changes(call.session, call.principal, content, apply),
)


@endpoint(
    blp, "GET", "/changes/<int:change_id>", permission=READ, label="区划变更详情页面", template="registry/division_change.html"
)
def change(call: Call, change_id: int) -> dict[str, Any]:
    """One change: what it does, who decided, and the migration of records after it."""
    row = divisions.change_row(call.session, change_id)
    effect, problem = _effect(call, row)
    preview = None
    decides = divisions.may_decide(call.session, row)
    if row.state == "approved" and decides and call.principal.may(APPROVE):
        preview = divisions.preview_migration(call.session, row.id, call.platform.service(divisions.DivisionFollowers))
    return {
        "row": row,
        "decides": decides,
        "kinds": divisions.KIND_LABELS,
        "states": STATES,
        "effect": effect,
        "effect_columns": EFFECT,
        "problem": problem,
        "note": form_of(NoteIn),
        "file": form_of(FileIn),
        "preview": preview,
        "move_columns": MOVES,
        "migrations": divisions.migrations(call.session, row.id),
        "migration_columns": MIGRATIONS,
    }


@endpoint(blp, "GET", "/years", permission=READ, label="区划年度页面", query=YearsQuery, template="registry/division_years.html")
def years(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Closed years, each checked against its seal."""
    closed = divisions.closed_years(call.session)
    rows = [{**cells(row, YEARS), "intact": divisions.intact(call.session, row.year)} for row in closed]
    return {
        "columns": YEARS,
        "rows": in_order(rows, YEARS, query["sort"]),
        "query": query,
        "fields": form_of(divisions.YearIn),
        "for_region": divisions.answers_for_region(call.session),
    }


def _home(call: Call, day: date | None) -> str | None:
    """The division the caller answers for, if it was there on the day."""
    code = call.principal.division_code
    return code if code in divisions.names(call.session, [code], day) else None


def _named(call: Call, found: list[divisions.Division], day: date | None) -> list[dict[str, Any]]:
    """Divisions with the name of the managed area that runs them."""
    areas = divisions.names(call.session, {one.area for one in found if one.area}, day)
    return [{**cells(one, ROWS), "area": one.area, "area_name": areas.get(one.area or "")} for one in found]


def _effect(call: Call, row: divisions.DivisionChange) -> tuple[list[dict[str, str]], str]:
    """What a waiting change would do, or why it no longer can."""
    if row.state != "submitted":
        return [], ""
    try:
        found = divisions.preview(call.session, divisions.change_of(row))
    except PlatformError as error:
        return [], error.message
    parts = ((found.gone, "撤销"), (found.new, "新增"), (found.altered, "更名或改类"))
    return [{"code": one.code, "name": one.name, "what": what} for group, what in parts for one in group], ""
