"""Which days have to be checked (again): marked as rows arrive, and found by comparing counts when rows moved away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from etl.events import RowsLoaded
from etl.quality.columns import Rows, source
from etl.quality.models import DirtyDay
from health_platform.datasets.api import catalogue
from health_platform.kernel import clock
from health_platform.kernel.bulk import insert_rows
from health_platform.kernel.warehouse.api import Warehouse

_REGISTER_DAY = date(1970, 1, 1)
_DAYS_AT_ONCE = 500  # an upload of a history has a thousand days; Oracle takes a thousand values in a list
LOOK_BACK = 62
"""Days back to which counts are compared."""


def on_rows_loaded(session: Session, event: RowsLoaded) -> None:
    """Mark the days of an upload's rows; the rows of a register count for the day they came."""
    days = {date.fromisoformat(day) for day in event.days}
    register = not Rows(catalogue()[event.dataset]).dated if event.dataset in catalogue() else False
    mark(session, event.dataset, {clock.today()} if register else days - {_REGISTER_DAY})


def mark(session: Session, dataset: str, days: Iterable[date]) -> None:
    """Say that rows of these days changed."""
    now, wanted = clock.now(), sorted(days)
    for start in range(0, len(wanted), _DAYS_AT_ONCE):
        some = wanted[start : start + _DAYS_AT_ONCE]
        mine = (DirtyDay.dataset == dataset) & DirtyDay.day.in_(some)
        known = set(session.scalars(select(DirtyDay.day).where(mine)))
        session.execute(update(DirtyDay).where(mine).values(marked_at=now))
        insert_rows(session, DirtyDay, [{"dataset": dataset, "day": day, "marked_at": now} for day in some if day not in known])


def waiting(session: Session) -> dict[str, set[date]]:
    """Dataset → days to check."""
    found: dict[str, set[date]] = {}
    for row in session.scalars(select(DirtyDay)):
        found.setdefault(row.dataset, set()).add(row.day)
    return found


def settle(session: Session, checked: dict[str, set[date]], started: object) -> None:
    """Forget the marks of checked days, except those set again since the run began."""
    for dataset, days in checked.items():
        done = sorted(days)
        for start in range(0, len(done), _DAYS_AT_ONCE):
            some = done[start : start + _DAYS_AT_ONCE]
            mine = (DirtyDay.dataset == dataset) & DirtyDay.day.in_(some) & (DirtyDay.marked_at <= started)
            session.execute(delete(DirtyDay).where(mine))


def changed_days(warehouse: Warehouse, dataset: str, until: date) -> set[date]:
    """Days of the last two months whose rows are not as many as when they were checked.

    A correction that moves a row to another day is announced with its new day only; here the old one shows.
    """
    rows = Rows(catalogue()[dataset])
    first = until - timedelta(days=LOOK_BACK)
    within, values = rows.within(first + timedelta(days=number) for number in range(LOOK_BACK + 1))
    now = (
        f"SELECT {rows.day} AS q_day, count() AS q_rows FROM {source(warehouse.place, catalogue()[dataset])}"  # noqa: S608 names of definitions
        f" WHERE {within} AND {rows.current} GROUP BY q_day"
    )
    then = (
        f"SELECT day, sum(rows) FROM {warehouse.place.table('quality_day')} FINAL WHERE dataset = %(dataset)s"  # noqa: S608
        " AND part = 'rows' AND day >= toDate32(%(from)s) AND day <= toDate32(%(until)s) GROUP BY day"
    )
    counted: dict[date, int] = dict(warehouse.execute(now, values))
    known: dict[date, int] = dict(warehouse.execute(then, {"dataset": dataset, "from": str(first), "until": str(until)}))
    return {day for day in counted.keys() | known.keys() if counted.get(day, 0) != known.get(day, 0)}
