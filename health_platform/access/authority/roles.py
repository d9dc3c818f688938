"""Roles on the grid: predefined ones from the definitions, own ones edited by the security administrator."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from health_platform.access.authority import catalogue
from health_platform.access.authority.definitions.grid import LEVELS, LINES, OVERSEEING
from health_platform.access.authority.definitions.roles import GUARDED, ROLES
from health_platform.access.authority.epochs import ROLE_EPOCH, advance
from health_platform.access.authority.models import Grant, Level, Line, Role, RolePermission
from health_platform.access.divisions import level_position
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound, register_messages
from health_platform.kernel.scope import Principal

register_messages(
    {
        "access.role.unknown": "未找到该角色",
        "access.role.code": "角色代码须为小写字母开头的字母、数字、下划线",
        "access.role.taken": "角色代码已被使用",
        "access.role.predefined": "预定义角色不能修改，请新建角色",
        "access.role.own": "不能修改自己持有的角色",
        "access.role.permission": "未知的权限 {keys}",
        "access.role.posts": "一个角色不能同时包含系统、安全、审计管理权限",
        "access.role.in_use": "该角色仍有有效授权",
        "access.grid.unknown": "层级或条线不存在",
        "access.role.grid": "角色属于{level}{line}，与授权的区划或条线不符",
    }
)

_CODE = re.compile(r"[a-z][a-z0-9_]{2,39}")


@dataclass(frozen=True)
class RoleContent:
    """What a role is: its place on the grid and what it allows."""

    code: str
    name: str
    permissions: frozenset[str]
    level_code: str | None = None
    line_code: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class GridCell:
    """Roles of one level and line, for the grid page."""

    level_code: str | None
    line_code: str | None
    roles: tuple[Role, ...]


def write_predefined(session: Session, keys: set[str], more: Mapping[str, Sequence[str]]) -> None:
    """Write levels, lines and predefined roles as the definitions and the catalogue have them now.

    ``more`` are permissions that features give to roles: role code to patterns.
    """
    for position, (code, label) in enumerate(LEVELS):
        if session.get(Level, code) is None:
            session.add(Level(code=code, label=label, position=position))
    for position, (code, label) in enumerate(LINES):
        if session.get(Line, code) is None:
            session.add(Line(code=code, label=label, position=position, covers_all=code in OVERSEEING))
    session.flush()
    known = {role.code: role for role in session.scalars(select(Role))}
    for definition in ROLES:
        role = known.get(definition.code) or Role(code=definition.code, predefined=True)
        role.name, role.note = definition.name, definition.note
        role.level_code, role.line_code = definition.level, definition.line
        session.add(role)
        session.flush()
        _write_permissions(session, role, catalogue.matching((*definition.permissions, *more.get(definition.code, ())), keys))


def _write_permissions(session: Session, role: Role, wanted: frozenset[str]) -> None:
    if permissions_of(session, role.id) == wanted:
        return
    session.execute(delete(RolePermission).where(RolePermission.role_id == role.id))
    session.add_all(RolePermission(role_id=role.id, permission=key) for key in sorted(wanted))
    bump_epoch(session)


def bump_epoch(session: Session) -> None:
    """Make every process drop all compiled rights."""
    advance(session, ROLE_EPOCH)


def permissions_of(session: Session, role_id: int) -> frozenset[str]:
    rows = session.scalars(select(RolePermission.permission).where(RolePermission.role_id == role_id))
    return frozenset(rows)


def permissions_by_role(session: Session) -> dict[int, frozenset[str]]:
    """All roles' permissions in one query."""
    found: dict[int, set[str]] = {}
    for row in session.execute(select(RolePermission.role_id, RolePermission.permission)):
        found.setdefault(row.role_id, set()).add(row.permission)
    return {role_id: frozenset(keys) for role_id, keys in found.items()}


def permissions_below(session: Session) -> frozenset[str]:
    """What anybody on a shared platform may be allowed, apart from its system, security and audit administrators: of these
    a platform has one each, and a county on the city's platform has none."""
    posts = {definition.code for definition in ROLES if definition.post}
    below = select(RolePermission.permission).join(Role, Role.id == RolePermission.role_id).where(Role.code.not_in(posts))
    return frozenset(session.scalars(below))


def get_role(session: Session, role_id: int) -> Role:
    """
    Raises:
        NotFound: no such role.
    """
    role = session.get(Role, role_id)
    if role is None or role.ended_at is not None:
        raise NotFound("access.role.unknown", role_id=str(role_id))
    return role


def role_by_code(session: Session, code: str) -> Role:
    """
    Raises:
        NotFound: no such role.
    """
    role = session.scalar(select(Role).where(Role.code == code, Role.ended_at.is_(None)))
    if role is None:
        raise NotFound("access.role.unknown", role=code)
    return role


def all_roles(session: Session) -> list[Role]:
    """All roles in use: predefined first, then by code."""
    found = session.scalars(select(Role).where(Role.ended_at.is_(None)))
    return sorted(found, key=lambda role: (not role.predefined, role.code))


def grid(session: Session) -> tuple[list[Level], list[Line], dict[tuple[str | None, str | None], list[Role]]]:
    """Levels, lines and the roles of every cell; ``None`` is "any"."""
    levels = list(session.scalars(select(Level).order_by(Level.position)))
    lines = list(session.scalars(select(Line).order_by(Line.position)))
    cells: dict[tuple[str | None, str | None], list[Role]] = {}
    for role in all_roles(session):
        cells.setdefault((role.level_code, role.line_code), []).append(role)
    return levels, lines, cells


def create_role(session: Session, content: RoleContent) -> Role:
    """Make an own role."""
    if not _CODE.fullmatch(content.code):
        raise Invalid("access.role.code")
    if session.scalar(select(Role.id).where(Role.code == content.code)):
        raise Conflict("access.role.taken")
    role = Role(code=content.code, predefined=False)
    return _fill(session, role, content)


def change_role(session: Session, principal: Principal, role_id: int, content: RoleContent) -> Role:
    """Change an own role; holders feel it with their next request. Nobody edits a role he holds.

    Raises:
        Denied: the role is predefined, or the editor holds it.
    """
    role = get_role(session, role_id)
    if role.predefined:
        raise Denied("access.role.predefined")
    with widened(session, "role holders"):
        holders = set(session.scalars(select(Grant.grantee_id).where(Grant.role_id == role_id, _running())))
    if principal.id in holders:
        raise Denied("access.role.own")
    return _fill(session, role, content)


def end_role(session: Session, role_id: int) -> None:
    """Take an own role out of use; it must have no running grant.

    Raises:
        Conflict: grants of the role are still running.
    """
    role = get_role(session, role_id)
    if role.predefined:
        raise Denied("access.role.predefined")
    with widened(session, "role in use"):
        used = session.scalar(select(Grant.id).where(Grant.role_id == role_id, _running()).limit(1))
    if used:
        raise Conflict("access.role.in_use")
    role.ended_at = clock.now()
    bump_epoch(session)


def _running() -> ColumnElement[bool]:
    return Grant.revoked_at.is_(None)


def _fill(session: Session, role: Role, content: RoleContent) -> Role:
    unknown = content.permissions - set(catalogue.permission_labels(session))
    if unknown:
        raise Invalid("access.role.permission", keys=sorted(unknown))
    post_of(content.permissions)
    for model, code in ((Level, content.level_code), (Line, content.line_code)):
        if code is not None and session.get(model, code) is None:
            raise Invalid("access.grid.unknown", value=code)
    role.name, role.note = content.name, content.note
    role.level_code, role.line_code = content.level_code, content.line_code
    session.add(role)
    session.flush()
    _write_permissions(session, role, content.permissions)
    return role


def post_of(permissions: frozenset[str] | None) -> str | None:
    """The exclusive post that using these permissions amounts to.

    Raises:
        Invalid: they amount to more than one post.
    """
    posts = {
        post
        for post, patterns in GUARDED.items()
        for key in permissions or ()
        if any(fnmatchcase(key, pattern) for pattern in patterns)
    }
    if len(posts) > 1:
        raise Invalid("access.role.posts", posts=sorted(posts))
    return posts.pop() if posts else None


def grid_line(session: Session, role: Role, prefix: str, line: str | None, to_use: bool = True) -> str | None:
    """The line a grant of the role is narrowed to; ``None`` is every line (administration oversees all).

    Refuses a county's role on a city's division, or a disease-control role on another line, so that nobody errs. A right
    only to hand the role on may be held above the role's level.

    Raises:
        Invalid: the grant's cell is not the role's.
    """
    level = session.get(Level, role.level_code) if role.level_code else None
    column = session.get(Line, role.line_code) if role.line_code else None
    place = level_position(prefix)
    wrong_level = level is not None and (level.position != place if to_use else level.position < place)
    wrong_line = column is not None and line is not None and line != column.code
    if wrong_level or wrong_line:
        labels = {"level": level.label if level else "", "line": column.label if column else ""}
        raise Invalid("access.role.grid", **labels)
    if column is None:
        return line
    return None if column.covers_all else column.code
