"""The monthly scores that rankings and charts read, stored after every run that touched the month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.quality.models import MonthScore
from etl.quality.reading import scores
from etl.quality.rules import Rule
from etl.quality.shapes import Period, Score
from etl.quality.tables import ready
from health_platform.kernel import clock
from health_platform.kernel.giving_way import give_way
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import load_query

_DIVISIONS = load_query(__package__, "divisions.sql")


def score(platform: Platform, months: Iterable[date], rules: Mapping[str, Rule]) -> None:
    """Compute and store the scores of these months (their first days) for all institutions, each month on its own.

    The warehouse is asked before the transaction that stores: a history has dozens of months, and on SQLite nobody else would
    write while they are computed.
    """
    divisions: dict[int, str] = dict(ready(platform.warehouse).query(_DIVISIONS))
    for month in months:
        with _unit(platform, reading=True) as session:
            made = scores(platform, session, Period.month_of(month), rules=rules)
        with _unit(platform) as session:
            _store(session, month, made, divisions)
        give_way()


def _store(session: Session, month: date, made: Mapping[int, Score], divisions: Mapping[int, str]) -> None:
    known = {row.institution_id: row for row in session.scalars(select(MonthScore).where(MonthScore.month == month))}
    for institution in sorted(known.keys() - made.keys()):
        session.delete(known[institution])
    for institution, found in made.items():
        row = known.get(institution) or MonthScore(institution_id=institution, month=month)
        row.division_code = divisions.get(institution) or row.division_code
        _fill(row, found)
        session.add(row)


def _unit(platform: Platform, *, reading: bool = False) -> AbstractContextManager[Session]:
    return platform.database.unit_of_work(system_scope("quality"), reading=reading)


def _fill(row: MonthScore, score: Score) -> None:
    row.total, row.coverage, row.row_count = score.total, score.coverage, score.rows
    row.dimensions = {dimension.value: str(value) for dimension, value in score.dimensions.items()}
    row.computed_at = clock.now()
