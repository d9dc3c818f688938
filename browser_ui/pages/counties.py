"""Virtual counties: opened, renamed and closed in one place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from browser_ui.forms import Choice, FormField, choices, form_of
from browser_ui.tables import Column, Page
from exchange.handover.api import STATES, ExportIn, exports
from health_platform.access.api import permissions_below
from health_platform.counties.api import CountyChangeIn, CountyIn, may_open, sites
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.platform import Button, MenuItem, Platform
from registry.api import DivisionFilter, Level, list_divisions

blp = Blueprint("pages_counties", __name__, description="虚拟县区")
READ, OPEN = "registry.county.read", "registry.county.open"
KEY = "counties"
COLUMNS = (
    Column("division_code", "区划代码", kind="mono"),
    Column("name", "平台名称"),
    Column("active", "状态", kind="badge", badges={True: ("启用", "ok"), False: ("停用", "bad")}),
    Column("opened_at", "开通时间", kind="moment"),
)
EXPORT_COLUMNS = (
    Column("division_code", "区划代码", kind="mono"),
    Column("state", "状态", kind="badge",
           badges={key: (label, {"done": "ok", "failed": "bad"}.get(key, "info")) for key, label in STATES.items()}),
    Column("rows_done", "已导出行数", kind="number"),
    Column("folder", "归档目录", kind="mono"),
    Column("ordered_by", "申请人"),
    Column("ordered_at", "申请时间", kind="moment"),
    Column("finished_at", "完成时间", kind="moment"),
)  # fmt: skip


@endpoint(blp, "GET", "/console/counties", permission=READ, label="县区平台", template="home/counties.html")
def counties(call: Call) -> dict[str, Any]:
    """The opened counties, with the form that opens one and the forms that change them."""
    rows = sites(call.session)
    menus = _menus(call)
    return {
        "may_open": may_open(call.principal, call.principal.division_code or ""),
        "columns": COLUMNS, "page": Page(rows, len(rows), size=max(1, len(rows))),
        "fields": form_of(CountyIn, menus={"choices": menus, "kind": "checks"}, **_county_choice(call)),
        "changes": {row.id: _change_form(row.id, menus) for row in rows},
        "export_columns": EXPORT_COLUMNS, "exports": Page(taken := exports(call.session), len(taken), size=max(1, len(taken))),
        "export_fields": _export_form(call),
    }  # fmt: skip


def _menus(call: Call) -> tuple[Choice, ...]:
    """The menu entries a county can use, group by group as in the menu: not what belongs to the city or to its platform."""
    usable = permissions_below(call.session)
    offered = (item for item in call.platform.menus.values() if item.key != KEY and item.permission in usable)
    ordered = sorted(offered, key=lambda item: (item.order, item.label))
    paths = list(dict.fromkeys(item.path for item in ordered))
    return tuple(Choice(item.key, item.label, path) for path in paths for item in ordered if item.path == path)


def _export_form(call: Call) -> tuple[FormField, ...]:
    return tuple(replace(item, key=f"export-{item.name}") for item in form_of(ExportIn, **_county_choice(call)))


def _county_choice(call: Call) -> dict[str, dict[str, Any]]:
    """Counties of the caller's jurisdiction to choose from; a text field before the divisions are loaded."""
    found = [
        (one.code, one.name)
        for one in list_divisions(call.session, DivisionFilter(level=Level.COUNTY))
        if one.code.endswith("000000") and one.code[4:6] != "00" and call.principal.scope.covers_division(one.code)
    ]
    return {"division_code": {"choices": choices(found), "kind": "select"} if found else {"kind": "text"}}


def _change_form(site_id: int, menus: Any) -> tuple[FormField, ...]:
    described = form_of(CountyChangeIn, menus={"choices": menus, "kind": "checks"})
    return tuple(replace(item, key=f"{site_id}-{item.name}") for item in described)


def install(platform: Platform) -> None:
    platform.blueprint(blp)
    button = Button("county.open", "开通县区", OPEN)
    platform.menu(MenuItem(KEY, "县区平台", "/console/counties", READ, "基础管理", 20, (button,)))
