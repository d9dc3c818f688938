"""Menus: offered by components, kept as data, arranged in the console; shown to whom the permission belongs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from health_platform.access.authority.epochs import MENU_EPOCH, advance
from health_platform.access.menus.models import Menu, MenuButton
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound, register_messages
from health_platform.kernel.platform import MenuItem
from health_platform.kernel.scope import Principal

register_messages(
    {
        "access.menu.unknown": "未找到该菜单",
        "access.menu.button_unknown": "未找到该按钮",
        "access.menu.taken": "菜单代码已被使用",
        "access.menu.url": "地址须以 / 或 https:// 开头",
        "access.menu.offered": "系统提供的菜单不能删除，可以隐藏",
    }
)


@dataclass(frozen=True)
class ShownButton:
    """A button of a page as the menu page arranged it."""

    key: str
    label: str
    permission: str


@dataclass(frozen=True)
class ShownMenu:
    """A menu entry as arranged."""

    key: str
    label: str
    heading: str
    url: str
    permission: str
    buttons: tuple[ShownButton, ...] = ()


@dataclass(frozen=True)
class MenuContent:
    """What can be edited of a menu entry."""

    label: str
    heading: str
    position: int
    shown: bool
    url: str = ""
    permission: str = ""


def write_menus(session: Session, items: Iterable[MenuItem]) -> None:
    """Add offered entries and buttons that are new, and take out those no longer offered; arrangements stay."""
    offered = {item.key: item for item in items}
    known = {row.key: row for row in session.scalars(select(Menu))}
    for item in offered.values():
        row = known.get(item.key)
        if row is None:
            row = Menu(
                key=item.key,
                label=item.label,
                heading=item.path,
                url=item.url,
                permission=item.permission,
                position=item.order,
            )
            session.add(row)
            session.flush()
        row.url, row.permission, row.offered = item.url, item.permission, True
        _write_buttons(session, row, item)
    for row in known.values():
        if row.offered and row.key not in offered:
            _drop(session, row)
    advance(session, MENU_EPOCH)


def _write_buttons(session: Session, menu: Menu, item: MenuItem) -> None:
    known = {row.key: row for row in session.scalars(select(MenuButton).where(MenuButton.menu_id == menu.id))}
    for button in item.buttons:
        if button.key in known:
            known[button.key].permission = button.permission
        else:
            session.add(MenuButton(menu_id=menu.id, key=button.key, label=button.label, permission=button.permission))


def _drop(session: Session, menu: Menu) -> None:
    session.execute(delete(MenuButton).where(MenuButton.menu_id == menu.id))
    session.delete(menu)


def menus(session: Session) -> list[tuple[Menu, list[MenuButton]]]:
    """All entries in their order, with their buttons."""
    buttons: dict[int, list[MenuButton]] = {}
    for button in session.scalars(select(MenuButton).order_by(MenuButton.key)):
        buttons.setdefault(button.menu_id, []).append(button)
    rows = session.scalars(select(Menu).order_by(Menu.position, Menu.label))
    return [(row, buttons.get(row.id, [])) for row in rows]


def change_menu(session: Session, menu_id: int, content: MenuContent) -> Menu:
    """Rename, move, hide or show an entry; address and permission only of own entries."""
    row = _get(session, menu_id)
    row.label, row.heading, row.position, row.shown = content.label, content.heading, content.position, content.shown
    if not row.offered:
        row.url, row.permission = _address(content.url), content.permission
    advance(session, MENU_EPOCH)
    return row


def add_menu(session: Session, key: str, content: MenuContent) -> Menu:
    """Add an own entry: a page of the platform or a link to another system."""
    if session.scalar(select(Menu.id).where(Menu.key == key)):
        raise Conflict("access.menu.taken")
    row = Menu(
        key=key,
        label=content.label,
        heading=content.heading,
        url=_address(content.url),
        offered=False,
        permission=content.permission,
        position=content.position,
        shown=content.shown,
    )
    session.add(row)
    advance(session, MENU_EPOCH)
    return row


def remove_menu(session: Session, menu_id: int) -> None:
    """Delete an own entry; an offered one can only be hidden."""
    row = _get(session, menu_id)
    if row.offered:
        raise Denied("access.menu.offered")
    _drop(session, row)
    advance(session, MENU_EPOCH)


def change_button(session: Session, button_id: int, label: str, shown: bool) -> MenuButton:
    """Rename, hide or show a button."""
    row = session.get(MenuButton, button_id)
    if row is None:
        raise NotFound("access.menu.button_unknown", button_id=str(button_id))
    row.label, row.shown = label, shown
    advance(session, MENU_EPOCH)
    return row


def add_button(session: Session, menu_id: int, button: ShownButton) -> MenuButton:
    """Add a button to an entry's page, bound to a permission."""
    _get(session, menu_id)
    if session.scalar(select(MenuButton.id).where(MenuButton.menu_id == menu_id, MenuButton.key == button.key)):
        raise Conflict("access.menu.taken")
    row = MenuButton(menu_id=menu_id, key=button.key, label=button.label, permission=button.permission)
    session.add(row)
    advance(session, MENU_EPOCH)
    return row


def _get(session: Session, menu_id: int) -> Menu:
    row = session.get(Menu, menu_id)
    if row is None:
        raise NotFound("access.menu.unknown", menu_id=str(menu_id))
    return row


def _address(url: str) -> str:
    if not (url.startswith("https://") or (url.startswith("/") and not url.startswith("//"))):
        raise Invalid("access.menu.url")
    return url


class MenuBoard:
    """The arranged menus of this process, read again when somebody rearranged them."""

    def __init__(self) -> None:
        self._epoch = -1
        self._menus: tuple[ShownMenu, ...] = ()

    def refresh(self, session: Session, epoch: int) -> None:
        """Read the arrangement again when its epoch is another one."""
        if epoch != self._epoch:
            self._menus = tuple(_shown(menu, buttons) for menu, buttons in menus(session) if menu.shown)
            self._epoch = epoch

    def visible(self, principal: Principal) -> tuple[ShownMenu, ...]:
        """The entries this caller may open, in their order."""
        return tuple(menu for menu in self._menus if principal.may(menu.permission))

    def buttons(self, principal: Principal, menu_key: str) -> tuple[ShownButton, ...]:
        """The buttons of a page that this caller may press."""
        found = next((menu for menu in self._menus if menu.key == menu_key), None)
        return tuple(button for button in found.buttons if principal.may(button.permission)) if found else ()


def _shown(menu: Menu, buttons: list[MenuButton]) -> ShownMenu:
    pressed = tuple(ShownButton(button.key, button.label, button.permission) for button in buttons if button.shown)
    return ShownMenu(menu.key, menu.label, menu.heading or "", menu.url, menu.permission, pressed)
