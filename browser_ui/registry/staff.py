"""Pages of staff."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from browser_ui.forms import choices, form_of
from browser_ui.registry.imports import LookedAtIn, Source, taken_in
from browser_ui.tables import Column, Page, cells
from browser_ui.units import unit_field
from health_platform.access.api import grantable_roles
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from registry.api import DayIn, FileIn, ImportResult, NoteIn
from registry.institutions import api as institutions
from registry.staff import api as staff

READ, EDIT, TRANSFER = "registry.staff.read", "registry.staff.edit", "registry.staff.transfer"
STATES = {"working": ("在职", "ok"), "left": ("离职", "")}

COLUMNS = (
    Column("name", "姓名", sort=True, href="/console/registry/staff/{id}"),
    Column("unit", "机构"),
    Column("category_label", "类别", sort=True),
    Column("title_label", "职务"),
    Column("licence_no", "执业证书编号", kind="mono"),
    Column("employed_on", "到岗", sort=True, kind="day"),
    Column("account", "账号"),
    Column("state", "状态", kind="badge", badges=STATES),
)
POSTS = (
    Column("unit", "机构"),
    Column("department_code", "科室编码"),
    Column("started_on", "开始", kind="day"),
    Column("ended_on", "结束", kind="day"),
)
_LOOKS = {"requested": "warn", "accepted": "ok", "refused": "bad", "withdrawn": ""}
TRANSFER_STATES = {state: (text, _LOOKS[state]) for state, text in staff.TRANSFER_STATES.items()}
TRANSFERS = (
    Column("staff_name", "姓名", sort=True),
    Column("from_name", "调出机构", sort=True),
    Column("unit", "调入机构"),
    Column("effective_on", "生效日期", sort=True, kind="day"),
    Column("reason", "原因"),
    Column("requested_at", "申请时间", sort=True, kind="moment"),
)
SENT = (
    *TRANSFERS,
    Column("state", "状态", sort=True, kind="badge", badges=TRANSFER_STATES),
    Column("note", "对方意见"),
)

ADDRESS = "/console/registry/staff"
blp = Blueprint("pages_staff", __name__, url_prefix=ADDRESS, description="职工页面")


class NewStaffQuery(Schema):
    """Where a new person is to be registered."""

    institution_id = IdField(load_default=None)
    back = fields.String(load_default="")


@endpoint(blp, "GET", "", permission=READ, label="职工页面", query=staff.StaffQuery, template="registry/staff.html")
def listing(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Staff of the caller's units."""
    found = staff.listed(call.session, staff.StaffFilter(**query))
    wanted = {row.institution_id for row in found.rows} | ({query["institution_id"]} - {None})
    units = _names(call, wanted)
    rows = [
        {
            **cells(row, COLUMNS),
            "id": row.id,
            "unit": units.get(row.institution_id),
            "category_label": staff.CATEGORIES.get(row.category),
            "title_label": staff.TITLES.get(row.title or ""),
        }
        for row in found.rows
    ]
    search = form_of(
        staff.StaffQuery,
        institution_id=unit_field(call, query["institution_id"], "机构"),
        state={"kind": "select", "choices": choices(staff.STATES), "label": "状态"},
    )
    shown = [one for one in search if one.name in ("text", "institution_id", "category", "state")]
    return {
        "columns": COLUMNS,
        "page": Page(rows, found.total, found.page, found.size),
        "query": query,
        "search": shown,
        "file": form_of(FileIn),
        "units": units,
    }


@endpoint(blp, "GET", "/new", permission=EDIT, label="登记职工页面", query=NewStaffQuery, template="registry/staff_form.html")
def new(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """An empty entry for a unit of the caller."""
    unit = query["institution_id"] or call.principal.institution_id
    return {
        "row": None,
        "values": {"institution_id": unit},
        "fields": form_of(staff.StaffIn, institution_id=unit_field(call, unit, "所属机构")),
    }


@endpoint(
    blp, "GET", "/transfers", permission=TRANSFER, label="调动页面", query=staff.TransferQuery, template="registry/transfers.html"
)
def transfers(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """People who are to come to a unit of the caller, or (``sent``) the requests its units have made."""
    sent = query["sent"]
    columns = SENT if sent else TRANSFERS
    found = staff.found_transfers(call.session, staff.TransferFilter(**query))
    units = _names(call, {row.institution_id for row in found.rows})
    rows = [{**cells(row, columns), "id": row.id, "unit": units.get(row.institution_id)} for row in found.rows]
    return {
        "columns": columns,
        "page": Page(rows, found.total, found.page, found.size),
        "query": query,
        "search": form_of(staff.TransferQuery)[:1],
        "note": form_of(NoteIn),
    }


@endpoint(
    blp,
    "GET",
    "/<int:staff_id>",
    permission=READ,
    label="职工详情页面",
    template="registry/person.html",
    audit="registry.staff.view",
)
def detail(call: Call, staff_id: int) -> dict[str, Any]:
    """One person with the posts held."""
    row = staff.staff(call.session, staff_id)
    held = staff.posts(call.session, staff_id)
    units = _names(call, {row.institution_id, *(post.institution_id for post in held)})
    posts = [{**cells(post, POSTS), "unit": units.get(post.institution_id)} for post in held]
    roles = choices((role.code, role.name) for role in grantable_roles(call.session, call.principal.id))
    changed = form_of(staff.StaffChange)
    return {
        "row": row,
        "labels": staff,
        "unit": units.get(row.institution_id),
        "states": STATES,
        "number": staff.masked(row.id_number),
        "post_columns": POSTS,
        "posts": posts,
        "fields": changed,
        "values": {one.name: getattr(row, one.name) for one in changed},
        "transfer": form_of(staff.TransferIn),
        "day": form_of(DayIn),
        "account": form_of(staff.AccountIn, role={"kind": "select", "choices": roles}),
    }


@endpoint(
    blp,
    "POST",
    "/<int:staff_id>/account",
    permission="registry.staff.account",
    label="开通账号页面",
    body=staff.AccountIn,
    template="registry/account_opened.html",
    audit="registry.staff.account",
)
def account(call: Call, body: dict[str, Any], staff_id: int) -> dict[str, Any]:
    """Open an account and show its first password this once."""
    opened = staff.open_account(call.session, call.principal, staff_id, staff.AccountWish(**body))
    return {"opened": opened, "staff_id": staff_id}


@endpoint(
    blp,
    "POST",
    "/import/<int:institution_id>",
    permission=EDIT,
    label="导入职工页面",
    body=LookedAtIn,
    template="registry/imported.html",
    audit="registry.staff.import",
)
def load(call: Call, body: dict[str, Any], institution_id: int) -> dict[str, Any]:
    """Show what a file would do, or take it in and show what became of each row."""
    source = Source(f"{ADDRESS}?institution_id={institution_id}", f"{ADDRESS}/import/{institution_id}", {})

    def work(content: bytes, apply: bool) -> ImportResult:
        return staff.import_file(call.session, call.principal, institution_id, content, apply)

    return taken_in(body, source, work)


def _names(call: Call, ids: set[int]) -> dict[int, str]:
    """The names of institutions, former units outside the caller's part included."""
    return institutions.InstitutionLookup().names(call.session, sorted(ids))
