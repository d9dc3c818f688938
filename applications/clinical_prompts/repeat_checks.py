"""Checks of test orders: the same laboratory panel or examination within its period of mutual recognition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from applications.clinical_prompts.drug_checks import evidence_of
from applications.clinical_prompts.knowledge import Knowledge, TestItem
from applications.clinical_prompts.rule_state import Rules
from applications.clinical_prompts.values import Chart, DraftOrder, Finding, PastTest
from health_platform.kernel.clock import local

_SHOWN_RESULTS = 4
_ADVICE = "如结果可用，请互认引用；确需复查请说明原因"


def items_of(order: DraftOrder, knowledge: Knowledge) -> tuple[TestItem, ...]:
    """The panels and examinations an order asks for."""
    return knowledge.tests_of(order.name, order.code)


def repeat_findings(
    orders: Sequence[DraftOrder], chart: Chart, knowledge: Knowledge, rules: Rules, at: datetime
) -> Iterator[Finding]:
    """Every finding about test orders; one for each order and item."""
    for order in orders:
        for item in items_of(order, knowledge):
            report = _earlier(item, chart.tests, at)
            if not report or _must_be_repeated(item, report, rules):
                continue
            yield _finding(order, item, report, rules, at)


def _earlier(item: TestItem, tests: Iterable[PastTest], at: datetime) -> list[PastTest]:
    """The newest report within the period that holds enough of the item's results; empty when there is none."""
    since = at - timedelta(days=item.days)
    reports: dict[tuple[str, str], list[PastTest]] = {}
    for test in tests:
        if since <= test.at <= at and item.results.match(test.name):
            reports.setdefault((test.institution, test.report or f"{local(test.at):%Y%m%d}"), []).append(test)
    complete = [rows for rows in reports.values() if len(item.results.matching(row.name for row in rows)) >= item.needed]
    return max(complete, key=lambda rows: max(row.at for row in rows), default=[])


def _must_be_repeated(item: TestItem, report: Iterable[PastTest], rules: Rules) -> bool:
    """A critical value calls for the repetition the rule would ask about."""
    silent = item.kind == "lab" and rules["repeat_lab"].parameters["silent_when_critical"]
    return bool(silent) and any(test.critical for test in report)


def _finding(order: DraftOrder, item: TestItem, report: list[PastTest], rules: Rules, at: datetime) -> Finding:
    rule = rules["repeat_lab" if item.kind == "lab" else "repeat_exam"]
    newest = max(report, key=lambda test: test.at)
    days = (local(at).date() - local(newest.at).date()).days
    ago = "今天" if days == 0 else f"{days} 天前"
    place = "" if newest.confidential else newest.institution
    return Finding(
        rule.code, rule.capped("warning"), f"{rule.code}:{item.key}",
        f"{item.label} {ago}已在{place or '其他机构'}完成（互认期 {item.days} 天）", _ADVICE, order.key,
        (evidence_of(newest, _results(item, report)),),
    )  # fmt: skip


def _results(item: TestItem, report: list[PastTest]) -> str:
    """The results as a doctor would cite them."""
    told = [f"{test.name} {test.value}".strip() for test in report if test.value]
    more = " 等" if len(told) > _SHOWN_RESULTS else ""
    return f"{item.label}：{'，'.join(told[:_SHOWN_RESULTS])}{more}" if told else report[0].name
