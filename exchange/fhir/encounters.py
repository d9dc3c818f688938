"""Which Encounter a hospital's visit is, for the launch of apps."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.fhir.models import FhirResource
from health_platform.kernel.db import widened


def find_encounter(session: Session, institution_id: int, visit_no: str, person_id: int) -> str | None:
    """The logical id of the Encounter an institution sent under its visit number, if it is this person's."""
    mine = (FhirResource.institution_id == institution_id, FhirResource.local_id == visit_no, FhirResource.person_id == person_id)
    alive = (FhirResource.kind == "Encounter", FhirResource.is_current.is_(True), FhirResource.is_deleted.is_(False))
    with widened(session, "encounter of a launch"):
        return session.scalar(select(FhirResource.logical_id).where(*mine, *alive).limit(1))
