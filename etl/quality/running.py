"""A run: judge the days that changed, keep the results, and score the months they lie in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.quality import counting, dirty, scoring_months
from etl.quality.compiling import Scan, count_statement, scan_statement
from etl.quality.events import QualityChecked
from etl.quality.models import QualityRun, RuleError
from etl.quality.portions import held_whole, portions, rows_by_day
from etl.quality.refused import refused
from etl.quality.rulebook import of_dataset, rules_in_force
from etl.quality.rules import Rule, Source
from etl.quality.runs import Run
from etl.quality.tables import QUALITY_DAY, ensure_tables
from health_platform.datasets.api import catalogue
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid
from health_platform.kernel.giving_way import give_way
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import Warehouse, WarehouseFailed

log = logging.getLogger("etl.quality")

DAYS_PER_SETTLING: Final = 366
"""Days whose earlier results are withdrawn by one statement."""

Days = Mapping[str, set[date]]
Advance = Callable[[int], object]


def check(platform: Platform, days: Days, reason: str, advance: Advance = lambda steps: None) -> Run:
    """Judge these days of these datasets. May be repeated: results of a later run replace those of an earlier one.

    ``advance`` is called with 1 for every dataset done.
    """
    ensure_tables(platform.warehouse)
    run = _begin(platform, days, reason)
    for name in sorted(run.days):
        if name in catalogue() and run.days[name]:
            _check_dataset(platform, run, name)
        advance(1)
    _finish(platform, run)
    return run


def _begin(platform: Platform, days: Days, reason: str) -> Run:
    with platform.database.unit_of_work(system_scope("quality")) as session:
        run = Run(new_id(), clock.now(), {name: set(each) for name, each in days.items()}, rules_in_force(session))
        total = sum(len(each) for each in days.values())
        session.add(QualityRun(id=run.run_id, started_at=run.started, reason=reason, days=total, rules=len(run.rules)))
    return run


def _check_dataset(platform: Platform, run: Run, name: str) -> None:
    rules = of_dataset(run.rules.values(), name)
    held = rows_by_day(platform.warehouse, name, sorted(run.days[name]))
    for scan in _scans(name, rules, run, held, held_whole(platform.warehouse, rules)):
        for rule, problem in _judge(platform.warehouse, scan):
            run.errors[rule.code] = problem
            log.error("quality rule cannot be run", extra={"facts": {"rule": rule.code, "problem": problem[:500]}})
        give_way()
    with platform.database.unit_of_work(system_scope("quality"), reading=True) as session:
        _store(platform.warehouse, counting.refused_rows(refused(session, name, run.days[name], run.rules), run.run_id))
        _store(platform.warehouse, counting.count_rows(session, platform.warehouse, name, run.days[name], run))
    _settle(platform.warehouse, run, name)
    give_way()


def _scans(name: str, rules: Sequence[Rule], run: Run, held: Mapping[date, int], whole: frozenset[str]) -> Iterator[Scan]:
    """One scan for all rules that join nothing, one for each partner joined; days with other rules in force apart."""
    judged = [rule for rule in rules if rule.source is Source.ROWS]
    partners = sorted({rule.joins for rule in judged if rule.joins}, key=repr)
    for number, partner in enumerate((None, *partners)):
        mine = [rule for rule in judged if rule.joins == partner]
        for days in portions(sorted(run.days[name]), held, mine):
            valid = tuple(rule for rule in mine if rule.holds_on(days[0]))
            if valid or partner is None:
                part = f"{partner.dataset}/{number}" if partner else "rows"
                yield Scan(name, days, valid, run.run_id, part, partner, whole)


def _judge(warehouse: Warehouse, scan: Scan) -> list[tuple[Rule, str]]:
    """Run a scan; when it fails, find the rules at fault, run the others, and return those with the reason."""
    try:
        statement = scan_statement(scan, warehouse.place)
        warehouse.command(statement.sql, statement.parameters)
        return []
    except (WarehouseFailed, Invalid) as error:
        if not scan.rules:
            raise
        problem = str(error.facts.get("reason") or error.message)
    faulty = [(rule, problem) for rule in scan.rules if not _runs(warehouse, scan, rule)]
    if not faulty:
        raise WarehouseFailed("warehouse.failed", reason=problem)
    bad = {rule.code for rule, _ in faulty}
    sound = tuple(rule for rule in scan.rules if rule.code not in bad)
    return faulty + _judge(warehouse, replace(scan, rules=sound))


def _runs(warehouse: Warehouse, scan: Scan, rule: Rule) -> bool:
    """True if the scan works with this rule alone."""
    try:
        one = count_statement(replace(scan, rules=(rule,)), warehouse.place, ("",), None)
        warehouse.execute(one.sql, one.parameters)
    except (WarehouseFailed, Invalid):
        return False
    return True


def _store(warehouse: Warehouse, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        names = QUALITY_DAY.column_names
        warehouse.insert(QUALITY_DAY.name, names, [tuple(row[name] for name in names) for row in rows])


def _settle(warehouse: Warehouse, run: Run, name: str) -> None:
    """Withdraw what earlier runs found where this one found nothing (rows moved away or were withdrawn), and keep history."""
    table = warehouse.place.table(QUALITY_DAY.name)
    values: dict[str, object] = {"dataset": name, "run": run.run_id}
    found = sorted(run.days[name])
    for start in range(0, len(found), DAYS_PER_SETTLING):
        days = found[start : start + DAYS_PER_SETTLING]
        values["days"] = tuple(str(day) for day in days)
        warehouse.command(
            f"INSERT INTO {table} (dataset, day, institution, part, version, is_deleted)"  # noqa: S608
            f" SELECT dataset, day, institution, part, %(run)s, 1 FROM {table} FINAL"
            " WHERE dataset = %(dataset)s AND day IN %(days)s AND version < %(run)s",
            values,
        )
        warehouse.command(
            f"INSERT INTO {warehouse.place.table('quality_history')}"  # noqa: S608
            " (dataset, day, institution, part, division_code, rows, rules, versions, applicable, failed, version, checked_at)"
            " SELECT dataset, day, institution, part, division_code, rows, rules, versions, applicable, failed, version, now64(3)"
            f" FROM {table} FINAL WHERE dataset = %(dataset)s AND day IN %(days)s AND version = %(run)s",
            values,
        )


def _finish(platform: Platform, run: Run) -> None:
    """Score the months before the days are settled: a run that is broken off in between is made again."""
    scoring_months.score(platform, run.months, run.rules)
    with platform.database.unit_of_work(system_scope("quality")) as session:
        _note_errors(session, run)
        dirty.settle(session, run.days, run.started)
        row = session.get_one(QualityRun, run.run_id)
        row.finished_at, row.errors = clock.now(), run.errors or None
        days = sorted({day.isoformat() for each in run.days.values() for day in each})
        publish(session, QualityChecked(run.run_id, sorted(run.days), days, [month.isoformat() for month in run.months]))


def _note_errors(session: Session, run: Run) -> None:
    checked = {rule.code for rule in run.rules.values() if rule.dataset in run.days}
    for known in session.scalars(select(RuleError)).all():
        if known.code in checked or known.code not in run.rules:
            session.delete(known)
    session.flush()
    for code, problem in run.errors.items():
        session.add(RuleError(code=code, message=problem[:4000], run_id=run.run_id))
    session.flush()


def days_of(first: date, last: date) -> set[date]:
    """Every day from first to last."""
    return {first + timedelta(days=number) for number in range((last - first).days + 1)}


def everything(first: date, last: date, names: Iterable[str] = ()) -> dict[str, set[date]]:
    """All datasets (or the named ones) with these days."""
    return {name: days_of(first, last) for name in (names or catalogue())}
