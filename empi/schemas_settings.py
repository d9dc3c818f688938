"""Settings, models and samples of the index: bodies and answers of the JSON API."""

from __future__ import annotations

from marshmallow import fields, validate

from empi.definitions.residents import OPTIONAL_RULES
from health_platform.kernel.http import IdField, Schema


class TenantPolicyIn(Schema):
    """All settings of a tenant; what is not stated is as the city has it. Thresholds are posterior log2 odds."""

    two_persons = fields.Boolean(load_default=False, metadata={"label": "须第二人复核"})
    certain_from = fields.Float(
        load_default=None, allow_none=True, validate=validate.Range(-30, 60), metadata={"label": "自动关联阈值（比特）"}
    )
    possible_from = fields.Float(
        load_default=None, allow_none=True, validate=validate.Range(-60, 30), metadata={"label": "疑似阈值（比特）"}
    )
    rules = fields.List(
        fields.String(
            validate=validate.OneOf(
                [rule.code for rule in OPTIONAL_RULES], labels=[f"{rule.code} {rule.label}" for rule in OPTIONAL_RULES]
            )
        ),
        load_default=list,
        metadata={"label": "另行启用的谨慎规则"},
    )


class TenantPolicyOut(Schema):
    """A tenant's settings."""

    tenant = fields.String()
    two_persons = fields.Boolean()
    certain_from = fields.Float(allow_none=True)
    possible_from = fields.Float(allow_none=True)
    rules = fields.Function(lambda row: (row.rules or "").split())


class TrustIn(Schema):
    """How far an institution is believed."""

    trust = fields.Integer(required=True, validate=validate.Range(0, 100), metadata={"label": "可信度"})


class TrustOut(TrustIn):
    """An institution's trust."""

    institution = fields.String()


class TrainingIn(Schema):
    """Train a draft model on the index's own identities."""

    sample = fields.Integer(load_default=100_000, validate=validate.Range(50, 200_000), metadata={"label": "抽样人次"})


class MatchModelOut(Schema):
    """A model: a draft until somebody reviews and activates it."""

    id = IdField()
    version = fields.String()
    state = fields.String()
    trained_on = fields.Integer()
    made_at = fields.AwareDateTime()
    made_by = fields.String(allow_none=True)


class SampleIn(Schema):
    """Draw a sample for the clerical estimate."""

    per_stratum = fields.Integer(load_default=30, validate=validate.Range(5, 200), metadata={"label": "每层抽样对数"})


class SampleVerdictIn(Schema):
    """A clerk's judgement of one sampled pair."""

    verdict = fields.String(
        required=True, validate=validate.OneOf(["same", "different", "unsure"], labels=["同一人", "不是同一人", "无法判断"])
    )
