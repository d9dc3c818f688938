"""Registering, changing, delegating, merging and closing institutions.

Whoever's jurisdiction covers ``manager_code`` keeps the entry; a unit may not keep its own. Nothing is deleted: a merged
institution keeps its entry and its codes, and every code of it resolves to the one it became part of.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound
from health_platform.kernel.outbox import publish
from health_platform.kernel.parsing import whole
from health_platform.kernel.scope import Principal, scope_of
from registry.definitions.problems import finding
from registry.divisions.answering import deciding_division
from registry.divisions.codes import Level, pad, prefix_of
from registry.divisions.reading import division
from registry.events import EntityChanged, InstitutionMerged, InstitutionMoved
from registry.identifiers import attach, entity_of
from registry.institutions.drafts import SCHEMES, Finding, InstitutionDraft, findings, identifiers
from registry.institutions.models import ACTIVE, CLOSED, MERGED, Institution, InstitutionEvent
from registry.paging import Paged, ordering, paged
from registry.standards.pinyin import initials

KIND = "institution"
_FIELDS = tuple(InstitutionDraft.__dataclass_fields__)

_SORTS = {
    "name": Institution.name,
    "code": Institution.code,
    "category_label": Institution.category,
    "place": Institution.division_code,
}


@dataclass(frozen=True, slots=True)
class InstitutionFilter:
    """Which institutions to list; ``text`` looks in names, initials and codes; pages count from 1."""

    text: str = ""
    under: str | None = None
    category: str = ""
    state: str | None = ACTIVE
    parent_id: int | None = None
    sort: str = ""
    page: int = 1
    size: int = 50


def register(session: Session, principal: Principal, draft: InstitutionDraft) -> Institution:
    """Enter a new institution.

    Raises:
        Invalid: ``institution.invalid`` with a finding per fault.
        Conflict: a code belongs to another institution.
        Denied: the caller does not manage institutions there.
    """
    manager = pad(draft.division_code[: Level.COUNTY])
    _must_manage(session, manager)
    _check(session, draft)
    row = Institution(
        **asdict(draft),
        initials=initials(draft.name)[:128],
        manager_code=manager,
        state=ACTIVE,
        revision=1,
        changed_at=clock.now(),
        changed_by=principal.name,
    )
    session.add(row)
    session.flush()
    attach(session, KIND, row.id, identifiers(draft))
    _note(session, principal, row, "created", {})
    return row


def change(session: Session, principal: Principal, institution_id: int, revision: int, **fields: Any) -> Institution:
    """Change fields of an entry that the caller read at ``revision``.

    Raises:
        Conflict: somebody changed it meanwhile, or it is closed or merged.
        Invalid: see ``register``.
        Denied: it would move to a place the caller does not manage.
    """
    row = _managed(session, institution_id)
    if row.revision != revision:
        raise Conflict("institution.changed_meanwhile", revision=row.revision)
    if row.state != ACTIVE:
        raise Conflict("institution.state", state=row.state)
    before = draft_of(row)
    after = replace(before, **fields)
    if after == before:
        return row
    _check(session, after, row.id)
    _keep_in_reach(session, row, after.division_code)
    for name, value in asdict(after).items():
        setattr(row, name, value)
    row.initials = initials(after.name)[:128]
    attach(session, KIND, row.id, identifiers(after))
    _touch(session, principal, row, "changed", before)
    if (before.division_code, before.line_code) != (after.division_code, after.line_code):
        publish(session, InstitutionMoved(row.id))
    return row


def delegate(session: Session, principal: Principal, institution_id: int, manager_code: str) -> Institution:
    """Hand an entry to another division to keep: one it lies in, or back to the one that decides.

    Raises:
        Denied: the caller does not answer for the division that decides, or the new keeper lies above it.
        Invalid: the new keeper does not contain the institution.
    """
    row = _managed(session, institution_id)
    keeper = pad(manager_code)
    if not (row.division_code or "").startswith(prefix_of(keeper)):
        raise Invalid("institution.keeper", manager_code=keeper)
    decides, scope = deciding_division(session, row.division_code or ""), scope_of(session)
    if not (scope.answers_for(decides) and scope.answers_for(keeper)):
        raise Denied("institution.not_the_region", division=decides)
    before = draft_of(row)
    row.manager_code = keeper
    _touch(session, principal, row, "delegated", before)
    return row


def merge(session: Session, principal: Principal, from_id: int, into_id: int, day: date) -> Institution:
    """Make one institution part of another from ``day`` on; its codes resolve to the other, its history stays.

    Staff at work and resources in use go over; a worker sees to it.

    Raises:
        Invalid: the day lies ahead, or before the institution began.
        Conflict: one of them is not active, or they are the same.
    """
    source, target = _managed(session, from_id), _managed(session, into_id)
    if source.id == target.id or source.state != ACTIVE or target.state != ACTIVE:
        raise Conflict("institution.merge", states=[source.state, target.state])
    _check_last_day(source, day)
    before = draft_of(source)
    source.state, source.merged_into, source.valid_to = MERGED, target.id, day
    for child in session.scalars(select(Institution).where(Institution.parent_id == source.id)):
        child.parent_id = target.id
    _touch(session, principal, source, "merged", before)
    publish(session, InstitutionMerged(source.id, target.id, day.isoformat()))
    return target


def close(session: Session, principal: Principal, institution_id: int, day: date) -> Institution:
    """Close an institution from ``day`` on.

    Raises:
        Conflict: it is not active, or it still runs others.
    """
    row = _managed(session, institution_id)
    if row.state != ACTIVE:
        raise Conflict("institution.state", state=row.state)
    runs = select(func.count()).select_from(Institution).where(Institution.parent_id == row.id, Institution.state == ACTIVE)
    if session.scalar(runs):
        raise Conflict("institution.runs_others")
    _check_last_day(row, day)
    before = draft_of(row)
    row.state, row.valid_to = CLOSED, day
    _touch(session, principal, row, "closed", before)
    return row


def institution(session: Session, institution_id: int) -> Institution:
    """One institution the caller may see.

    Raises:
        NotFound: ``institution.unknown``.
    """
    row = session.scalar(select(Institution).where(Institution.id == institution_id))
    if row is None:
        raise NotFound("institution.unknown", institution_id=str(institution_id), field="institution_code")
    return row


def resolve(session: Session, value: str, scheme: str | None = None) -> Institution | None:
    """The institution behind any of its codes, today's one when it was merged. Sees every institution."""
    found = entity_of(session, KIND, value, scheme)
    with widened(session, "resolve an institution code"):
        row = session.get(Institution, found) if found is not None else None
        while row is not None and row.merged_into is not None:
            row = session.get(Institution, row.merged_into)
        return row


def by_code(session: Session, code: str) -> Institution:
    """The institution with any of its codes, or the platform's number, if the caller may see it.

    Raises:
        NotFound: ``institution.unknown``.
    """
    found = resolve(session, code)
    own = found.id if found else whole(code)
    if own is None:
        raise NotFound("institution.unknown", value=code, field="institution_code")
    return institution(session, own)


def listed(session: Session, wanted: InstitutionFilter) -> Paged[Institution]:
    """Institutions the caller may see, by division and name."""
    query = select(Institution)
    if wanted.state:
        query = query.where(Institution.state == wanted.state)
    if wanted.under:
        query = query.where(Institution.division_code.startswith(prefix_of(pad(wanted.under)), autoescape=True))
    if wanted.category:
        query = query.where(Institution.category.startswith(wanted.category, autoescape=True))
    if wanted.parent_id is not None:
        query = query.where(Institution.parent_id == wanted.parent_id)
    if text := wanted.text.strip():
        query = query.where(
            or_(
                Institution.name.contains(text, autoescape=True),
                Institution.initials.contains(text.lower(), autoescape=True),
                Institution.code.startswith(text.upper(), autoescape=True),
                Institution.code22.startswith(text.upper(), autoescape=True),
                Institution.cdc_code.startswith(text, autoescape=True),
            )
        )
    ordered = query.order_by(*ordering(wanted.sort, _SORTS, (Institution.division_code, Institution.name, Institution.id)))
    return paged(session, ordered, wanted.page, wanted.size)


def history(session: Session, institution_id: int) -> list[InstitutionEvent]:
    """Every change of an institution, newest first."""
    institution(session, institution_id)
    query = select(InstitutionEvent).where(InstitutionEvent.institution_id == institution_id)
    return list(session.scalars(query.order_by(InstitutionEvent.at.desc(), InstitutionEvent.id.desc())))


def draft_of(row: Institution) -> InstitutionDraft:
    """The entry as it is now."""
    return InstitutionDraft(**{name: getattr(row, name) for name in _FIELDS})


def _check(session: Session, draft: InstitutionDraft, own_id: int | None = None) -> None:
    found = findings(draft)
    try:
        division(session, draft.division_code)
    except NotFound:
        found.append(Finding("division_code", "division_unknown"))
    if draft.parent_id is not None and own_id in _lineage(session, draft.parent_id):
        found.append(Finding("parent_id", "parent_unknown"))
    taken = [one for one in identifiers(draft) if entity_of(session, KIND, one.value, one.scheme) not in (None, own_id)]
    found += [Finding(field, "identifier_taken") for field in dict.fromkeys(SCHEMES[one.scheme] for one in taken)]
    if found:
        raise Invalid("institution.invalid", findings=[finding(one.field, one.rule) for one in found])


def _lineage(session: Session, institution_id: int) -> set[int | None]:
    """The ids of an institution and of those above it; ``None`` is among them when the chain leads out of sight."""
    found: set[int | None] = set()
    at: int | None = institution_id
    while at is not None and at not in found:
        found.add(at)
        row = session.scalar(select(Institution).where(Institution.id == at))
        if row is None:
            return found | {None}
        at = row.parent_id
    return found


def _managed(session: Session, institution_id: int) -> Institution:
    """An entry to change, locked: of two people who read the same revision, the second is told."""
    institution(session, institution_id)
    query = select(Institution).where(Institution.id == institution_id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one()
    _must_manage(session, row.manager_code)
    return row


def _keep_in_reach(session: Session, row: Institution, division_code: str) -> None:
    """An entry that moves out of its keeper's part goes to the county of the new place, if the caller answers for both."""
    if not division_code.startswith(prefix_of(row.manager_code)):
        keeper = pad(division_code[: Level.COUNTY])
        _must_manage(session, keeper)
        row.manager_code = keeper


def _check_last_day(row: Institution, day: date) -> None:
    rule = "before_beginning" if day < row.valid_from else "in_the_future" if day > clock.today() else None
    if rule:
        raise Invalid("institution.invalid", findings=[finding("day", rule)])


def may_keep(session: Session, manager_code: str) -> bool:
    """Whether the caller keeps the entries of a division; a unit does not keep its own."""
    return scope_of(session).answers_for(manager_code)


def _must_manage(session: Session, manager_code: str) -> None:
    if not may_keep(session, manager_code):
        raise Denied("institution.not_yours", division=manager_code, field="division_code")


def _touch(session: Session, principal: Principal, row: Institution, kind: str, before: InstitutionDraft) -> None:
    row.revision += 1
    row.changed_at, row.changed_by = clock.now(), principal.name
    session.flush()
    _note(session, principal, row, kind, _plain(before))


def _note(session: Session, principal: Principal, row: Institution, kind: str, before: dict[str, Any]) -> None:
    after = _plain(draft_of(row)) | {"state": row.state, "manager_code": row.manager_code}
    changed = {name for name in after if after[name] != before.get(name)}
    session.add(
        InstitutionEvent(
            institution_id=row.id,
            division_code=row.division_code,
            kind=kind,
            at=clock.now(),
            by_name=principal.name,
            before={name: value for name, value in before.items() if name in changed},
            after={name: after[name] for name in changed},
        )
    )
    session.flush()
    publish(session, EntityChanged(KIND, row.id, kind))


def _plain(draft: InstitutionDraft) -> dict[str, Any]:
    values = asdict(draft)
    return {
        name: value.isoformat() if isinstance(value, date) else str(value) if name == "parent_id" and value else value
        for name, value in values.items()
    }
