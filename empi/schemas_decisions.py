"""Decisions about links, and who follows them: bodies and answers of the JSON API."""

from __future__ import annotations

from marshmallow import fields, validate

from empi.history import DECISION_LABELS
from empi.schemas_texts import text
from health_platform.kernel.http import IdField, Schema


class DecisionIn(Schema):
    """Why a person decides."""

    reason = text("理由", 400)


class DecisionOut(Schema):
    """One entry of the history of links."""

    id = IdField()
    kind = fields.String(metadata={"description": ", ".join(DECISION_LABELS)})
    decided_at = fields.AwareDateTime()
    by_kind = fields.String()
    by_name = fields.String()
    rule_version = fields.String()
    patient_key = IdField(allow_none=True)
    evidence_key = IdField(allow_none=True)
    weight = fields.Float(allow_none=True)
    contributions = fields.Dict(allow_none=True)
    person_id = IdField()
    person_before = IdField(allow_none=True)
    reason = fields.String(allow_none=True)
    undone_by = IdField(allow_none=True)


class PersonMergeIn(DecisionIn):
    """Two persons that are one."""

    left = IdField(required=True, metadata={"label": "居民甲"})
    right = IdField(required=True, metadata={"label": "居民乙"})
    overrule = fields.Boolean(load_default=False, metadata={"label": "推翻“禁止关联”的决定"})


class UnmergeIn(DecisionIn):
    """Take back a merge."""

    keep_apart = fields.Boolean(load_default=False, metadata={"label": "今后不得关联"})


class SplitIn(DecisionIn):
    """Identities that are somebody else."""

    patient_keys = fields.List(IdField(), required=True, validate=validate.Length(min=1, max=500))


class IdentityLinkIn(DecisionIn):
    """The person an identity belongs to."""

    person_id = IdField(required=True, metadata={"label": "居民"})
    overrule = fields.Boolean(load_default=False, metadata={"label": "推翻“禁止关联”的决定"})


class ApartIn(DecisionIn):
    """Two identities that are different persons."""

    left_key = IdField(required=True)
    right_key = IdField(required=True)


class AllowIn(DecisionIn):
    """Two persons that may be linked again."""

    left = IdField(required=True)
    right = IdField(required=True)


class OutcomeOut(Schema):
    """What a decision led to."""

    decision_id = IdField()
    person_id = IdField()
    others = fields.List(IdField())


class LinkChangesQuery(Schema):
    """Link changes after a cursor."""

    after = IdField(load_default=0)
    limit = fields.Integer(load_default=200, validate=validate.Range(1, 1000))


class LinkChangesOut(Schema):
    """Link changes in order; ask again with ``next``."""

    changes = fields.List(fields.Nested(DecisionOut))
    next = IdField()


class LinkSubscriptionIn(Schema):
    """A system that follows link changes."""

    name = text("名称", 80, required=True)
    kinds = fields.List(fields.String(validate=validate.OneOf(list(DECISION_LABELS))), load_default=list)


class LinkSubscriptionOut(Schema):
    """A subscription and how far it has read."""

    id = IdField()
    name = fields.String()
    kinds = fields.List(fields.String())
    cursor = IdField()


class AcknowledgeIn(Schema):
    """The last change a subscriber has taken over."""

    cursor = IdField(required=True)
