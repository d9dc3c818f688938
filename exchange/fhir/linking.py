"""Resources follow their person: when the index links an identity, what is about it gets the person's id."""

from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from empi.api import PersonLinked
from exchange.fhir.models import FhirResource, FhirToken
from exchange.fhir.store import in_chunks

_PLAIN: Final = {"synchronize_session": False}


def follow_links(session: Session, event: PersonLinked) -> None:
    """Write the person of every identity linked or moved to its resources. Repeating it changes nothing."""
    persons = {key: person_id for key, _, person_id, *_ in event.links if key is not None}
    for keys in in_chunks(persons):
        about = select(FhirResource.patient_key).where(FhirResource.patient_key.in_(keys)).distinct()
        there = set(session.scalars(about))  # most identities come by other ways and have no resource
        for key in keys:
            if key in there:
                _follow(session, key, persons[key])


def _follow(session: Session, patient_key: int, person_id: int | None) -> None:
    of_identity = FhirResource.patient_key == patient_key
    owned = select(FhirResource.id).where(of_identity)
    tokens = update(FhirToken).where(FhirToken.resource_id.in_(owned)).values(person_id=person_id)
    session.execute(tokens, execution_options=_PLAIN)
    session.execute(update(FhirResource).where(of_identity).values(person_id=person_id), execution_options=_PLAIN)
