"""Accounts follow the people they belong to: to another unit, and out of service."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.accounts.models import LOCKED, User
from health_platform.access.accounts.service import touched
from health_platform.access.authority.grants import revoke
from health_platform.access.authority.models import Grant
from health_platform.access.signin.sessions import end_sessions_of
from health_platform.access.units import Unit


def change_employer(session: Session, by: int, login_name: str, unit: Unit) -> None:
    """Let an account belong to another unit. Rights within other units end; the new unit gives its own.

    The session must be under a scope that sees the account.
    """
    user = session.scalar(select(User).where(User.login_name == login_name))
    if user is None or user.institution_id == unit.id:
        return
    running = select(Grant.id).where(
        Grant.grantee_id == user.id,
        Grant.revoked_at.is_(None),
        Grant.institution_id.is_not(None),
        Grant.institution_id != unit.id,
    )
    for grant_id in list(session.scalars(running)):
        revoke(session, by, grant_id)
    user.institution_id, user.institution_name = unit.id, unit.name
    user.division_code, user.line_code = unit.division_code, unit.line_code
    touched(session, user)


def end_employment(session: Session, login_name: str, reason: str) -> None:
    """Stop the account of somebody who left; its sessions end with it."""
    user = session.scalar(select(User).where(User.login_name == login_name))
    if user is not None and user.status != LOCKED:
        user.status, user.status_reason = LOCKED, reason
        end_sessions_of(session, user.id, "locked")
        touched(session, user)
