"""Registers access control with the platform."""

from __future__ import annotations

from datetime import timedelta

from health_platform.access import alarms, commands, key_commands
from health_platform.access.accounts import routes as account_routes
from health_platform.access.accounts.service import disable_idle
from health_platform.access.authority import relations
from health_platform.access.authority import routes as authority_routes
from health_platform.access.clients import once, tokens
from health_platform.access.clients import routes as client_routes
from health_platform.access.menus import routes as menu_routes
from health_platform.access.menus.service import MenuBoard
from health_platform.access.signin import routes as signin_routes
from health_platform.access.signin import throttle
from health_platform.access.signin.authenticate import AccountAuthenticator
from health_platform.access.signin.sessions import close_stale, forget_ended
from health_platform.access.sso import logout
from health_platform.access.sso import routes as sso_routes
from health_platform.kernel import clock
from health_platform.kernel.platform import Capability, Job, Platform
from health_platform.kernel.scope import system_scope


def install(platform: Platform) -> None:
    """Add accounts, login, rights, menus, client systems and single sign-on."""
    authenticator = AccountAuthenticator(platform)
    platform.bind(AccountAuthenticator, authenticator)
    platform.bind(MenuBoard, authenticator.board)
    platform.authenticator(authenticator)
    for module in (account_routes, signin_routes, authority_routes, menu_routes, client_routes):
        for blueprint in module.BLUEPRINTS:
            platform.blueprint(blueprint)
    platform.blueprint(sso_routes.blp)
    platform.consume("access.session_ended", "access.single_logout", logout.SingleLogout(platform), leased=True)
    alarms.install(platform)
    platform.command(commands.user)
    platform.command(key_commands.keys)
    platform.schedule(Job("access.idle_accounts", timedelta(hours=6), _disable_idle, "停用长期未用账号"))
    platform.schedule(Job("access.sessions", timedelta(minutes=1), _close_sessions, "结束超时会话"))
    platform.schedule(Job("access.cleaning", timedelta(hours=1), _clean, "清理过期凭据"))
    for capability in CAPABILITIES:
        platform.capability(capability)


def _disable_idle(platform: Platform) -> None:
    with platform.database.unit_of_work(system_scope("disable idle accounts")) as session:
        disable_idle(session)


def _close_sessions(platform: Platform) -> None:
    with platform.database.unit_of_work(system_scope("close stale sessions")) as session:
        close_stale(session)


def _clean(platform: Platform) -> None:
    with platform.database.unit_of_work(system_scope("forget expired credentials")) as session:
        once.forget_expired(session)
        tokens.forget_expired(session)
        relations.forget_expired(session, clock.now() - timedelta(days=30))
        logout.forget_old_codes(session, clock.now() - timedelta(days=1))
        throttle.forget_old(session, clock.now() - timedelta(days=2))
        forget_ended(session, clock.now() - timedelta(days=180))


CAPABILITIES = (
    Capability(("A19",), "health_platform/access/authority", "working"),
    Capability(("A20",), "health_platform/access/signin", "working"),
    Capability(("A21", "B03"), "health_platform/access/authority/roles.py", "working"),
    Capability(("B01",), "health_platform/access/sso", "working"),
    Capability(("B02",), "health_platform/access/menus", "working"),
    Capability(("B08",), "health_platform/access/accounts", "working"),
    Capability(("A22",), "health_platform/kernel/crypto", "working", "字段加密、签名、密钥轮换、脱敏；物理与逻辑备份恢复后比对"),
)
