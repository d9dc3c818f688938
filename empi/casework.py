"""One question laid out for a steward: both sides, field by field, with what each field says for or against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from empi.answering import VERDICTS, can_take_back
from empi.judges import Judge, judge_of
from empi.judging import Comparison
from empi.models import IdentityRow, ReviewRow, SampleRow
from empi.presenting import facts_for
from empi.storing import Facts, Known, facts_of, known
from empi.wide import whole_index
from health_platform.kernel.errors import NotFound
from health_platform.kernel.scope import Principal

LEVEL_LABELS: dict[str, str] = {
    "missing": "缺失",
    "equal": "相同",
    "equal_other": "相同(其他证件)",
    "equal_doubted": "相同但存疑",
    "near": "差一位",
    "near_two": "差两位",
    "masked": "脱敏后相符",
    "differ": "不同",
    "differ_weak": "不同(校验不符)",
    "differ_doubted": "不同但存疑",
    "shape": "形近字",
    "homophone": "同音字",
    "swapped": "字序颠倒",
    "partial": "部分相符",
    "placeholder": "含占位符",
    "given_differs": "同姓不同名",
    "surname_only": "仅姓相同",
    "surname_differs": "同名不同姓",
    "newborn": "新生儿暂用名",
    "slip": "日期笔误",
    "lunar": "农历相符",
    "year_off": "差一年",
    "guessed": "估填日期",
    "same_year": "同年",
    "window": "时间相近",
    "private": "相同",
    "family": "相同(家庭共用)",
    "shared": "相同(多人共用)",
    "common": "相同(公用号码)",
    "full": "完全相符",
    "place": "到村或小区",
    "house_differs": "门牌不同",
    "town": "同乡镇",
    "county": "同县区",
    "id_equal": "母亲证件相同",
    "name_equal": "母亲姓名相同",
    "id_differ": "母亲证件不同",
    "name_differ": "母亲姓名不同",
    "one_stated": "仅一方注明",
    "unknown": "身份不明",
}


CODE_LABELS: dict[str, dict[str, str]] = {
    "gender": {"0": "未知", "1": "男", "2": "女", "9": "未说明"},  # GB/T 2261.1
    "id_type": {  # WS 364.3 CV02.01.101
        "01": "身份证",
        "02": "户口簿",
        "03": "护照",
        "04": "军官证",
        "05": "驾驶证",
        "06": "港澳通行证",
        "07": "台湾通行证",
        "99": "其他证件",
    },
    "card_type": {"SSC": "社会保障卡", "EHC": "电子健康卡", "MRC": "院内就诊卡"},
}


@dataclass(frozen=True)
class Line:
    """One compared field: both values as the reader may see them, what was found, and its weight in bits."""

    label: str
    left: str
    right: str
    level: str
    bits: float


@dataclass(frozen=True)
class Side:
    """One of the two identities."""

    patient_key: int
    person_id: int
    institution: str
    local_id: str
    source_time: str
    identities: int


@dataclass(frozen=True)
class Case:
    """Two identities side by side.

    Attributes:
        weight: sum of the lines in bits.
        prior: bits that any two identities start with.
        certain_from, possible_from: posterior bits from which the rules link or ask.
        rules: Chinese texts of the pair rules that applied.
    """

    left: Side
    right: Side
    lines: tuple[Line, ...]
    weight: float
    prior: float
    certain_from: float
    possible_from: float
    rules: tuple[str, ...]
    rule_version: str

    @property
    def posterior(self) -> float:
        return self.weight + self.prior


@dataclass(frozen=True)
class Question:
    """A review with its case, and where the list goes on."""

    review: ReviewRow
    case: Case
    verdicts: tuple[str, ...]
    previous: int | None
    following: int | None
    can_take_back: bool


def question(session: Session, principal: Principal, review_id: int) -> Question:
    """A review as a steward sees it.

    Raises:
        NotFound: no such review in the caller's scope.
    """
    review = session.scalar(select(ReviewRow).where(ReviewRow.id == review_id))
    if review is None:
        raise NotFound("empi.review_unknown", review_id=str(review_id))
    laid_out = case(session, principal, review.left_key, review.right_key, _proposed(review))
    following = next_open(session, principal, review)
    before = _previous(session, principal, review)
    return Question(review, laid_out, VERDICTS[review.kind], before, following, can_take_back(review, principal.id))


def case(session: Session, principal: Principal, left_key: int, right_key: int, proposed: Facts | None = None) -> Case:
    """Two identities side by side; with ``proposed`` facts, one identity as it is and as it is now said to be."""
    with whole_index(session, "compare identities"):
        rows = known(session, [left_key, right_key])
        judge = judge_of(session)
        left = facts_of(session, rows[left_key])
        right = proposed or facts_of(session, rows[right_key])
        sides = [_side(session, rows[key]) for key in (left_key, right_key)]
    comparison = judge.compare_facts(left, right)
    limits = judge.limits(left, right)
    return Case(
        sides[0],
        sides[1],
        _lines(judge, comparison, facts_for(principal, left), facts_for(principal, right)),
        comparison.weight,
        judge.model.prior_bits,
        limits.certain,
        limits.possible,
        tuple(rule.label for rule in judge.rules.pair_rules if rule.code in comparison.rule_codes),
        judge.version,
    )


def _side(session: Session, row: Known) -> Side:
    held = select(func.count()).select_from(IdentityRow).where(IdentityRow.person_id == row.person_id)
    return Side(
        row.patient_key, row.person_id or 0, row.institution, row.local_id, row.source_time or "", int(session.scalar(held) or 0)
    )


def _lines(judge: Judge, comparison: Comparison, left: Mapping[str, str], right: Mapping[str, str]) -> tuple[Line, ...]:
    lines = []
    for rule in judge.rules.fields:
        level = comparison.levels.get(rule.name, "missing")
        texts = [_text(rule.columns, facts) for facts in (left, right)]
        if any(texts) or level != "missing":
            lines.append(
                Line(rule.label, texts[0], texts[1], LEVEL_LABELS.get(level, level), comparison.contributions.get(rule.name, 0.0))
            )
    return tuple(lines)


def _text(columns: tuple[str, ...], facts: Mapping[str, str]) -> str:
    """A field's columns as a steward reads them; the type of a number that is not there says nothing."""
    if columns and columns[0] in ("id_type", "card_type") and not facts.get(columns[-1]):
        return ""
    stated = ((column, facts[column]) for column in columns if facts.get(column))
    return " ".join(CODE_LABELS.get(column, {}).get(text, text) for column, text in stated)


def _for(principal: Principal) -> ColumnElement[bool]:
    """Questions a steward can answer: open ones, and those another steward has answered first."""
    second = (ReviewRow.state == "seconding") & (ReviewRow.first_by != principal.id)
    return (ReviewRow.state == "open") | second


def answered(session: Session, principal: Principal, review_id: int | None) -> ReviewRow | None:
    """The question just answered, when the session may see it and its answer can be taken back."""
    row = session.scalar(select(ReviewRow).where(ReviewRow.id == review_id)) if review_id else None
    return row if row is not None and can_take_back(row, principal.id) else None


def next_open(session: Session, principal: Principal, after: ReviewRow | None = None) -> int | None:
    """The next question for a steward in the order of the list; from the top when none follows."""
    statement = select(ReviewRow.id).where(_for(principal)).order_by(ReviewRow.weight.desc(), ReviewRow.id)
    if after is None:
        return session.scalar(statement.limit(1))
    later = (ReviewRow.weight < after.weight) | ((ReviewRow.weight == after.weight) & (ReviewRow.id > after.id))
    found = session.scalar(statement.where(later).limit(1))
    return found or session.scalar(statement.where(ReviewRow.id != after.id).limit(1))


def _previous(session: Session, principal: Principal, review: ReviewRow) -> int | None:
    earlier = (ReviewRow.weight > review.weight) | ((ReviewRow.weight == review.weight) & (ReviewRow.id < review.id))
    statement = select(ReviewRow.id).where(_for(principal), earlier)
    return session.scalar(statement.order_by(ReviewRow.weight, ReviewRow.id.desc()).limit(1))


def sample_case(session: Session, principal: Principal, row: SampleRow) -> Case:
    """A sampled pair laid out for a clerk, who is not told what the rules decided."""
    return case(session, principal, row.left_key, row.right_key)


def _proposed(review: ReviewRow) -> Facts | None:
    """What is now said under a known number, for an overlay."""
    return Facts(json.loads(review.proposed), review.division_code or "") if review.proposed else None


def titles(session: Session, principal: Principal, reviews: list[ReviewRow]) -> dict[int, tuple[str, str]]:
    """(left, right) names and birth dates for a list of questions, as the reader may see them."""
    with whole_index(session, "titles of questions"):
        rows = known(session, {key for one in reviews for key in (one.left_key, one.right_key)})
        facts = {key: facts_for(principal, facts_of(session, row)) for key, row in rows.items()}
    return {
        one.id: (
            _title(facts.get(one.left_key, {})),
            _title(facts_for(principal, stated) if (stated := _proposed(one)) else facts.get(one.right_key, {})),
        )
        for one in reviews
    }


def _title(facts: Mapping[str, str]) -> str:
    sex = CODE_LABELS["gender"].get(facts.get("gender", ""), "")
    return " ".join(part for part in (facts.get("name", "姓名缺失"), sex, facts.get("birth_date", "")) if part)
