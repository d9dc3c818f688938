"""What arrives and what is answered: the plain values of the index's public door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal

from health_platform.kernel.ids import stable_key

FACT_COLUMNS = (
    "name",
    "gender",
    "birth_date",
    "id_type",
    "id_no",
    "phone",
    "address",
    "card_type",
    "card_no",
    "mother_name",
    "mother_id_no",
    "nation",
)
"""Columns of an identity's facts, named as in the exchanged identity data set. All text, as the source sent it."""

Outcome = Literal["certain", "possible", "new", "unchanged", "overlay"]


@dataclass(frozen=True)
class RawIdentity:
    """One identity as an institution states it.

    Attributes:
        institution: the assigning institution; with ``local_id`` it names the identity for ever. The registry id as text
            for institutions of the registry (every channel must name it alike), else the assigner's own code.
        source_time: ISO date or instant of the statement; an older statement never overwrites a newer one.
        mention: rows name the patient in passing; the time is theirs, and says nothing of when the facts were true. Whatever
            the institution's patient register states counts as newer.
        gender: GB/T 2261.1 (0 unknown, 1 male, 2 female, 9 not stated).
        birth_date: YYYY-MM-DD; anything else is kept and judged by the rules.
        id_type, id_no: WS 364.3 CV02.01.101 and the number; "01" is the resident id.
        card_type, card_no: kind (EHC health card, SSC social security card, MRC institution card ...) and number.
        nation: ethnic group.
        credentials: further (kind, number) pairs that find the person: insurance, passport, older cards.
        division_code: 12-digit division of the institution: who may see the row by jurisdiction.
        institution_id: registry id of the institution, when known.
    """

    institution: str
    local_id: str
    source_time: str = ""
    name: str = ""
    gender: str = ""
    birth_date: str = ""
    id_type: str = ""
    id_no: str = ""
    phone: str = ""
    address: str = ""
    card_type: str = ""
    card_no: str = ""
    mother_name: str = ""
    mother_id_no: str = ""
    nation: str = ""
    credentials: tuple[tuple[str, str], ...] = ()
    division_code: str = ""
    line_code: str = ""
    institution_id: int | None = None
    mention: bool = False

    @cached_property
    def patient_key(self) -> int:
        """The key every clinical row of this identity carries."""
        return patient_key(self.institution, self.local_id)

    def facts(self) -> dict[str, str]:
        """The non-empty columns, trimmed, as the rules name them; ``credentials`` as JSON text when there are any."""
        found = {column: str(getattr(self, column) or "").strip() for column in FACT_COLUMNS}
        found |= {"domain_id": self.institution.strip(), "local_id": self.local_id.strip(), "source_time": self.source_time}
        if self.credentials:
            found["credentials"] = json.dumps(sorted([kind, number.strip()] for kind, number in self.credentials))
        return {column: value for column, value in found.items() if value}

    @classmethod
    def of(cls, row: Mapping[str, str | None]) -> RawIdentity:
        """From a row whose columns are named as the fields; others are ignored, ``domain_id`` is the institution."""
        values = {column: str(value) for column, value in row.items() if column in _TEXT_FIELDS and value}
        values.setdefault("institution", str(row.get("domain_id") or ""))
        return cls(**values)  # type: ignore[arg-type]


_TEXT_FIELDS = frozenset(field.name for field in fields(RawIdentity)) - {"credentials", "institution_id"}


@dataclass(frozen=True)
class Registered:
    """What became of one identity.

    Attributes:
        patient_key: the identity, for ever.
        shelf: the person id of its first link, for ever; with ``patient_key`` it finds the clinical rows.
        person_id: the person it is linked to now.
        outcome: ``certain`` linked to a known person; ``possible`` a person of its own, a steward will look; ``new``
            nobody like it was known; ``unchanged`` the same statement was already known; ``overlay`` the number
            suddenly speaks of somebody else: the stored facts were kept and a steward will look.
        review_ids: the questions opened for stewards.
    """

    patient_key: int
    shelf: int
    person_id: int
    outcome: Outcome
    review_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Actor:
    """Who decides: the rules (``kind`` "rule") or a person."""

    kind: Literal["rule", "person"]
    name: str
    id: int = 0


RULES_ACTOR = Actor("rule", "rules")


def patient_key(institution: str, local_id: str) -> int:
    """The stable 63-bit key of (assigning institution, local patient id)."""
    return stable_key(institution.strip(), local_id.strip())


def pair(one: int, other: int) -> tuple[int, int]:
    """Two identities in the order in which the tables keep them."""
    return (one, other) if one < other else (other, one)
