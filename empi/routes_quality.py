"""Models, tenant settings, trust in sources, and how good the links are."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from empi import evaluation, training
from empi.goldening import forget_trust
from empi.judges import EVERYONE, forget_judge, judge_of
from empi.models import ModelRow, PolicyRow, SampleRow, SourceTrustRow
from empi.routes_persons import ruling_of
from empi.schemas_settings import (
    MatchModelOut,
    SampleIn,
    SampleVerdictIn,
    TenantPolicyIn,
    TenantPolicyOut,
    TrainingIn,
    TrustIn,
    TrustOut,
)
from health_platform.kernel.errors import Denied, Invalid, register_messages
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint

register_messages(
    {
        "empi.tenant": "租户应为 2 至 12 位行政区划代码,或 * 表示全部",
        "empi.thresholds": "疑似阈值须低于自动关联阈值",
    }
)

TUNE, READ, JUDGE = "empi.model.edit", "empi.quality.read", "empi.quality.judge"

quality = Blueprint("empi_quality", __name__, url_prefix="/api/v1/empi", description="主索引模型与质量")


class RoundOut(Schema):
    """A round of sampled pairs."""

    round_id = fields.String()
    pairs = fields.Integer()


@endpoint(quality, "GET", "/models", permission=READ, label="匹配模型列表", scope="reference", response=MatchModelOut, many=True)
def model_list(call: Call) -> list[ModelRow]:
    """All models, newest first."""
    return training.models(call.session)


@endpoint(
    quality,
    "POST",
    "/models",
    permission=TUNE,
    label="训练匹配模型",
    scope="reference",
    body=TrainingIn,
    response=MatchModelOut,
    status=201,
    audit="train:model",
)
def train(call: Call, body: dict[str, Any]) -> ModelRow:
    """Learn a draft from the index's own identities."""
    return training.train_draft(call.session, body["sample"], ruling_of(call, {}).actor)


@endpoint(
    quality,
    "POST",
    "/models/<int:model_id>/activate",
    permission=TUNE,
    label="启用匹配模型",
    scope="reference",
    response=MatchModelOut,
    audit="activate:model",
)
def activate(call: Call, model_id: int) -> ModelRow:
    """Put a reviewed model into force."""
    return training.activate(call.session, model_id)


def policies(session: Session) -> list[PolicyRow]:
    """Settings of all tenants."""
    return list(session.scalars(select(PolicyRow).order_by(PolicyRow.tenant)))


@endpoint(quality, "GET", "/policies", permission=READ, label="租户设置", scope="reference", response=TenantPolicyOut, many=True)
def policy_list(call: Call) -> list[PolicyRow]:
    """Settings of all tenants."""
    return policies(call.session)


@endpoint(
    quality,
    "PUT",
    "/policies/<string:tenant>",
    permission=TUNE,
    label="修改租户设置",
    scope="reference",
    body=TenantPolicyIn,
    response=TenantPolicyOut,
    audit="edit:policy",
)
def set_policy(call: Call, body: dict[str, Any], tenant: str) -> PolicyRow:
    """Second approval, thresholds and optional rules of a tenant; links follow when the city is linked again."""
    if tenant != EVERYONE and not (tenant.isascii() and tenant.isdecimal() and 2 <= len(tenant) <= 12):
        raise Invalid("empi.tenant", tenant=tenant)
    row = call.session.merge(PolicyRow(tenant=tenant, **{**body, "rules": " ".join(sorted(set(body["rules"])))}))
    call.session.flush()
    forget_judge(call.session)
    if any(limits.possible >= limits.certain for limits in judge_of(call.session).rules.limits):
        forget_judge(call.session)
        raise Invalid("empi.thresholds", tenant=tenant)
    return row


def sources(session: Session) -> list[SourceTrustRow]:
    """Institutions somebody has graded."""
    return list(session.scalars(select(SourceTrustRow).order_by(SourceTrustRow.institution)))


@endpoint(quality, "GET", "/sources", permission=READ, label="来源可信度", scope="reference", response=TrustOut, many=True)
def source_list(call: Call) -> list[SourceTrustRow]:
    """Institutions somebody has graded."""
    return sources(call.session)


@endpoint(
    quality,
    "PUT",
    "/sources/<string:institution>",
    permission=TUNE,
    label="修改来源可信度",
    scope="reference",
    body=TrustIn,
    response=TrustOut,
    audit="edit:source",
)
def set_trust(call: Call, body: dict[str, Any], institution: str) -> SourceTrustRow:
    """Grade an institution; golden records follow as their identities change or the city is linked again."""
    forget_trust(call.session)
    return call.session.merge(SourceTrustRow(institution=institution, trust=body["trust"]))


@endpoint(
    quality,
    "POST",
    "/samples",
    permission=JUDGE,
    label="抽取评估样本",
    body=SampleIn,
    response=RoundOut,
    status=201,
    audit="draw:sample",
)
def draw(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Draw pairs for people to judge: of the whole index, hence only by a caller whose jurisdiction is a whole city."""
    if not evaluation.may_sample(call.session, call.principal):
        raise Denied("empi.sample_city_only")
    round_id = evaluation.draw(call.session, body["per_stratum"], call.principal.division_code)
    return {"round_id": str(round_id), "pairs": len(evaluation.open_samples(call.session, round_id))}


@endpoint(
    quality, "POST", "/samples/<int:sample_id>", permission=JUDGE, label="判定样本", body=SampleVerdictIn, audit="judge:sample"
)
def judge_sample(call: Call, body: dict[str, Any], sample_id: int) -> dict[str, Any]:
    """Note what a person says of a sampled pair."""
    row: SampleRow = evaluation.judge_sample(call.session, sample_id, body["verdict"], ruling_of(call, {}).actor)
    return {"id": str(row.id), "verdict": row.verdict}
