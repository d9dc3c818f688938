"""What the registration endpoints take and give."""

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema
from registry.fields import SheetIn
from registry.registration.kinds import KINDS

STATES = {"faulty": "有错误", "submitted": "待审核", "accepted": "已通过", "rejected": "已退回"}


class IdentifierIn(Schema):
    scheme = fields.String(required=True, validate=validate.Length(1, 48))
    value = fields.String(required=True, validate=validate.Length(1, 64))


class SubmissionIn(Schema):
    """``reference`` is the provider's own number of the submission; sending it again replaces the submission."""

    reference = fields.String(required=True, validate=validate.Length(1, 64))
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    payload = fields.Dict(keys=fields.String(), required=True)
    identifiers = fields.List(fields.Nested(IdentifierIn), load_default=list)


class SubmissionFileIn(SheetIn):
    """Many submissions of one kind."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(list(KINDS), [kind.label for kind in KINDS.values()]),
        metadata={"label": "类别"},
    )


class SubmissionOut(Schema):
    id = IdField()
    reference = fields.String()
    kind = fields.String()
    state = fields.String()
    faults = fields.List(fields.Dict())
    payload = fields.Dict()
    identifiers = fields.List(fields.Nested(IdentifierIn))
    entity_id = IdField(allow_none=True)
    provider_name = fields.String(allow_none=True)
    submitted_at = fields.AwareDateTime()
    decided_by = fields.String(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    note = fields.String(allow_none=True)


class SubmissionQuery(Schema):
    text = fields.String(load_default="", metadata={"label": "提交编号或提交方"})
    state = fields.String(
        load_default=None, validate=validate.OneOf(list(STATES), list(STATES.values())), metadata={"label": "状态"}
    )
    kind = fields.String(
        load_default=None,
        validate=validate.OneOf(list(KINDS), [kind.label for kind in KINDS.values()]),
        metadata={"label": "类别"},
    )
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class SubmissionsOut(Schema):
    total = fields.Integer()
    rows = fields.List(fields.Nested(SubmissionOut))


class EntityQuery(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    value = fields.String(required=True)
    scheme = fields.String(load_default=None)


class EntityOut(Schema):
    """The one internal id of an entity and all ids it is known by."""

    kind = fields.String()
    entity_id = IdField()
    identifiers = fields.List(fields.Nested(IdentifierIn))
