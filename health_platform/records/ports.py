"""What the record service needs of components that stand above it; each is offered by ``platform.bind``.

``empi`` binds ``PersonIndex``; ``registry`` binds ``InstitutionDirectory``; ``etl`` binds ``UploadClock``. Without the last
two, names come from the rows themselves and freshness from the person's own rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session


class Located(NamedTuple):
    """Where the rows of a person lie. ``person_id`` is the id in use, also when an id merged away was asked for.

    ``pairs`` are (shelf, patient key) in order; ``institutions`` the ids of those that know the person, by patient key.
    """

    person_id: int
    pairs: Sequence[tuple[int, int]]
    institutions: Mapping[int, int]


class PersonIndex(Protocol):
    """Which warehouse rows are a person's. Answers are narrowed by the session's scope."""

    def pairs(self, session: Session, person_id: int) -> list[tuple[int, int]]:
        """(shelf, patient key) of every identity of a person the caller may see (ADR 4); empty for anybody else."""

    def persons_of(self, session: Session, patient_keys: Sequence[int]) -> dict[int, int]:
        """Patient key → person id now, for those that are linked."""

    def locate(self, session: Session, person_id: int) -> Located | None:
        """All that the record of a person is read by; None when the caller may not see the person."""


class InstitutionDirectory(Protocol):
    """Names of institutions."""

    def names(self, session: Session, institution_ids: Sequence[int]) -> dict[int, str]:
        """Institution id → Chinese name."""


class UploadClock(Protocol):
    """When institutions last uploaded anything at all."""

    def last_uploads(self, session: Session, institution_ids: Sequence[int]) -> dict[int, datetime]:
        """Institution id → time of its last accepted upload (aware UTC); absent when it never uploaded."""
