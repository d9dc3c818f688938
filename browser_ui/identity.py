"""The master index as the pages, the launch and the resident portal need it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from browser_ui.people import PersonCard
from empi.api import by_credential, by_local_id, current_person, golden_of, in_use, value_of
from health_platform.kernel.db import widened
from health_platform.kernel.platform import Platform
from health_platform.launch.api import PatientFinder
from health_platform.residents.api import PersonRegister, RealPerson

FIELDS = ("name", "gender", "birth_date", "id_no", "phone", "address", "nation")


def bind(platform: Platform) -> None:
    """Offer the master index to the launch and to the resident portal."""
    platform.bind(PatientFinder, find_patient)
    platform.bind(PersonRegister, find_resident)


def person_card(session: Session, person_id: int) -> PersonCard:
    """The identity of a person the caller may see.

    Raises:
        NotFound: nobody, or nobody the caller may see.
    """
    return visible_card(session, in_use(session, person_id))


def visible_card(session: Session, current: int) -> PersonCard:
    """The identity behind an id in use, of a person the caller is already known to see: whoever opened a record asks this."""
    with widened(session, "golden record of a visible person"):
        golden = golden_of(session, [current]).get(current, {})
    return PersonCard(current, {field: value_of(golden, field) for field in FIELDS})


def person_names(session: Session, persons: Sequence[int]) -> dict[int, str]:
    """Names of persons whose files the caller may see; ids that were merged go on under the person in use."""
    with widened(session, "names of visible files"):
        current = {person: current_person(session, person) for person in dict.fromkeys(persons)}
        golden = golden_of(session, sorted(set(current.values())))
    return {person: value_of(golden.get(now, {}), "name") for person, now in current.items()}


def find_patient(session: Session, institution_id: int, local_patient_id: str) -> int | None:
    """The person of an institution's own patient number; the index knows institutions by their id as text."""
    with widened(session, "patient of a launch"):
        found = by_local_id(session, str(institution_id), local_patient_id)
    return found.person_id if found else None


def find_resident(session: Session, name: str, id_number: str) -> RealPerson | None:
    """The one person who carries this identity number and this name; several make nobody."""
    with widened(session, "resident login"):
        found = by_credential(session, "id", id_number)
    fitting = [one for one in found if value_of(one.golden, "name") == name.strip()]
    if len(fitting) != 1:
        return None
    return RealPerson(fitting[0].person_id, name.strip(), _day(value_of(fitting[0].golden, "birth_date")))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
