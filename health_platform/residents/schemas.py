"""What the resident API takes and gives."""

from __future__ import annotations

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema
from health_platform.residents.definitions import HIDEABLE, OBJECTION_STATES, RELATIONS

_NAME = validate.Length(min=1, max=64)
_ID_NUMBER = validate.Regexp(r"^[0-9A-Za-z]{6,18}$", error="证件号码为 6 至 18 位字母或数字")


class CodeIn(Schema):
    """A request for a login code."""

    name = fields.String(required=True, validate=_NAME, metadata={"label": "姓名", "autocomplete": "name"})
    id_number = fields.String(required=True, validate=_ID_NUMBER, metadata={"label": "身份证号"})
    phone = fields.String(
        required=True, validate=validate.Regexp(r"^1\d{10}$", error="手机号码为 11 位数字"),
        metadata={"label": "手机号码", "kind": "tel", "autocomplete": "tel"},
    )  # fmt: skip


class CodeOut(Schema):
    """The request; the code itself goes to the phone only, and only if the claim fits a person."""

    code_id = IdField()
    expires_in = fields.Integer()


class SignInIn(Schema):
    code_id = IdField(required=True)
    code = fields.String(required=True, validate=validate.Regexp(r"^\d{6}$", error="验证码为 6 位数字"))
    cookie = fields.Boolean(load_default=False, metadata={"description": "浏览器页面用 Cookie，小程序用令牌"})


class SignInOut(Schema):
    """``token`` goes into the Authorization header; browsers get a cookie instead."""

    token = fields.String(allow_none=True)
    name = fields.String()
    ends_at = fields.AwareDateTime()


class MeOut(Schema):
    name = fields.String()
    person_id = IdField()
    acting_for = IdField()


class MemberIn(Schema):
    name = fields.String(required=True, validate=_NAME, metadata={"label": "姓名"})
    id_number = fields.String(required=True, validate=_ID_NUMBER, metadata={"label": "身份证号"})
    relation = fields.String(
        required=True, validate=validate.OneOf(list(RELATIONS), list(RELATIONS.values())), metadata={"label": "关系"}
    )


class MemberOut(Schema):
    """A consent between two residents. The person id is given only while the consent stands."""

    id = IdField()
    person_id = fields.Function(lambda proxy: str(proxy.person_id) if proxy.state == "active" else None)
    member_name = fields.String()
    holder_name = fields.String()
    relation = fields.String()
    state = fields.String()
    expires_at = fields.AwareDateTime(allow_none=True)


class DecisionIn(Schema):
    agreed = fields.Boolean(required=True)


class ActingIn(Schema):
    person_id = IdField(required=True)


class PageQuery(Schema):
    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=10_000))


class ViewOut(Schema):
    """One view of the record by somebody else."""

    id = IdField()
    at = fields.AwareDateTime()
    actor_name = fields.String(allow_none=True)
    institution_name = fields.String(allow_none=True)
    purpose = fields.String(allow_none=True)
    action = fields.String()


class ObjectionIn(Schema):
    audit_id = IdField(required=True)
    text = fields.String(required=True, validate=validate.Length(min=5, max=500), metadata={"label": "疑问"})


class ObjectionOut(Schema):
    id = IdField()
    audit_id = IdField()
    text = fields.String()
    state = fields.String()
    raised_at = fields.AwareDateTime()
    answer = fields.String(allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True)


class AnswerIn(Schema):
    state = fields.String(
        required=True,
        validate=validate.OneOf(["justified", "misuse"], [OBJECTION_STATES[key] for key in ("justified", "misuse")]),
        metadata={"label": "结论"},
    )
    answer = fields.String(
        required=True, validate=validate.Length(min=5, max=500), metadata={"label": "答复", "kind": "textarea"}
    )


class HiddenIn(Schema):
    kinds = fields.List(
        fields.String(validate=validate.OneOf(list(HIDEABLE), list(HIDEABLE.values()))), load_default=list,
        metadata={"label": "不向他人展示"},
    )  # fmt: skip


class HiddenOut(Schema):
    kinds = fields.List(fields.String())
