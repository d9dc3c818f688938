"""Login and the administration of accounts, roles, grants, menus, sessions and client systems."""

from __future__ import annotations

from browser_ui.access import emergency, rights, signin, systems, users
from health_platform.kernel.platform import Button, MenuItem, Platform

_PATH = "用户与权限"

MENUS = (
    MenuItem("access.emergency", "紧急调阅", "/console/emergency", "access.break_glass.open", "健康档案", 25),
    MenuItem(
        "access.users",
        "用户管理",
        "/console/access/users",
        "access.user.read",
        _PATH,
        900,
        (
            Button("create", "新建", "access.user.create"),
            Button("edit", "修改", "access.user.edit"),
            Button("lock", "锁定与解锁", "access.user.lock"),
            Button("reset", "重置口令", "access.user.reset"),
            Button("grant", "授权", "access.grant.create"),
            Button("revoke", "收回授权", "access.grant.revoke"),
        ),
    ),
    MenuItem(
        "access.roles",
        "角色管理",
        "/console/access/roles",
        "access.role.read",
        _PATH,
        910,
        (Button("edit", "新建与修改", "access.role.edit"),),
    ),
    MenuItem(
        "access.special",
        "特殊授权",
        "/console/access/special",
        "access.special.read",
        _PATH,
        920,
        (
            Button("request", "申请", "access.special.request"),
            Button("approve", "审批", "access.special.approve"),
        ),
    ),
    MenuItem(
        "access.break_glass",
        "紧急调阅复核",
        "/console/access/break-glass",
        "access.break_glass.read",
        _PATH,
        930,
        (Button("review", "复核", "access.break_glass.review"),),
    ),
    MenuItem(
        "access.sessions",
        "在线会话",
        "/console/access/sessions",
        "access.session.read",
        _PATH,
        940,
        (Button("end", "结束会话", "access.session.end"),),
    ),
    MenuItem(
        "access.clients",
        "接入系统",
        "/console/access/clients",
        "access.client.read",
        _PATH,
        950,
        (Button("edit", "登记与启停", "access.client.edit"),),
    ),
    MenuItem(
        "access.menus",
        "菜单管理",
        "/console/access/menus",
        "access.menu.read",
        _PATH,
        960,
        (Button("edit", "修改", "access.menu.edit"),),
    ),
    MenuItem(
        "access.policy",
        "安全参数",
        "/console/access/policy",
        "access.policy.read",
        _PATH,
        970,
        (Button("edit", "修改", "access.policy.edit"),),
    ),
)


def install(platform: Platform) -> None:
    """Serve the pages and offer their menus."""
    for blueprint in (signin.blp, users.blp, rights.blp, systems.blp, emergency.blp):
        platform.blueprint(blueprint)
    for item in MENUS:
        platform.menu(item)
