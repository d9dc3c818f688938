"""Result rows that do not come from a scan: refusals from the quarantine, and judgements of the counts per day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.quality import volume
from etl.quality.models import DeclaredCount
from etl.quality.refused import Key, Refused
from etl.quality.runs import Run
from etl.quality.tables import ready
from health_platform.kernel.warehouse.api import Warehouse

Result = dict[str, object]
Counts = dict[int, dict[date, int]]


def refused_rows(found: Mapping[Key, Refused], run_id: int) -> list[Result]:
    """One result row per institution and day with open refusals."""
    return [
        _row(dataset, day, institution, "refused", each.division_code, run_id, {
            code: (1, count, count, each.samples[code]) for code, count in sorted(each.counts.items())
        })
        for (dataset, day, institution), each in found.items()
    ]  # fmt: skip


def count_rows(session: Session, warehouse: Warehouse, dataset: str, days: set[date], run: Run) -> list[Result]:
    """One result row per institution and day whose count could be judged: against the usual, and against the declared."""
    counts, divisions = day_counts(warehouse, dataset, min(days) - timedelta(weeks=volume.WEEKS), max(days))
    declared = _declared(session, dataset, days)
    rows = []
    for institution in sorted(counts.keys() | {each for each, _ in declared}):
        mine = counts.get(institution, {})
        for day in sorted(days):
            said = declared.get((institution, day))
            verdicts = _volume(dataset, mine, day, run) | _gap(dataset, said, mine, day, run)
            if verdicts:
                division = divisions.get(institution) or (said.division_code if said else None) or ""
                rows.append(_row(dataset, day, institution, "counts", division, run.run_id, verdicts))
    return rows


def day_counts(warehouse: Warehouse, dataset: str, first: date, last: date) -> tuple[Counts, dict[int, str]]:
    """Rows by institution and day as last checked, and the division of each institution."""
    found = ready(warehouse).execute(
        "SELECT institution, day, rows, division_code"  # noqa: S608 a table of ours
        f" FROM {warehouse.place.table('quality_day')} FINAL"
        " WHERE dataset = %(dataset)s AND part = 'rows' AND day >= toDate32(%(first)s) AND day <= toDate32(%(last)s)",
        {"dataset": dataset, "first": str(first), "last": str(last)},
    )
    counts: Counts = defaultdict(dict)
    for institution, day, rows, _ in found:
        counts[institution][day] = rows
    return counts, {institution: division for institution, _, _, division in found}


def _volume(dataset: str, mine: dict[date, int], day: date, run: Run) -> dict[str, tuple[int, int, int, list[str]]]:
    rule = run.rules.get(f"{dataset}.volume")
    found = volume.abnormal(mine.get(day, 0), volume.usual(mine, day)) if rule and rule.holds_on(day) else None
    return {} if found is None or rule is None else {rule.code: (rule.version, 1, int(found), [])}


def _gap(
    dataset: str, declared: DeclaredCount | None, mine: dict[date, int], day: date, run: Run
) -> dict[str, tuple[int, int, int, list[str]]]:
    rule = run.rules.get(f"{dataset}.declared")
    if rule is None or not declared or not declared.amount or not rule.holds_on(day):
        return {}
    return {rule.code: (rule.version, declared.amount, max(0, declared.amount - mine.get(day, 0)), [])}


def _declared(session: Session, dataset: str, days: set[date]) -> dict[tuple[int, date], DeclaredCount]:
    kinds = [kind for kind, (_, counted) in volume.DECLARED.items() if dataset == counted]
    if not kinds:
        return {}
    wanted = (DeclaredCount.kind.in_(kinds), DeclaredCount.day >= min(days), DeclaredCount.day <= max(days))
    return {(row.institution_id, row.day): row for row in session.scalars(select(DeclaredCount).where(*wanted))}


def _row(
    dataset: str, day: date, institution: int, part: str, division: str, run_id: int,
    verdicts: Mapping[str, tuple[int, int, int, list[str]]],
) -> Result:  # fmt: skip
    values: list[Any] = list(verdicts.values())
    return {
        "dataset": dataset, "day": day, "institution": institution, "part": part, "division_code": division, "rows": 0,
        "rules": list(verdicts), "versions": [each[0] for each in values], "applicable": [each[1] for each in values],
        "failed": [each[2] for each in values], "samples": [each[3] for each in values], "version": run_id, "is_deleted": 0,
    }  # fmt: skip
