"""The permission catalogue: everything that can be allowed, known from declarations, kept as data.

Kinds: ``function`` (an endpoint), ``menu``, ``element`` (a button of a page), ``field`` (shown instead of masked), ``data``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.authority.definitions.roles import FIELDS
from health_platform.access.authority.models import PermissionKey
from health_platform.kernel.platform import Platform

NOT_PERMISSIONS = frozenset({"public", "session"})


@dataclass(frozen=True)
class Permission:
    """One thing that can be allowed."""

    key: str
    kind: str
    label: str


def declared(platform: Platform) -> dict[str, Permission]:
    """The catalogue as the code of this platform declares it."""
    found: dict[str, Permission] = {key: Permission(key, "field", label) for key, label in FIELDS}
    for item in platform.menus.values():
        found.setdefault(item.permission, Permission(item.permission, "menu", item.label))
        for button in item.buttons:
            found.setdefault(button.permission, Permission(button.permission, "element", button.label))
    for blueprint in platform.blueprints:
        for spec in getattr(blueprint, "specs", ()):
            found.setdefault(spec.permission, Permission(spec.permission, "function", spec.label))
    return {key: one for key, one in sorted(found.items()) if key not in NOT_PERMISSIONS}


def matching(patterns: tuple[str, ...], keys: set[str]) -> frozenset[str]:
    """The catalogue keys a definition's patterns select, in order; ``-pattern`` takes keys away again."""
    chosen: set[str] = set()
    for pattern in patterns:
        if pattern.startswith("-"):
            chosen -= {key for key in chosen if fnmatchcase(key, pattern[1:])}
        else:
            chosen |= {key for key in keys if fnmatchcase(key, pattern)}
    return frozenset(chosen)


def write_catalogue(session: Session, found: dict[str, Permission]) -> None:
    """Add new permissions and correct labels; keys that left the code stay, so that old roles can be read."""
    known = {row.key: row for row in session.scalars(select(PermissionKey))}
    for one in found.values():
        row = known.get(one.key)
        if row is None:
            session.add(PermissionKey(key=one.key, kind=one.kind, label=one.label[:80]))
        elif (row.kind, row.label) != (one.kind, one.label[:80]):
            row.kind, row.label = one.kind, one.label[:80]
    session.flush()


def permission_labels(session: Session) -> dict[str, Permission]:
    """The stored catalogue by key."""
    rows = session.scalars(select(PermissionKey).order_by(PermissionKey.key))
    return {row.key: Permission(row.key, row.kind, row.label) for row in rows}
