"""Resources follow their person: when the index links an identity, what is about it gets the person's id."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from empi.api import PersonLinked
from exchange.fhir.models import FhirResource, FhirToken


def follow_links(session: Session, event: PersonLinked) -> None:
    """Write the person of every identity linked or moved to its resources. Repeating it changes nothing."""
    for key, _, person_id, *_ in event.links:
        of_identity = FhirResource.patient_key == key
        owned = select(FhirResource.id).where(of_identity)
        session.execute(
            update(FhirToken).where(FhirToken.resource_id.in_(owned)).values(person_id=person_id),
            execution_options={"synchronize_session": False},
        )
        session.execute(
            update(FhirResource).where(of_identity).values(person_id=person_id),
            execution_options={"synchronize_session": False},
        )
