"""Making charts and orders in few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from applications.clinical_prompts import checking, shelf
from applications.clinical_prompts.knowledge import TABLES, Knowledge, compiled
from applications.clinical_prompts.rule_state import RuleState, all_shipped
from applications.clinical_prompts.values import Chart, DraftOrder, Fact, Finding, PastDrug, PastTest

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SHIPPED: Knowledge = compiled({one.key: shelf.shipped_rows(one.key) for one in TABLES}, {})
OTHER = "潢川县人民医院"


def drug(name: str, **more: Any) -> DraftOrder:
    return DraftOrder(key=more.pop("key", name), kind="drug", name=name, **more)


def test_order(name: str, **more: Any) -> DraftOrder:
    return DraftOrder(key=name, kind="test", name=name, **more)


test_order.__test__ = False  # type: ignore[attr-defined]  # a maker, not a test


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def taking(name: str, days_ago: float, lasts: float = 7, **more: Any) -> PastDrug:
    """A prescription of ``days_ago``; ``lasts`` days."""
    until = ago(days_ago) + timedelta(days=lasts)
    return PastDrug(**{"name": name, "code": "", "at": ago(days_ago), "institution": OTHER, "until": until, **more})


def fact(name: str, code: str = "", days_ago: float = 10, **more: Any) -> Fact:
    return Fact(**{"name": name, "code": code, "at": ago(days_ago), "institution": OTHER, **more})


def result(name: str, days_ago: float, value: str = "5.1", report: str = "R1", **more: Any) -> PastTest:
    return PastTest(
        **{"name": name, "code": "", "at": ago(days_ago), "institution": OTHER, "value": value, "report": report, **more}
    )


def prompts(
    *orders: DraftOrder, chart: Chart | None = None, answered: frozenset[str] = frozenset(), **rules: RuleState
) -> list[Finding]:
    """The prompts for orders under the shipped tables; ``rules`` replace shipped ones."""
    question = checking.Question(orders, chart or Chart(), SHIPPED, {**all_shipped(), **rules}, NOW, answered)
    return list(checking.check(question).findings)


def told(found: list[Finding]) -> list[tuple[str, str]]:
    """(rule, severity) in the order shown."""
    return [(one.rule, one.severity) for one in found]
