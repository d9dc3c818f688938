"""Reading results and scores, within the scope of the session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.quality import scoring
from etl.quality.models import MonthScore, RuleError
from etl.quality.parameters import due_weekdays, weights
from etl.quality.rulebook import rules_in_force
from etl.quality.rules import Rule
from etl.quality.shapes import Dimension, Period, RuleResult, Score, Status, TrendPoint
from etl.quality.tables import ready
from health_platform.datasets.api import catalogue
from health_platform.kernel import clock
from health_platform.kernel.cache import cacheable
from health_platform.kernel.errors import NotFound, register_messages
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope, scope_of
from health_platform.kernel.warehouse.api import Query, load_query

register_messages({"quality.institution": "未找到该机构的质控结果"})

_TOTALS: Final = load_query(__package__, "totals.sql")
_COUNTS: Final = load_query(__package__, "counts.sql")
_DAYS: Final = load_query(__package__, "days.sql")
_HISTORY: Final = load_query(__package__, "history.sql")
_EXPECTED_BACK: Final = timedelta(days=90)
"""An institution is expected to go on uploading what it uploaded within these days."""


@cacheable("quality.results", "质控结果", ("period", "institution_id"))
def results(platform: Platform, session: Session, period: Period, institution_id: int | None = None) -> tuple[RuleResult, ...]:
    """What every rule found over a period, worst first; of one institution, or of all in scope.

    Rules that could not be run stand with status ERROR; rules in force that judged nothing are NOT_APPLICABLE and appear
    only for a single institution.

    Raises:
        NotFound: the institution is out of scope.
    """
    values = _narrowed(session, period, institution_id)
    rules, errors = rules_in_force(session), {row.code: row.message for row in session.scalars(select(RuleError))}
    found = []
    for institution, code, _, version, applicable, failed, samples in _rows(platform, _TOTALS, values):
        if code in rules:
            found.append(_result(rules[code], institution, (version, applicable, failed, tuple(samples)), errors))
    if institution_id is not None:
        seen = {result.rule for result in found}
        visible = set(_visible(scope_of(session)))
        rest = (rule for code, rule in rules.items() if code not in seen and rule.dataset in visible)
        found += [_result(rule, institution_id, (rule.version, 0, 0, ()), errors) for rule in rest]
    return tuple(sorted(found, key=_badness))


def _result(
    rule: Rule, institution: int, counted: tuple[int, int, int, tuple[str, ...]], errors: Mapping[str, str]
) -> RuleResult:
    version, applicable, failed, samples = counted
    return RuleResult(
        rule.code, version, rule.dataset, catalogue()[rule.dataset].label, rule.label, rule.mend, rule.dimension,
        rule.severity, rule.weight, institution, applicable, failed, _status(rule, applicable, failed, errors), samples,
        errors.get(rule.code, ""),
    )  # fmt: skip


def _status(rule: Rule, applicable: int, failed: int, errors: Mapping[str, str]) -> Status:
    if rule.code in errors:
        return Status.ERROR
    if not applicable:
        return Status.NOT_APPLICABLE
    return Status.FAILED if failed > applicable * rule.tolerance else Status.PASSED


_ORDER = (Status.ERROR, Status.FAILED, Status.PASSED, Status.NOT_APPLICABLE)


def _badness(result: RuleResult) -> tuple[int, int, Decimal, str]:
    share = Decimal(result.failed) / result.applicable if result.applicable else Decimal(0)
    return _ORDER.index(result.status), -int(result.severity), -share * result.weight, result.rule


def score(platform: Platform, session: Session, period: Period, institution_id: int) -> Score:
    """The score of an institution over a period with its derivation, computed now.

    Raises:
        NotFound: the institution is out of scope.
    """
    _narrowed(session, period, institution_id)
    made = scores(platform, session, period, institution_id)
    return made.get(institution_id) or nothing_uploaded(platform, session, period, institution_id)


def scores(
    platform: Platform,
    session: Session,
    period: Period,
    institution_id: int | None = None,
    rules: Mapping[str, Rule] | None = None,
) -> dict[int, Score]:
    """Institution → score over a period, for all in scope that uploaded within the ninety days before its end."""
    values = _narrowed(session, period, institution_id)
    known, by = rules or rules_in_force(session), weights(platform, session)
    counts: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for institution, code, applicable, failed in _rows(platform, _COUNTS, values):
        counts[institution][code] = (applicable, failed)
    return {
        each.institution_id: scoring.score(each, known, by)
        for each in _evidence(platform, session, period, values, counts)
    }  # fmt: skip


def nothing_uploaded(platform: Platform, session: Session, period: Period, institution_id: int) -> Score:
    """The score of an institution that never uploaded: zero, with its derivation."""
    due = due_days(period, due_weekdays(platform, session))
    bare = scoring.Evidence(institution_id, period, {}, {}, frozenset(), 0, due)
    return scoring.score(bare, {}, weights(platform, session))


def _evidence(
    platform: Platform, session: Session, period: Period, values: dict[str, object],
    counts: Mapping[int, Mapping[str, tuple[int, int]]],
) -> Iterable[scoring.Evidence]:  # fmt: skip
    expected: dict[int, set[str]] = defaultdict(set)
    rows: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    active: dict[int, set[date]] = defaultdict(set)
    weekdays = due_weekdays(platform, session)
    for institution, dataset, day, count, _, _ in _rows(platform, _DAYS, {**values, "first": str(period.last - _EXPECTED_BACK)}):
        expected[institution].add(dataset)
        if period.first <= day <= period.last:
            rows[institution][dataset] += count
            if day.isoweekday() in weekdays:
                active[institution].add(day)
    due = due_days(period, weekdays)
    for institution in sorted(expected.keys() | counts.keys()):
        mine = rows[institution]
        for code in counts.get(institution, {}):
            mine.setdefault(code.split(".", 1)[0], 0)  # a dataset of which everything was refused
        mine = {name: count for name, count in mine.items() if name in catalogue()}
        yield scoring.Evidence(
            institution, period, counts.get(institution, {}), mine, frozenset(expected[institution] | mine.keys()),
            len(active[institution]), due,
        )  # fmt: skip


def due_days(period: Period, weekdays: frozenset[int]) -> int:
    """Days of a period, up to yesterday, on which an upload was due."""
    yesterday = clock.today() - timedelta(days=1)
    return sum(day <= yesterday and day.isoweekday() in weekdays for day in period.days())


def stored_scores(session: Session, month: date) -> Sequence[MonthScore]:
    """Stored scores of a month of the institutions in scope (``institution_id``, ``division_code``, ``total``, ``coverage``,
    ``row_count``, ``dimensions``, ``computed_at``), best first. Institutions that never uploaded have no row: rank them last.
    """
    query = select(MonthScore).where(MonthScore.month == month.replace(day=1)).order_by(MonthScore.total.desc(), MonthScore.id)
    return session.scalars(query).all()


def trend(session: Session, institution_id: int, months: int = 12) -> list[TrendPoint]:
    """The last stored monthly scores of an institution, oldest first."""
    query = select(MonthScore).where(MonthScore.institution_id == institution_id).order_by(MonthScore.month.desc()).limit(months)
    return [_point(row) for row in reversed(session.scalars(query).all())]


def _point(row: MonthScore) -> TrendPoint:
    dimensions = {Dimension(name): Decimal(value) for name, value in row.dimensions.items()}
    return TrendPoint(row.institution_id, row.month, row.total, row.coverage, row.row_count, dimensions, row.computed_at)


def dataset_quality(platform: Platform, session: Session, period: Period) -> dict[str, Decimal]:
    """Dataset → content score (0–100) over the rows of all institutions in scope; datasets without judged rows are missing."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for _, code, applicable, failed in _rows(platform, _COUNTS, _narrowed(session, period, None)):
        totals[code][0] += applicable
        totals[code][1] += failed
    rules = rules_in_force(session)
    known = {code: (both[0], both[1]) for code, both in totals.items() if code in rules}
    names = {rules[code].dataset for code in known}
    whole = scoring.Evidence(0, period, known, dict.fromkeys(names, 0), frozenset(names), 1, 1)
    made = scoring.score(whole, rules, weights(platform, session))
    return {each.dataset: each.score for each in made.datasets}


DayRows = tuple[int, str, date, int, int]


def day_rows(platform: Platform, session: Session, period: Period, institution_id: int | None) -> list[DayRows]:
    """(institution, dataset, day, rows, late rows) as last checked, within scope."""
    found = _rows(platform, _DAYS, _narrowed(session, period, institution_id))
    return [(institution, dataset, day, count, late) for institution, dataset, day, count, _, late in found]


def _narrowed(session: Session, period: Period, institution_id: int | None) -> dict[str, object]:
    """Parameters of the queries: the period, and no more than the caller may see."""
    scope = scope_of(session)
    if institution_id is not None and not scope.covers_institution(institution_id):
        raise NotFound("quality.institution")
    allowed = scope.institutions if institution_id is None else {institution_id}
    if scope.everything:
        allowed = {institution_id} if institution_id is not None else None
    return {
        "first": str(period.first), "last": str(period.last), "datasets": _visible(scope) or ("",),
        "divisions": list(scope.divisions), "institutions": (sorted(allowed) or [0]) if allowed is not None else [],
    }  # fmt: skip


def _visible(scope: Scope) -> tuple[str, ...]:
    return tuple(name for name, each in catalogue().items() if scope.covers_line(each.line))


def _rows(platform: Platform, query: Query, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
    return ready(platform.warehouse).query(query, values)


def history(platform: Platform, session: Session, found: RuleResult, limit: int = 12) -> list[tuple[datetime, int, int, int]]:
    """(time of the check, days checked, rows failing, rows judged) of a rule at an institution, newest check first.

    Raises:
        NotFound: the institution is out of scope.
    """
    if not scope_of(session).covers_institution(found.institution_id):
        raise NotFound("quality.institution")
    values = {"institution": found.institution_id, "dataset": found.dataset, "rule": found.rule, "limit": limit}
    return [(at, days, failed, judged) for at, days, failed, judged in _rows(platform, _HISTORY, values)]
