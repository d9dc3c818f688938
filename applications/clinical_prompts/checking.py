"""All checks together: what a doctor is shown for a set of orders, gravest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from applications.clinical_prompts.definitions.rules import ORDER
from applications.clinical_prompts.drug_checks import DrugCase, drug_findings, evidence_of
from applications.clinical_prompts.knowledge import Knowledge
from applications.clinical_prompts.naming import plain
from applications.clinical_prompts.repeat_checks import items_of, repeat_findings
from applications.clinical_prompts.rule_state import Rules
from applications.clinical_prompts.values import SEVERITIES, Chart, DraftOrder, Finding


@dataclass(frozen=True)
class Question:
    """What is to be checked. ``answered`` are subjects the doctor has overridden in this visit already."""

    orders: Sequence[DraftOrder]
    chart: Chart
    knowledge: Knowledge
    rules: Rules
    at: datetime
    answered: Collection[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """``unknown`` are orders that no table knows: their silence says nothing. ``suppressed`` were answered before."""

    findings: tuple[Finding, ...]
    suppressed: int
    unknown: tuple[str, ...]


def check(question: Question) -> Answer:
    """The prompts for orders being written; a critical one is shown again however often it was overridden."""
    found = _ranked(question.rules, _order_findings(question))
    shown = [one for one in found if one.severity == "critical" or one.topic not in question.answered]
    return Answer(tuple(shown), len(found) - len(shown), _unknown(question))


def check_patient(question: Question) -> Answer:
    """The prompts when a patient is opened: known allergies, and medicines in use that do not go together."""
    found = _ranked(question.rules, [*_known_allergies(question), *_running_findings(question)])
    shown = [one for one in found if one.topic not in question.answered]
    return Answer(tuple(shown), len(found) - len(shown), ())


def _order_findings(question: Question) -> Iterator[Finding]:
    drugs = [order for order in question.orders if order.kind == "drug"]
    tests = [order for order in question.orders if order.kind == "test"]
    yield from drug_findings(DrugCase(drugs, question.chart, question.knowledge, question.rules, question.at))
    yield from repeat_findings(tests, question.chart, question.knowledge, question.rules, question.at)


def _ranked(rules: Rules, findings: Iterable[Finding]) -> list[Finding]:
    """Findings of enabled rules, one per order and subject with all its evidence, gravest first."""
    merged: dict[tuple[str, str], Finding] = {}
    for one in findings:
        if rules[one.rule].enabled:
            before = merged.get((one.order, one.subject))
            proofs = dict.fromkeys((*before.evidence, *one.evidence)) if before else one.evidence
            merged[one.order, one.subject] = replace(before or one, evidence=tuple(proofs))
    return sorted(merged.values(), key=lambda one: (SEVERITIES.index(one.severity), ORDER[one.rule]))


def _known_allergies(question: Question) -> Iterator[Finding]:
    rule = question.rules["known_allergy"]
    told = [one for one in question.chart.allergies if not one.confidential]
    if told:
        names = "、".join(one.name for one in told[:4]) + (" 等" if len(told) > 4 else "")
        proofs = tuple(evidence_of(one, f"过敏：{one.name}") for one in told)
        subject = f"{rule.code}:" + "+".join(sorted(plain(one.name) for one in told))
        yield Finding(rule.code, rule.severity, subject, f"患者有过敏史：{names}"[:140], "", "", proofs)


def _running_findings(question: Question) -> Iterator[Finding]:
    """Each medicine in use held against the others, as if it were ordered now."""
    running = [one for one in question.chart.drugs if one.until > question.at and not one.confidential]
    for place, drug in enumerate(running):
        order = DraftOrder("", "drug", drug.name, drug.code)
        chart = Chart(drugs=tuple(running[:place]), sex=question.chart.sex, age=question.chart.age)
        for found in drug_findings(DrugCase([order], chart, question.knowledge, question.rules, question.at)):
            elsewhere = any(proof.institution != drug.institution for proof in found.evidence)
            if found.rule == "interaction" or (elsewhere and found.rule in ("same_drug", "same_class")):
                yield replace(found, severity="info", evidence=(evidence_of(drug, drug.name), *found.evidence))


def _unknown(question: Question) -> tuple[str, ...]:
    names = question.knowledge.drugs
    return tuple(
        order.name
        for order in question.orders
        if (order.kind == "drug" and not names.read(order.name, order.code, order.atc).known)
        or (order.kind == "test" and not items_of(order, question.knowledge))
    )
