"""What the staff endpoints take and give. The identity number goes in and never comes out whole."""

from typing import Any

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema
from registry.fields import DivisionField, NumberText, label
from registry.staff.definitions import CATEGORIES, TITLES


def _text(size: int, name: str) -> fields.String:
    return fields.String(load_default=None, validate=validate.Length(max=size), metadata=label(name))


class StaffFields(Schema):
    """The part of an entry that may change."""

    name = fields.String(required=True, validate=validate.Length(1, 40), metadata=label("姓名"))
    category = fields.String(
        required=True, validate=validate.OneOf(list(CATEGORIES), list(CATEGORIES.values())), metadata=label("人员类别")
    )
    department_code = _text(32, "科室编码")
    title = fields.String(
        load_default=None, validate=validate.OneOf(list(TITLES), list(TITLES.values())), metadata=label("专业技术职务")
    )
    education = _text(4, "学历代码")
    licence_no = _text(32, "执业证书编号")
    specialty = _text(64, "执业范围")
    phone = _text(20, "联系电话")
    employed_on = fields.Date(required=True, metadata=label("到岗日期"))


class StaffIn(StaffFields):
    institution_id = IdField(required=True, metadata=label("所属机构编号"))
    id_number = NumberText(required=True, validate=validate.Length(equal=18), metadata=label("身份证号"))


class StaffChange(StaffFields):
    revision = fields.Integer(required=True, metadata=label("版本", kind="hidden"))


class StaffOut(Schema):
    id = IdField()
    institution_id = IdField()
    division_code = fields.String()
    name = fields.String()
    sex = fields.String(allow_none=True)
    born_on = fields.Date(allow_none=True)
    category = fields.String()
    department_code = fields.String(allow_none=True)
    title = fields.String(allow_none=True)
    licence_no = fields.String(allow_none=True)
    specialty = fields.String(allow_none=True)
    employed_on = fields.Date()
    left_on = fields.Date(allow_none=True)
    state = fields.String()
    account = fields.String(allow_none=True)
    revision = fields.Integer()


class StaffDetailOut(StaffOut):
    phone = fields.String(allow_none=True)
    id_number = fields.Function(lambda row: masked(row.id_number))


class StaffQuery(Schema):
    text = fields.String(load_default="", metadata=label("姓名、首字母、证书编号或完整身份证号"))
    institution_id = IdField(load_default=None, metadata=label("机构编号"))
    under = DivisionField(load_default=None, metadata=label("所在区划"))
    category = fields.String(
        load_default="", validate=validate.OneOf(["", *CATEGORIES], ["", *CATEGORIES.values()]), metadata=label("类别")
    )
    state = fields.String(load_default="working")
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class StaffPageOut(Schema):
    total = fields.Integer()
    page = fields.Integer()
    rows = fields.List(fields.Nested(StaffOut))


class PostOut(Schema):
    institution_id = IdField()
    department_code = fields.String(allow_none=True)
    started_on = fields.Date()
    ended_on = fields.Date(allow_none=True)


class TransferIn(Schema):
    to_code = fields.String(required=True, metadata=label("调入机构代码", hint="统一社会信用代码或其他机构代码"))
    effective_on = fields.Date(required=True, metadata=label("生效日期"))
    reason = fields.String(load_default="", validate=validate.Length(max=255), metadata=label("原因"))


class TransferQuery(Schema):
    text = fields.String(load_default="", metadata=label("姓名或调出机构"))
    sent = fields.Boolean(load_default=False)
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))


class TransferOut(Schema):
    id = IdField()
    staff_id = IdField()
    staff_name = fields.String()
    from_id = IdField()
    from_name = fields.String()
    institution_id = IdField()
    effective_on = fields.Date()
    state = fields.String()
    reason = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    requested_at = fields.AwareDateTime()


class RequestedOut(Schema):
    id = IdField()


class AccountIn(Schema):
    login = fields.String(required=True, validate=validate.Length(3, 40), metadata=label("登录名"))
    role = fields.String(load_default=None, validate=validate.Length(max=48), metadata=label("角色"))


class AccountOut(Schema):
    """A new account; the password is shown this once."""

    user_id = IdField()
    login = fields.String()
    password = fields.String()


def masked(id_number: Any) -> str | None:
    """An identity number with the birth date and serial hidden."""
    text = str(id_number or "")
    return f"{text[:6]}********{text[-4:-2]}**" if len(text) == 18 else None
