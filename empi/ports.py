"""The index as other packages know it: one small class per Protocol they declare, bound to the platform at start-up.

Packages above this one may not be imported here, so their Protocols are met by shape; ``Platform.bind`` knows them by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi import persons
from empi.identity import RawIdentity
from empi.models import PersonRow
from empi.service import register
from empi.storing import known
from empi.wide import whole_index
from health_platform.kernel.scope import scope_of
from health_platform.records.api import Located


class PersonIndex:
    """``health_platform.records``: which warehouse rows are a person's, and whose they are."""

    def pairs(self, session: Session, person_id: int) -> list[tuple[int, int]]:
        """(shelf, patient key) of the person's identities; empty when there is no such person in scope."""
        return persons.pairs(session, person_id)

    def persons_of(self, session: Session, patient_keys: Sequence[int]) -> dict[int, int]:
        """Patient key -> person id now, for those in scope that are linked."""
        return persons.persons_of(session, patient_keys)

    def locate(self, session: Session, person_id: int) -> Located | None:
        """The id in use, all pairs and the institutions behind them; None when there is no such person in scope."""
        return persons.located(session, person_id)


class ResidentDirectory:
    """``health_platform.access``: whose residents are whose."""

    def rules_over(self, session: Session, person_id: int) -> bool:
        """Whether the person lives within the jurisdiction of the session; a relationship with the person is none."""
        where = session.scalar(select(PersonRow.division_code).where(PersonRow.person_id == person_id))
        return where is not None and scope_of(session).covers_division(where)


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
    known, but never changes what the register said, and is changed by whatever the register says, however old that is: a visit
    often arrives before its patient, who was registered a minute earlier.
    """

    def resolve(self, session: Session, sender: Any, identities: Sequence[Any]) -> dict[str, Place]:
        """See ``IdentityResolver``."""
        raws = {one.local_id: _of_upload(sender, one) for one in identities}
        stated = {one.local_id for one in identities if one.register}
        with whole_index(session, "identities of an upload"):
            stored = known(session, [raw.patient_key for raw in raws.values()])
        known_already = {
            local_id: stored[raw.patient_key]
            for local_id, raw in raws.items()
            if raw.patient_key in stored and local_id not in stated
        }
        places = {local_id: Place(row.shelf or 0, row.patient_key) for local_id, row in known_already.items()}
        waiting = [raw for local_id, raw in raws.items() if local_id not in known_already]
        results = register(session, waiting)
        places |= {raw.local_id: Place(result.shelf, result.patient_key) for raw, result in zip(waiting, results, strict=True)}
        return places


def _of_upload(sender: Any, one: Any) -> RawIdentity:
    return RawIdentity(
        institution=str(sender.institution_id),
        institution_id=sender.institution_id,
        local_id=one.local_id,
        division_code=sender.division_code,
        source_time=one.source_time,
        mention=not one.register,
        name=one.name,
        gender=one.gender,
        birth_date=one.birth_date,
        id_type=one.id_type,
        id_no=one.id_number,
        phone=one.phone,
        address=one.address,
        nation=one.nation,
    )
