"""The score, as a pure function of counts, rules and weights.

After the composite of the reference (standards.md 7.4): S_dimension = 100·Σ w·(1 − failed/judged) / Σ w over the rules that
judged something; S_dataset = Σ W_dimension·S_dimension / Σ W; content = Σ V·S_dataset / Σ V; total = content × coverage, where
coverage multiplies the share of expected datasets by the share of expected days. Severe rules that fail often cap the total.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from etl.quality.rules import Rule, Source
from etl.quality.shapes import DatasetScore, Dimension, Period, RulePart, Score, Severity
from health_platform.datasets.api import catalogue

_HUNDRED: Final = Decimal(100)
_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True)
class Weights:
    """How much counts what. ``datasets`` without an entry weigh 1."""

    dimensions: Mapping[Dimension, Decimal]
    datasets: Mapping[str, Decimal] = field(default_factory=dict)
    cap: Decimal = Decimal(60)
    cap_share: Decimal = Decimal("0.2")


@dataclass(frozen=True)
class Evidence:
    """What is known of an institution's uploads over a period.

    Attributes:
        counts: rule → (rows judged, rows failing).
        rows: dataset → rows in the warehouse; datasets with refused rows only have 0.
        expected: datasets it should upload.
        active_days, due_days: days with an upload, and days on which one was due.
    """

    institution_id: int
    period: Period
    counts: Mapping[str, tuple[int, int]]
    rows: Mapping[str, int]
    expected: frozenset[str]
    active_days: int
    due_days: int


def score(evidence: Evidence, rules: Mapping[str, Rule], weights: Weights) -> Score:
    """The score with its derivation."""
    judged = _judged(evidence, rules)
    datasets = tuple(_dataset(name, rows, judged.get(name, {}), weights) for name, rows in sorted(evidence.rows.items()))
    datasets = tuple(each for each in datasets if each.dimensions)
    content = _mean({each.dataset: (each.weight, each.score) for each in datasets})
    uploaded = {name for name, rows in evidence.rows.items() if rows}
    dataset_share = _share(len(uploaded & evidence.expected), len(evidence.expected), bool(uploaded))
    day_share = _share(evidence.active_days, evidence.due_days, bool(uploaded))
    caps = _caps(judged, weights)
    cap = weights.cap if caps else _HUNDRED
    total = min(content * dataset_share * day_share, cap)
    parts = _parts(judged, datasets, weights)
    made = Score(
        evidence.institution_id, evidence.period, _round(total), _round(content), _round(dataset_share * day_share),
        _round(dataset_share), _round(day_share), sum(evidence.rows.values()), _dimensions(judged), dict(weights.dimensions),
        datasets, tuple(sorted(evidence.expected - uploaded)), caps, cap, parts,
    )  # fmt: skip
    return _explained(made)


Judged = dict[str, dict[str, tuple[Rule, int, int]]]


def _judged(evidence: Evidence, rules: Mapping[str, Rule]) -> Judged:
    """dataset → rule → (rule, judged, failing); every uploaded dataset is also judged by what was refused of it."""
    found: Judged = defaultdict(dict)
    for code, (applicable, failed) in evidence.counts.items():
        rule = rules.get(code)
        if rule is not None and rule.source is not Source.REFUSED and applicable:
            found[rule.dataset][code] = (rule, applicable, failed)
    for code, rule in rules.items():
        if rule.source is Source.REFUSED and rule.dataset in evidence.rows:
            failed = evidence.counts.get(code, (0, 0))[1]
            if evidence.rows[rule.dataset] + failed:
                found[rule.dataset][code] = (rule, evidence.rows[rule.dataset] + failed, failed)
    return found


def _rate(applicable: int, failed: int) -> Decimal:
    return _HUNDRED * (applicable - failed) / applicable


def _dataset(name: str, rows: int, judged: Mapping[str, tuple[Rule, int, int]], weights: Weights) -> DatasetScore:
    dimensions = {}
    for dimension in Dimension:
        mine = {code: (each[0].weight, _rate(*each[1:])) for code, each in judged.items() if each[0].dimension is dimension}
        if sum((weight for weight, _ in mine.values()), Decimal(0)):
            dimensions[dimension] = _mean(mine)
    total = _mean({dimension: (weights.dimensions[dimension], value) for dimension, value in dimensions.items()})
    return DatasetScore(name, catalogue()[name].label, weights.datasets.get(name, Decimal(1)), rows, total, dimensions)


def _dimensions(judged: Judged) -> dict[Dimension, Decimal]:
    found = {}
    every = {code: each for rules in judged.values() for code, each in rules.items()}
    for dimension in Dimension:
        mine = {code: (each[0].weight, _rate(*each[1:])) for code, each in every.items() if each[0].dimension is dimension}
        if mine:
            found[dimension] = _round(_mean(mine))
    return found


def _mean(weighted: Mapping[Any, tuple[Decimal, Decimal]]) -> Decimal:
    total = sum((weight for weight, _ in weighted.values()), Decimal(0))
    return sum((weight * value for weight, value in weighted.values()), Decimal(0)) / total if total else Decimal(0)


def _share(have: int, wanted: int, any_upload: bool) -> Decimal:
    """Never 1 without an upload: who sends nothing makes no mistakes and must not rank first."""
    if not any_upload:
        return Decimal(0)
    return min(Decimal(1), Decimal(have) / wanted) if wanted else Decimal(1)


def _caps(judged: Judged, weights: Weights) -> tuple[str, ...]:
    return tuple(
        sorted(
            code
            for rules in judged.values()
            for code, (rule, applicable, failed) in rules.items()
            if rule.severity is Severity.SEVERE and failed > applicable * weights.cap_share
        )
    )


def _parts(judged: Judged, datasets: tuple[DatasetScore, ...], weights: Weights) -> tuple[RulePart, ...]:
    """Every rule with the points of the hundred that it costs the content score."""
    every = sum((each.weight for each in datasets), Decimal(0))
    parts = []
    for dataset in datasets:
        mine = judged[dataset.dataset].values()
        in_dataset = sum((weights.dimensions[dimension] for dimension in dataset.dimensions), Decimal(0))
        for rule, applicable, failed in mine:
            in_dimension = sum((each.weight for each, _, _ in mine if each.dimension is rule.dimension), Decimal(0))
            below = every * in_dataset * in_dimension
            reach = dataset.weight * weights.dimensions[rule.dimension] * rule.weight / below if below else Decimal(0)
            parts.append(_part(rule, applicable, failed, _HUNDRED * failed / applicable * reach))
    return tuple(sorted(parts, key=lambda part: (-part.lost, part.rule)))


def _part(rule: Rule, applicable: int, failed: int, lost: Decimal) -> RulePart:
    return RulePart(
        rule.code, rule.label, rule.dataset, rule.dimension, rule.severity, rule.weight, applicable, failed, _round(lost)
    )


def _explained(made: Score) -> Score:
    lines = [
        f"{each.label}：" + "，".join(f"{d.label} {_show(v)}×{_show(made.weights[d])}" for d, v in each.dimensions.items())
        + f" ⇒ {_show(each.score)}（权重 {_show(each.weight)}）"
        for each in made.datasets
    ]  # fmt: skip
    lines.append(f"内容得分 = 各数据集加权平均 = {_show(made.content)}")
    lines.append(f"覆盖率 = 数据集 {_show(made.dataset_share * 100)}% × 上传天数 {_show(made.day_share * 100)}%")
    product = f"{_show(made.content)} × {_show(made.coverage * 100)}%"
    if made.caps:
        labels = "；".join(part.label for part in made.parts if part.rule in made.caps)
        lines.append(f"严重规则不合格率过高，总分不超过 {_show(made.cap)}：{labels}")
        product = f"{product} 与上限 {_show(made.cap)} 中较小者"
    lines.append(f"总分 = {product} = {_show(made.total)}")
    return replace(made, formula=tuple(lines))


def _show(value: Decimal) -> str:
    return format(value.quantize(Decimal("0.01"), ROUND_HALF_UP).normalize(), "f")


def _round(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, ROUND_HALF_UP)
