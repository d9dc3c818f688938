"""What the engine asks of components that stand above it; each is offered by ``platform.bind``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy.orm import Session

from health_platform.kernel.scope import Principal


@dataclass(frozen=True)
class PersonCard:
    """A person as far as a register shows one. ``sex`` is GB/T 2261.1; ``division_code`` is where the person lives, if known."""

    person_id: int | None
    name: str
    sex: str = ""
    birth_date: date | None = None
    id_no: str = ""
    phone: str = ""
    address: str = ""
    division_code: str = ""


class PersonDirectory(Protocol):
    """The person index as the engine needs it. Answers are narrowed by the session's scope unless stated otherwise."""

    def card(self, session: Session, person_id: int) -> PersonCard | None:
        """A person the caller may see."""

    def by_number(self, session: Session, id_no: str) -> list[PersonCard]:
        """Persons the caller may see who hold this identity number."""

    def admit(self, session: Session, principal: Principal, card: PersonCard) -> PersonCard:
        """Make somebody known to the index, as stated by the caller's institution; gives the card with its person id."""


class SignatureAuthority(Protocol):
    """A third party that certifies who signed a text (电子认证服务机构). Without one bound, nobody can claim it did."""

    @property
    def label(self) -> str:
        """What it is called, as printed on the agreement."""

    def certify(self, document: bytes, signer: str) -> str:
        """Have the signer sign; gives the evidence (certificate, time stamp) as text.

        Raises:
            PlatformError: it did not answer, or the signer did not sign; the submission is then refused as a whole.
        """

    def holds(self, document: bytes, evidence: str) -> bool:
        """Whether this evidence belongs to this text."""


class Areas(Protocol):
    """Divisions of a year."""

    def names(self, session: Session, codes: Sequence[str], year: int) -> dict[str, str]:
        """12-digit code → name in the version of the year, for those that exist in it."""

    def carried(self, session: Session, codes: Sequence[str], year: int) -> Mapping[str, str]:
        """Recorded code → code in the version of the year; codes the year does not know are left out."""


class CodeNames(Protocol):
    """Names of codes."""

    def names(self, session: Session, system: str, codes: Sequence[str]) -> dict[str, str]:
        """Code → Chinese name, for those in the code system."""


class NoAreas:
    """Without a registry codes stand for themselves."""

    def names(self, session: Session, codes: Sequence[str], year: int) -> dict[str, str]:
        return {code: code for code in codes}

    def carried(self, session: Session, codes: Sequence[str], year: int) -> Mapping[str, str]:
        return {code: code for code in codes}


class NoCodes:
    """Without a registry codes have no names."""

    def names(self, session: Session, system: str, codes: Sequence[str]) -> dict[str, str]:
        return {}
