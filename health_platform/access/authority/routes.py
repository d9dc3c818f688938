"""``/api/v1/access``: roles, grid, grants, special authorisations, break-glass, consent, security settings."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from health_platform.access.authority import break_glass, catalogue, consent, grants, grid, roles, special
from health_platform.access.authority.evaluate import Cell
from health_platform.access.authority.models import BreakGlass, Grant, Role, SpecialGrant
from health_platform.access.authority.schemas import (
    BreakGlassOut,
    ConsentIn,
    ConsentOut,
    EmergencyIn,
    GranteeQuery,
    GrantIn,
    GrantOut,
    GridEntryIn,
    PolicyIn,
    ReviewIn,
    RevokedOut,
    RoleIn,
    RoleOut,
    SpecialDecisionIn,
    SpecialIn,
    SpecialOut,
)
from health_platform.access.policy import BOUNDS, access_policy, change_policy
from health_platform.access.residents import residents_of
from health_platform.access.units import directory_of
from health_platform.kernel.errors import Denied
from health_platform.kernel.http import Blueprint, Call, endpoint

blp = Blueprint("access", __name__, url_prefix="/api/v1/access", description="角色与授权")
BLUEPRINTS = (blp,)


def role_line(call: Call, role: Role) -> dict[str, Any]:
    """A role with its permissions."""
    names = ("id", "code", "name", "level_code", "line_code", "predefined", "note")
    permissions = sorted(roles.permissions_of(call.session, role.id))
    return {**{name: getattr(role, name) for name in names}, "permissions": permissions}


@endpoint(
    blp,
    "GET",
    "/roles",
    permission="access.role.read",
    label="查询角色",
    response=RoleOut,
    many=True,
    scope="reference",
)
def list_roles(call: Call) -> list[dict[str, Any]]:
    """All roles with their permissions."""
    return [role_line(call, role) for role in roles.all_roles(call.session)]


@endpoint(blp, "GET", "/permissions", permission="access.role.read", label="权限目录", scope="reference")
def list_permissions(call: Call) -> list[dict[str, Any]]:
    """Everything that can be allowed."""
    return [asdict(one) for one in catalogue.permission_labels(call.session).values()]


def role_content(body: dict[str, Any]) -> roles.RoleContent:
    return roles.RoleContent(
        body["code"],
        body["name"],
        frozenset(body["permissions"]),
        body.get("level_code"),
        body.get("line_code"),
        body.get("note"),
    )


@endpoint(
    blp,
    "POST",
    "/roles",
    permission="access.role.edit",
    label="新建角色",
    body=RoleIn,
    response=RoleOut,
    audit="role.create",
    status=201,
    scope="reference",
)
def create_role(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Makes a role; it allows nobody anything until it is granted."""
    role = roles.create_role(call.session, role_content(body))
    call.audit(object_kind="role", object_id=role.id, permissions=body["permissions"])
    return role_line(call, role)


@endpoint(
    blp,
    "PUT",
    "/roles/<int:role_id>",
    permission="access.role.edit",
    label="修改角色",
    body=RoleIn,
    response=RoleOut,
    audit="role.edit",
    scope="reference",
)
def change_role(call: Call, body: dict[str, Any], role_id: int) -> dict[str, Any]:
    """Changes a role; its holders feel it with their next request."""
    role = roles.change_role(call.session, call.principal, role_id, role_content(body))
    call.audit(object_kind="role", permissions=body["permissions"])
    return role_line(call, role)


@endpoint(
    blp,
    "DELETE",
    "/roles/<int:role_id>",
    permission="access.role.edit",
    label="停用角色",
    audit="role.end",
    scope="reference",
)
def end_role(call: Call, role_id: int) -> None:
    """Takes an unused role out of use."""
    call.audit(object_kind="role")
    roles.end_role(call.session, role_id)


@endpoint(
    blp,
    "PUT",
    "/grid/levels",
    permission="access.role.edit",
    label="维护层级",
    body=GridEntryIn,
    audit="grid.level",
    scope="reference",
)
def put_level(call: Call, body: dict[str, Any]) -> None:
    """Adds or renames a level of the grid."""
    call.audit(object_kind="level", object_id=body["code"])
    grid.put_level(call.session, grid.GridEntry(**body))


@endpoint(
    blp,
    "PUT",
    "/grid/lines",
    permission="access.role.edit",
    label="维护条线",
    body=GridEntryIn,
    audit="grid.line",
    scope="reference",
)
def put_line(call: Call, body: dict[str, Any]) -> None:
    """Adds or renames a line of the grid."""
    call.audit(object_kind="line", object_id=body["code"])
    grid.put_line(call.session, grid.GridEntry(**body))


@endpoint(
    blp,
    "GET",
    "/grants",
    permission="access.grant.read",
    label="查询授权",
    query=GranteeQuery,
    response=GrantOut,
    many=True,
)
def list_grants(call: Call, query: dict[str, Any]) -> list[Grant]:
    """The running grants of an account."""
    return [grant for grant, _ in grants.grants_of(call.session, query["grantee_id"])]


def new_grant(body: dict[str, Any]) -> grants.NewGrant:
    cell = Cell(body["prefix"], body.get("line"), body.get("institution_id"), body["below"])
    return grants.NewGrant(
        body["grantee_id"],
        cell,
        body.get("role"),
        body.get("permission"),
        body["may_use"],
        body["may_grant"],
        body["depth"],
        valid_to=body.get("valid_to"),
        reason=body["reason"],
    )


@endpoint(
    blp,
    "POST",
    "/grants",
    permission="access.grant.create",
    label="授权",
    body=GrantIn,
    response=GrantOut,
    audit="grant.create",
    status=201,
)
def give(call: Call, body: dict[str, Any]) -> Grant:
    """Gives a right within what the caller may pass on."""
    made = grants.grant(call.session, call.principal.id, new_grant(body), directory_of(call.platform))
    call.audit(object_kind="grant", object_id=made.id, grantee=str(made.grantee_id), role=body.get("role"))
    return made


@endpoint(
    blp,
    "DELETE",
    "/grants/<int:grant_id>",
    permission="access.grant.revoke",
    label="收回授权",
    response=RevokedOut,
    audit="grant.revoke",
)
def revoke(call: Call, grant_id: int) -> dict[str, Any]:
    """Takes a right back, and everything derived from it."""
    ended = grants.revoke(call.session, call.principal.id, grant_id)
    call.audit(object_kind="grant", ended=[str(one) for one in ended])
    return {"revoked": ended}


@endpoint(blp, "GET", "/special", permission="access.special.read", label="查询特殊授权", response=SpecialOut, many=True)
def list_special(call: Call) -> list[SpecialGrant]:
    """Special authorisations in the caller's reach."""
    return [row for row, _ in special.specials(call.session)]


@endpoint(
    blp,
    "POST",
    "/special",
    permission="access.special.request",
    label="申请特殊授权",
    body=SpecialIn,
    response=SpecialOut,
    audit="special.request",
    status=201,
)
def ask_special(call: Call, body: dict[str, Any]) -> SpecialGrant:
    """Asks for rows beyond the role; another person decides."""
    row = special.request_special(call.session, call.principal, special.SpecialRequest(**body))
    call.audit(object_kind="special", object_id=row.id, person_id=body.get("person_id"))
    return row


@endpoint(
    blp,
    "POST",
    "/special/<int:special_id>/decision",
    permission="access.special.approve",
    label="审批特殊授权",
    body=SpecialDecisionIn,
    response=SpecialOut,
    audit="special.decide",
)
def decide_special(call: Call, body: dict[str, Any], special_id: int) -> SpecialGrant:
    """Approves or refuses."""
    call.audit(object_kind="special", approve=body["approve"])
    return special.decide_special(call.session, call.principal, special_id, body["approve"], residents_of(call.platform))


@endpoint(
    blp,
    "DELETE",
    "/special/<int:special_id>",
    permission="access.special.approve",
    label="终止特殊授权",
    response=SpecialOut,
    audit="special.end",
)
def end_special(call: Call, special_id: int) -> SpecialGrant:
    """Ends a special authorisation before its day."""
    call.audit(object_kind="special")
    return special.end_special(call.session, special_id)


@endpoint(
    blp,
    "POST",
    "/break-glass",
    permission="access.break_glass.open",
    label="紧急调阅",
    body=EmergencyIn,
    response=BreakGlassOut,
    audit="break_glass.open",
    status=201,
    scope="relationship",
)
def open_glass(call: Call, body: dict[str, Any]) -> BreakGlass:
    """Opens one person's record in an emergency."""
    return open_emergency(call, body)


def open_emergency(call: Call, body: dict[str, Any]) -> BreakGlass:
    """Break-glass with its audit facts. Only people in a full session may, not systems and not embedded frames."""
    if call.principal.kind != "user" or call.principal.session_id is None or call.principal.person_id is not None:
        raise Denied("request.denied")
    call.audit(person_id=body["person_id"], object_kind="break_glass", reason_code=body["reason_code"])
    row = break_glass.open_break_glass(call.session, call.principal, break_glass.Emergency(**body))
    call.audit(object_id=row.id)
    return row


@endpoint(
    blp,
    "GET",
    "/break-glass",
    permission="access.break_glass.read",
    label="查询紧急调阅",
    response=BreakGlassOut,
    many=True,
)
def list_glass(call: Call) -> list[BreakGlass]:
    """Emergency accesses in the caller's reach."""
    return break_glass.break_glass_list(call.session)


@endpoint(
    blp,
    "POST",
    "/break-glass/<int:break_glass_id>/review",
    permission="access.break_glass.review",
    label="复核紧急调阅",
    body=ReviewIn,
    response=BreakGlassOut,
    audit="break_glass.review",
)
def review_glass(call: Call, body: dict[str, Any], break_glass_id: int) -> BreakGlass:
    """Judges an emergency access."""
    row = break_glass.review_break_glass(call.session, call.principal, break_glass_id, body["verdict"], body["note"])
    call.audit(object_kind="break_glass", person_id=row.person_id, verdict=row.verdict)
    return row


def own_person(call: Call) -> int:
    """The person a resident's account belongs to.

    Raises:
        Denied: the caller is no resident.
    """
    if call.principal.kind != "resident" or call.principal.person_id is None:
        raise Denied("request.denied")
    return call.principal.person_id


@endpoint(
    blp,
    "GET",
    "/consents",
    permission="access.consent.own",
    label="我的隐私设置",
    response=ConsentOut,
    many=True,
    scope="self",
)
def list_consents(call: Call) -> list[dict[str, Any]]:
    """The caller's own rules."""
    rows = consent.consents_of(call.session, own_person(call))
    return [{"id": number, "set_at": at, **asdict(rule)} for number, rule, at in rows]


@endpoint(
    blp,
    "POST",
    "/consents",
    permission="access.consent.own",
    label="隐藏或开放本人档案",
    body=ConsentIn,
    audit="consent.set",
    status=201,
    scope="self",
)
def set_consent(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Hides or opens the record, a class or a document; counts at once."""
    person = own_person(call)
    number = consent.set_consent(
        call.session, person, consent.Rule(**body), call.principal.id, call.principal.division_code or None
    )
    call.audit(object_kind="consent", object_id=number, person_id=person)
    return {"id": str(number)}


@endpoint(
    blp,
    "DELETE",
    "/consents/<int:consent_id>",
    permission="access.consent.own",
    label="撤销隐私设置",
    audit="consent.end",
    scope="self",
)
def end_consent(call: Call, consent_id: int) -> None:
    """Withdraws a rule."""
    call.audit(object_kind="consent", person_id=own_person(call))
    consent.end_consent(call.session, own_person(call), consent_id)


@endpoint(blp, "GET", "/policy", permission="access.policy.read", label="安全参数", scope="reference")
def show_policy(call: Call) -> list[dict[str, Any]]:
    """The security settings with their bounds."""
    values = asdict(access_policy(call.session))
    return [{"name": name, "value": values[name], **asdict(bound)} for name, bound in BOUNDS.items()]


@endpoint(
    blp,
    "PUT",
    "/policy",
    permission="access.policy.edit",
    label="修改安全参数",
    body=PolicyIn,
    audit="policy.edit",
    scope="reference",
)
def edit_policy(call: Call, body: dict[str, Any]) -> None:
    """Changes security settings; they count from the next request on."""
    call.audit(object_kind="policy", **body)
    change_policy(call.session, body)
