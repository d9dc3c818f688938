"""Administrators' rules: written, tried on real data, reviewed by somebody else, in force, replaced, switched off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from etl.quality import dirty
from etl.quality.compiling import Scan, count_statement
from etl.quality.models import ACTIVE, DRAFT, REFUSED, RETIRED, StoredRule
from etl.quality.rulebook import as_rule, delivered, rules_in_force
from etl.quality.rules import FOUND, REPEATED, Rule, condition, dataset_fields, scope
from etl.quality.shapes import Dimension, Severity
from etl.quality.tables import ready
from health_platform.datasets.api import catalogue, dataset
from health_platform.expressions.api import Kind, describe
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound, register_messages
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, scope_of

register_messages(
    {
        "quality.rule": "没有规则 {rule}",
        "quality.rule_state": "规则 {rule} 第 {version} 版的状态不允许此操作",
        "quality.rule_field": "规则的 {field} 无效：{rule}",
        "quality.rule_own": "不能审核自己编写的规则",
    }
)


@dataclass(frozen=True)
class RuleDraft:
    """What an administrator writes. An existing code makes a new version of that rule."""

    code: str
    dataset: str
    label: str
    mend: str
    dimension: Dimension
    fails: str
    applies: str = ""
    severity: Severity = Severity.NORMAL
    weight: Decimal = Decimal(1)
    tolerance: Decimal = Decimal(0)
    valid_from: date | None = None
    valid_to: date | None = None
    disabled: bool = False


@dataclass(frozen=True)
class Trial:
    """A rule tried on the rows the caller may see: per institution rows, judged, failing and keys of failing rows."""

    first: date
    last: date
    rows: int
    judged: int
    failed: int
    institutions: tuple[tuple[int, int, int, int, tuple[str, ...]], ...]
    sentence: str


def propose(session: Session, draft: RuleDraft, who: Principal) -> StoredRule:
    """Store a new version as a draft that waits for review.

    Raises:
        Invalid: an expression or another part is wrong. Conflict: another draft of the rule waits.
    """
    _check(draft)
    if session.scalar(select(StoredRule.id).where(StoredRule.code == draft.code, StoredRule.state == DRAFT)):
        raise Conflict("quality.rule_state", rule=draft.code, version=_last_version(session, draft.code))
    row = StoredRule(
        code=draft.code, version=_last_version(session, draft.code) + 1, dataset=draft.dataset, label=draft.label,
        mend=draft.mend, dimension=draft.dimension.value, severity=int(draft.severity), weight=draft.weight,
        tolerance=draft.tolerance, applies=draft.applies, fails=draft.fails, valid_from=draft.valid_from,
        valid_to=draft.valid_to, disabled=draft.disabled, state=DRAFT, written_by=who.name, written_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def review(session: Session, rule_id: int, who: Principal, accept: bool, remark: str = "") -> StoredRule:
    """Put a draft in force (its predecessor retires) or refuse it.

    Raises:
        NotFound: no such version. Conflict: it is no draft. Denied: the reviewer wrote it himself.
    """
    row = stored(session, rule_id)
    if row.state != DRAFT:
        raise Conflict("quality.rule_state", rule=row.code, version=row.version)
    if row.written_by == who.name:
        raise Denied("quality.rule_own")
    if accept:
        _retire(session, row.code)
    row.state, row.remark = ACTIVE if accept else REFUSED, remark
    row.reviewed_by, row.reviewed_at = who.name, clock.now()
    if accept:
        _check_again(session, row.dataset)
    session.flush()
    return row


def retire(session: Session, rule_id: int, who: Principal) -> StoredRule:
    """Take an administrator's version out of force; a delivered rule of its code holds again.

    Raises:
        NotFound, Conflict: as :func:`review`.
    """
    row = stored(session, rule_id)
    if row.state != ACTIVE:
        raise Conflict("quality.rule_state", rule=row.code, version=row.version)
    row.state, row.remark = RETIRED, f"停用：{who.name}"
    _check_again(session, row.dataset)
    session.flush()
    return row


def stored(session: Session, rule_id: int) -> StoredRule:
    """One stored version.

    Raises:
        NotFound: ``quality.rule``.
    """
    row = session.get(StoredRule, rule_id)
    if row is None:
        raise NotFound("quality.rule", rule=rule_id)
    return row


def versions(session: Session, code: str) -> Sequence[StoredRule]:
    """All stored versions of a rule, newest first."""
    return session.scalars(select(StoredRule).where(StoredRule.code == code).order_by(StoredRule.version.desc())).all()


def drafts(session: Session) -> Sequence[StoredRule]:
    """Versions that wait for review, oldest first."""
    return session.scalars(select(StoredRule).where(StoredRule.state == DRAFT).order_by(StoredRule.written_at)).all()


@dataclass(frozen=True)
class RuleSearch:
    """Filters of the rule list."""

    text: str = ""
    dataset: str = ""
    dimension: str = ""
    origin: str = ""


def find_rules(session: Session, wanted: RuleSearch) -> list[Rule]:
    """Rules in force by dataset and code."""
    words = wanted.text.strip().lower()
    found = (
        rule
        for rule in rules_in_force(session).values()
        if (not wanted.dataset or rule.dataset == wanted.dataset)
        and (not wanted.dimension or rule.dimension.value == wanted.dimension)
        and (not wanted.origin or rule.origin.value == wanted.origin)
        and (not words or words in f"{rule.code} {rule.label} {rule.fails} {rule.applies}".lower())
    )
    return sorted(found, key=lambda rule: (rule.dataset, rule.code))


def rule_of(session: Session, code: str) -> Rule:
    """A rule in force, else the delivered rule that was switched off, else the newest stored version.

    Raises:
        NotFound: ``quality.rule``.
    """
    if found := rules_in_force(session).get(code) or delivered().get(code):
        return found
    if kept := versions(session, code):
        return as_rule(kept[0])
    raise NotFound("quality.rule", rule=code)


def preview(platform: Platform, session: Session, draft: RuleDraft, days: int = 30) -> Trial:
    """Try a rule on the rows of the last days that the caller may see, without storing anything.

    Raises:
        Invalid: an expression is wrong.
    """
    _check(draft)
    rule = _as_rule(draft)
    last = clock.today()
    first = last - timedelta(days=days - 1)
    span = tuple(first + timedelta(days=number) for number in range(days))
    mine = scope_of(session)
    statement = count_statement(
        Scan(draft.dataset, span, (rule,), 0, "rows", rule.joins), platform.warehouse.place, mine.divisions,
        None if mine.institutions is None else sorted(mine.institutions) or [0],
    )  # fmt: skip
    found = ready(platform.warehouse).execute(statement.sql, statement.parameters)
    per = tuple((each[0], each[1], each[2], each[3], tuple(each[4])) for each in sorted(found, key=lambda each: -each[3]))
    rows, judged, failed = (sum(counts) for counts in zip(*(each[1:4] for each in per), strict=True)) if per else (0, 0, 0)
    return Trial(first, last, rows, judged, failed, per, sentence(rule))


def sentence(rule: Rule) -> str:
    """The rule as one Chinese sentence."""
    labels = {field.name: field.label for field in dataset(rule.dataset).fields} | _COMMON_LABELS
    labels |= {f"unmapped.{field.name}": f"{field.label}未对照" for field in dataset(rule.dataset).coded}
    if rule.partner:
        other = dataset(rule.partner.dataset)
        labels |= {f"other.{field.name}": f"{other.label}·{field.label}" for field in other.fields}
        labels |= {FOUND: f"存在对应的{other.label}", REPEATED: f"有多条对应的{other.label}"}
    fails = describe(condition(rule), labels)
    return f"当{describe(scope(rule), labels)}时，若{fails}，则不合格" if rule.applies else f"若{fails}，则不合格"


_COMMON_LABELS = {
    "received_at": "接收时间", "first_received_at": "首次接收时间", "event_time": "业务时间", "due_at": "上传时限",
    "source": "接入方式",
}  # fmt: skip


def fields_of(name: str) -> list[tuple[str, str, Kind]]:
    """(name, label, kind) of everything an expression over a dataset may use."""
    definition = dataset(name)
    labels = {field.name: field.label for field in definition.fields} | _COMMON_LABELS
    labels |= {f"unmapped.{field.name}": f"{field.label}没有对照" for field in definition.coded}
    return [(each, labels[each], kind) for each, kind in dataset_fields(definition).items()]


def _check(draft: RuleDraft) -> None:
    if draft.dataset not in catalogue():
        raise Invalid("quality.rule_field", field="dataset", rule=f"没有数据集 {draft.dataset}")
    if not draft.code.startswith(f"{draft.dataset}."):
        raise Invalid("quality.rule_field", field="code", rule=f"规则编码应以“{draft.dataset}.”开头")
    known = delivered().get(draft.code)
    if known and known.dataset != draft.dataset:
        raise Invalid("quality.rule_field", field="dataset", rule=f"规则 {draft.code} 属于 {known.dataset}")
    if not 0 < draft.weight <= 100 or not 0 <= draft.tolerance <= 1:
        raise Invalid("quality.rule_field", field="weight", rule="权重应大于 0 且不超过 100，容许比例应在 0 至 1 之间")
    if draft.valid_from and draft.valid_to and draft.valid_to < draft.valid_from:
        raise Invalid("quality.rule_field", field="valid_to", rule="失效日期不应早于生效日期")
    rule = _as_rule(draft)
    condition(rule)
    scope(rule)


def _as_rule(draft: RuleDraft) -> Rule:
    base = delivered().get(draft.code)
    return Rule(
        draft.code, draft.dataset, draft.label, draft.dimension, draft.fails, draft.mend, applies=draft.applies,
        severity=draft.severity, weight=draft.weight, partner=base.partner if base else None,
    )  # fmt: skip


def _last_version(session: Session, code: str) -> int:
    newest = session.scalar(select(func.max(StoredRule.version)).where(StoredRule.code == code))
    return newest or (1 if code in delivered() else 0)


def _retire(session: Session, code: str) -> None:
    for row in session.scalars(select(StoredRule).where(StoredRule.code == code, StoredRule.state == ACTIVE)):
        row.state = RETIRED
    session.flush()


def _check_again(session: Session, name: str) -> None:
    """Rules changed: this month and the last are judged anew by the next check; earlier months keep their face."""
    today = clock.today()
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    dirty.mark(session, name, (first + timedelta(days=number) for number in range((today - first).days + 1)))
