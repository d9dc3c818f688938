"""Registering staff, changing entries, leaving, and opening an account.

A unit sees and keeps its own staff and those of the units it runs; both come from the caller's scope.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, undefer

from health_platform.access.api import end_employment, open_for
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import Principal, scope_of
from registry.definitions.problems import finding
from registry.divisions.codes import pad, prefix_of
from registry.events import AccountOpened, EntityChanged
from registry.institutions.departments import departments
from registry.institutions.directory import InstitutionLookup
from registry.institutions.drafts import Finding
from registry.institutions.models import ACTIVE, Institution
from registry.institutions.service import institution
from registry.paging import Paged, ordering, paged
from registry.staff.drafts import StaffDraft, findings, sex_and_birth
from registry.staff.models import LEFT, WORKING, Staff, StaffPost
from registry.standards.pinyin import initials

KIND = "staff"
_FIELDS = tuple(StaffDraft.__dataclass_fields__)

_SORTS = {"name": Staff.name, "category_label": Staff.category, "employed_on": Staff.employed_on}


@dataclass(frozen=True, slots=True)
class StaffFilter:
    """Which staff to list; ``text`` looks in names, initials and licence numbers, and finds a whole identity number."""

    text: str = ""
    institution_id: int | None = None
    under: str | None = None
    category: str = ""
    state: str | None = WORKING
    sort: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class AccountWish:
    """The login name of an account to open, and the code of its role."""

    login: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """A new account and its first password, which is shown once and must be changed at the first login."""

    user_id: int
    login: str
    password: str


def register(session: Session, principal: Principal, institution_id: int, draft: StaffDraft) -> Staff:
    """Enter a person as staff of an institution.

    Raises:
        NotFound: the institution is not the caller's, nor run by the caller's.
        Invalid: ``staff.invalid`` with a finding per fault.
        Conflict: the person works elsewhere; the facts name the unit, so that a transfer can be asked for.
    """
    unit = own_unit(session, institution_id)
    _check(session, unit, draft)
    if (former := _known(session, draft.id_number)) is not None:
        return _employ_again(session, principal, unit, former, draft)
    sex, born_on = sex_and_birth(draft.id_number)
    row = Staff(
        **asdict(draft),
        id_index=draft.id_number,
        institution_id=unit.id,
        division_code=unit.division_code,
        line_code=unit.line_code,
        initials=initials(draft.name)[:40],
        sex=sex,
        born_on=born_on,
        state=WORKING,
        registered_by=principal.institution_id,
        revision=1,
        changed_at=clock.now(),
        changed_by=principal.name,
    )
    session.add(row)
    session.flush()
    begin_post(session, row, draft.employed_on)
    publish(session, EntityChanged(KIND, row.id, "created"))
    return row


def change(session: Session, principal: Principal, staff_id: int, revision: int, **fields: Any) -> Staff:
    """Change fields of an entry that the caller read at ``revision``; the identity number cannot be changed.

    Raises:
        Conflict: somebody changed it meanwhile.
        Invalid: see ``register``.
    """
    row = staff(session, staff_id, to_change=True)
    if row.revision != revision:
        raise Conflict("staff.changed_meanwhile", revision=row.revision)
    if "id_number" in fields:
        raise Invalid("staff.invalid", findings=[finding("id_number", "fixed")])
    after = replace(draft_of(row), **fields)
    _check(session, institution(session, row.institution_id), after)
    for name in fields:
        setattr(row, name, getattr(after, name))
    row.initials = initials(after.name)[:40]
    touch(session, principal, row, "changed")
    return row


def leave(session: Session, principal: Principal, staff_id: int, day: date) -> Staff:
    """Record that a person stopped working for the unit on ``day``.

    Raises:
        Conflict: the person had left before.
        Invalid: the day lies ahead, or before the present post began. The account, if any, is locked.
    """
    row = staff(session, staff_id, to_change=True)
    if row.state != WORKING:
        raise Conflict("staff.state", state=row.state)
    _check_post_day(session, row, day)
    row.state, row.left_on = LEFT, day
    end_post(session, row, day)
    if row.account:
        end_employment(session, row.account, "离职")
    touch(session, principal, row, "closed")
    return row


def open_account(session: Session, principal: Principal, staff_id: int, wish: AccountWish) -> OpenedAccount:
    """Open a user account for a person, with a role if the caller may hand it out.

    Raises:
        Conflict: the person has left, or has an account.
        Invalid, Denied: what access says to the login name and the role.
    """
    row = staff(session, staff_id, to_change=True)
    if row.state != WORKING or row.account:
        raise Conflict("staff.account", state=row.state, account=row.account or "")
    user, password = open_for(
        session,
        principal,
        InstitutionLookup(),
        {
            "login_name": wish.login,
            "real_name": row.name,
            "id_no": row.id_number,
            "phone": row.phone,
            "title": row.title,
            "institution_id": row.institution_id,
            "role": wish.role,
        },
    )
    user.staff_ref = str(row.id)
    row.account = user.login_name
    touch(session, principal, row, "account")
    publish(session, AccountOpened(row.id, user.id, user.login_name))
    return OpenedAccount(user.id, user.login_name, password)


def staff(session: Session, staff_id: int, to_change: bool = False) -> Staff:
    """One entry the caller may see, with its encrypted fields; ``to_change`` locks it until the end of the act.

    Raises:
        NotFound: ``staff.unknown``.
    """
    query = select(Staff).where(Staff.id == staff_id).options(undefer(Staff.id_number), undefer(Staff.phone))
    query = query.with_for_update() if to_change else query
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("staff.unknown", staff_id=str(staff_id))
    return row


def listed(session: Session, wanted: StaffFilter) -> Paged[Staff]:
    """Staff the caller may see, by unit and name."""
    query = select(Staff)
    if wanted.state:
        query = query.where(Staff.state == wanted.state)
    if wanted.institution_id is not None:
        query = query.where(Staff.institution_id == wanted.institution_id)
    if wanted.under:
        query = query.where(Staff.division_code.startswith(prefix_of(pad(wanted.under)), autoescape=True))
    if wanted.category:
        query = query.where(Staff.category == wanted.category)
    if text := wanted.text.strip():
        query = query.where(
            or_(
                Staff.name.contains(text, autoescape=True),
                Staff.initials.startswith(text.lower(), autoescape=True),
                Staff.licence_no == text,
                Staff.id_index == text.upper(),
            )
        )
    ordered = query.order_by(*ordering(wanted.sort, _SORTS, (Staff.division_code, Staff.institution_id, Staff.name, Staff.id)))
    return paged(session, ordered, wanted.page, wanted.size)


def posts(session: Session, staff_id: int) -> list[StaffPost]:
    """Where a person worked, newest first."""
    staff(session, staff_id)
    query = select(StaffPost).where(StaffPost.staff_id == staff_id).order_by(StaffPost.started_on.desc())
    return list(session.scalars(query))


def draft_of(row: Staff) -> StaffDraft:
    """The entry as it is now; the row must carry its encrypted fields."""
    return StaffDraft(**{name: getattr(row, name) for name in _FIELDS})


def own_unit(session: Session, institution_id: int) -> Institution:
    """An active institution for which the caller may register staff.

    Raises:
        NotFound: it lies outside the caller's scope.
        Conflict: it is not active.
    """
    unit = institution(session, institution_id)
    if not scope_of(session).covers_institution(unit.id):
        raise NotFound("institution.unknown", institution_id=str(institution_id))
    if unit.state != ACTIVE:
        raise Conflict("institution.state", state=unit.state)
    return unit


def touch(session: Session, principal: Principal, row: Staff, action: str) -> None:
    """Count the change of an entry and tell the platform."""
    row.revision += 1
    row.changed_at, row.changed_by = clock.now(), principal.name
    session.flush()
    publish(session, EntityChanged(KIND, row.id, action))


def _check_post_day(session: Session, row: Staff, day: date) -> None:
    started = post_began(session, row)
    rule = "before_beginning" if started and day < started else "in_the_future" if day > clock.today() else None
    if rule:
        raise Invalid("staff.invalid", findings=[finding("day", rule)])


def post_began(session: Session, row: Staff) -> date | None:
    """The day the present post of a person began."""
    query = select(func.max(StaffPost.started_on)).where(StaffPost.staff_id == row.id, StaffPost.ended_on.is_(None))
    return session.scalar(query)


def begin_post(session: Session, row: Staff, day: date) -> None:
    """Open the time a person works for the unit of the entry."""
    session.add(
        StaffPost(
            staff_id=row.id,
            institution_id=row.institution_id,
            department_code=row.department_code,
            started_on=day,
            division_code=row.division_code,
            line_code=row.line_code,
        )
    )
    session.flush()


def end_post(session: Session, row: Staff, day: date) -> None:
    """Close the open time of a person."""
    open_posts = select(StaffPost).where(StaffPost.staff_id == row.id, StaffPost.ended_on.is_(None))
    for post in session.scalars(open_posts):
        post.ended_on = day


def _check(session: Session, unit: Institution, draft: StaffDraft) -> None:
    found = findings(draft, clock.today())
    if draft.department_code and draft.department_code not in {row.code for row in departments(session, unit.id)}:
        found.append(Finding("department_code", "department_unknown"))
    if found:
        raise Invalid("staff.invalid", findings=[finding(one.field, one.rule) for one in found])


def _known(session: Session, id_number: str) -> int | None:
    """The entry of somebody who left whatever unit it was; whoever still works somewhere has to be transferred."""
    with widened(session, "one entry per identity number"):
        known = session.scalar(select(Staff).where(Staff.id_index == id_number))
        if known is None:
            return None
        if known.state == WORKING:
            unit = session.get(Institution, known.institution_id)
            raise Conflict("staff.known", institution=unit.name if unit else "", state=known.state, field="id_number")
        return known.id


def _employ_again(session: Session, principal: Principal, unit: Institution, staff_id: int, draft: StaffDraft) -> Staff:
    """Take the entry of somebody who had left over to this unit; the former posts stay in its history."""
    with widened(session, "employ somebody who left another unit"):
        row = session.get_one(Staff, staff_id)
        if row.left_on and draft.employed_on < row.left_on:
            raise Invalid("staff.invalid", findings=[finding("employed_on", "before_leaving")])
        for name in set(_FIELDS) - {"id_number"}:
            setattr(row, name, getattr(draft, name))
        row.institution_id, row.division_code, row.line_code = unit.id, unit.division_code, unit.line_code
        row.initials, row.state, row.left_on = initials(draft.name)[:40], WORKING, None
        row.registered_by = principal.institution_id
        # An old account stays locked and is no longer this entry's: the new unit opens one, or unlocks the old.
        row.account = None
        begin_post(session, row, draft.employed_on)
        touch(session, principal, row, "restored")
    return staff(session, staff_id)
