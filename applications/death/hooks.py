"""What follows a death: the health file is sealed, and no programme visits the person any more."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from health_platform.engine.api import Desk, Enrolled, Enrolment, close, decline
from health_platform.records.filing.api import PersonDied, announce_death

REGISTER = "death"
REASON = "died"


def tell(desk: Desk, event: Enrolled) -> None:
    """A registered death becomes ``person.died``, which seals the file."""
    if event.register != REGISTER or event.person_id is None:
        return
    certificate = desk.session.get(Enrolment, event.enrolment_id)
    if certificate is not None:
        announce_death(desk.session, event.person_id, certificate.enrolled_on, "死亡登记")


def end_care(desk: Desk, event: PersonDied) -> None:
    """Close every membership whose register knows death as a reason; who was enrolled later than the death leaves that day.

    Open proposals are declined: nobody is to be asked to visit the dead.
    """
    query = select(Enrolment).where(Enrolment.person_id == event.person_id, Enrolment.state.in_(("active", "proposed")))
    for member in desk.session.scalars(query).all():
        register = desk.catalogue.register(member.register)
        if REASON not in {option.code for option in register.leave}:
            continue
        if member.state == "proposed":
            decline(desk, member, "已死亡")
        else:
            close(desk, member, REASON, max(date.fromisoformat(event.died_on), member.enrolled_on), event.source)
