"""Handing out rights: every grant derives from one its giver may pass on, and never exceeds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from health_platform.access.accounts.models import User
from health_platform.access.accounts.service import touched
from health_platform.access.authority import evaluate, store
from health_platform.access.authority.definitions.roles import BY_CODE
from health_platform.access.authority.evaluate import Cell, GrantFact, Reach
from health_platform.access.authority.models import Grant, Incumbent, Role
from health_platform.access.authority.roles import grid_line, permissions_of, post_of, role_by_code
from health_platform.access.clients.models import Client
from health_platform.access.divisions import padded, prefix_of
from health_platform.access.units import UnitDirectory, reach_of
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound, register_messages
from health_platform.kernel.ids import new_id

REFUSALS = {
    "self": "不能给自己授权",
    "grantor": "上级授权不属于授权人",
    "right": "没有授予权限的权力",
    "permission": "超出可授予的权限范围",
    "division": "超出可授予的行政区划",
    "line": "超出可授予的条线",
    "unit": "超出可授予的机构",
    "classes": "超出可授予的文档类别",
    "depth": "超出可转授的层数",
    "validity": "超出可授予的有效期",
    "circle": "不能把权限授回给授权链上的人",
}
register_messages({f"access.grant.{key}": text for key, text in REFUSALS.items()})
register_messages(
    {
        "access.grant.unknown": "未找到该授权",
        "access.grant.nothing": "使用权与授予权至少选一项",
        "access.grant.grantee": "未找到被授权账号",
        "access.grant.post": "系统、安全、审计管理员不能由同一人担任",
        "access.grant.elsewhere": "被授权账号不属于授权范围内的机构或区划",
    }
)


@dataclass(frozen=True)
class NewGrant:
    """What is to be given to whom. Either a role (by code) or one permission key."""

    grantee_id: int
    cell: Cell
    role: str | None = None
    permission: str | None = None
    may_use: bool = True
    may_grant: bool = False
    depth: int = 0
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    reason: str = ""


def root_grant(session: Session, new: NewGrant) -> Grant:
    """A grant by the platform itself (first run): the only kind without a parent."""
    role, cell = _role_and_cell(session, new)
    return _write(session, new, cell, role, granted_by=0, parent=None)


def grant(session: Session, giver: int, new: NewGrant, units: UnitDirectory) -> Grant:
    """Give a right on the ground of one the giver may pass on.

    Raises:
        Denied: no grant of the giver covers it; the code says what exceeds (``access.grant.division`` ...).
        Conflict: the person would hold two of the mutually exclusive posts.
        Invalid: the role's place on the grid is not that of the grant.
    """
    if not (new.may_use or new.may_grant):
        raise Invalid("access.grant.nothing")
    if new.grantee_id == giver:
        raise Denied("access.grant.self")
    role, cell = _role_and_cell(session, new)
    with widened(session, "grant"):
        reach = reach_of(session, units)
        _check_grantee(session, new.grantee_id, cell, reach)
        grants = store.facts_with_ancestors(session, giver)
        parent = _parent_for(_wanted(session, giver, new, cell, role), giver, grants, reach)
        return _write(session, new, cell, role, granted_by=giver, parent=parent)


def _role_and_cell(session: Session, new: NewGrant) -> tuple[Role | None, Cell]:
    if new.role is None:
        return None, new.cell
    role = role_by_code(session, new.role)
    return role, replace(new.cell, line=grid_line(session, role, new.cell.prefix, new.cell.line, new.may_use))


def _wanted(session: Session, giver: int, new: NewGrant, cell: Cell, role: Role | None) -> GrantFact:
    permissions = permissions_of(session, role.id) if role else frozenset({new.permission or ""})
    return GrantFact(
        0,
        new.grantee_id,
        giver,
        permissions,
        cell,
        new.may_use,
        new.may_grant,
        new.depth,
        new.valid_from or clock.now(),
        new.valid_to,
    )


def _parent_for(wanted: GrantFact, giver: int, grants: dict[int, GrantFact], reach: Reach) -> int:
    """The first grant of the giver that covers what is wanted; otherwise the nearest miss explains the refusal."""
    nearest = "right"
    for parent in sorted(grants.values(), key=lambda one: one.id):
        if parent.grantee != giver or not parent.may_grant:
            continue
        why = evaluate.refusal(parent, wanted, grants, reach, clock.now())
        if why is None:
            return parent.id
        nearest = max(nearest, why, key=_NEARNESS.index)
    raise Denied(f"access.grant.{nearest}")


_NEARNESS = [
    "right",
    "self",
    "grantor",
    "permission",
    "division",
    "line",
    "unit",
    "classes",
    "depth",
    "validity",
    "circle",
]


def _check_grantee(session: Session, grantee_id: int, cell: Cell, reach: Reach) -> None:
    """The account exists and works inside the cell: nobody gets rights over a county he has nothing to do with."""
    who = session.get(User, grantee_id) or session.get(Client, grantee_id)
    if who is None:
        raise NotFound("access.grant.grantee")
    units = cell.units(reach)
    if units is not None and who.institution_id not in units:
        raise Denied("access.grant.elsewhere")
    home = who.division_code or ""
    if not (home.startswith(cell.prefix) or cell.prefix.startswith(prefix_of(home))):
        raise Denied("access.grant.elsewhere")


def _write(session: Session, new: NewGrant, cell: Cell, role: Role | None, granted_by: int, parent: int | None) -> Grant:
    post = _post_taken(session, new, role)
    row = Grant(
        id=new_id(),
        grantee_id=new.grantee_id,
        role_id=role.id if role else None,
        permission=new.permission,
        prefix=cell.prefix,
        division_code=padded(cell.prefix),
        line_code=cell.line,
        institution_id=cell.unit,
        below=cell.below,
        classes=None if cell.classes is None else sorted(cell.classes),
        may_use=new.may_use,
        may_grant=new.may_grant,
        depth=new.depth,
        valid_from=new.valid_from or clock.now(),
        valid_to=new.valid_to,
        granted_by=granted_by,
        granted_at=clock.now(),
        parent_id=parent,
        reason=new.reason,
        post=post,
    )
    session.add(row)
    store.seal(session, row)
    bump_account(session, new.grantee_id)
    return row


def _post_taken(session: Session, new: NewGrant, role: Role | None) -> str | None:
    """Take the exclusive post that the grant amounts to, if any; the database admits one per person."""
    if not new.may_use:
        return None
    permissions = permissions_of(session, role.id) if role else frozenset({new.permission or ""})
    definition = BY_CODE.get(role.code) if role and role.predefined else None
    post = definition.post if definition and definition.post else post_of(permissions)
    if post is None:
        return None
    held = session.get(Incumbent, new.grantee_id)
    if held is None:
        session.add(Incumbent(user_id=new.grantee_id, post=post))
        session.flush()
    elif held.post != post:
        raise Conflict("access.grant.post")
    return post


def bump_account(session: Session, account_id: int) -> None:
    """Make every process drop the compiled rights of a user or client."""
    user = session.get(User, account_id)
    if user is not None:
        touched(session, user)
    elif client := session.get(Client, account_id):
        client.epoch += 1
        session.flush()


def revoke(session: Session, by: int, grant_id: int) -> list[int]:
    """Take a grant back, and with it everything derived from it; returns the ids revoked.

    The giver, anybody earlier on the chain, and whoever has the grant in scope and the permission may do so.

    Raises:
        NotFound: no running grant of this id in scope.
        Denied: it is the caller's own.
    """
    row = session.scalar(select(Grant).where(Grant.id == grant_id, Grant.revoked_at.is_(None)))
    if row is None:
        raise NotFound("access.grant.unknown", grant_id=str(grant_id))
    if row.grantee_id == by:
        raise Denied("access.grant.self")
    with widened(session, "revoke"):
        return _revoke_all(session, by, row.id)


def _revoke_all(session: Session, by: int, root: int) -> list[int]:
    ids, level = [root], [root]
    while level:
        children = select(Grant.id).where(Grant.parent_id.in_(level), Grant.revoked_at.is_(None))
        level = list(session.scalars(children))
        ids += level
    rows = list(session.scalars(select(Grant).where(Grant.id.in_(ids))))
    for row in rows:
        row.revoked_at, row.revoked_by, row.post = clock.now(), by, None
        store.seal(session, row)
        _leave_post(session, row.grantee_id)
        bump_account(session, row.grantee_id)
    return ids


def _leave_post(session: Session, user_id: int) -> None:
    """Free the exclusive post when the last grant of it is gone."""
    held = session.get(Incumbent, user_id)
    running = select(func.count(Grant.id)).where(Grant.grantee_id == user_id, Grant.post.is_not(None))
    if held is not None and not session.scalar(running):
        session.delete(held)
        session.flush()


def appoint(session: Session, giver: int, new: NewGrant, units: UnitDirectory) -> list[Grant]:
    """Give a role to use and, when its definition names delegates, the right to hand those roles on.

    So a commission administrator makes a unit administrator: the administrator's own role to use, the staff's roles to
    give but not to use.
    """
    given = [grant(session, giver, replace(new, may_use=True, may_grant=False, depth=0), units)]
    definition = BY_CODE.get(new.role or "")
    for code in definition.delegates if definition else ():
        depth = 3 if BY_CODE[code].delegates else 1
        passed = replace(new, role=code, cell=replace(new.cell, line=None), may_use=False, may_grant=True, depth=depth)
        given.append(grant(session, giver, passed, units))
    return given


def grants_of(session: Session, account_id: int) -> list[tuple[Grant, Role | None]]:
    """The running grants of an account that lie in the session's scope, newest first."""
    query = (
        select(Grant, Role)
        .outerjoin(Role, Role.id == Grant.role_id)
        .where(Grant.grantee_id == account_id, Grant.revoked_at.is_(None))
        .order_by(Grant.granted_at.desc())
    )
    return [(row, role) for row, role in session.execute(query)]


def grantable_roles(session: Session, giver: int) -> list[Role]:
    """The roles the giver may hand to somebody somewhere."""
    now = clock.now()
    with widened(session, "grantable roles"):
        grants = store.facts_with_ancestors(session, giver)
        sets = [
            evaluate.effective(one, grants, now)
            for one in grants.values()
            if one.grantee == giver and one.may_grant and one.depth > 0
        ]
        roles = list(session.scalars(select(Role).where(Role.ended_at.is_(None)).order_by(Role.code)))
        allowed = [role for role in roles if _covered(permissions_of(session, role.id), sets)]
        for role in allowed:
            session.expunge(role)
    return allowed


def _covered(permissions: frozenset[str], sets: list[frozenset[str] | None]) -> bool:
    return any(one is None or (permissions and permissions <= one) for one in sets)
