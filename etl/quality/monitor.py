"""The daily monitor: institution × dataset × day, against the institution's own past and its declared counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.quality import dirty, volume
from etl.quality.models import DeclaredCount
from etl.quality.parameters import due_weekdays, late_share
from etl.quality.reading import day_rows
from etl.quality.shapes import DayCell, DayState, Period
from health_platform.kernel import clock
from health_platform.kernel.cache import cacheable
from health_platform.kernel.errors import Invalid, register_messages
from health_platform.kernel.platform import Platform

register_messages({"quality.declared": "申报数 {field} 的取值 {value} 无效：{rule}"})

_KINDS = {dataset: kind for kind, (_, dataset) in volume.DECLARED.items()}


@dataclass(frozen=True)
class _Square:
    """What is known of an institution's dataset on one day. ``quiet``: it has begun to upload, and sent nothing that day."""

    day: date
    rows: int
    late: int
    usual: volume.Usual | None
    declared: int | None
    quiet: bool


@dataclass(frozen=True)
class _Judge:
    weekdays: frozenset[int]
    late_share: Decimal
    today: date

    def state(self, one: _Square) -> DayState:
        """State of one square. Today and later days are never missing: they are not over."""
        over = one.day < self.today
        if not one.rows:
            wanted = bool(one.declared) or one.quiet or (one.usual is not None and one.usual.middle >= 1)
            due = wanted and over and (bool(one.declared) or one.day.isoweekday() in self.weekdays)
            return DayState.MISSING if due else DayState.NOTHING
        if one.declared and one.rows < one.declared * Decimal("0.9") and over:
            return DayState.ABNORMAL
        if volume.abnormal(one.rows, one.usual) and over:
            return DayState.ABNORMAL
        return DayState.LATE if one.late > one.rows * self.late_share else DayState.UPLOADED


@cacheable("quality.calendar", "上传日历", ("period", "institution_id"))
def calendar(platform: Platform, session: Session, period: Period, institution_id: int | None = None) -> tuple[DayCell, ...]:
    """Every (institution, dataset, day) of a period for datasets that the institution uploaded or declared lately.

    Counts are those of the last check (job ``quality.check``), by the local day of the event.

    Raises:
        NotFound: the institution is out of scope.
    """
    back = Period(period.first - timedelta(weeks=volume.WEEKS), period.last)
    counts: dict[tuple[int, str], dict[date, int]] = defaultdict(dict)
    late: dict[tuple[int, str, date], int] = {}
    for institution, dataset, day, rows, overdue in day_rows(platform, session, back, institution_id):
        counts[institution, dataset][day] = rows
        late[institution, dataset, day] = overdue
    declared = declared_counts(session, period, institution_id)
    for institution, dataset, _ in declared:
        counts.setdefault((institution, dataset), {})
    judge = _Judge(due_weekdays(platform, session), late_share(platform, session), clock.today())
    sent = {(institution, day) for (institution, _), mine in counts.items() for day, rows in mine.items() if rows}
    cells = []
    for institution, dataset in sorted(counts):
        mine = counts[institution, dataset]
        for day in period.days():
            place = (institution, dataset, day)
            quiet = (institution, day) not in sent and min(mine, default=day) < day
            rows, said = mine.get(day, 0), declared.get(place)
            square = _Square(day, rows, late.get(place, 0), volume.usual(mine, day), said, quiet)
            cells.append(_cell(judge, institution, dataset, square))
    return tuple(cells)


def _cell(judge: _Judge, institution: int, dataset: str, one: _Square) -> DayCell:
    usual = volume.as_decimal(one.usual.middle) if one.usual else None
    return DayCell(institution, dataset, one.day, one.rows, one.late, judge.state(one), usual, one.declared)


def declared_counts(session: Session, period: Period, institution_id: int | None = None) -> dict[tuple[int, str, date], int]:
    """(institution, dataset counted against it, day) → declared count, within scope."""
    query = select(DeclaredCount).where(DeclaredCount.day >= period.first, DeclaredCount.day <= period.last)
    if institution_id is not None:
        query = query.where(DeclaredCount.institution_id == institution_id)
    return {
        (row.institution_id, volume.DECLARED[row.kind][1], row.day): row.amount
        for row in session.scalars(query)
        if row.kind in volume.DECLARED
    }


@dataclass(frozen=True)
class Declaration:
    """What an institution says of one day. ``counts``: kind (``volume.DECLARED``) → number."""

    institution_id: int
    division_code: str
    day: date
    counts: Mapping[str, int]
    by: str


def declare(session: Session, said: Declaration) -> None:
    """Keep declared counts; a later declaration of the same day replaces the earlier one. The day is checked again.

    Raises:
        Invalid: ``quality.declared``: a day to come, an unknown kind, or a negative count.
    """
    if said.day > clock.today():
        raise Invalid("quality.declared", field="day", value=str(said.day), rule="不能申报将来的日期")
    for kind, amount in said.counts.items():
        if kind not in volume.DECLARED:
            raise Invalid("quality.declared", field="kind", value=kind, rule=f"应为 {'、'.join(volume.DECLARED)} 之一")
        if amount < 0:
            raise Invalid("quality.declared", field=kind, value=amount, rule="应为不小于 0 的整数")
        wanted = (DeclaredCount.institution_id == said.institution_id, DeclaredCount.day == said.day, DeclaredCount.kind == kind)
        row = session.scalar(select(DeclaredCount).where(*wanted)) or DeclaredCount(
            institution_id=said.institution_id, division_code=said.division_code, day=said.day, kind=kind
        )
        row.amount, row.declared_by, row.declared_at = amount, said.by, clock.now()
        session.add(row)
        dirty.mark(session, volume.DECLARED[kind][1], {said.day})
    session.flush()
