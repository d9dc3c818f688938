"""Pages of rights: role grid, roles, special authorisations, break-glass review, security settings."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import Any

from browser_ui.access.labels import EMERGENCIES, KINDS, ROLES, SPECIALS
from browser_ui.forms import choices, form_of
from health_platform.access.api import (
    BOUNDS,
    REASONS,
    GridEntryIn,
    PolicyIn,
    ReviewIn,
    RoleIn,
    SpecialIn,
    access_policy,
    all_roles,
    break_glass_list,
    get_role,
    permission_labels,
    permissions_of,
    role_grid,
    specials,
)
from health_platform.kernel.http import Blueprint, Call, endpoint

blp = Blueprint("pages_rights", __name__, url_prefix="/console/access", description="角色与授权页面")


@endpoint(
    blp,
    "GET",
    "/roles",
    permission="access.role.read",
    label="角色管理",
    template="access/roles.html",
    scope="reference",
)
def roles(call: Call) -> dict[str, Any]:
    """The grid of levels and lines with the roles of every cell, and the list of roles."""
    levels, lines, cells = role_grid(call.session)
    level_names = {level.code: level.label for level in levels}
    line_names = {line.code: line.label for line in lines}
    rows = [
        {
            "id": role.id,
            "name": role.name,
            "code": role.code,
            "predefined": role.predefined,
            "note": role.note,
            "level": level_names.get(role.level_code or "", "不限"),
            "line": line_names.get(role.line_code or "", "不限"),
            "count": len(permissions_of(call.session, role.id)),
        }
        for role in all_roles(call.session)
    ]
    return {
        "levels": [None, *levels],
        "lines": [None, *lines],
        "cells": cells,
        "columns": ROLES,
        "rows": rows,
        "grid_fields": form_of(GridEntryIn),
    }


def _role_fields(call: Call) -> tuple[Any, ...]:
    levels, lines, _ = role_grid(call.session)
    shown = form_of(
        RoleIn,
        level_code={"choices": choices((one.code, one.label) for one in levels), "kind": "select"},
        line_code={"choices": choices((one.code, one.label) for one in lines), "kind": "select"},
    )
    return tuple(item for item in shown if item.name != "permissions")


def _permission_groups(call: Call) -> list[tuple[str, list[Any]]]:
    """The catalogue by its first word, for the check boxes."""
    found = list(permission_labels(call.session).values())
    return [(area, list(items)) for area, items in groupby(found, key=lambda one: one.key.split(".")[0])]


@endpoint(
    blp,
    "GET",
    "/roles/new",
    permission="access.role.edit",
    label="新建角色页",
    template="access/role.html",
    scope="reference",
)
def new_role(call: Call) -> dict[str, Any]:
    """The form of a new role."""
    return {
        "role": None,
        "fields": _role_fields(call),
        "values": {},
        "held": frozenset(),
        "kinds": KINDS,
        "groups": _permission_groups(call),
    }


@endpoint(
    blp,
    "GET",
    "/roles/<int:role_id>",
    permission="access.role.read",
    label="角色详情",
    template="access/role.html",
    scope="reference",
)
def role_page(call: Call, role_id: int) -> dict[str, Any]:
    """One role with what it allows; predefined ones can be read only."""
    role = get_role(call.session, role_id)
    values = {name: getattr(role, name) for name in ("code", "name", "level_code", "line_code", "note")}
    return {
        "role": role,
        "fields": _role_fields(call),
        "values": values,
        "kinds": KINDS,
        "held": permissions_of(call.session, role_id),
        "groups": _permission_groups(call),
    }


@endpoint(
    blp,
    "GET",
    "/special",
    permission="access.special.read",
    label="特殊授权页",
    template="access/special.html",
)
def special(call: Call) -> dict[str, Any]:
    """Special authorisations in the caller's reach, with those waiting for a decision."""
    rows = [
        {
            "id": row.id,
            "name": name,
            "purpose": row.purpose,
            "state": row.state,
            "requested_at": row.requested_at,
            "valid_to": row.valid_to,
            "what": _what(row),
        }
        for row, name in specials(call.session)
    ]
    lines = choices((line.code, line.label) for line in role_grid(call.session)[1])
    return {"columns": SPECIALS, "rows": rows, "fields": form_of(SpecialIn, line={"choices": lines, "kind": "select"})}


def _what(row: Any) -> str:
    parts = (
        ("居民 ", row.subject_id),
        ("区划 ", row.prefix),
        ("条线 ", row.extra_line),
        ("文档类别 ", row.extra_class),
    )
    return "、".join(f"{label}{value}" for label, value in parts if value)


@endpoint(
    blp,
    "GET",
    "/break-glass",
    permission="access.break_glass.read",
    label="紧急调阅页",
    template="access/break_glass.html",
)
def break_glass(call: Call) -> dict[str, Any]:
    """Emergency accesses, unreviewed first."""
    names = ("id", "actor_name", "person_id", "reason", "opened_at", "review_due", "verdict", "review_note")
    rows = [
        {**{name: getattr(row, name) for name in names}, "reason_label": REASONS.get(row.reason_code, row.reason_code)}
        for row in break_glass_list(call.session)
    ]
    return {"columns": EMERGENCIES, "rows": rows, "fields": form_of(ReviewIn)}


@endpoint(
    blp,
    "GET",
    "/policy",
    permission="access.policy.read",
    label="安全参数页",
    template="access/policy.html",
    scope="reference",
)
def policy(call: Call) -> dict[str, Any]:
    """Security settings with their bounds."""
    ranges = {name: {"hint": f"{bound.low} 至 {bound.high}", "required": True} for name, bound in BOUNDS.items()}
    return {"fields": form_of(PolicyIn, **ranges), "values": asdict(access_policy(call.session))}
