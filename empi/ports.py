"""The index as other packages know it: one small class per Protocol they declare, bound to the platform at start-up.

Packages above this one may not be imported here, so their Protocols are met by shape; ``Platform.bind`` knows them by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi import persons
from empi.golden import value_of
from empi.identity import RawIdentity, patient_key
from empi.lookup import by_credential
from empi.merging import current_person
from empi.models import IdentityRow
from empi.service import register
from empi.storing import facts_of, known
from empi.wide import whole_index
from health_platform.residents.api import RealPerson


class PersonIndex:
    """``health_platform.records``: which warehouse rows are a person's, and whose they are."""

    def pairs(self, session: Session, person_id: int) -> list[tuple[int, int]]:
        """(shelf, patient key) of the person's identities; empty when there is no such person in scope."""
        return persons.pairs(session, person_id)

    def persons_of(self, session: Session, patient_keys: Sequence[int]) -> dict[int, int]:
        """Patient key -> person id now, for those in scope that are linked."""
        return persons.persons_of(session, patient_keys)

    def institutions_of(self, session: Session, person_id: int) -> dict[int, int]:
        """Patient key -> id of the institution that assigned it."""
        keys = [key for _, key in persons.pairs(session, person_id)]
        with whole_index(session, "institutions of a person"):
            rows = known(session, keys)
        return {key: row.institution_id for key, row in rows.items() if row.institution_id is not None}


class IdentityResolver(Protocol):
    """``etl``: from the local numbers of an upload to places in the warehouse. The name is what it is bound by."""

    def resolve(self, session: Session, sender: Any, identities: Sequence[Any]) -> Mapping[str, Place]:
        """The place of every identity, by local id; unknown ones are registered."""


class Place(NamedTuple):
    """Where a patient's rows lie; neither part ever changes."""

    shelf: int
    patient_key: int


class PipelineIdentities:
    """Registers what uploads say of patients.

    The patient register of a sender states identities; other rows only mention them. A mention makes an unknown identity
    known, but never changes what the register said.
    """

    def resolve(self, session: Session, sender: Any, identities: Sequence[Any]) -> dict[str, Place]:
        """See ``IdentityResolver``."""
        raws = {one.local_id: _of_upload(sender, one) for one in identities}
        stated = {one.local_id for one in identities if one.register}
        with whole_index(session, "identities of an upload"):
            stored = known(session, [raw.patient_key for raw in raws.values()])
        known_already = {local_id: stored[raw.patient_key] for local_id, raw in raws.items()
                         if raw.patient_key in stored and local_id not in stated}
        places = {local_id: Place(row.shelf or 0, row.patient_key) for local_id, row in known_already.items()}
        waiting = [raw for local_id, raw in raws.items() if local_id not in known_already]
        results = register(session, waiting)
        places |= {raw.local_id: Place(result.shelf, result.patient_key)
                   for raw, result in zip(waiting, results, strict=True)}
        return places


def _of_upload(sender: Any, one: Any) -> RawIdentity:
    return RawIdentity(
        institution=str(sender.institution_id), institution_id=sender.institution_id, local_id=one.local_id,
        division_code=sender.division_code, source_time=one.source_time, name=one.name, gender=one.gender,
        birth_date=one.birth_date, id_type=one.id_type, id_no=one.id_number, phone=one.phone, address=one.address,
        nation=one.nation,
    )


def find_patient(session: Session, institution_id: int, local_patient_id: str) -> int | None:
    """``PatientFinder``: the person of an institution's own number, wherever it lies."""
    with whole_index(session, "patient of a launch"):
        row = known(session, [patient_key(str(institution_id), local_patient_id)])
    return next((one.person_id for one in row.values()), None)


def home_of(session: Session, person_id: int) -> str | None:
    """``PersonHome``: the division of the person's newest identity."""
    with whole_index(session, "home of a person"):
        current = current_person(session, person_id)
        statement = select(IdentityRow.division_code).where(IdentityRow.person_id == current)
        return session.scalar(statement.order_by(IdentityRow.source_time.desc()).limit(1))


def real_person(session: Session, name: str, id_number: str) -> RealPerson | None:
    """``PersonRegister``: the one person a real name and a resident id number belong to, or nobody."""
    with whole_index(session, "resident login"):
        found = by_credential(session, "id", id_number)
        named = [one for one in found if _says(session, one.matched, name)]
        if len(named) != 1:
            return None
        born = value_of(named[0].golden, "birth_date")
        home = home_of(session, named[0].person_id) or ""
        return RealPerson(named[0].person_id, name, _day(born), home)


def _says(session: Session, keys: Sequence[int], name: str) -> bool:
    """Whether one of the identities that carry the number carries the name as well."""
    return any(facts_of(session, row).get("name", "") == name.strip() for row in known(session, keys).values())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
