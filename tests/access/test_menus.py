"""Menus and buttons are data: arranged in the console, shown to whom the permission belongs."""

from __future__ import annotations

import pytest

from health_platform.access.accounts import passwords
from health_platform.access.api import MenuBoard, get_user, install_definitions
from health_platform.kernel.platform import Button, MenuItem
from tests.access.conftest import Caller, Region

pytestmark = pytest.mark.system("B02", "B03")
MENUS = "/api/v1/access/menus"


@pytest.fixture
def arranged(region: Region) -> Region:
    """The region with two offered menu entries."""
    buttons = (Button("create", "新建", "access.user.create"), Button("reset", "重置口令", "access.user.reset"))
    region.platform.menu(MenuItem("users", "用户管理", "/console/users", "access.user.read", "权限", 20, buttons))
    region.platform.menu(MenuItem("menus", "菜单管理", "/console/menus", "access.menu.read", "权限", 10))
    with region.work() as session:
        install_definitions(session, region.platform)
    return region


def shown(region: Region, who: str) -> list[str]:
    return [item["label"] for item in region.sign_in(who).get(f"{MENUS}/mine").json]


def system_administrator(region: Region) -> Caller:
    with region.work() as session:
        user = get_user(session, region.id_of_in(session, "sysadmin"))
        passwords.set_password(session, user, "Quiet-River-42", must_change=False)
    return region.sign_in("sysadmin", "Quiet-River-42")


def test_everybody_sees_the_own_entries_and_buttons(arranged: Region) -> None:
    assert shown(arranged, "unitadmin") == ["用户管理"]
    assert shown(arranged, "physician") == []
    mine = arranged.sign_in("unitadmin").get(f"{MENUS}/mine").json
    assert [button["key"] for button in mine[0]["buttons"]] == ["create", "reset"]


def test_arrangements_are_kept_when_the_definitions_are_installed_again(arranged: Region) -> None:
    admin = system_administrator(arranged)
    rows = {row["key"]: row for row in admin.get(MENUS).json}
    change = {"label": "账号", "heading": "日常", "position": 5, "shown": True}
    answer = admin.send("PUT", f"{MENUS}/{rows['users']['id']}", change)
    assert answer.status_code == 200, answer.text
    button = rows["users"]["buttons"][0]
    assert admin.send("PUT", f"{MENUS}/buttons/{button['id']}", {"label": "开户", "shown": False}).status_code == 200
    with arranged.work() as session:
        install_definitions(session, arranged.platform)
    mine = arranged.sign_in("unitadmin").get(f"{MENUS}/mine").json
    assert [(item["label"], item["heading"]) for item in mine] == [("账号", "日常")]
    assert [one["key"] for one in mine[0]["buttons"]] == ["reset"]


def test_own_entries_are_added_and_removed_and_offered_ones_only_hidden(arranged: Region) -> None:
    admin = system_administrator(arranged)
    own = {
        "key": "lis",
        "label": "检验系统",
        "position": 1,
        "shown": True,
        "url": "https://lis.example/",
        "permission": "access.user.read",
    }
    made = admin.send("POST", MENUS, own)
    assert made.status_code == 201, made.text
    assert shown(arranged, "unitadmin") == ["检验系统", "用户管理"]
    assert admin.send("POST", MENUS, own).status_code == 409
    assert admin.send("POST", MENUS, {**own, "key": "bad", "url": "javascript:alert(1)"}).status_code == 422
    rows = {row["key"]: row["id"] for row in admin.get(MENUS).json}
    assert admin.send("DELETE", f"{MENUS}/{rows['users']}").status_code == 403
    hidden = {"label": "用户管理", "position": 20, "shown": False}
    assert admin.send("PUT", f"{MENUS}/{rows['users']}", hidden).status_code == 200
    assert admin.send("DELETE", f"{MENUS}/{rows['lis']}").status_code == 204
    assert shown(arranged, "unitadmin") == []


def test_an_entry_no_longer_offered_disappears(arranged: Region) -> None:
    del arranged.platform.menus["users"]
    with arranged.work() as session:
        install_definitions(session, arranged.platform)
    assert shown(arranged, "unitadmin") == []
    board: MenuBoard = arranged.platform.service(MenuBoard)
    assert [menu.key for menu in board.visible(arranged.principal("sysadmin"))] == ["menus"]


def test_hiding_a_menu_takes_no_right_away_and_showing_gives_none(arranged: Region) -> None:
    admin = system_administrator(arranged)
    own = {
        "key": "users2",
        "label": "用户",
        "position": 1,
        "shown": True,
        "url": "/console/users",
        "permission": "access.menu.read",
    }
    admin.send("POST", MENUS, own)
    assert admin.get("/api/v1/access/users").status_code == 403
