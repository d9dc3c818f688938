"""Accounts and rights follow changes of divisions, so that nobody is locked out of a place that got another code."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.accounts.models import User
from health_platform.access.accounts.service import touched
from health_platform.access.authority.models import Grant
from health_platform.access.authority.store import seal
from health_platform.access.divisions import prefix_of


def move_accounts(session: Session, moves: Mapping[int, str]) -> None:
    """Give accounts another division: account id to 12-digit code. At most some hundreds at a time."""
    for user in session.scalars(select(User).where(User.id.in_(moves))):
        user.division_code = moves[user.id]
        touched(session, user)


def move_grants(session: Session, moves: Mapping[int, str]) -> None:
    """Let grants reach another division instead: grant id to 12-digit code. They are sealed anew."""
    holders = set()
    for row in session.scalars(select(Grant).where(Grant.id.in_(moves))):
        row.division_code, row.prefix = moves[row.id], prefix_of(moves[row.id])
        seal(session, row)
        holders.add(row.grantee_id)
    for user in session.scalars(select(User).where(User.id.in_(holders))):
        touched(session, user)
