"""What a database needs before anybody can sign in: catalogue, grid, predefined roles, menus, and three administrators."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.accounts.models import User
from health_platform.access.accounts.service import NewUser, create_user
from health_platform.access.authority import catalogue, grants, roles, store
from health_platform.access.authority.definitions.roles import BY_CODE, FIRST_ADMINISTRATORS, ROLES
from health_platform.access.authority.evaluate import MAX_DEPTH, Cell
from health_platform.access.divisions import prefix_of
from health_platform.access.menus.service import write_menus
from health_platform.access.policy import AccessSetting
from health_platform.kernel.platform import Platform

_STAMP = "setup_stamp"


def install_definitions(session: Session, platform: Platform) -> None:
    """Write catalogue, grid, predefined roles and menus as this version of the platform declares them. Repeatable."""
    found = catalogue.declared(platform)
    catalogue.write_catalogue(session, found)
    roles.write_predefined(session, set(found), platform.role_patterns)
    write_menus(session, platform.menus.values())
    session.merge(AccessSetting(name=_STAMP, value=_stamp(platform)))
    session.flush()


def _stamp(platform: Platform) -> int:
    """A number that differs when the declarations differ, so that a new version is noticed once."""
    digest = hashlib.blake2b(digest_size=7)
    digest.update(repr(sorted(catalogue.declared(platform).values(), key=lambda one: one.key)).encode())
    digest.update(repr(ROLES).encode())
    digest.update(repr(sorted(platform.role_patterns.items())).encode())
    digest.update(repr(sorted(platform.menus.items())).encode())
    return int.from_bytes(digest.digest(), "big")


class SetupGuard:
    """Brings the definitions up to date at the first request of a process that meets an older database."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._done = False

    def __call__(self, session: Session) -> None:
        if self._done:
            return
        row = session.get(AccessSetting, _STAMP)
        if row is not None and row.value == _stamp(self._platform):
            self._done = True  # only what is read back was committed
            return
        install_definitions(session, self._platform)


@dataclass(frozen=True)
class FirstAccount:
    """An account of the first run; the password is shown once and must be changed at the first login."""

    login_name: str
    real_name: str
    role: str
    password: str


_FIRST_NAMES = {
    "system_administrator": ("sysadmin", "系统管理员"),
    "security_administrator": ("secadmin", "安全管理员"),
    "audit_administrator": ("auditadmin", "审计管理员"),
}


def ensure_first_administrators(session: Session, platform: Platform) -> tuple[FirstAccount, ...]:
    """Create the three administrators of a new platform, each with a generated password; nothing when they exist.

    They have no national id yet: the persons who take the posts enter theirs with their names. The security administrator
    may hand out everything and use none of it; that is where all delegation starts.
    """
    install_definitions(session, platform)
    if session.scalar(select(User.id).limit(1)):
        return ()
    return tuple(_first(session, platform, code) for code in FIRST_ADMINISTRATORS)


def _first(session: Session, platform: Platform, code: str) -> FirstAccount:
    login_name, name = _FIRST_NAMES[code]
    division = platform.settings.city_division
    user, password = create_user(session, NewUser(login_name, name, "", division, post_account=True), created_by=0)
    cell = Cell(prefix_of(division))
    grants.root_grant(session, grants.NewGrant(user.id, cell, role=code, reason="首次运行"))
    if BY_CODE[code].post == "security":
        everything = grants.NewGrant(
            user.id, cell, permission=store.ALL, may_use=False, may_grant=True, depth=MAX_DEPTH, reason="首次运行"
        )
        grants.root_grant(session, everything)
    return FirstAccount(login_name, name, code, password)
