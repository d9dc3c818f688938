"""What the account endpoints take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from health_platform.kernel.clock import LOCAL_ZONE
from health_platform.kernel.http import IdField, Schema


class UserIn(Schema):
    """A new account."""

    login_name = fields.String(
        required=True,
        validate=validate.Length(3, 40),
        metadata={"label": "登录名", "hint": "小写字母开头，3 至 40 位字母、数字或 . _ -"},
    )
    real_name = fields.String(required=True, validate=validate.Length(2, 40), metadata={"label": "真实姓名"})
    id_no = fields.String(required=True, validate=validate.Length(15, 40), metadata={"label": "身份证号"})
    phone = fields.String(validate=validate.Length(max=20), metadata={"label": "手机号"})
    title = fields.String(validate=validate.Length(max=40), metadata={"label": "职务"})
    institution_id = IdField(metadata={"label": "机构编号", "hint": "平台级账号留空"})
    division_code = fields.String(validate=validate.Regexp(r"^\d{12}$"), metadata={"label": "行政区划代码"})
    expires_at = fields.AwareDateTime(default_timezone=LOCAL_ZONE, metadata={"label": "有效期至"})
    role = fields.String(validate=validate.Length(max=40), metadata={"label": "角色"})


class UserChangeIn(Schema):
    """A correction of an account."""

    real_name = fields.String(required=True, validate=validate.Length(2, 40), metadata={"label": "真实姓名"})
    phone = fields.String(validate=validate.Length(max=20), metadata={"label": "手机号"})
    title = fields.String(validate=validate.Length(max=40), metadata={"label": "职务"})
    expires_at = fields.AwareDateTime(default_timezone=LOCAL_ZONE, metadata={"label": "有效期至"})
    certificate = fields.String(
        validate=validate.Regexp(r"^[0-9a-f]{64}$"),
        metadata={"label": "数字证书指纹", "hint": "证书 DER 的 SHA-256，64 位小写十六进制"},
    )


class UserOut(Schema):
    """An account as administrators see it. The national id is shown masked."""

    id = IdField()
    kind = fields.String()
    login_name = fields.String()
    real_name = fields.String()
    title = fields.String()
    institution_id = IdField()
    institution_name = fields.String()
    division_code = fields.String()
    status = fields.String()
    status_reason = fields.String()
    expires_at = fields.AwareDateTime()
    last_login_at = fields.AwareDateTime()
    created_at = fields.AwareDateTime()
    second_factor = fields.Function(lambda row: row.totp_since is not None)


class NewUserOut(UserOut):
    """An opened account with its first password, shown this once."""

    first_password = fields.String()


class UserQuery(Schema):
    """How the account list is narrowed."""

    text = fields.String(load_default="", validate=validate.Length(max=60))
    status = fields.String(load_default="", validate=validate.OneOf(["", "active", "locked", "disabled"]))
    institution_id = IdField(load_default=None)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))


class UserPage(Schema):
    """One page of accounts."""

    total = fields.Integer()
    rows = fields.List(fields.Nested(UserOut))


class ReasonIn(Schema):
    """Why an account is locked."""

    reason = fields.String(required=True, validate=validate.Length(2, 200), metadata={"label": "原因"})


class HolderIn(Schema):
    """Who holds a first administrator's account."""

    real_name = fields.String(required=True, validate=validate.Length(2, 40), metadata={"label": "真实姓名"})
    id_no = fields.String(required=True, validate=validate.Length(15, 40), metadata={"label": "身份证号"})
