"""Questions to stewards and their answers: bodies and answers of the JSON API."""

from __future__ import annotations

from marshmallow import fields, validate

from empi.review import KIND_LABELS, VERDICT_LABELS
from empi.schemas_decisions import DecisionIn
from empi.schemas_texts import text
from health_platform.kernel.http import IdField, Schema


class IdentityReviewQuery(Schema):
    """Which questions to list."""

    state = fields.String(
        load_default="open",
        validate=validate.OneOf(["open", "seconding", "closed"], labels=["待处理", "待复核", "已处理"]),
        metadata={"label": "状态"},
    )
    kind = fields.String(
        load_default="",
        validate=validate.OneOf(["", *KIND_LABELS], labels=["", *KIND_LABELS.values()]),
        metadata={"label": "类别"},
    )
    institution = text("机构", 40)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))


class IdentityReviewOut(Schema):
    """A question for a steward."""

    id = IdField()
    kind = fields.String()
    state = fields.String()
    left_key = IdField()
    right_key = IdField()
    person_id = IdField()
    other_person = IdField()
    institution = fields.String()
    weight = fields.Float(allow_none=True)
    contributions = fields.Dict(allow_none=True)
    rule_version = fields.String(allow_none=True)
    opened_at = fields.AwareDateTime()
    verdict = fields.String(allow_none=True)
    first_name = fields.String(allow_none=True)
    closed_by = fields.String(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    note = fields.String(allow_none=True)


_VERDICT = validate.OneOf(
    ["same", "different", "accept", "reject"], labels=[VERDICT_LABELS[one] for one in ("same", "different", "accept", "reject")]
)


class ReviewAnswerIn(DecisionIn):
    """A steward's answer to one question."""

    verdict = fields.String(required=True, validate=_VERDICT, metadata={"label": "结论"})


class ReviewAnswersIn(ReviewAnswerIn):
    """One answer to several questions."""

    review_ids = fields.List(IdField(), required=True, validate=validate.Length(min=1, max=200))


class AnswerOut(Schema):
    """What became of a question."""

    review_id = IdField()
    state = fields.String()
    verdict = fields.String()
    waiting = fields.Boolean()
    error = fields.String()
