"""Between the tables of grants and the frozen facts of the evaluator; row authentication codes."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.authority.evaluate import Cell, GrantFact
from health_platform.access.authority.models import Grant, SpecialGrant
from health_platform.access.authority.roles import permissions_by_role
from health_platform.kernel.crypto import crypto_of

log = logging.getLogger("health_platform.access")

ALL = "*"  # the permission of root grants: everything may be handed out, nothing used

_GRANT_FIELDS = (
    "id",
    "grantee_id",
    "role_id",
    "permission",
    "prefix",
    "line_code",
    "institution_id",
    "below",
    "classes",
    "may_use",
    "may_grant",
    "depth",
    "valid_from",
    "valid_to",
    "granted_by",
    "parent_id",
    "post",
    "revoked_at",
)
_SPECIAL_FIELDS = (
    "id",
    "grantee_id",
    "subject_id",
    "prefix",
    "extra_line",
    "extra_class",
    "state",
    "approver_id",
    "valid_to",
)


def _content(row: Any, names: tuple[str, ...]) -> bytes:
    return json.dumps([_plain(getattr(row, name)) for name in names], separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _names(row: Grant | SpecialGrant) -> tuple[str, ...]:
    return _GRANT_FIELDS if isinstance(row, Grant) else _SPECIAL_FIELDS


def seal(session: Session, row: Grant | SpecialGrant) -> None:
    """Write the row's authentication code (GB/T 22239 8.1.4.7 b): a change behind the platform's back becomes visible."""
    session.flush()
    crypto = crypto_of(session.get_bind().dialect)
    row.mac = crypto.mac(_content(row, _names(row)), row.__tablename__)
    session.flush()


def genuine(session: Session, row: Grant | SpecialGrant) -> bool:
    """Whether the row is as the platform wrote it; a forged one is reported and counts for nothing."""
    crypto = crypto_of(session.get_bind().dialect)
    if crypto.verify(_content(row, _names(row)), row.mac or "", row.__tablename__):
        return True
    log.error("authority row fails its authentication code", extra={"facts": {"table": row.__tablename__, "id": row.id}})
    return False


def fact_of(row: Grant, permissions: dict[int, frozenset[str]]) -> GrantFact:
    """The frozen fact of a grant row."""
    allowed: frozenset[str] | None
    if row.role_id is not None:
        allowed = permissions.get(row.role_id, frozenset())
    else:
        allowed = None if row.permission == ALL else frozenset({row.permission or ""})
    classes = None if row.classes is None else frozenset(row.classes)
    return GrantFact(
        id=row.id,
        grantee=row.grantee_id,
        granted_by=row.granted_by,
        permissions=allowed,
        cell=Cell(row.prefix, row.line_code, row.institution_id, row.below, classes),
        may_use=row.may_use,
        may_grant=row.may_grant,
        depth=row.depth,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        parent=row.parent_id,
        revoked=row.revoked_at is not None,
    )


def facts_with_ancestors(session: Session, grantee_id: int) -> dict[int, GrantFact]:
    """The running grants of an account and everything they derive from, by id; forged rows are left out.

    The session must be under a scope that sees all grants.
    """
    own = select(Grant).where(Grant.grantee_id == grantee_id, Grant.revoked_at.is_(None))
    rows = {row.id: row for row in session.scalars(own)}
    missing = _parents(rows.values()) - set(rows)
    while missing:
        more = list(session.scalars(select(Grant).where(Grant.id.in_(sorted(missing)))))
        rows |= {row.id: row for row in more}
        missing = _parents(more) - set(rows)
    permissions = permissions_by_role(session)
    return {row.id: fact_of(row, permissions) for row in rows.values() if genuine(session, row)}


def _parents(rows: Iterable[Grant]) -> set[int]:
    return {row.parent_id for row in rows if row.parent_id is not None}


def all_facts(session: Session) -> dict[int, GrantFact]:
    """Every grant, for checks over the whole."""
    permissions = permissions_by_role(session)
    return {row.id: fact_of(row, permissions) for row in session.scalars(select(Grant))}
