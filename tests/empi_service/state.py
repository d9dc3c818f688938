"""The whole current state of the index as bytes, so that two states can be compared exactly."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.models import (
    AssertionRow,
    BlockRow,
    EdgeRow,
    GoldenRow,
    IdentityRow,
    PersonRow,
    ReviewRow,
    RevisionRow,
    TokenRow,
)

CURRENT = (IdentityRow, PersonRow, GoldenRow, EdgeRow, AssertionRow, BlockRow, TokenRow, ReviewRow, RevisionRow)


def state(session: Session) -> bytes:
    """Every column of every row of the current state, decrypted, in a fixed order. History is no part of it."""
    session.flush()
    session.expire_all()
    found = {}
    for model in CURRENT:
        columns = [column.key for column in model.__mapper__.column_attrs]
        rows = session.execute(select(*(getattr(model, name) for name in columns))).all()
        found[model.__tablename__] = sorted(json.dumps(list(map(_plain, row)), ensure_ascii=False) for row in rows)
    return json.dumps(found, ensure_ascii=False, indent=1).encode()


def clusters(session: Session) -> set[frozenset[tuple[str, str]]]:
    """The persons as sets of (institution, local id)."""
    groups: dict[int | None, set[tuple[str, str]]] = {}
    statement = select(IdentityRow.person_id, IdentityRow.institution, IdentityRow.local_id)
    for person, institution, local_id in session.execute(statement):
        groups.setdefault(person, set()).add((institution, local_id))
    return {frozenset(group) for group in groups.values()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
