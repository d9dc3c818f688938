"""From the master index to the identity a page shows."""

from __future__ import annotations

from sqlalchemy.orm import Session

from browser_ui.people import PersonCard
from empi.api import golden_of, in_use, value_of
from health_platform.kernel.db import widened

FIELDS = ("name", "gender", "birth_date", "id_no", "phone", "address", "nation")


def person_card(session: Session, person_id: int) -> PersonCard:
    """The identity of a person the caller may see.

    Raises:
        NotFound: nobody, or nobody the caller may see.
    """
    current = in_use(session, person_id)
    with widened(session, "golden record of a visible person"):
        golden = golden_of(session, [current]).get(current, {})
    return PersonCard(current, {field: value_of(golden, field) for field in FIELDS})
