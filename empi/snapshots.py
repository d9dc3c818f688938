"""The exact state of some identities, so that a merge can be taken back byte by byte."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from empi.assertions import assertions_about, forget_pairs
from empi.models import AssertionRow, IdentityRow, PersonRow, ReviewRow
from empi.querying import chunks

Rows = dict[Any, dict[str, Any]]
Snapshot = dict[str, Rows]

_LINK = ("person_id", "linked_by", "link_decision", "linked_at")
_PERSON = ("state", "merged_into")
_REVIEW = ("person_id", "other_person", "state", "verdict", "first_by", "first_name", "closed_by", "closed_at", "note")
_INSTANTS = ("linked_at", "closed_at")


def snapshot(session: Session, keys: Iterable[int]) -> Snapshot:
    """Links, persons, assertions and questions of these identities as they stand."""
    ordered = sorted(keys)
    identities = _rows(session, IdentityRow, "patient_key", _LINK, ordered)
    persons = {row["person_id"] for row in identities.values() if row["person_id"] is not None}
    return {
        "identities": identities,
        "persons": _rows(session, PersonRow, "person_id", _PERSON, persons),
        "assertions": {
            (row.left_key, row.right_key): {"same": row.same, "decision_id": row.decision_id}
            for row in assertions_about(session, ordered)
        },
        "reviews": _reviews(session, ordered),
    }


def _rows(session: Session, model: Any, key: str, columns: tuple[str, ...], keys: Iterable[int]) -> Rows:
    found: Rows = {}
    wanted = [getattr(model, name) for name in (key, *columns)]
    for some in chunks(keys):
        for first, *values in session.execute(select(*wanted).where(getattr(model, key).in_(some))):
            found[first] = dict(zip(columns, values, strict=True))
    return found


def _reviews(session: Session, keys: list[int]) -> Rows:
    session.flush()
    found: Rows = {}
    columns = [getattr(ReviewRow, name) for name in ("id", *_REVIEW)]
    for some in chunks(keys):
        touches = or_(ReviewRow.left_key.in_(some), ReviewRow.right_key.in_(some))
        for first, *values in session.execute(select(*columns).where(touches)):
            found[first] = dict(zip(_REVIEW, values, strict=True))
    return found


def changes(before: Snapshot, after: Snapshot) -> dict[str, dict[str, Any]]:
    """What must be written to get from ``after`` back to ``before``, as JSON; ``None`` means the row was not there."""
    found: dict[str, dict[str, Any]] = {}
    for table, rows in before.items():
        later = after[table]
        found[table] = {
            _name(key): _plain(_undoing(table, row, later.get(key))) for key, row in rows.items() if later.get(key) != row
        }
        found[table] |= {_name(key): None for key in later if key not in rows}
    return found


def _undoing(table: str, row: dict[str, Any], later: dict[str, Any] | None) -> dict[str, Any]:
    """What to write back of one row: all of it, but of a question that stayed open only what changed, since people may have
    answered it meanwhile."""
    if table != "reviews" or later is None or later["state"] != row["state"]:
        return row
    return {name: value for name, value in row.items() if later[name] != value}


def _name(key: Any) -> str:
    return ":".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    return {name: datetime.fromisoformat(value) if name in _INSTANTS and value else value for name, value in row.items()}


def restore(session: Session, undo: dict[str, dict[str, Any]]) -> None:
    """Write back what ``changes`` found."""
    _update(session, IdentityRow, "patient_key", undo["identities"])
    _update(session, ReviewRow, "id", undo["reviews"])
    _update(session, PersonRow, "person_id", undo["persons"])
    made = [int(key) for key, row in undo["persons"].items() if row is None]
    if made:
        session.execute(delete(PersonRow).where(PersonRow.person_id.in_(made)).execution_options(synchronize_session=False))
    pairs = {
        (int(left), int(right)): row for left, right, row in ((*key.split(":"), row) for key, row in undo["assertions"].items())
    }
    forget_pairs(session, pairs)
    if again := [{"left_key": left, "right_key": right, **row} for (left, right), row in pairs.items() if row]:
        session.execute(insert(AssertionRow), again)


def _update(session: Session, model: Any, key: str, rows: dict[str, Any]) -> None:
    session.flush()
    changed = [{key: int(name), **_typed(row)} for name, row in rows.items() if row is not None]
    if changed:
        session.execute(update(model), sorted(changed, key=sorted))  # rows that change the same columns together
        session.expire_all()
