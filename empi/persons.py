"""Persons and their patient keys: what every reader of clinical rows asks the index."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from empi.lookup import visible_persons
from empi.models import IdentityRow
from empi.querying import chunks
from empi.ruling import current_person
from empi.storing import known
from empi.wide import whole_index
from health_platform.kernel.errors import NotFound
from health_platform.kernel.scope import scope_of
from health_platform.records.api import Located


def in_use(session: Session, person_id: int) -> int:
    """The id in use for a person the caller may see.

    Raises:
        NotFound: nobody, or nobody the caller may see.
    """
    with whole_index(session, "follow merges"):
        current = current_person(session, person_id)
    if current not in visible_persons(session, [current]):
        raise NotFound("empi.person_unknown", person_id=str(person_id))
    return current


def pairs(session: Session, person_id: int) -> list[tuple[int, int]]:
    """(shelf, patient key) of every identity of a person the caller may see; nothing for anybody else.

    All of the person's identities are named, those of other counties too: what of the clinical rows behind them the caller may
    read is decided where they are read.
    """
    found = located(session, person_id)
    return list(found.pairs) if found else []


def located(session: Session, person_id: int) -> Located | None:
    """``pairs`` with the id in use and the institutions that gave the numbers, in one look at the identities."""
    with whole_index(session, "patient keys of a person"):
        current, found = person_id, _places_of(session, person_id)
        if not found:  # a merged person keeps no identity: all of them moved to the other
            current = current_person(session, person_id)
            found = _places_of(session, current) if current != person_id else []
    if not found or not _sees(session, current):
        return None
    given = {key: institution for _, key, institution in found if institution is not None}
    return Located(current, [(shelf, key) for shelf, key, _ in found], given)


def _sees(session: Session, person_id: int) -> bool:
    """Whether the caller may see a person who has identities: by relationship whoever it is, otherwise by one of them."""
    return scope_of(session).covers_person(person_id) or person_id in visible_persons(session, [person_id])


def _places_of(session: Session, person_id: int) -> list[tuple[int, int, int | None]]:
    found = session.execute(_PLACES, {"person": person_id}).all()
    return [(int(shelf or 0), int(key), institution) for shelf, key, institution in found]


_PLACES = (
    select(IdentityRow.shelf, IdentityRow.patient_key, IdentityRow.institution_id)
    .where(IdentityRow.person_id == bindparam("person"))
    .order_by(IdentityRow.shelf, IdentityRow.patient_key)
)
"""Built once: every reading of a record begins with it."""


@dataclass(frozen=True, order=True)
class Numbered:
    """A person's number at one institution (the registry id as text, or the assigner's own code)."""

    institution: str
    local_id: str


def numbers_of(session: Session, person_id: int) -> list[Numbered]:
    """The numbers of a person the caller may see, at every institution; nothing for anybody else."""
    keys = [key for _, key in pairs(session, person_id)]
    with whole_index(session, "numbers of a person"):
        rows = known(session, keys)
    return sorted(
        (Numbered(row.institution, row.local_id) for row in rows.values()), key=lambda one: (one.institution, one.local_id)
    )


def persons_of(session: Session, patient_keys: Iterable[int]) -> dict[int, int]:
    """Person id by patient key, for the identities the session may see."""
    found: dict[int, int] = {}
    for some in chunks(patient_keys):
        statement = select(IdentityRow.patient_key, IdentityRow.person_id).where(IdentityRow.patient_key.in_(some))
        found.update((key, person) for key, person in session.execute(statement) if person is not None)
    return found
