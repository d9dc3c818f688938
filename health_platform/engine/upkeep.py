"""What the engine does by the clock: deadlines of cases, memberships that end, tasks planned by rules that changed."""

from __future__ import annotations

from sqlalchemy import select

from health_platform.engine import planning
from health_platform.engine.cases import overdue_moves
from health_platform.engine.desk import system_desk
from health_platform.engine.members import ACTIVE, EXPIRED, leave
from health_platform.engine.models import Enrolment
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

CHUNK = 200


def expire_cases(platform: Platform) -> int:
    """Move the cases whose time is over; gives how many."""
    with platform.database.unit_of_work(system_scope("deadlines of cases")) as session:
        return overdue_moves(system_desk(session, platform), clock.now())


def end_memberships(platform: Platform) -> int:
    """Close memberships whose last day is over; gives how many."""
    with platform.database.unit_of_work(system_scope("end memberships")) as session:
        desk = system_desk(session, platform)
        over = (Enrolment.state == ACTIVE, Enrolment.ends_on < clock.today())
        rows = list(session.scalars(select(Enrolment).where(*over).order_by(Enrolment.ends_on).limit(1000)))
        for row in rows:
            leave(desk, row, EXPIRED, max(row.ends_on or clock.today(), row.enrolled_on))
        return len(rows)


def replan(platform: Platform) -> int:
    """Plan anew for members whose rules or parameters changed since they were planned; gives how many."""
    changed, last = 0, 0
    while True:
        with platform.database.unit_of_work(system_scope("replan")) as session:
            desk = system_desk(session, platform)
            active = select(Enrolment).where(Enrolment.state == ACTIVE, Enrolment.id > last)
            rows = list(session.scalars(active.order_by(Enrolment.id).limit(CHUNK)))
            for row in rows:
                if desk.catalogue.knows("register", row.register) and row.stamp != planning.stamp_of(desk, row):
                    planning.renew(desk, row)
                    changed += 1
        if len(rows) < CHUNK:
            return changed
        last = rows[-1].id
