"""What the launch needs from packages above it, as Protocols; they bind an implementation to the platform."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.orm import Session


class PatientFinder(Protocol):
    """Which person an institution's local patient is."""

    def __call__(self, session: Session, institution_id: int, local_patient_id: str) -> int | None:
        """The person id, or ``None`` when the platform has never heard of this patient."""
        ...


class PersonHome(Protocol):
    """Where a person's record lies."""

    def __call__(self, session: Session, person_id: int) -> str | None:
        """The 12-digit division code of the person, or ``None`` when there is no such person."""
        ...
