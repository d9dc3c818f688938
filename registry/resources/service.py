"""Keeping and counting resources. A change of number ends the old row and begins a new one, so any day can be counted."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import Principal
from registry.definitions.problems import finding
from registry.divisions.atlas import between, forward
from registry.divisions.codes import Level, level_of, pad, prefix_of
from registry.divisions.migrating import moved_since
from registry.divisions.reading import steps
from registry.events import EntityChanged
from registry.institutions.departments import departments
from registry.institutions.models import Institution
from registry.paging import Paged, ordering, paged
from registry.resources.definitions import KINDS
from registry.resources.models import Resource
from registry.staff.service import own_unit

FOLLOWER = "registry.resource"
"""The name under which resources follow changes of divisions."""

_SORTS = {"kind": Resource.kind, "name": Resource.name, "quantity": Resource.quantity, "valid_from": Resource.valid_from}


@dataclass(frozen=True, slots=True)
class ResourceDraft:
    """A resource as it is filled in; ``details`` are those its kind asks for."""

    kind: str
    name: str
    quantity: int
    valid_from: date
    category: str | None = None
    department_code: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResourceFilter:
    """Which resources to list."""

    kind: str = ""
    institution_id: int | None = None
    under: str | None = None
    text: str = ""
    sort: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class Sum:
    """A number of resources of one kind in one area (``key`` is its code) or institution (its name, beside its id)."""

    key: str
    kind: str
    quantity: int
    entries: int
    unit_id: int | None = None


def add(session: Session, principal: Principal, institution_id: int, draft: ResourceDraft) -> Resource:
    """Enter a resource of an institution.

    Raises:
        NotFound: the institution is not the caller's.
        Invalid: ``resource.invalid`` with a finding per fault.
    """
    unit = own_unit(session, institution_id)
    _check(session, unit.id, draft)
    return put(session, principal, unit, draft)


def put(session: Session, principal: Principal, unit: Institution, draft: ResourceDraft) -> Resource:
    """Write a resource of an institution that was checked."""
    row = Resource(
        **asdict(draft),
        institution_id=unit.id,
        division_code=unit.division_code,
        line_code=unit.line_code,
        changed_at=clock.now(),
        changed_by=principal.name,
    )
    session.add(row)
    session.flush()
    publish(session, EntityChanged("resource", row.id, "created"))
    return row


def change(session: Session, principal: Principal, resource_id: int, day: date, **fields: Any) -> Resource:
    """Change a resource from ``day`` on; the row before that day stays as it was and a new one takes over.

    Raises:
        Conflict: the resource ended, or ``day`` lies before its beginning.
        Invalid: see ``add``.
    """
    row = resource(session, resource_id)
    if row.valid_to is not None or day < row.valid_from:
        raise Conflict("resource.ended", field="valid_from")
    draft = replace(draft_of(row), **fields, valid_from=day)
    _check(session, row.institution_id, draft)
    if day == row.valid_from:
        for name, value in asdict(draft).items():
            setattr(row, name, value)
        session.flush()
        publish(session, EntityChanged("resource", row.id, "changed"))
        return row
    row.valid_to = day
    return add(session, principal, row.institution_id, draft)


def end(session: Session, principal: Principal, resource_id: int, day: date) -> Resource:
    """Record that a resource is no longer there from ``day`` on."""
    row = resource(session, resource_id)
    if row.valid_to is not None or day < row.valid_from:
        raise Conflict("resource.ended", field="valid_from")
    row.valid_to, row.changed_by, row.changed_at = day, principal.name, clock.now()
    session.flush()
    publish(session, EntityChanged("resource", row.id, "closed"))
    return row


def resource(session: Session, resource_id: int) -> Resource:
    """One resource the caller may see.

    Raises:
        NotFound: ``resource.unknown``.
    """
    row = session.scalar(select(Resource).where(Resource.id == resource_id))
    if row is None:
        raise NotFound("resource.unknown", resource_id=str(resource_id))
    return row


def current(session: Session, institution_id: int, draft: ResourceDraft) -> Resource | None:
    """The resource of an institution that a draft describes, as it is today."""
    department = draft.department_code
    query = select(Resource).where(
        Resource.institution_id == institution_id,
        Resource.kind == draft.kind,
        Resource.name == draft.name,
        Resource.department_code.is_(None) if department is None else Resource.department_code == department,
    )
    return session.scalars(query.where(Resource.valid_to.is_(None)).order_by(Resource.valid_from.desc())).first()


def listed(session: Session, wanted: ResourceFilter) -> Paged[Resource]:
    """The resources of today the caller may see, by institution and kind."""
    query = select(Resource).where(_on(clock.today()))
    if wanted.kind:
        query = query.where(Resource.kind == wanted.kind)
    if wanted.institution_id is not None:
        query = query.where(Resource.institution_id == wanted.institution_id)
    if wanted.under:
        query = query.where(Resource.division_code.startswith(prefix_of(pad(wanted.under)), autoescape=True))
    if text := wanted.text.strip():
        query = query.where(Resource.name.contains(text, autoescape=True))
    ordered = query.order_by(
        *ordering(
            wanted.sort, _SORTS, (Resource.division_code, Resource.institution_id, Resource.kind, Resource.name, Resource.id)
        )
    )
    return paged(session, ordered, wanted.page, wanted.size)


def by_area(session: Session, day: date, level: Level, shape_year: int | None = None) -> list[Sum]:
    """Sums per division of ``level`` and kind on a day.

    They are counted by the divisions of that day ("as it was then"), although records may have followed later changes.
    ``shape_year`` counts by the divisions of a later year instead ("as it is now").
    """
    history = between(steps(session), day, date(shape_year, 12, 31)) if shape_year else ()
    sums: dict[tuple[str, str], list[int]] = {}
    for code, kind, quantity, entries in _as_of(session, day):
        place = forward(code, history)[0]
        area = pad(place[:level]) if place and level_of(place) >= level else place
        numbers = sums.setdefault((area, kind), [0, 0])
        numbers[0] += quantity
        numbers[1] += entries
    return [Sum(area, kind, *numbers) for (area, kind), numbers in sorted(sums.items()) if numbers[1]]


def _as_of(session: Session, day: date) -> Iterator[tuple[str, str, int, int]]:
    """Division, kind, quantity and entries on a day; what moved since is taken from its present place to its old one."""
    query = select(Resource.division_code, Resource.kind, func.sum(Resource.quantity), func.count(Resource.id))
    for code, kind, quantity, entries in session.execute(query.where(_on(day)).group_by(Resource.division_code, Resource.kind)):
        yield code or "", kind, int(quantity), int(entries)
    then = moved_since(session, FOLLOWER, day)
    columns = select(Resource.id, Resource.division_code, Resource.kind, Resource.quantity)
    for start in range(0, len(then), 500):
        chosen = Resource.id.in_(sorted(then)[start : start + 500])
        for item_id, code, kind, quantity in session.execute(columns.where(_on(day), chosen)):
            yield code or "", kind, -int(quantity), -1
            yield then[item_id], kind, int(quantity), 1


def by_institution(session: Session, day: date, under: str | None = None) -> list[Sum]:
    """Sums per institution (its name) and kind on a day."""
    query = (
        select(Institution.id, Institution.name, Resource.kind, func.sum(Resource.quantity), func.count(Resource.id))
        .join(Institution, Institution.id == Resource.institution_id)
        .where(_on(day))
        .group_by(Institution.id, Institution.name, Resource.kind)
        .order_by(Institution.name, Institution.id, Resource.kind)
    )
    if under:
        query = query.where(Resource.division_code.startswith(prefix_of(pad(under)), autoescape=True))
    rows = session.execute(query)
    return [Sum(name, kind, int(quantity), int(entries), unit) for unit, name, kind, quantity, entries in rows]


def draft_of(row: Resource, **fields: Any) -> ResourceDraft:
    """The resource as it is now, with some fields otherwise."""
    return ResourceDraft(**{name: getattr(row, name) for name in ResourceDraft.__dataclass_fields__} | fields)


def _on(day: date) -> ColumnElement[bool]:
    return and_(Resource.valid_from <= day, or_(Resource.valid_to.is_(None), Resource.valid_to > day))


def _check(session: Session, institution_id: int, draft: ResourceDraft) -> None:
    found = []
    if draft.department_code and draft.department_code not in {row.code for row in departments(session, institution_id)}:
        found.append(finding("department_code", "department_unknown"))
    kind = KINDS.get(draft.kind)
    if kind is None:
        found.append(finding("kind", "unknown"))
    elif not set(draft.details) <= {detail.name for detail in kind.details}:
        found.append(finding("details", "details_unknown"))
    if not draft.name.strip():
        found.append(finding("name", "missing"))
    if draft.quantity < 0:
        found.append(finding("quantity", "negative"))
    if found:
        raise Invalid("resource.invalid", findings=found)
