"""How the prompts are taken: by rule, what was shown, cited, overridden and ignored, so that alert fatigue is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from applications.clinical_prompts.definitions.rules import RULES
from applications.clinical_prompts.models import PromptCheck, PromptShown

_TIMES = 10_000


@dataclass(frozen=True)
class Span:
    """A span of time, ``until`` exclusive, and one institution or all of the jurisdiction."""

    since: datetime
    until: datetime
    institution_id: int | None = None


@dataclass(frozen=True)
class RuleFigures:
    """Figures of one rule. Shares in percent of what was shown; None when nothing was.

    An ignored card was neither cited nor overridden. ``fatigued`` marks a rule whose prompts are mostly clicked away.
    """

    rule: str
    label: str
    shown: int
    critical: int
    accepted: int
    overridden: int
    doctors: int

    @property
    def ignored(self) -> int:
        return self.shown - self.accepted - self.overridden

    @property
    def accepted_share(self) -> float | None:
        return round(100 * self.accepted / self.shown, 1) if self.shown else None

    @property
    def overridden_share(self) -> float | None:
        return round(100 * self.overridden / self.shown, 1) if self.shown else None

    @property
    def fatigued(self) -> bool:
        # Override rates of 90 % and more are what the literature calls alert fatigue; below 20 cards nothing is said.
        return self.shown >= 20 and self.accepted / self.shown < 0.1


@dataclass(frozen=True)
class CheckFigures:
    """Figures of all checks of a span. ``p95_ms`` over the last 10,000 checks."""

    checks: int
    cards: int
    suppressed: int
    unknown_patients: int
    p50_ms: int | None
    p95_ms: int | None

    @property
    def cards_per_hundred(self) -> float | None:
        return round(100 * self.cards / self.checks, 1) if self.checks else None


def by_rule(session: Session, span: Span) -> list[RuleFigures]:
    """Figures of every rule in the caller's jurisdiction, in the order of the rules; rules without a card too."""
    query = select(
        PromptShown.rule,
        func.count().label("shown"),
        _count(PromptShown.severity == "critical").label("critical"),
        _count(PromptShown.outcome == "accepted").label("accepted"),
        _count(PromptShown.outcome == "overridden").label("overridden"),
        func.count(PromptShown.doctor_no.distinct()).label("doctors"),
    ).where(*_shown_in(span))
    found = {row.rule: row for row in session.execute(query.group_by(PromptShown.rule))}
    return [_figures(rule.code, rule.label, found.get(rule.code)) for rule in RULES]


def reasons(session: Session, span: Span) -> list[tuple[str, str, int]]:
    """(rule, reason code or "", count) of overridden cards, most frequent first."""
    query = (
        select(PromptShown.rule, PromptShown.reason, func.count().label("count"))
        .where(*_shown_in(span), PromptShown.outcome == "overridden")
        .group_by(PromptShown.rule, PromptShown.reason)
    )
    rows = [(row.rule, row.reason or "", row[2]) for row in session.execute(query)]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def checks(session: Session, span: Span) -> CheckFigures:
    """Figures of the checks themselves."""
    where = _checked_in(span)
    totals = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(PromptCheck.cards), 0),
            func.coalesce(func.sum(PromptCheck.suppressed), 0),
            func.coalesce(_count(PromptCheck.known_patient.is_(False)), 0),
        ).where(*where)
    ).one()
    newest = select(PromptCheck.took_ms).where(*where).order_by(PromptCheck.checked_at.desc()).limit(_TIMES)
    times = sorted(session.scalars(newest))
    made, cards, suppressed, unknown = (int(one) for one in totals)
    return CheckFigures(made, cards, suppressed, unknown, _share(times, 0.5), _share(times, 0.95))


def forget(session: Session, before: datetime) -> int:
    """Delete checks and cards from before an instant; the audit log keeps that they were made."""
    session.execute(delete(PromptShown).where(PromptShown.shown_at < before))
    gone: Any = session.execute(delete(PromptCheck).where(PromptCheck.checked_at < before))
    return int(gone.rowcount)


def _figures(rule: str, label: str, row: Any) -> RuleFigures:
    if row is None:
        return RuleFigures(rule, label, 0, 0, 0, 0, 0)
    return RuleFigures(rule, label, row.shown, row.critical, row.accepted, row.overridden, row.doctors)


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _shown_in(span: Span) -> list[Any]:
    found = [PromptShown.shown_at >= span.since, PromptShown.shown_at < span.until]
    return [*found, PromptShown.institution_id == span.institution_id] if span.institution_id else found


def _checked_in(span: Span) -> list[Any]:
    found = [PromptCheck.checked_at >= span.since, PromptCheck.checked_at < span.until]
    return [*found, PromptCheck.institution_id == span.institution_id] if span.institution_id else found


def _share(times: Sequence[int], share: float) -> int | None:
    return times[min(len(times) - 1, int(len(times) * share))] if times else None
