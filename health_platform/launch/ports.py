"""What the launch needs from packages above it, as a Protocol; they bind an implementation to the platform."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.orm import Session


class PatientFinder(Protocol):
    """Which person an institution's local patient is."""

    def __call__(self, session: Session, institution_id: int, local_patient_id: str) -> int | None:
        """The person id, or ``None`` when the platform has never heard of this patient."""
        ...


class EncounterFinder(Protocol):
    """Which FHIR Encounter an institution's visit is."""

    def __call__(self, session: Session, institution_id: int, visit_no: str, person_id: int) -> str | None:
        """The logical id of the Encounter, or ``None`` when the institution has not sent the visit as a resource."""
        ...
