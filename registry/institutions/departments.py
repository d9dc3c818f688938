"""Departments of an institution; the institution keeps them itself, and so may whoever manages its entry."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Conflict, Invalid
from health_platform.kernel.outbox import publish
from registry.definitions.problems import finding
from registry.divisions.codes import pad, prefix_of
from registry.events import EntityChanged
from registry.institutions.models import ACTIVE, Department
from registry.institutions.service import institution
from registry.paging import Paged, ordering, paged

_SORTS = {
    "code": Department.code,
    "name": Department.name,
    "standard_code": Department.standard_code,
    "valid_from": Department.valid_from,
}


@dataclass(frozen=True, slots=True)
class DepartmentDraft:
    """A department as it is filled in; ``parent_code`` is a department of the same institution."""

    code: str
    name: str
    valid_from: date
    standard_code: str | None = None
    parent_code: str | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class DepartmentFilter:
    """Which departments to list; ``text`` looks in names and codes."""

    text: str = ""
    institution_id: int | None = None
    under: str | None = None
    sort: str = ""
    page: int = 1
    size: int = 50


def put_department(session: Session, institution_id: int, draft: DepartmentDraft) -> Department:
    """Enter a department, or change the one with this code.

    Raises:
        Invalid: the name is missing, the parent is unknown or lies under it, or the end lies before the beginning.
        Conflict: the institution is not active.
    """
    owner = institution(session, institution_id)
    if owner.state != ACTIVE:
        raise Conflict("institution.state", state=owner.state)
    known = {row.code: row for row in departments(session, institution_id)}
    if found := _faults(draft, {code: row.parent_code for code, row in known.items()}):
        raise Invalid("institution.invalid", findings=found)
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


def listed(session: Session, wanted: DepartmentFilter) -> Paged[Department]:
    """Departments the caller may see, by institution and code."""
    query = select(Department)
    if wanted.institution_id is not None:
        query = query.where(Department.institution_id == wanted.institution_id)
    if wanted.under:
        query = query.where(Department.division_code.startswith(prefix_of(pad(wanted.under)), autoescape=True))
    if text := wanted.text.strip():
        query = query.where(
            or_(Department.name.contains(text, autoescape=True), Department.code.startswith(text, autoescape=True))
        )
    default = (Department.division_code, Department.institution_id, Department.code, Department.id)
    return paged(session, query.order_by(*ordering(wanted.sort, _SORTS, default)), wanted.page, wanted.size)


def departments(session: Session, institution_id: int) -> list[Department]:
    """All departments of an institution, by code."""
    query = select(Department).where(Department.institution_id == institution_id).order_by(Department.code)
    return list(session.scalars(query))


def find_department(session: Session, institution_id: int, code: str) -> Department | None:
    """A department by its code."""
    return session.scalar(select(Department).where(Department.institution_id == institution_id, Department.code == code))


def draft_of(row: Department) -> DepartmentDraft:
    """The department as it is now."""
    return DepartmentDraft(**{name: getattr(row, name) for name in DepartmentDraft.__dataclass_fields__})


def _faults(draft: DepartmentDraft, parents: Mapping[str, str | None]) -> list[dict[str, str]]:
    found = [finding(name, "missing") for name in ("code", "name") if not getattr(draft, name).strip()]
    if draft.parent_code and (draft.parent_code not in parents or draft.code in _lineage(draft.parent_code, parents)):
        found.append(finding("parent_code", "parent_unknown"))
    if draft.valid_to is not None and draft.valid_to < draft.valid_from:
        found.append(finding("valid_to", "before_beginning"))
    return found


def _lineage(code: str | None, parents: Mapping[str, str | None]) -> set[str]:
    """The code and those above it."""
    found: set[str] = set()
    while code is not None and code not in found:
        found.add(code)
        code = parents.get(code)
    return found
