"""Patient numbers under their assigning authorities: kept when messages bring them, named again in answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.api import pairs, patient_key
from etl.api import Sender
from exchange.hl7v2.models import Hl7Number, Hl7Sender

_CHUNK: Final = 400


@dataclass(frozen=True, slots=True)
class Number:
    """A number under an authority."""

    authority: str
    local_id: str


@dataclass(frozen=True, slots=True)
class Authorities:
    """Assigning authorities and the institutions they stand for."""

    institution: dict[str, int]

    def of(self, *names: str) -> int | None:
        """The institution of the first known name (namespace or OID)."""
        return next((self.institution[name] for name in names if name in self.institution), None)

    def name_of(self, institution_id: int) -> str:
        return next((name for name, one in self.institution.items() if one == institution_id), str(institution_id))


def load_authorities(session: Session) -> Authorities:
    """Authorities of all registered senders, active or not: their numbers stay valid."""
    rows = session.execute(select(Hl7Sender.authority, Hl7Sender.institution_id).where(Hl7Sender.authority.is_not(None)))
    return Authorities({str(name): int(institution) for name, institution in rows})


def keep_numbers(session: Session, numbers: Iterable[tuple[Sender, str]]) -> None:
    """Remember patient numbers; those known already change nothing."""
    wanted = {patient_key(str(sender.institution_id), number): (sender, number) for sender, number in numbers if number}
    keys = sorted(wanted)
    known: set[int] = set()
    for start in range(0, len(keys), _CHUNK):
        some = keys[start : start + _CHUNK]
        known.update(session.scalars(select(Hl7Number.patient_key).where(Hl7Number.patient_key.in_(some))))
    for key in keys:
        if key not in known:
            sender, number = wanted[key]
            division = sender.division_code
            session.add(
                Hl7Number(patient_key=key, institution_id=sender.institution_id, local_id=number[:80], division_code=division)
            )


def numbers_of(session: Session, person_id: int, authorities: Authorities) -> Sequence[Number]:
    """All numbers of a person, by authority."""
    keys = [key for _, key in pairs(session, person_id)]
    if not keys:
        return []
    rows = session.scalars(select(Hl7Number).where(Hl7Number.patient_key.in_(keys[:_CHUNK])).order_by(Hl7Number.id))
    return [Number(authorities.name_of(row.institution_id), row.local_id) for row in rows]
