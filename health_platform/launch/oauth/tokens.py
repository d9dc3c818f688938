"""Tokens of apps: recognised, ended with the visit, ended by the resident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from health_platform.launch.oauth.apps import Subject, digest
from health_platform.launch.oauth.models import DelegatedApp, DelegatedCode, DelegatedToken, LaunchHandle


def live(session: Session, text: str, at: datetime) -> DelegatedToken | None:
    """The token, when it is valid now and its app in use."""
    statement = (
        select(DelegatedToken)
        .join(DelegatedApp, DelegatedApp.client_id == DelegatedToken.client_id)
        .where(
            DelegatedToken.digest == digest(text), DelegatedToken.expires_at > at, DelegatedToken.revoked_at.is_(None),
            DelegatedApp.active.is_(True),
        )
    )  # fmt: skip
    found: DelegatedToken | None = session.scalar(statement)
    return found


def subject_of(token: DelegatedToken) -> Subject:
    return Subject(**token.subject)


def end_tokens(session: Session, at: datetime, *which: Any) -> None:
    """End tokens: they are not recognised any more, and their refresh tokens neither."""
    statement = update(DelegatedToken).where(*which, DelegatedToken.revoked_at.is_(None)).values(revoked_at=at)
    session.execute(statement.execution_options(synchronize_session=False))


def end_of_visit(session: Session, visit: str, at: datetime) -> None:
    """The visit is over: apps opened in it lose their tokens."""
    end_tokens(session, at, DelegatedToken.visit == visit)


def given_by(session: Session, person_id: int, at: datetime) -> Sequence[tuple[DelegatedApp, DelegatedToken]]:
    """Apps a resident lets read, with the newest running token of each."""
    statement = (
        select(DelegatedApp, DelegatedToken)
        .join(DelegatedToken, DelegatedToken.client_id == DelegatedApp.client_id)
        .where(
            DelegatedApp.kind == "resident", DelegatedToken.person_id == person_id, DelegatedToken.revoked_at.is_(None),
            DelegatedToken.refresh_until > at,
        )
        .order_by(DelegatedApp.name, DelegatedToken.issued_at.desc())
    )  # fmt: skip
    newest: dict[int, tuple[DelegatedApp, DelegatedToken]] = {}
    for app, token in session.execute(statement):
        newest.setdefault(app.id, (app, token))
    return list(newest.values())


def forget_old(session: Session, before: datetime) -> None:
    """Remove handles, codes and tokens that can no longer matter."""
    session.execute(delete(LaunchHandle).where(LaunchHandle.expires_at < before))
    session.execute(delete(DelegatedCode).where(DelegatedCode.expires_at < before))
    unrefreshed = or_(DelegatedToken.refresh_until.is_(None), DelegatedToken.refresh_until < before)
    session.execute(delete(DelegatedToken).where(DelegatedToken.expires_at < before, unrefreshed))
