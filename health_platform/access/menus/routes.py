"""``/api/v1/access/menus``: menus and buttons as data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from marshmallow import fields, validate

from health_platform.access.menus import service
from health_platform.access.menus.models import Menu
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint

blp = Blueprint("access_menus", __name__, url_prefix="/api/v1/access/menus", description="菜单")
BLUEPRINTS = (blp,)


class MenuIn(Schema):
    """A menu entry."""

    label = fields.String(required=True, validate=validate.Length(1, 40), metadata={"label": "名称"})
    heading = fields.String(load_default="", validate=validate.Length(max=40), metadata={"label": "分组"})
    position = fields.Integer(required=True, validate=validate.Range(0, 9999), metadata={"label": "次序"})
    shown = fields.Boolean(load_default=False, metadata={"label": "显示"})
    url = fields.String(load_default="", validate=validate.Length(max=200), metadata={"label": "地址"})
    permission = fields.String(load_default="", validate=validate.Length(max=96), metadata={"label": "所需权限"})


class NewMenuIn(MenuIn):
    """An own menu entry."""

    key = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9_.-]{2,60}$"), metadata={"label": "菜单代码"})


class ButtonIn(Schema):
    """A button."""

    label = fields.String(required=True, validate=validate.Length(1, 40), metadata={"label": "名称"})
    shown = fields.Boolean(load_default=False, metadata={"label": "显示"})


class NewButtonIn(Schema):
    """An own button of a menu's page."""

    key = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9_.-]{1,60}$"), metadata={"label": "按钮代码"})
    label = fields.String(required=True, validate=validate.Length(1, 40), metadata={"label": "名称"})
    permission = fields.String(required=True, validate=validate.Length(1, 96), metadata={"label": "所需权限"})


class ButtonOut(ButtonIn):
    """A button as stored."""

    id = fields.String()
    key = fields.String()
    permission = fields.String()


class MenuOut(MenuIn):
    """A menu entry with its buttons."""

    id = fields.String()
    key = fields.String()
    offered = fields.Boolean()
    buttons = fields.List(fields.Nested(ButtonOut))


def content_of(body: dict[str, Any]) -> service.MenuContent:
    """The editable content of a body."""
    return service.MenuContent(**{name: value for name, value in body.items() if name != "key"})


def menu_line(menu: Menu, buttons: list[Any]) -> dict[str, Any]:
    names = ("id", "key", "label", "heading", "url", "permission", "position", "shown", "offered")
    return {**{name: getattr(menu, name) for name in names}, "buttons": buttons}


@endpoint(blp, "GET", "", permission="access.menu.read", label="查询菜单", response=MenuOut, many=True, scope="reference")
def find(call: Call) -> list[dict[str, Any]]:
    """All entries in their order."""
    return [menu_line(menu, buttons) for menu, buttons in service.menus(call.session)]


@endpoint(blp, "GET", "/mine", permission="session", label="我的菜单", scope="reference")
def mine(call: Call) -> list[dict[str, Any]]:
    """The entries and buttons the caller may use."""
    board: service.MenuBoard = call.platform.service(service.MenuBoard)
    return [
        {**asdict(menu), "buttons": [asdict(button) for button in board.buttons(call.principal, menu.key)]}
        for menu in board.visible(call.principal)
    ]


@endpoint(
    blp,
    "POST",
    "",
    permission="access.menu.edit",
    label="新增菜单",
    body=NewMenuIn,
    response=MenuOut,
    audit="menu.create",
    status=201,
    scope="reference",
)
def create(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Adds an own entry."""
    return menu_line(service.add_menu(call.session, body["key"], content_of(body)), [])


@endpoint(
    blp,
    "PUT",
    "/<int:menu_id>",
    permission="access.menu.edit",
    label="修改菜单",
    body=MenuIn,
    response=MenuOut,
    audit="menu.edit",
    scope="reference",
)
def change(call: Call, body: dict[str, Any], menu_id: int) -> dict[str, Any]:
    """Renames, moves, hides or shows an entry."""
    return menu_line(service.change_menu(call.session, menu_id, content_of(body)), [])


@endpoint(
    blp,
    "DELETE",
    "/<int:menu_id>",
    permission="access.menu.edit",
    label="删除菜单",
    audit="menu.delete",
    scope="reference",
)
def remove(call: Call, menu_id: int) -> None:
    """Deletes an own entry."""
    service.remove_menu(call.session, menu_id)


@endpoint(
    blp,
    "POST",
    "/<int:menu_id>/buttons",
    permission="access.menu.edit",
    label="新增按钮",
    body=NewButtonIn,
    response=ButtonOut,
    audit="menu.button_create",
    status=201,
    scope="reference",
)
def create_button(call: Call, body: dict[str, Any], menu_id: int) -> Any:
    """Adds a button to an entry's page."""
    return service.add_button(call.session, menu_id, service.ShownButton(**body))


@endpoint(
    blp,
    "PUT",
    "/buttons/<int:button_id>",
    permission="access.menu.edit",
    label="修改按钮",
    body=ButtonIn,
    response=ButtonOut,
    audit="menu.button",
    scope="reference",
)
def change_button(call: Call, body: dict[str, Any], button_id: int) -> Any:
    """Renames, hides or shows a button."""
    return service.change_button(call.session, button_id, body["label"], body["shown"])
