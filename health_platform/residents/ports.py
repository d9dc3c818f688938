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


class PersonRegister(Protocol):
    """Finds the one person a real name and an identity number belong to."""

    def __call__(self, session: Session, name: str, id_number: str) -> RealPerson | None: ...


class IdentityVerifier(Protocol):
    """Confirms that the phone belongs to the person (police, insurance or operator service) and sends the code.

    Raises:
        Unavailable: the service is away.
    """

    def confirm(self, name: str, id_number: str, phone: str) -> bool:
        """Whether name, number and phone belong together."""
        ...

    def send(self, phone: str, code: str) -> None:
        """Send the code to the phone."""
        ...
