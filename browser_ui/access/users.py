"""Pages of accounts: list, opening, one account with its grants, running sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, jsonify, render_template, request
from marshmallow import fields, validate

from browser_ui.access.forms import faults, posted
from browser_ui.access.labels import GRANTS, SESSIONS, STATUS, USERS
from browser_ui.forms import Choice, FormField, choices, form_of
from browser_ui.tables import Page
from browser_ui.units import units_named
from health_platform.access.api import (
    GrantIn,
    UserChangeIn,
    UserIn,
    UserSearch,
    directory_of,
    find_users,
    get_user,
    grantable_roles,
    grants_of,
    open_for,
    prefix_of,
    reachable_units,
    reset_password,
    role_grid,
    running_sessions,
)
from health_platform.kernel.errors import PlatformError
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from health_platform.kernel.parsing import whole
from registry.api import DivisionFilter, Level, list_divisions

SIZE = 50
blp = Blueprint("pages_users", __name__, url_prefix="/console/access", description="账号页面")


class UserFilter(Schema):
    """What the list is narrowed by."""

    text = fields.String(load_default="", validate=validate.Length(max=60), metadata={"label": "姓名、登录名、单位或身份证号"})
    status = fields.String(
        load_default="",
        metadata={"label": "状态"},
        validate=validate.OneOf(["", *list(STATUS)[:3]], ["", *(label for label, _ in list(STATUS.values())[:3])]),
    )
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))


def _filters() -> tuple[FormField, ...]:
    states = choices((key, STATUS[key][0]) for key in ("active", "locked", "disabled"))
    return form_of(UserFilter, status={"choices": states})[:2]


@endpoint(
    blp,
    "GET",
    "/users",
    permission="access.user.read",
    label="用户管理",
    query=UserFilter,
    template="access/users.html",
)
def users(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Accounts in the caller's reach."""
    search = UserSearch(query["text"], query["status"])
    rows, total = find_users(call.session, search, (query["page"] - 1) * SIZE, SIZE)
    return {"columns": USERS, "page": Page(rows, total, query["page"], SIZE), "query": query, "fields": _filters()}


def _new_fields(call: Call) -> tuple[FormField, ...]:
    """The form of a new account: a unit administrator picks among the own units, a division administrator finds one."""
    units = reachable_units(call.session, call.principal, directory_of(call.platform))
    roles = choices((role.code, role.name) for role in grantable_roles(call.session, call.principal.id))
    changes: dict[str, Any] = {"role": {"choices": roles, "kind": "select"}}
    if units:
        named = choices((unit.id, unit.name) for unit in units)
        changes["institution_id"] = {"choices": named, "kind": "select", "label": "单位", "required": True, "hint": ""}
    else:
        changes |= {"institution_id": _unit_lookup(call), "division_code": _division_choice(call)}
    shown = form_of(UserIn, **changes)
    return tuple(item for item in shown if not (units and item.name == "division_code"))


def _unit_lookup(call: Call) -> dict[str, Any]:
    """The institution is found by name; the one that was posted, or the caller's own, stands there."""
    known = whole(request.form.get("institution_id") or str(call.principal.institution_id or ""))
    scope, units = call.principal.scope, directory_of(call.platform)
    unit = units.unit(call.session, known) if known is not None else None
    named = choices([(unit.id, unit.name)] if unit and scope.covers_division(unit.division_code) else ())
    hint = "卫生健康行政部门的账号不填机构，选管辖区划"
    return {"kind": "lookup", "lookup": "/console/access/users/units", "label": "所在机构", "choices": named, "hint": hint}


def _division_choice(call: Call) -> dict[str, Any]:
    """The divisions an account without an institution may stand for: counties, and in a county its towns."""
    scope = call.principal.scope
    levels = (Level.CITY, Level.COUNTY) if _rules_city(call) else (Level.COUNTY, Level.TOWN)
    found = [one for level in levels for one in list_divisions(call.session, DivisionFilter(level=level))]
    named = choices((one.code, one.name) for one in found if scope.covers_division(one.code))
    hint = "填了所在机构时以机构所在地为准；都不填为您的管辖区划"
    return {"label": "管辖区划", "hint": hint, **({"choices": named, "kind": "select"} if named else {})}


def _rules_city(call: Call) -> bool:
    return call.principal.scope.everything or any(len(prefix) <= Level.CITY for prefix in call.principal.scope.divisions)


class UnitQuery(Schema):
    """Part of an institution's name."""

    text = fields.String(load_default="", validate=validate.Length(max=60))


@endpoint(blp, "GET", "/users/units", permission="access.user.create", label="查找账号所在机构", query=UnitQuery, raw=True)
def units(call: Call, query: dict[str, Any]) -> Response:
    """Institutions of the caller's jurisdiction by name."""
    return jsonify(units_named(call.session, query["text"]))


@endpoint(
    blp,
    "GET",
    "/users/new",
    permission="access.user.create",
    label="新建账号页",
    template="access/user_new.html",
)
def new_user(call: Call) -> dict[str, Any]:
    """The form of a new account."""
    values = {"institution_id": call.principal.institution_id}
    return {"fields": _new_fields(call), "values": values, "errors": {}, "problem": ""}


@endpoint(blp, "POST", "/users/new", permission="access.user.create", label="新建账号", raw=True, audit="user.create")
def create_user(call: Call) -> Response:
    """Opens the account and shows its first password this once."""
    try:
        with call.session.begin_nested():
            body = posted(UserIn)
            user, password = open_for(call.session, call.principal, directory_of(call.platform), body)
    except PlatformError as error:
        call.audit(outcome="refused", error=error.code)
        context = {"values": request.form, "errors": faults(error), "problem": error.message}
        text = render_template("access/user_new.html", fields=_new_fields(call), **context)
        return Response(text, error.status, mimetype="text/html")
    call.audit(object_kind="user", object_id=user.id, role=body.get("role"))
    return _password_page(call, user, password)


def _password_page(call: Call, user: Any, password: str) -> Response:
    return Response(render_template("access/password.html", user=user, password=password), mimetype="text/html")


@endpoint(
    blp,
    "POST",
    "/users/<int:user_id>/reset",
    permission="access.user.reset",
    label="重置口令",
    raw=True,
    audit="user.reset_password",
)
def reset(call: Call, user_id: int) -> Response:
    """Gives a new first password and shows it this once."""
    user, password = reset_password(call.session, call.principal, user_id)
    call.audit(object_kind="user")
    return _password_page(call, user, password)


@endpoint(
    blp,
    "GET",
    "/users/<int:user_id>",
    permission="access.user.read",
    label="账号详情",
    template="access/user.html",
)
def user_page(call: Call, user_id: int) -> dict[str, Any]:
    """One account, its grants and what can be granted to it."""
    user = get_user(call.session, user_id, secrets=True)
    values = {name: getattr(user, name) for name in ("real_name", "phone", "title", "certificate")}
    return {
        "user": user,
        "masked": _masked(user.id_no),
        "fields": form_of(UserChangeIn),
        "values": values,
        "grants": _grant_lines(call, user_id),
        "columns": GRANTS,
        "status": STATUS,
        "grant_fields": _grant_fields(call, user),
        "grant_values": {
            "prefix": prefix_of(user.division_code or ""),
            "institution_id": user.institution_id,
            "may_use": True,
            "grantee_id": user.id,
        },
    }


def _masked(id_no: str | None) -> str | None:
    return f"{id_no[:3]}***********{id_no[-4:]}" if id_no else None


def _grant_lines(call: Call, user_id: int) -> list[dict[str, Any]]:
    lines = {line.code: line.label for line in role_grid(call.session)[1]}
    names = ("id", "prefix", "may_use", "may_grant", "depth", "valid_to", "granted_at", "reason")
    return [
        {
            **{name: getattr(grant, name) for name in names},
            "line": lines.get(str(grant.line_code), grant.line_code) or "全部",
            "what": role.name if role else grant.permission,
            "unit": _unit_name(call, grant.institution_id, grant.below),
        }
        for grant, role in grants_of(call.session, user_id)
    ]


def _unit_name(call: Call, unit_id: int | None, below: bool) -> str | None:
    if unit_id is None:
        return None
    unit = directory_of(call.platform).unit(call.session, unit_id)
    return f"{unit.name if unit else unit_id}{'（含下属）' if below else ''}"


def _grant_fields(call: Call, user: Any) -> tuple[FormField, ...]:
    roles = choices((role.code, role.name) for role in grantable_roles(call.session, call.principal.id))
    lines = choices((line.code, line.label) for line in role_grid(call.session)[1])
    shown = form_of(
        GrantIn,
        role={"choices": roles, "kind": "select"},
        line={"choices": lines, "kind": "select"},
        grantee_id={"kind": "hidden"},
    )
    unit = (Choice(str(user.institution_id), user.institution_name or ""),) if user.institution_id else ()
    return tuple(
        replace(item, choices=unit, kind="select") if item.name == "institution_id" else item
        for item in shown
        if item.name != "permission"
    )


@endpoint(
    blp,
    "GET",
    "/sessions",
    permission="access.session.read",
    label="在线会话页",
    template="access/sessions.html",
)
def sessions(call: Call) -> dict[str, Any]:
    """Running sessions of accounts in the caller's reach."""
    names = ("id", "kind", "address", "agent", "created_at", "seen_at")
    rows = [
        {**{name: getattr(row, name) for name in names}, "real_name": user.real_name, "methods": "、".join(row.methods)}
        for row, user in running_sessions(call.session)
    ]
    return {"columns": SESSIONS, "rows": rows}
