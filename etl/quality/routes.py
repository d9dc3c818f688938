"""``/api/v1/quality``: results, scores, the monitor, declared counts, rules."""

from __future__ import annotations

from typing import Any

from etl.quality import administration, monitor, reading, samples
from etl.quality.administration import RuleDraft, RuleSearch
from etl.quality.schemas import (
    DayOut,
    DeclaredIn,
    PeriodQuery,
    ResultOut,
    ResultQuery,
    ReviewIn,
    RuleIn,
    RuleOut,
    RuleQuery,
    SampleOut,
    SampleQuery,
    ScoreOut,
    TrialOut,
    VersionOut,
)
from etl.quality.shapes import Dimension, Period, RuleResult, Severity
from health_platform.kernel import clock
from health_platform.kernel.errors import Denied, Invalid, NotFound, register_messages
from health_platform.kernel.http import Blueprint, Call, endpoint

register_messages(
    {
        "quality.period": "时间范围 {first} 至 {last} 无效：{rule}",
        "quality.no_institution": "当前账号不属于任何医疗机构，不能申报",
    }
)

blp = Blueprint("quality", __name__, url_prefix="/api/v1/quality", description="上传数据质量控制")

MOST_DAYS = 400


def period_of(query: dict[str, Any]) -> Period:
    """The asked period; the current month when none is given.

    Raises:
        Invalid: ``quality.period``.
    """
    first, last = query["first"], query["last"]
    if first is None and last is None:
        return Period.month_of(clock.today())
    first, last = first or last, last or first
    if last < first or (last - first).days > MOST_DAYS:
        raise Invalid("quality.period", first=str(first), last=str(last), rule=f"截止日期不早于起始日期，且不超过 {MOST_DAYS} 天")
    return Period(first, last)


@endpoint(
    blp, "GET", "/results", permission="quality.result.read", label="质控结果", query=ResultQuery, response=ResultOut, many=True
)
def results(call: Call, query: dict[str, Any]) -> Any:
    """What the rules found, worst first."""
    found = reading.results(call.platform, call.session, period_of(query), query["institution_id"])
    return [
        each
        for each in found
        if (not query["dataset"] or each.dataset == query["dataset"]) and (not query["status"] or each.status == query["status"])
    ]


@endpoint(
    blp, "GET", "/samples", permission="quality.result.read", label="不合格记录样例", query=SampleQuery, response=SampleOut,
    many=True, audit="quality.samples.read",
)  # fmt: skip
def sample_rows(call: Call, query: dict[str, Any]) -> Any:
    """Failing rows of one rule at one institution, masked."""
    found = result_of(call, query)
    call.audit(object_kind="quality_rule", object_id=found.rule, institution=str(found.institution_id))
    return samples.sample_rows(call.platform, call.session, call.principal, found)


def result_of(call: Call, query: dict[str, Any]) -> RuleResult:
    """One rule's result.

    Raises:
        NotFound: ``quality.rule``.
    """
    found = reading.results(call.platform, call.session, period_of(query), query["institution_id"])
    for each in found:
        if each.rule == query["rule"]:
            return each
    raise NotFound("quality.rule", rule=query["rule"])


@endpoint(blp, "GET", "/score", permission="quality.result.read", label="质量得分", query=PeriodQuery, response=ScoreOut)
def score(call: Call, query: dict[str, Any]) -> Any:
    """The score of an institution with its derivation."""
    institution = query["institution_id"] or call.principal.institution_id
    if institution is None:
        raise NotFound("quality.institution")
    return reading.score(call.platform, call.session, period_of(query), institution)


@endpoint(
    blp,
    "GET",
    "/calendar",
    permission="quality.monitor.read",
    label="每日上传监测",
    query=PeriodQuery,
    response=DayOut,
    many=True,
)
def calendar(call: Call, query: dict[str, Any]) -> Any:
    """Institution × dataset × day."""
    return monitor.calendar(call.platform, call.session, period_of(query), query["institution_id"])


@endpoint(
    blp, "PUT", "/declared", permission="quality.declared.write", label="申报每日业务量", body=DeclaredIn,
    audit="quality.declared.write",
)  # fmt: skip
def declare(call: Call, body: dict[str, Any]) -> None:
    """The caller's institution says what it did on a day."""
    who = call.principal
    if who.institution_id is None:
        raise Denied("quality.no_institution")
    counts = {kind: body[kind] for kind in ("outpatient", "inpatient", "test") if body[kind] is not None}
    monitor.declare(call.session, monitor.Declaration(who.institution_id, who.division_code, body["day"], counts, who.name))


@endpoint(
    blp, "GET", "/rules", permission="quality.rule.read", label="质控规则", scope="reference", query=RuleQuery, response=RuleOut,
    many=True,
)  # fmt: skip
def list_rules(call: Call, query: dict[str, Any]) -> Any:
    """Rules in force."""
    return administration.find_rules(call.session, RuleSearch(**query))


@endpoint(
    blp, "POST", "/rules", permission="quality.rule.write", label="编写质控规则", scope="reference", body=RuleIn,
    response=VersionOut, status=201, audit="quality.rule.write",
)  # fmt: skip
def write_rule(call: Call, body: dict[str, Any]) -> Any:
    """A new version, to be reviewed by somebody else."""
    row = administration.propose(call.session, draft_of(body), call.principal)
    call.audit(object_kind="quality_rule", object_id=row.code, version=str(row.version))
    return row


@endpoint(
    blp, "POST", "/rules/preview", permission="quality.rule.write", label="试运行质控规则", body=RuleIn, response=TrialOut,
    audit="quality.rule.preview",
)  # fmt: skip
def preview_rule(call: Call, body: dict[str, Any]) -> Any:
    """What a rule would find in the last thirty days, without storing it."""
    found = administration.preview(call.platform, call.session, draft_of(body))
    return {
        **found.__dict__,
        "institutions": [
            {"institution_id": each[0], "rows": each[1], "judged": each[2], "failed": each[3]} for each in found.institutions
        ],
    }


@endpoint(
    blp, "POST", "/rules/<int:rule_id>/review", permission="quality.rule.review", label="审核质控规则", scope="reference",
    body=ReviewIn, response=VersionOut, audit="quality.rule.review",
)  # fmt: skip
def review_rule(call: Call, rule_id: int, body: dict[str, Any]) -> Any:
    """Put a draft in force or refuse it."""
    return administration.review(call.session, rule_id, call.principal, body["accept"], body["remark"])


@endpoint(
    blp, "POST", "/rules/<int:rule_id>/retire", permission="quality.rule.write", label="停用质控规则", scope="reference",
    response=VersionOut, audit="quality.rule.retire",
)  # fmt: skip
def retire_rule(call: Call, rule_id: int) -> Any:
    """Take a version out of force."""
    return administration.retire(call.session, rule_id, call.principal)


def draft_of(body: dict[str, Any]) -> RuleDraft:
    """The written rule as a value."""
    return RuleDraft(**{**body, "dimension": Dimension(body["dimension"]), "severity": Severity(body["severity"])})
