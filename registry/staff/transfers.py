"""Transfers between units: the sending unit asks, the receiving unit accepts, the entry and its history move."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from health_platform.access.api import Unit, change_employer
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, NotFound
from health_platform.kernel.narrowing import criterion
from health_platform.kernel.scope import Principal, Scope, scope_of
from registry.institutions.models import ACTIVE, Institution
from registry.institutions.service import institution, resolve
from registry.paging import Paged, ordering, paged
from registry.staff.models import WORKING, Staff, StaffTransfer
from registry.staff.service import begin_post, end_post, own_unit, post_began, staff, touch

_SORTS = {
    "staff_name": StaffTransfer.staff_name,
    "from_name": StaffTransfer.from_name,
    "effective_on": StaffTransfer.effective_on,
    "requested_at": StaffTransfer.requested_at,
    "state": StaffTransfer.state,
}


@dataclass(frozen=True, slots=True)
class TransferFilter:
    """Which transfers to list: those waiting for the caller, or (``sent``) those asked for; ``text`` looks in the names of
    the person and of the unit left."""

    text: str = ""
    sent: bool = False
    sort: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class TransferWish:
    """Who goes where (any code of the unit), from which day."""

    staff_id: int
    to_code: str
    effective_on: date
    reason: str = ""


def request(session: Session, principal: Principal, wish: TransferWish) -> int:
    """Ask that a person moves to another unit; returns the id of the request, which the other unit sees.

    Raises:
        NotFound: the person is not the caller's, or the unit does not exist.
        Conflict: the person has left, works there already, or a request is open.
    """
    row = staff(session, wish.staff_id)
    sender = institution(session, row.institution_id)
    unit = resolve(session, wish.to_code)
    if unit is None or unit.state != ACTIVE:
        raise NotFound("institution.unknown", value=wish.to_code)
    if row.state != WORKING or row.institution_id == unit.id:
        raise Conflict("staff.transfer_pointless", state=row.state)
    started = post_began(session, row)
    if started and wish.effective_on < started:
        raise Conflict("staff.transfer_day", started=started.isoformat())
    # The request belongs to the receiving unit, which may lie outside the sender's scope.
    with widened(session, "hand a transfer to the receiving unit"):
        if session.scalar(_open(StaffTransfer.staff_id == row.id)) is not None:
            raise Conflict("staff.transfer_open")
        wanted = StaffTransfer(
            staff_id=row.id,
            staff_name=row.name,
            from_id=sender.id,
            from_name=sender.name,
            institution_id=unit.id,
            division_code=unit.division_code,
            line_code=unit.line_code,
            effective_on=wish.effective_on,
            state="requested",
            reason=wish.reason,
            requested_by=principal.name,
            requested_at=clock.now(),
        )
        session.add(wanted)
        session.flush()
        return wanted.id


def accept(session: Session, principal: Principal, transfer_id: int) -> Staff:
    """Take a person over: the old post ends, a post here begins, entry and account belong to this unit.

    Rights within the old unit end with it; this unit gives its own.

    Raises:
        Conflict: the day of the transfer is not there yet.
        Conflict: the request was decided, or the person has left meanwhile.
    """
    wanted = _requested(session, transfer_id)
    if wanted.effective_on > clock.today():
        raise Conflict("staff.transfer_early", effective=wanted.effective_on.isoformat())
    unit = own_unit(session, wanted.institution_id)
    place = Unit(unit.id, unit.name, unit.division_code or "", unit.line_code, unit.parent_id)
    with widened(session, "take a person over from another unit"):
        row = session.get(Staff, wanted.staff_id)
        if row is None or row.state != WORKING or row.institution_id != wanted.from_id:
            raise Conflict("staff.transfer_stale")
        end_post(session, row, wanted.effective_on)
        row.institution_id, row.department_code = unit.id, None
        row.division_code, row.line_code = unit.division_code, unit.line_code
        begin_post(session, row, wanted.effective_on)
        if row.account:
            change_employer(session, principal.id, row.account, place)
        touch(session, principal, row, "transferred")
    _decide(wanted, "accepted", principal, "")
    return staff(session, wanted.staff_id)


def refuse(session: Session, principal: Principal, transfer_id: int, note: str) -> StaffTransfer:
    """Do not take a person over.

    Raises:
        Conflict: the request was decided.
    """
    wanted = _requested(session, transfer_id)
    _decide(wanted, "refused", principal, note)
    return wanted


def incoming(session: Session) -> list[StaffTransfer]:
    """Open requests to units of the caller, oldest first."""
    return found_transfers(session, TransferFilter(size=100_000)).rows


def outgoing(session: Session) -> list[StaffTransfer]:
    """The requests the caller's units have made, newest first, with what became of them."""
    return found_transfers(session, TransferFilter(sent=True, size=100_000)).rows


def found_transfers(session: Session, wanted: TransferFilter) -> Paged[StaffTransfer]:
    """One page of the open requests to units of the caller, oldest first, or of those its units have made, newest first."""
    query = select(StaffTransfer)
    if text := wanted.text.strip():
        columns = (StaffTransfer.staff_name, StaffTransfer.from_name)
        query = query.where(or_(*(column.contains(text, autoescape=True) for column in columns)))
    if not wanted.sent:
        waiting = query.where(StaffTransfer.state == "requested")
        ordered = waiting.order_by(*ordering(wanted.sort, _SORTS, (StaffTransfer.requested_at, StaffTransfer.id)))
        return paged(session, ordered, wanted.page, wanted.size)
    own = StaffTransfer.from_id.in_(_own_units(scope_of(session)))
    newest = (StaffTransfer.requested_at.desc(), StaffTransfer.id.desc())
    with widened(session, "follow the unit's own requests"):
        return paged(session, query.where(own).order_by(*ordering(wanted.sort, _SORTS, newest)), wanted.page, wanted.size)


def _own_units(scope: Scope) -> Select[int]:
    """The institutions for which somebody with this scope acts; a request itself belongs to the unit it goes to."""
    query = select(Institution.id) if scope.everything else select(Institution.id).where(criterion(Institution, scope))
    return query if scope.institutions is None else query.where(Institution.id.in_(scope.institutions))


def withdraw(session: Session, principal: Principal, transfer_id: int) -> None:
    """Take a request of the caller's unit back.

    Raises:
        NotFound: the request was made by somebody else's unit.
        Conflict: it was decided.
    """
    with widened(session, "look for the unit that asked"):
        sender = _requested(session, transfer_id).from_id
    own_unit(session, sender)
    with widened(session, "take a request to another unit back"):
        _decide(_requested(session, transfer_id), "withdrawn", principal, "")


def _open(*where: ColumnElement[bool]) -> Select[StaffTransfer]:
    return select(StaffTransfer).where(StaffTransfer.state == "requested", *where)


def _requested(session: Session, transfer_id: int) -> StaffTransfer:
    row = session.scalar(select(StaffTransfer).where(StaffTransfer.id == transfer_id))
    if row is None:
        raise NotFound("staff.transfer_unknown", transfer_id=str(transfer_id))
    if row.state != "requested":
        raise Conflict("staff.transfer_decided", state=row.state)
    return row


def _decide(row: StaffTransfer, state: str, principal: Principal, note: str) -> None:
    row.state, row.note = state, note
    row.decided_by, row.decided_at = principal.name, clock.now()
