"""What the app endpoints take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema
from health_platform.launch.oauth.definitions import KINDS


class AppIn(Schema):
    """An app to register."""

    code = fields.String(required=True, validate=validate.Length(3, 48),
                         metadata={"label": "应用代码（client_id）", "hint": "小写字母、数字或 . _ -"})  # fmt: skip
    name = fields.String(required=True, validate=validate.Length(2, 80), metadata={"label": "应用名称"})
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS), list(KINDS.values())), metadata={"label": "类别"})
    launch_uri = fields.String(load_default=None, validate=validate.Length(max=400),
                               metadata={"label": "启动地址", "hint": "SMART 应用必填"})  # fmt: skip
    redirect_uris = fields.String(required=True, validate=validate.Length(max=2000),
                                  metadata={"label": "回调地址", "kind": "textarea", "hint": "每行一个"})  # fmt: skip
    scopes = fields.String(
        required=True, validate=validate.Length(max=1000),
        metadata={"label": "授权范围", "kind": "textarea",
                  "hint": "以空格分隔，如 launch openid profile patient/*.rs，或 record.visits record.reports"},
    )  # fmt: skip
    confidential = fields.Boolean(load_default=False, metadata={"label": "有服务器，使用共享密钥"})


class AppOut(Schema):
    id = IdField()
    code = fields.String()
    name = fields.String()
    kind = fields.String()
    launch_uri = fields.String(allow_none=True)
    scopes = fields.List(fields.String())
    active = fields.Boolean()


class NewAppOut(Schema):
    """``password`` is the shared secret of a confidential app, told once."""

    app = fields.Nested(AppOut)
    login_name = fields.String()
    password = fields.String(allow_none=True)


class OpenIn(Schema):
    person_id = IdField(required=True)


class OpenOut(Schema):
    """Where to send the browser; good once, for five minutes."""

    launch_url = fields.String()
    expires_in = fields.Integer()
