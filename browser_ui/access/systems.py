"""Pages of menus and of client systems."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, render_template, request

from browser_ui.access.forms import faults
from browser_ui.access.labels import CLIENTS, MENUS
from browser_ui.forms import FormField, choices, form_of
from browser_ui.units import unit_field
from health_platform.access.api import (
    ButtonIn,
    CertificateIn,
    MenuIn,
    NewButtonIn,
    NewMenuIn,
    SystemIn,
    find_clients,
    get_client,
    grantable_roles,
    menus,
    permission_labels,
    register,
    renew_secret,
)
from health_platform.kernel import parsing
from health_platform.kernel.errors import NotFound, PlatformError
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.parsing import whole

blp = Blueprint("pages_systems", __name__, url_prefix="/console/access", description="菜单与接入系统页面")


@endpoint(
    blp,
    "GET",
    "/menus",
    permission="access.menu.read",
    label="菜单管理",
    template="access/menus.html",
    scope="reference",
)
def menus_page(call: Call) -> dict[str, Any]:
    """Menus with their buttons, to be arranged."""
    names = ("id", "key", "label", "heading", "url", "permission", "position", "shown", "offered")
    rows = [
        {
            **{name: getattr(menu, name) for name in names},
            "buttons": buttons,
            "buttons_text": "、".join(button.label for button in buttons if button.shown),
        }
        for menu, buttons in menus(call.session)
    ]
    return {"columns": MENUS, "rows": rows, "new_fields": form_of(NewMenuIn, **_permission_choice(call))}


def _permission_choice(call: Call) -> dict[str, Any]:
    keys = choices((key, f"{one.label}（{key}）") for key, one in permission_labels(call.session).items())
    return {"permission": {"choices": keys, "kind": "select", "required": True}}


@endpoint(
    blp,
    "GET",
    "/menus/<int:menu_id>",
    permission="access.menu.edit",
    label="修改菜单页",
    template="access/menu.html",
    scope="reference",
)
def menu_page(call: Call, menu_id: int) -> dict[str, Any]:
    """One entry and its buttons, to be changed."""
    menu, buttons = next(((menu, held) for menu, held in menus(call.session) if menu.id == menu_id), (None, []))
    if menu is None:
        raise NotFound("access.menu.unknown", menu_id=str(menu_id))
    permission = _permission_choice(call)
    fields = form_of(MenuIn)[:4] if menu.offered else form_of(MenuIn, **permission)
    values = {name: getattr(menu, name) for name in ("label", "heading", "position", "shown", "url", "permission")}
    lines = [{name: getattr(one, name) for name in ("id", "key", "label", "permission", "shown")} for one in buttons]
    return {
        "menu": menu,
        "fields": fields,
        "values": values,
        "buttons": lines,
        "button_fields": form_of(ButtonIn),
        "new_button_fields": form_of(NewButtonIn, **permission),
    }


def _client_fields(call: Call) -> tuple[FormField, ...]:
    roles = choices((role.code, role.name) for role in grantable_roles(call.session, call.principal.id))
    posted = request.form.get("institution_id", "")
    per_line = {"kind": "textarea", "hint": "每行一个完整地址"}
    return form_of(
        SystemIn,
        institution_id=unit_field(call, whole(posted), "所属机构"),
        role={"choices": roles, "kind": "select"},
        redirect_uris=per_line,
        logout_uris=per_line,
        keys={"kind": "textarea", "hint": "JWKS 文本：RSA 2048 位以上或 P-384 公钥"},
    )


@endpoint(
    blp,
    "GET",
    "/clients",
    permission="access.client.read",
    label="接入系统页",
    template="access/clients.html",
)
def clients(call: Call) -> dict[str, Any]:
    """Registered systems in the caller's reach."""
    names = ("id", "code", "name", "institution_name", "status", "created_at")
    rows = [{**{name: getattr(row, name) for name in names}, "proof": _proof(row)} for row in find_clients(call.session)]
    return {"columns": CLIENTS, "rows": rows}


def _proof(client: Any) -> str:
    """By what a system is known, as far as the list can say without its secret."""
    found = ["公钥"] if client.keys else ["共享密钥或公开客户端"] if not client.certificate else []
    return "、".join([*found, "数字证书"] if client.certificate else found)


@endpoint(
    blp,
    "GET",
    "/clients/<int:client_id>/certificate",
    permission="access.client.edit",
    label="绑定接入系统证书页",
    template="access/client_certificate.html",
)
def certificate_page(call: Call, client_id: int) -> dict[str, Any]:
    """The client certificate by which a system is known."""
    client = get_client(call.session, client_id)
    return {"client": client, "fields": form_of(CertificateIn), "values": {"certificate": client.certificate}}


@endpoint(
    blp,
    "GET",
    "/clients/new",
    permission="access.client.edit",
    label="登记接入系统页",
    template="access/client_new.html",
)
def new_client(call: Call) -> dict[str, Any]:
    """The form of a new system."""
    return {"fields": _client_fields(call), "values": {}, "errors": {}, "problem": ""}


@endpoint(
    blp,
    "POST",
    "/clients/new",
    permission="access.client.edit",
    label="登记接入系统",
    raw=True,
    audit="client.create",
)
def create_client(call: Call) -> Response:
    """Registers the system and shows its shared secret this once."""
    try:
        with call.session.begin_nested():
            client, secret = register(call, parsing.load(SystemIn(), _client_form(), "form"))
    except PlatformError as error:
        call.audit(outcome="refused", error=error.code)
        context = {"values": request.form, "errors": faults(error), "problem": error.message}
        text = render_template("access/client_new.html", fields=_client_fields(call), **context)
        return Response(text, error.status, mimetype="text/html")
    return _secret_page(client, secret)


def _client_form() -> dict[str, Any]:
    """The posted form with its texts made lists and JSON."""
    values: dict[str, Any] = {key: value for key, value in request.form.items() if value and key != "csrf_token"}
    for name in ("redirect_uris", "logout_uris"):
        values[name] = [line.strip() for line in values.get(name, "").splitlines() if line.strip()]
    if "keys" in values:
        values["keys"] = parsing.strict_json(values["keys"].encode())
    return values


def _secret_page(client: Any, secret: str | None) -> Response:
    keys = json.dumps(client.keys, ensure_ascii=False, indent=1) if client.keys else ""
    text = render_template("access/client_secret.html", client=client, secret=secret, keys=keys)
    return Response(text, mimetype="text/html")


@endpoint(
    blp,
    "POST",
    "/clients/<int:client_id>/secret",
    permission="access.client.edit",
    label="更换共享密钥",
    raw=True,
    audit="client.secret",
)
def new_secret(call: Call, client_id: int) -> Response:
    """Gives a new shared secret and shows it this once."""
    client, secret = renew_secret(call.session, client_id)
    call.audit(object_kind="client")
    return _secret_page(client, secret)
