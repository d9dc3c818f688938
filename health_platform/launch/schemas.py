"""What the launch endpoints take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema


class LaunchIn(Schema):
    """A signed launch request. ``request`` is a compact JWS; its claims are listed in the embedding guide."""

    client = fields.String(required=True, validate=validate.Length(max=48), metadata={"label": "接入系统代码"})
    request = fields.String(required=True, validate=validate.Length(max=8000), metadata={"label": "签名的启动请求"})


class LaunchOut(Schema):
    """The ticket and the address to put into the frame; both are good once, for ``expires_in`` seconds."""

    ticket = fields.String()
    frame_url = fields.String()
    expires_in = fields.Integer()


class RedeemIn(Schema):
    client = fields.String(required=True, validate=validate.Length(max=48))
    ticket = fields.String(required=True, validate=validate.Length(max=128))


class RedeemOut(Schema):
    """The frame's token, kept in its memory only, and whose record it opens."""

    token = fields.String()
    person_id = IdField()
    record_url = fields.String()
    ends_at = fields.AwareDateTime()


class EndOut(Schema):
    ended = fields.Integer()


class ClientIn(Schema):
    """A hospital system to register."""

    client_key = fields.String(
        required=True, validate=validate.Regexp(r"^[a-z0-9][a-z0-9-]{2,47}$"),
        metadata={"label": "接入系统代码", "hint": "小写字母、数字和连字符"},
    )  # fmt: skip
    name = fields.String(required=True, validate=validate.Length(max=80), metadata={"label": "系统名称"})
    institution_id = IdField(required=True, metadata={"label": "机构", "kind": "select"})
    origins = fields.String(
        required=True, validate=validate.Length(max=2000),
        metadata={"label": "工作站页面来源", "kind": "textarea", "hint": "每行一个，如 https://his.example.org"},
    )  # fmt: skip
    keys = fields.String(
        required=True, validate=validate.Length(max=8000),
        metadata={"label": "公钥（JWK Set）", "kind": "textarea", "hint": "只登记公钥"},
    )  # fmt: skip


class ClientOut(Schema):
    id = IdField()
    client_key = fields.String()
    name = fields.String()
    institution_name = fields.String()
    origins = fields.List(fields.String())
    active = fields.Boolean()
