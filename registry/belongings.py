"""What belongs to an institution goes where the institution goes: to another place, or into another institution."""

from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from health_platform.access.api import Grant, Unit, User, change_employer, move_accounts, move_grants
from health_platform.kernel.scope import SYSTEM
from registry.events import InstitutionMerged, InstitutionMoved
from registry.institutions.models import Department, Institution, InstitutionEvent
from registry.resources.models import Resource
from registry.resources.service import draft_of, put
from registry.staff.models import WORKING, Staff, StaffPost
from registry.staff.service import begin_post, end_post, touch
from registry.standards.models import Adoption, LocalCode, MappingLog, SourceSystem

_PLACED: Final[tuple[Any, ...]] = (
    Department,
    InstitutionEvent,
    Staff,
    StaffPost,
    Resource,
    SourceSystem,
    LocalCode,
    Adoption,
    MappingLog,
)


def on_moved(session: Session, event: InstitutionMoved) -> None:
    """Departments, staff, resources, mappings, accounts and rights of an institution take its place and line of work."""
    unit = session.get_one(Institution, event.institution_id)
    place = {"division_code": unit.division_code, "line_code": unit.line_code}
    for model in _PLACED:
        session.execute(update(model).where(model.institution_id == unit.id).values(**place))
    code = unit.division_code or ""
    users = session.scalars(select(User.id).where(User.institution_id == unit.id))
    move_accounts(session, dict.fromkeys(users, code))
    grants = session.scalars(select(Grant.id).where(Grant.institution_id == unit.id, Grant.revoked_at.is_(None)))
    move_grants(session, dict.fromkeys(grants, code))


def on_merged(session: Session, event: InstitutionMerged) -> None:
    """Staff at work get a post at the institution that stays; resources end here and begin there. Repeating changes nothing."""
    kept, day = session.get_one(Institution, event.kept), date.fromisoformat(event.day)
    for person in session.scalars(select(Staff).where(Staff.institution_id == event.gone, Staff.state == WORKING)):
        _take_over(session, person, kept, day)
    for resource in session.scalars(select(Resource).where(Resource.institution_id == event.gone, _in_use(day))):
        resource.valid_to = day
        put(session, SYSTEM, kept, draft_of(resource, department_code=None, valid_from=max(day, resource.valid_from)))


def _take_over(session: Session, person: Staff, unit: Institution, day: date) -> None:
    start = max(day, person.employed_on)
    end_post(session, person, start)
    person.institution_id, person.department_code = unit.id, None
    person.division_code, person.line_code = unit.division_code, unit.line_code
    begin_post(session, person, start)
    if person.account:
        place = Unit(unit.id, unit.name, unit.division_code or "", unit.line_code, unit.parent_id)
        change_employer(session, SYSTEM.id, person.account, place)
    touch(session, SYSTEM, person, "transferred")


def _in_use(day: date) -> ColumnElement[bool]:
    return and_(Resource.valid_from <= day, or_(Resource.valid_to.is_(None), Resource.valid_to > day))
