"""The monthly scores that rankings and charts read, stored after every run that touched the month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.quality.models import MonthScore
from etl.quality.reading import scores
from etl.quality.rules import Rule
from etl.quality.shapes import Period, Score
from etl.quality.tables import ready
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import load_query

_DIVISIONS = load_query(__package__, "divisions.sql")


def store(platform: Platform, session: Session, months: Iterable[date], rules: Mapping[str, Rule]) -> None:
    """Compute and store the scores of these months (their first days) for all institutions."""
    divisions: dict[int, str] = dict(ready(platform.warehouse).query(_DIVISIONS))
    for month in months:
        known = {row.institution_id: row for row in session.scalars(select(MonthScore).where(MonthScore.month == month))}
        made = scores(platform, session, Period.month_of(month), rules=rules)
        for institution in sorted(known.keys() - made.keys()):
            session.delete(known[institution])
        for institution, score in made.items():
            row = known.get(institution) or MonthScore(institution_id=institution, month=month)
            row.division_code = divisions.get(institution) or row.division_code
            _fill(row, score)
            session.add(row)
    session.flush()


def _fill(row: MonthScore, score: Score) -> None:
    row.total, row.coverage, row.row_count = score.total, score.coverage, score.rows
    row.dimensions = {dimension.value: str(value) for dimension, value in score.dimensions.items()}
    row.computed_at = clock.now()
