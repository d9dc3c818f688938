"""What the endpoints of rights take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from health_platform.access.authority.break_glass import REASONS, VERDICTS
from health_platform.access.authority.consent import EFFECTS, TARGETS
from health_platform.access.policy import BOUNDS
from health_platform.kernel.clock import LOCAL_ZONE
from health_platform.kernel.http import IdField, Schema

_PREFIX = validate.Regexp(r"^\d{2,12}$")


class RoleIn(Schema):
    """A role of one's own."""

    code = fields.String(required=True, validate=validate.Length(3, 40), metadata={"label": "角色代码"})
    name = fields.String(required=True, validate=validate.Length(2, 40), metadata={"label": "角色名称"})
    level_code = fields.String(validate=validate.Length(max=16), metadata={"label": "层级"})
    line_code = fields.String(validate=validate.Length(max=16), metadata={"label": "条线"})
    note = fields.String(validate=validate.Length(max=200), metadata={"label": "说明"})
    permissions = fields.List(fields.String(), load_default=list, metadata={"label": "权限"})


class RoleOut(Schema):
    """A role."""

    id = IdField()
    code = fields.String()
    name = fields.String()
    level_code = fields.String()
    line_code = fields.String()
    predefined = fields.Boolean()
    note = fields.String()
    permissions = fields.List(fields.String())


class GridEntryIn(Schema):
    """A level or line of the grid."""

    code = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9_]{1,15}$"), metadata={"label": "代码"})
    label = fields.String(required=True, validate=validate.Length(1, 20), metadata={"label": "名称"})
    position = fields.Integer(required=True, validate=validate.Range(0, 99), metadata={"label": "次序"})
    covers_all = fields.Boolean(load_default=False, metadata={"label": "可见全部条线数据"})


class GrantIn(Schema):
    """A right to be given."""

    grantee_id = IdField(required=True, metadata={"label": "被授权账号"})
    role = fields.String(validate=validate.Length(max=40), metadata={"label": "角色"})
    permission = fields.String(validate=validate.Length(max=96), metadata={"label": "单项权限"})
    prefix = fields.String(required=True, validate=_PREFIX, metadata={"label": "行政区划前缀"})
    line = fields.String(validate=validate.Length(max=16), metadata={"label": "条线"})
    institution_id = IdField(metadata={"label": "机构"})
    below = fields.Boolean(load_default=False, metadata={"label": "含下属机构"})
    may_use = fields.Boolean(load_default=False, metadata={"label": "使用权"})
    may_grant = fields.Boolean(load_default=False, metadata={"label": "授予权"})
    depth = fields.Integer(load_default=0, validate=validate.Range(0, 6), metadata={"label": "可转授层数"})
    valid_to = fields.AwareDateTime(default_timezone=LOCAL_ZONE, metadata={"label": "有效期至"})
    reason = fields.String(load_default="", validate=validate.Length(max=200), metadata={"label": "事由"})


class GrantOut(Schema):
    """A grant."""

    id = IdField()
    grantee_id = IdField()
    role_id = IdField()
    permission = fields.String()
    prefix = fields.String()
    line_code = fields.String()
    institution_id = IdField()
    below = fields.Boolean()
    may_use = fields.Boolean()
    may_grant = fields.Boolean()
    depth = fields.Integer()
    valid_from = fields.AwareDateTime()
    valid_to = fields.AwareDateTime()
    granted_by = IdField()
    granted_at = fields.AwareDateTime()
    reason = fields.String()


class GranteeQuery(Schema):
    """Whose grants."""

    grantee_id = IdField(required=True)


class RevokedOut(Schema):
    """The grants that ended, the derived ones included."""

    revoked = fields.List(IdField())


class SpecialIn(Schema):
    """A special authorisation asked for."""

    grantee_id = IdField(required=True, metadata={"label": "被授权账号"})
    person_id = IdField(metadata={"label": "居民编号"})
    prefix = fields.String(validate=_PREFIX, metadata={"label": "行政区划前缀"})
    line = fields.String(validate=validate.Length(max=16), metadata={"label": "条线"})
    document_class = fields.String(validate=validate.Length(max=40), metadata={"label": "文档类别"})
    purpose = fields.String(required=True, validate=validate.Length(10, 200), metadata={"label": "用途", "wide": True})
    valid_to = fields.AwareDateTime(required=True, default_timezone=LOCAL_ZONE, metadata={"label": "有效期至"})


class SpecialOut(Schema):
    """A special authorisation."""

    id = IdField()
    grantee_id = IdField()
    subject_id = IdField()
    prefix = fields.String()
    extra_line = fields.String()
    extra_class = fields.String()
    purpose = fields.String()
    state = fields.String()
    requested_by = IdField()
    requested_at = fields.AwareDateTime()
    approver_id = IdField()
    decided_at = fields.AwareDateTime()
    valid_to = fields.AwareDateTime()


class SpecialDecisionIn(Schema):
    """Approve or refuse."""

    approve = fields.Boolean(required=True)


class EmergencyIn(Schema):
    """An emergency access."""

    person_id = IdField(required=True, metadata={"label": "居民编号"})
    reason_code = fields.String(
        required=True, validate=validate.OneOf(list(REASONS), list(REASONS.values())), metadata={"label": "原因"}
    )
    reason = fields.String(required=True, validate=validate.Length(10, 400), metadata={"label": "情况说明", "wide": True})
    code = fields.String(required=True, validate=validate.Length(6, 12), metadata={"label": "动态口令"})


class BreakGlassOut(Schema):
    """An emergency access and its review."""

    id = IdField()
    person_id = IdField()
    actor_id = IdField()
    actor_name = fields.String()
    reason_code = fields.String()
    reason = fields.String()
    opened_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    review_due = fields.AwareDateTime()
    reviewed_at = fields.AwareDateTime()
    verdict = fields.String()
    review_note = fields.String()


class ReviewIn(Schema):
    """The judgement of an emergency access."""

    verdict = fields.String(
        required=True, validate=validate.OneOf(list(VERDICTS), list(VERDICTS.values())), metadata={"label": "结论"}
    )
    note = fields.String(load_default="", validate=validate.Length(max=400), metadata={"label": "复核意见"})


class ConsentIn(Schema):
    """A resident's rule."""

    effect = fields.String(required=True, validate=validate.OneOf(EFFECTS))
    document_class = fields.String(validate=validate.Length(max=40))
    document_id = fields.String(validate=validate.Length(max=64))
    target_kind = fields.String(load_default="everybody", validate=validate.OneOf(TARGETS))
    target = fields.String(validate=validate.Length(max=24))


class ConsentOut(Schema):
    """A running rule."""

    id = IdField()
    effect = fields.String()
    document_class = fields.String()
    document_id = fields.String()
    target_kind = fields.String()
    target = fields.String()
    set_at = fields.AwareDateTime()


PolicyIn = Schema.from_dict(
    {
        name: fields.Integer(validate=validate.Range(bound.low, bound.high), metadata={"label": bound.label})
        for name, bound in BOUNDS.items()
    },
    name="PolicyIn",
)
