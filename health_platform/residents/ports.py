"""What the resident portal needs from outside, as Protocols."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class RealPerson:
    """A person of the master index."""

    person_id: int
    name: str
    born: date | None


@dataclass(frozen=True)
class Custody:
    """Who says to have custody of whom: persons of the master index, and the child's identity number as typed."""

    holder_id: int
    holder_name: str
    child: RealPerson
    child_number: str
    relation: str


class PersonRegister(Protocol):
    """Finds the one person a real name and an identity number belong to."""

    def __call__(self, session: Session, name: str, id_number: str) -> RealPerson | None: ...


class IdentityVerifier(Protocol):
    """Confirms that the phone belongs to the person (police, insurance or operator service), who has custody of whom, and
    sends the code.

    Raises:
        Unavailable: the service is away.
    """

    def confirm(self, name: str, id_number: str, phone: str) -> bool:
        """Whether name, number and phone belong together."""
        ...

    def guards(self, claim: Custody) -> bool:
        """Whether the holder has custody of the child (household register, birth certificate): a name and a number are known
        to a whole school class."""
        ...

    def send(self, phone: str, code: str) -> None:
        """Send the code to the phone."""
        ...
