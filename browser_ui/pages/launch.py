"""The page a workstation frames, and the register of hospital systems that may frame it.

The framed page holds nothing: the ticket is in the fragment, the record comes after redemption.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import g

from browser_ui.forms import choices, form_of
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.platform import Button, MenuItem, Platform
from health_platform.launch.api import ClientIn, active_client, find_client, list_clients
from health_platform.launch.oauth.api import KINDS, AppIn, apps_of
from registry.api import InstitutionFilter, list_institutions

blp = Blueprint("pages_launch", __name__, description="工作站内嵌页面")


@endpoint(blp, "GET", "/embed/<client_key>", permission="public", label="内嵌健康档案", template="launch/embed.html",
          scope="system")  # fmt: skip
def embed(call: Call, client_key: str) -> dict[str, Any]:
    """Only the pages of this one institution may frame it, so one hospital cannot frame another's."""
    client = active_client(find_client(call.session, client_key))
    g.frame_ancestors = tuple(client.origins)
    return {"client": client}


CLIENT_COLUMNS = (
    Column("client_key", "代码", kind="mono"),
    Column("name", "系统名称"),
    Column("institution_name", "机构"),
    Column("origins_text", "工作站页面来源", kind="mono"),
    Column("active", "状态", kind="badge", badges={True: ("启用", "ok"), False: ("停用", "bad")}),
    Column("created_at", "登记时间", kind="moment"),
)


APP_COLUMNS = (
    Column("code", "代码", kind="mono"),
    Column("name", "应用名称"),
    Column("kind", "类别", kind="badge", badges={key: (label, "info") for key, label in KINDS.items()}),
    Column("launch_uri", "启动地址", kind="mono"),
    Column("active", "状态", kind="badge", badges={True: ("启用", "ok"), False: ("停用", "bad")}),
    Column("created_at", "登记时间", kind="moment"),
)


@endpoint(blp, "GET", "/console/launch", permission="launch.client.list", label="工作站接入",
          template="launch/clients.html")  # fmt: skip
def clients(call: Call) -> dict[str, Any]:
    """Hospital systems that may open records in a frame."""
    rows = [
        {"id": one.id, "client_key": one.client_key, "name": one.name, "institution_name": one.institution_name,
         "origins_text": " ".join(one.origins), "active": one.active, "created_at": one.created_at}
        for one in list_clients(call.session)
    ]  # fmt: skip
    units = list_institutions(call.session, InstitutionFilter(size=500)).rows
    chosen = choices((unit.id, unit.name) for unit in units)
    found = apps_of(call.session)
    return {
        "columns": CLIENT_COLUMNS, "page": Page(rows, len(rows), size=max(1, len(rows))),
        "fields": form_of(ClientIn, institution_id={"choices": chosen}),
        "app_columns": APP_COLUMNS, "apps": Page(found, len(found), size=max(1, len(found))),
        "app_fields": tuple(replace(item, key=f"app-{item.name}") for item in form_of(AppIn)),
    }  # fmt: skip


def install(platform: Platform) -> None:
    platform.blueprint(blp)
    buttons = (
        Button("launch.create", "登记接入系统", "launch.client.create"),
        Button("app.create", "登记应用", "launch.app.manage"),
    )
    item = MenuItem("launch", "工作站与应用接入", "/console/launch", "launch.client.list", "健康档案", 30, buttons)
    platform.menu(item)
