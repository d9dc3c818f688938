"""Departments of an institution; the institution keeps them itself, and so may whoever manages its entry."""

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.outbox import publish
from registry.definitions.problems import finding
from registry.events import EntityChanged
from registry.institutions.models import ACTIVE, Department
from registry.institutions.service import institution


@dataclass(frozen=True, slots=True)
class DepartmentDraft:
    """A department as it is filled in; ``parent_code`` is a department of the same institution."""

    code: str
    name: str
    valid_from: date
    standard_code: str | None = None
    parent_code: str | None = None
    valid_to: date | None = None


def put_department(session: Session, institution_id: int, draft: DepartmentDraft) -> Department:
    """Enter a department, or change the one with this code.

    Raises:
        Invalid: the name is missing or the parent is unknown.
        Conflict: the institution is not active.
    """
    owner = institution(session, institution_id)
    if owner.state != ACTIVE:
        raise Conflict("institution.state", state=owner.state)
    known = {row.code: row for row in departments(session, institution_id)}
    if not draft.name.strip() or not draft.code.strip():
        raise Invalid("institution.invalid", findings=[finding("name", "missing")])
    if draft.parent_code and (draft.parent_code not in known or draft.parent_code == draft.code):
        raise Invalid("institution.invalid", findings=[finding("parent_code", "parent_unknown")])
    row = known.get(draft.code)
    action = "changed" if row else "created"
    if row is None:
        row = Department(institution_id=institution_id, division_code=owner.division_code, line_code=owner.line_code)
        session.add(row)
    for name, value in asdict(draft).items():
        setattr(row, name, value)
    session.flush()
    publish(session, EntityChanged("department", row.id, action))
    return row


def departments(session: Session, institution_id: int) -> list[Department]:
    """All departments of an institution, by code."""
    query = select(Department).where(Department.institution_id == institution_id).order_by(Department.code)
    return list(session.scalars(query))


def department(session: Session, institution_id: int, code: str) -> Department:
    """One department.

    Raises:
        NotFound: ``department.unknown``.
    """
    row = session.scalar(select(Department).where(Department.institution_id == institution_id, Department.code == code))
    if row is None:
        raise NotFound("department.unknown", department=code)
    return row
