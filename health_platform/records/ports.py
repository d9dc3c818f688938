"""What the record service needs of components that stand above it; each is offered by ``platform.bind``.

``empi`` binds ``PersonIndex``; ``registry`` binds ``InstitutionDirectory``; ``etl`` binds ``UploadClock``. Without the last
two, names come from the rows themselves and freshness from the person's own rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session


class PersonIndex(Protocol):
    """Which warehouse rows are a person's. Answers are narrowed by the session's scope."""

    def pairs(self, session: Session, person_id: int) -> list[tuple[int, int]]:
        """(shelf, patient key) of every identity of a person the caller may see (ADR 4); empty for anybody else."""

    def persons_of(self, session: Session, patient_keys: Sequence[int]) -> dict[int, int]:
        """Patient key → person id now, for those that are linked."""

    def institutions_of(self, session: Session, patient_keys: Sequence[int]) -> dict[int, int]:
        """Patient key → id of the institution that assigned it, for keys that ``pairs`` has given this caller."""


class InstitutionDirectory(Protocol):
    """Names of institutions."""

    def names(self, session: Session, institution_ids: Sequence[int]) -> dict[int, str]:
        """Institution id → Chinese name."""


class UploadClock(Protocol):
    """When institutions last uploaded anything at all."""

    def last_uploads(self, session: Session, institution_ids: Sequence[int]) -> dict[int, datetime]:
        """Institution id → time of its last accepted upload (aware UTC); absent when it never uploaded."""
