"""Checks of drug orders: allergy, contraindication, interaction, the same ingredient or class twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from applications.clinical_prompts.knowledge import Contraindication, Interaction, Knowledge
from applications.clinical_prompts.naming import Drug, plain
from applications.clinical_prompts.rule_state import Rules
from applications.clinical_prompts.values import SEVERITIES, Chart, DraftOrder, Evidence, Fact, Finding, PastDrug, Severity
from health_platform.kernel.clock import local

_THIS_SESSION = "本次开立"


@dataclass(frozen=True)
class DrugCase:
    """Everything the checks of drug orders look at. ``at`` is now, aware UTC."""

    orders: Sequence[DraftOrder]
    chart: Chart
    knowledge: Knowledge
    rules: Rules
    at: datetime

    def drug(self, order: DraftOrder) -> Drug:
        return self.knowledge.drugs.read(order.name, order.code, order.atc)

    @cached_property
    def past(self) -> tuple[Other, ...]:
        """The medicines of the record, read once for all orders."""
        return tuple(_of_record(self.knowledge, drug) for drug in self.chart.drugs)


@dataclass(frozen=True)
class Other:
    """The other medicine of a pair: one of the record, until when it is supplied, or another order of this session."""

    drug: Drug
    name: str
    evidence: Evidence
    until: datetime | None


def evidence_of(fact: Fact, text: str) -> Evidence:
    """What a prompt may tell of a fact: of protected classes nothing but that it is there."""
    if fact.confidential:
        return Evidence("受保护类别的记录", "", None, "", veiled=True)
    return Evidence(text, fact.institution, fact.at, fact.ref)


def drug_findings(case: DrugCase) -> Iterator[Finding]:
    """Every finding about the drug orders of a case."""
    for order in case.orders:
        drug = case.drug(order)
        yield from _allergies(case, order, drug)
        yield from _contraindications(case, order, drug)
        yield from _interactions(case, order, drug)
        yield from _duplicates(case, order, drug)


# -- allergy


def _allergies(case: DrugCase, order: DraftOrder, drug: Drug) -> Iterator[Finding]:
    rule = case.rules["allergy"]
    for allergy in case.chart.allergies:
        found = _allergy(case.knowledge, drug, allergy)
        if found is None:
            continue
        severity, advice = found
        named = "受保护的过敏记录" if allergy.confidential else f"{plain_allergen(allergy.name)}过敏"
        yield Finding(
            rule.code, rule.capped(severity), f"{rule.code}:{plain(allergy.name)}:{_of(drug)}",
            _short(f"患者有{named}史，拟开 {order.name}"), advice, order.key, (evidence_of(allergy, f"过敏：{allergy.name}"),),
        )  # fmt: skip


def plain_allergen(name: str) -> str:
    """The allergen without the word that follows it anyway."""
    return name.removesuffix("过敏史").removesuffix("过敏").removesuffix("类")


def _allergy(knowledge: Knowledge, drug: Drug, allergy: Fact) -> tuple[Severity, str] | None:
    """How grave a drug is for an allergy: its own ingredient, a group of the table, or its class."""
    allergen = knowledge.drugs.read(allergy.name, allergy.code)
    if allergen.ingredients & drug.ingredients:
        return "critical", "与过敏原为同一成分，禁用"
    groups = [one for one in knowledge.allergens if one.words.match(allergy.name) and drug.fits_any(one.drugs)]
    if groups:
        gravest = min(groups, key=lambda one: SEVERITIES.index(one.severity))
        return gravest.severity, gravest.text
    if allergen.known and allergen.among(knowledge.class_labels) & drug.among(knowledge.class_labels):
        return "warning", "与过敏原属于同一类别，可能交叉过敏"
    return None


# -- contraindication


def _contraindications(case: DrugCase, order: DraftOrder, drug: Drug) -> Iterator[Finding]:
    rule = case.rules["contraindication"]
    for one in case.knowledge.about(drug).contraindications:
        if not _fits_patient(one, case.chart):
            continue
        problem = _problem(one, case) if one.icd10 else None
        if one.icd10 and problem is None:
            continue
        because = f"{case.chart.age} 岁" if problem is None else "受保护的诊断" if problem.confidential else problem.name
        proof = (evidence_of(problem, f"诊断：{problem.name} {problem.code}"),) if problem else ()
        advice = "有受保护的诊断不宜使用本药，请询问患者" if problem and problem.confidential else one.text
        yield Finding(
            rule.code, rule.capped(one.severity), f"{rule.code}:{one.key}:{_of(drug)}",
            _short(f"{because}，不宜使用 {order.name}"), advice, order.key, proof,
        )  # fmt: skip


def _fits_patient(one: Contraindication, chart: Chart) -> bool:
    if one.sex and chart.sex and one.sex != chart.sex:
        return False
    if one.youngest is None and one.oldest is None:
        return True
    if chart.age is None:
        return False
    return (one.youngest or 0) <= chart.age <= (150 if one.oldest is None else one.oldest)


def _problem(one: Contraindication, case: DrugCase) -> Fact | None:
    """The newest diagnosis of the row that nothing has ended."""
    since = case.at - timedelta(days=one.days) if one.days else None
    fitting = [p for p in case.chart.problems if p.code.upper().startswith(one.icd10) and (since is None or p.at >= since)]
    newest = max(fitting, key=lambda p: p.at, default=None)
    if newest is None or not one.ended_by:
        return newest
    ended = any(p.code.upper().startswith(one.ended_by) and p.at >= newest.at for p in case.chart.problems)
    return None if ended else newest


# -- interaction


def _interactions(case: DrugCase, order: DraftOrder, drug: Drug) -> Iterator[Finding]:
    rule = case.rules["interaction"]
    rows = case.knowledge.about(drug).interactions
    for other in _others(case, order) if rows else ():
        for row in rows:
            if not _meets(row, drug, other, case.at):
                continue
            name = "受保护类别的在用药" if other.evidence.veiled else other.name
            advice = "相互作用风险，请询问患者在用药品" if other.evidence.veiled else f"{row.effect}。{row.advice}"
            yield Finding(
                rule.code, rule.capped(row.severity), f"{rule.code}:{row.key}:{_pair(drug, other.drug)}",
                _short(f"{order.name} 与 {name} 相互作用"), advice, order.key, (other.evidence,),
            )  # fmt: skip


def _meets(row: Interaction, drug: Drug, other: Other, at: datetime) -> bool:
    if other.until is not None and other.until + timedelta(days=row.after) <= at:
        return False
    left, right = drug.fits_any(row.left), drug.fits_any(row.right)
    return (left and other.drug.fits_any(row.right)) or (right and other.drug.fits_any(row.left))


def _others(case: DrugCase, order: DraftOrder) -> Iterator[Other]:
    """Medicines in the record, and the orders written before this one: a pair is told once."""
    yield from case.past
    for draft in case.orders:
        if draft is order:
            break
        yield Other(case.drug(draft), draft.name, Evidence(draft.name, _THIS_SESSION, case.at), None)


def _of_record(knowledge: Knowledge, drug: PastDrug) -> Other:
    proof = evidence_of(drug, f"{drug.name}（{_span(drug)}）")
    return Other(knowledge.drugs.read(drug.name, drug.code), drug.name, proof, drug.until)


# -- the same twice


def _duplicates(case: DrugCase, order: DraftOrder, drug: Drug) -> Iterator[Finding]:
    mine = drug.among(case.knowledge.drugs.duplicates)
    same: dict[str, list[Evidence]] = {}
    alike: dict[str, list[tuple[str, Evidence]]] = {}
    for other in _running(case, order):
        if shared := drug.ingredients & other.drug.ingredients:
            same.setdefault("+".join(sorted(shared)), []).append(other.evidence)
            continue
        for code in sorted(other.drug.among(mine)):
            alike.setdefault(code, []).append((other.name, other.evidence))
    yield from _same_drug(case, order, same)
    yield from _same_class(case, order, alike)


def _same_drug(case: DrugCase, order: DraftOrder, same: dict[str, list[Evidence]]) -> Iterator[Finding]:
    rule = case.rules["same_drug"]
    for ingredients, proofs in same.items():
        title = f"{order.name} 与尚未用完的处方成分相同"
        yield Finding(
            rule.code, rule.capped("warning"), f"{rule.code}:{ingredients}", _short(title), "核对余量，避免重复用药",
            order.key, tuple(proofs),
        )  # fmt: skip


def _same_class(case: DrugCase, order: DraftOrder, alike: dict[str, list[tuple[str, Evidence]]]) -> Iterator[Finding]:
    rule = case.rules["same_class"]
    for code, found in alike.items():
        names = "、".join(dict.fromkeys("受保护类别的药品" if proof.veiled else name for name, proof in found))
        label = case.knowledge.class_labels[code]
        yield Finding(
            rule.code, rule.capped("warning"), f"{rule.code}:{code}", _short(f"{order.name} 与 {names} 同属{label}"),
            "确认是否需要同时使用同类药品", order.key, tuple(proof for _, proof in found),
        )  # fmt: skip


def _running(case: DrugCase, order: DraftOrder) -> Iterator[Other]:
    """Medicines whose supply lasts beyond now; what is left of the same ingredient may be a renewal."""
    drug, renewal = case.drug(order), timedelta(days=case.rules["same_drug"].parameters["renewal_days"])
    for other in _others(case, order):
        left = renewal if drug.ingredients & other.drug.ingredients else timedelta()
        if other.until is None or other.until - left > case.at:
            yield other


def _span(drug: PastDrug) -> str:
    day = f"{local(drug.until):%m-%d}"
    return f"推算用至 {day}" if drug.assumed else f"用至 {day}"


def _of(drug: Drug) -> str:
    return "+".join(sorted(drug.ingredients))


def _pair(left: Drug, right: Drug) -> str:
    return "/".join(sorted((_of(left), _of(right))))


def _short(title: str) -> str:
    return title if len(title) <= 140 else title[:139] + "…"
