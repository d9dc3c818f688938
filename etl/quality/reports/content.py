"""What a report says, as plain data: made once, stored, and shown as page, workbook and PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median, quantiles
from typing import Any, Final

from etl.quality.api import Dimension, Period, RuleResult, Score, Severity, Status, TrendPoint
from health_platform.datasets.api import catalogue

WORST: Final = 20
FEWEST_PEERS: Final = 3
"""With fewer peers a comparison would tell their scores one by one."""


@dataclass(frozen=True)
class Peers:
    """The units compared with: their total scores, without the own one."""

    label: str
    totals: tuple[Decimal, ...]


def content(name: str, score: Score, results: Sequence[RuleResult], trend: Sequence[TrendPoint], peers: Peers) -> dict[str, Any]:
    """The whole report of an institution as JSON values; numbers are text with two places."""
    lost = {part.rule: part.lost for part in score.parts}
    failed = [each for each in results if each.status is Status.FAILED]
    worst = sorted(failed, key=lambda each: (-lost.get(each.rule, Decimal(0)), -int(each.severity), each.rule))
    return {
        "institution": name, "score": score_facts(score), "rules": _rule_counts(results),
        "worst": [_rule(each, lost.get(each.rule, Decimal(0))) for each in worst[:WORST]],
        "more": max(0, len(worst) - WORST), "trend": [_point(each) for each in trend], "peers": compared(score.total, peers),
    }  # fmt: skip


def score_facts(score: Score) -> dict[str, Any]:
    """A score with its derivation."""
    return {
        "total": text(score.total), "content": text(score.content), "coverage": text(score.coverage * 100),
        "dataset_share": text(score.dataset_share * 100), "day_share": text(score.day_share * 100), "rows": score.rows,
        "dimensions": [
            {"name": each.value, "label": each.label, "weight": text(score.weights.get(each, Decimal(0))),
             "value": text(score.dimensions[each]) if each in score.dimensions else None}
            for each in Dimension
        ],
        "datasets": [
            {"name": each.dataset, "label": each.label, "rows": each.rows, "score": text(each.score)} for each in score.datasets
        ],
        "missing": [catalogue()[name].label for name in score.missing if name in catalogue()],
        "caps": list(score.caps), "cap": text(score.cap), "formula": list(score.formula),
    }  # fmt: skip


def compared(total: Decimal, peers: Peers) -> dict[str, Any]:
    """Own total beside those of the peers: place, median and quartiles; without numbers when there are too few peers."""
    known = {"label": peers.label, "count": len(peers.totals)}
    if len(peers.totals) < FEWEST_PEERS:
        return known
    low, _, high = quantiles(peers.totals, n=4, method="inclusive")
    place = 1 + sum(other > total for other in peers.totals)
    return {
        **known, "place": place, "of": len(peers.totals) + 1, "median": text(median(peers.totals)),
        "lower": text(low), "upper": text(high), "best": text(max(peers.totals)),
    }  # fmt: skip


def effect(before: Mapping[str, Any], after: Score, results: Sequence[RuleResult]) -> dict[str, Any]:
    """What changed since the report: the score then and now, and each rule's failures then and now."""
    now = {each.rule: each for each in results}
    rules = []
    for rule in before["worst"]:
        found = now.get(rule["rule"])
        rules.append(
            {
                "rule": rule["rule"], "label": rule["label"], "dataset_label": rule["dataset_label"],
                "before": rule["failed"], "after": found.failed if found else 0,
            }
        )  # fmt: skip
    then = before["score"]
    return {
        "before": then["total"], "after": text(after.total),
        "change": text(after.total - Decimal(then["total"])), "rules": rules,
        "rows_before": then["rows"], "rows_after": after.rows,
    }  # fmt: skip


def result_of(rule: Mapping[str, Any], institution_id: int) -> RuleResult:
    """A stored rule as the result it came from, to read its failing rows."""
    return RuleResult(
        rule["rule"], rule["version"], rule["dataset"], rule["dataset_label"], rule["label"], rule["mend"],
        Dimension(rule["dimension"]), Severity(rule["severity"]), Decimal(rule["weight"]), institution_id, rule["applicable"],
        rule["failed"], Status.FAILED, tuple(rule["samples"]),
    )  # fmt: skip


def period_label(period: Period) -> str:
    """``2026年3月`` for a month, else both days."""
    if period == Period.month_of(period.first):
        return f"{period.first.year}年{period.first.month}月"
    return f"{period.first} 至 {period.last}"


def text(value: Decimal) -> str:
    """Two places."""
    return f"{value:.2f}"


def _rule(each: RuleResult, lost: Decimal) -> dict[str, Any]:
    return {
        "rule": each.rule, "version": each.version, "dataset": each.dataset, "dataset_label": each.dataset_label,
        "label": each.label, "mend": each.mend, "dimension": each.dimension.value, "dimension_label": each.dimension.label,
        "severity": int(each.severity), "severity_label": each.severity.label, "weight": str(each.weight),
        "applicable": each.applicable, "failed": each.failed, "share": text(100 * Decimal(each.failed) / each.applicable),
        "lost": text(lost), "samples": list(each.samples[:10]),
    }  # fmt: skip


def _rule_counts(results: Sequence[RuleResult]) -> dict[str, int]:
    return {status.value: sum(each.status is status for each in results) for status in Status}


def _point(each: TrendPoint) -> dict[str, Any]:
    dimensions = {name.value: text(value) for name, value in each.dimensions.items()}
    return {"month": each.month.isoformat(), "total": text(each.total), "rows": each.rows, "dimensions": dimensions}
