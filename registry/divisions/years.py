"""Closing a year: its shape is copied and sealed, and no change may reach back into it."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.ids import new_id
from health_platform.kernel.scope import Principal
from registry.divisions.answering import must_answer_for_region
from registry.divisions.atlas import Division
from registry.divisions.models import DivisionChange, DivisionSnap, DivisionYear
from registry.divisions.reading import atlas_of_year, atlas_on, last_day


def close_year(session: Session, principal: Principal, year: int) -> DivisionYear:
    """Close a year that has ended: from now on it is read from its snapshot, which nothing changes.

    Raises:
        Denied: ``division.not_the_region``.
        Invalid: the year has not ended.
        Conflict: it or a later one is closed, or changes that fall into it wait for a decision.
    """
    must_answer_for_region(session)
    if last_day(year) >= clock.today():
        raise Invalid("division.year_running", year=year)
    closed = session.scalar(select(func.max(DivisionYear.year)))
    if closed is not None and closed >= year:
        raise Conflict("division.year_closed", year=closed)
    waiting = (
        select(func.count())
        .select_from(DivisionChange)
        .where(DivisionChange.state == "submitted", DivisionChange.effective_on <= last_day(year))
    )
    if count := session.scalar(waiting):
        raise Conflict("division.changes_waiting", count=count)
    shape = sorted(atlas_on(session, last_day(year)).values(), key=lambda one: one.code)
    _keep(session, year, shape)
    row = DivisionYear(year=year, closed_at=clock.now(), closed_by=principal.name, size=len(shape), digest=digest(shape))
    session.add(row)
    session.flush()
    return row


def closed_years(session: Session) -> list[DivisionYear]:
    """All closed years, newest first."""
    return list(session.scalars(select(DivisionYear).order_by(DivisionYear.year.desc())))


def intact(session: Session, year: int) -> bool:
    """Whether the snapshot of a closed year is still what was sealed.

    Raises:
        NotFound: the year is not closed.
    """
    row = session.get(DivisionYear, year)
    if row is None:
        raise NotFound("division.year_open", year=year)
    return digest(sorted(atlas_of_year(session, year).values(), key=lambda one: one.code)) == row.digest


def digest(shape: Iterable[Division]) -> str:
    """SHA-256 over code, name, kind and area of every division, one line each, in the given order."""
    lines = (f"{one.code}\t{one.name}\t{one.kind}\t{one.area or ''}\n" for one in shape)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _keep(session: Session, year: int, shape: list[Division]) -> None:
    rows = [
        {"id": new_id(), "year": year, "code": one.code, "name": one.name, "kind": one.kind, "area": one.area} for one in shape
    ]
    if rows:
        session.execute(insert(DivisionSnap), rows)
