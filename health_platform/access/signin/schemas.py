"""What the login and session endpoints take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema

_SECRET = {"kind": "password"}


class LoginIn(Schema):
    """Login name and password."""

    login_name = fields.String(
        required=True, validate=validate.Length(1, 80), metadata={"label": "登录名", "autocomplete": "username"}
    )
    password = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"label": "口令", "autocomplete": "current-password", **_SECRET},
    )
    next = fields.String(load_default="", validate=validate.Length(max=2000), metadata={"kind": "hidden"})


class OneTimeCodeIn(Schema):
    """A one-time code."""

    code = fields.String(
        required=True,
        validate=validate.Length(6, 12),
        metadata={"label": "动态口令", "autocomplete": "one-time-code", "hint": "认证器中显示的 6 位数字"},
    )
    next = fields.String(load_default="", validate=validate.Length(max=2000), metadata={"kind": "hidden"})


class NewPasswordIn(Schema):
    """A password to begin with."""

    password = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"label": "新口令", "autocomplete": "new-password", **_SECRET},
    )
    again = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"label": "再次输入新口令", "autocomplete": "new-password", **_SECRET},
    )
    next = fields.String(load_default="", validate=validate.Length(max=2000), metadata={"kind": "hidden"})


class OwnPasswordIn(Schema):
    """A change of one's own password."""

    old = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"label": "原口令", "autocomplete": "current-password", **_SECRET},
    )
    password = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"label": "新口令", "autocomplete": "new-password", **_SECRET},
    )
    again = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"label": "再次输入新口令", "autocomplete": "new-password", **_SECRET},
    )


class SignedIn(Schema):
    """The state of a login: the step that is left, if any, and the token unsafe requests must carry."""

    pending = fields.String(allow_none=True)
    csrf_token = fields.String()


class SessionOut(Schema):
    """A running session."""

    id = IdField()
    user_id = IdField()
    real_name = fields.String()
    kind = fields.String()
    methods = fields.List(fields.String())
    address = fields.String()
    agent = fields.String()
    created_at = fields.AwareDateTime()
    seen_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()


class CallerOut(Schema):
    """Who the caller is and what the caller may do."""

    id = IdField()
    kind = fields.String()
    name = fields.String()
    institution_id = IdField()
    institution_name = fields.String()
    division_code = fields.String()
    permissions = fields.Function(lambda principal: sorted(principal.permissions))
    methods = fields.Function(lambda principal: sorted(principal.methods))
    facts = fields.Dict()


class DutyIn(Schema):
    """The duty to act in."""

    duty = fields.String(required=True, validate=validate.Regexp(r"^\d{1,20}$"))
