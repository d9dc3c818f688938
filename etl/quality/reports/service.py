"""Making reports, delivering them to institutions, reading, answering, and the effect of mending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from etl.quality.api import Period, SampleRow, results, sample_rows, score, stored_scores, trend
from etl.quality.ranking.definitions import GROUPS, LEVELS, group_of, level_of
from etl.quality.ranking.reading import institution_units
from etl.quality.reports.content import Peers, content, effect, result_of
from etl.quality.reports.models import ANSWERED, CLOSED, DELIVERED, READ, QualityReport, ReportAnswer
from health_platform.kernel import clock
from health_platform.kernel.db import start_writing
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound, register_messages
from health_platform.kernel.giving_way import give_way
from health_platform.kernel.outbox import event, publish
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, scope_of, system_scope
from registry.api import Institution

register_messages(
    {
        "report.unknown": "未找到该分析报告",
        "report.closed": "该报告已办结",
        "report.close": "单位账号不能办结报告",
        "report.future": "只能为已开始的月份生成报告",
        "report.institution": "未找到该机构",
    }
)


@event("quality.report_ordered")
@dataclass(frozen=True)
class ReportOrdered:
    """A report of an institution is to be made for the month that begins on ``month`` (ISO)."""

    institution_id: int
    month: str


@dataclass(frozen=True)
class Example:
    """A rule of a report with failing rows as the reader may see them."""

    rule: dict[str, Any]
    rows: tuple[SampleRow, ...]


def order(session: Session, institution_id: int, month: date) -> None:
    """Let a report be made in the background; it compares with peers whom the caller may not see.

    Raises:
        NotFound: not the caller's institution. Invalid: a month that has not begun.
    """
    if session.scalar(select(Institution.id).where(Institution.id == institution_id)) is None:
        raise NotFound("report.institution")
    if not scope_of(session).covers_institution(institution_id):
        raise NotFound("report.institution")
    if month.replace(day=1) > clock.today():
        raise Invalid("report.future")
    publish(session, ReportOrdered(institution_id, month.replace(day=1).isoformat()))


def on_ordered(platform: Platform, fact: ReportOrdered) -> None:
    """Make an ordered report."""
    period = Period.month_of(date.fromisoformat(fact.month))
    with platform.database.unit_of_work(system_scope("quality report"), writes_later=True) as session:
        make(platform, session, period, fact.institution_id)


def make_all(platform: Platform) -> int:
    """Deliver last month's report to every institution with a score or a place in the ranking; returns how many were made.

    Those that sent nothing get theirs too: they are who most needs to hear of it. A month of which the platform knows
    nothing at all has no reports.
    """
    period = Period.month_of(clock.today()).before()
    with platform.database.unit_of_work(system_scope("quality reports"), reading=True) as session:
        done = set(session.scalars(select(QualityReport.institution_id).where(QualityReport.first == period.first)))
        scored = {row.institution_id for row in stored_scores(session, period.first)}
        known = set(session.scalars(select(Institution.id).where(Institution.state == "active")))
        ranked = {unit.institution_id for unit in institution_units(session)} if scored else set()
    wanted = sorted(((scored & known) | ranked) - done)
    for institution_id in wanted:
        with platform.database.unit_of_work(system_scope("quality reports"), writes_later=True) as session:
            make(platform, session, period, institution_id)
        give_way()
    return len(wanted)


def make(platform: Platform, session: Session, period: Period, institution_id: int) -> QualityReport | None:
    """Make and deliver the next edition of a report. The same content again makes no new edition."""
    unit = session.get(Institution, institution_id)
    if unit is None:
        return None
    found = content(
        unit.name, score(platform, session, period, institution_id), results(platform, session, period, institution_id),
        trend(session, institution_id), _peers(session, unit, period),
    )  # fmt: skip
    start_writing(session)
    mine = (
        (QualityReport.institution_id == institution_id)
        & (QualityReport.first == period.first)
        & (QualityReport.last == period.last)
    )
    latest = session.scalar(select(QualityReport).where(mine).order_by(QualityReport.edition.desc()).limit(1))
    if latest is not None and latest.content == found:
        return latest
    row = QualityReport(
        institution_id=institution_id, division_code=unit.division_code, line_code=None, first=period.first, last=period.last,
        edition=latest.edition + 1 if latest else 1, state=DELIVERED, content=found, made_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def reports(
    session: Session, institution_id: int | None = None, state: str = "", month: date | None = None
) -> Sequence[QualityReport]:
    """Reports in scope, newest first."""
    statement = select(QualityReport).order_by(QualityReport.first.desc(), QualityReport.made_at.desc()).limit(500)
    if institution_id is not None:
        statement = statement.where(QualityReport.institution_id == institution_id)
    if state:
        statement = statement.where(QualityReport.state == state)
    if month is not None:
        statement = statement.where(QualityReport.first == month.replace(day=1))
    return session.scalars(statement).all()


def report(session: Session, report_id: int) -> QualityReport:
    """
    Raises:
        NotFound: ``report.unknown``.
    """
    row = session.scalar(select(QualityReport).where(QualityReport.id == report_id))
    if row is None:
        raise NotFound("report.unknown")
    return row


def mark_read(session: Session, principal: Principal, row: QualityReport) -> None:
    """The institution itself opened its report."""
    if row.state == DELIVERED and principal.institution_id == row.institution_id:
        row.state, row.read_at, row.read_by = READ, clock.now(), principal.name
        session.flush()


def unread(session: Session, institution_id: int | None) -> int:
    """Reports an institution has not opened."""
    wanted = (QualityReport.institution_id == institution_id) & (QualityReport.state == DELIVERED)
    return session.scalar(select(func.count(QualityReport.id)).where(wanted)) or 0


def answer(session: Session, principal: Principal, report_id: int, words: str, closes: bool = False) -> ReportAnswer:
    """Write to a report; an administrator may close it, the institution may not.

    Raises:
        Conflict: it is closed. Denied: a unit's account closes.
    """
    row = report(session, report_id)
    if row.state == CLOSED:
        raise Conflict("report.closed")
    if closes and scope_of(session).institutions is not None:
        raise Denied("report.close")
    said = ReportAnswer(
        report_id=row.id, institution_id=row.institution_id, division_code=row.division_code, line_code=None, text=words,
        closes=closes, by_name=principal.name, by_unit=principal.institution_name, at=clock.now(),
    )  # fmt: skip
    session.add(said)
    if closes:
        row.state = CLOSED
    elif principal.institution_id == row.institution_id:
        row.state = ANSWERED
    session.flush()
    return said


def answers(session: Session, report_id: int) -> Sequence[ReportAnswer]:
    """What was written, oldest first."""
    return session.scalars(select(ReportAnswer).where(ReportAnswer.report_id == report_id).order_by(ReportAnswer.at)).all()


def examples(platform: Platform, session: Session, principal: Principal, row: QualityReport, most: int = 10) -> list[Example]:
    """The worst rules with failing rows, masked for the reader; the caller audits it."""
    found = []
    for rule in row.content["worst"][:most]:
        try:
            rows = tuple(sample_rows(platform, session, principal, result_of(rule, row.institution_id)))
        except NotFound:
            rows = ()  # the rule is not in force any more
        found.append(Example(rule, rows))
    return found


def effect_of(platform: Platform, session: Session, row: QualityReport) -> dict[str, Any]:
    """Score and failures now against those of the report."""
    period = Period(row.first, row.last)
    now = score(platform, session, period, row.institution_id)
    return effect(row.content, now, results(platform, session, period, row.institution_id))


def deadline(row: QualityReport) -> date:
    """Until when an answer is expected."""
    return clock.local(row.made_at).date() + timedelta(days=10)


def _peers(session: Session, unit: Institution, period: Period) -> Peers:
    """Scores of the month of the units of the same group and level."""
    group, level = group_of(unit.category), level_of(unit.grade)
    rows = session.execute(select(Institution.id, Institution.category, Institution.grade).where(Institution.state == "active"))
    alike = {row.id for row in rows if group_of(row.category) == group and level_of(row.grade) == level} - {unit.id}
    totals = tuple(row.total for row in stored_scores(session, period.first) if row.institution_id in alike)
    return Peers(f"{LEVELS[level]}{GROUPS[group] if group else '机构'}", totals)
