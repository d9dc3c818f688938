"""What the institution endpoints take and give."""

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema
from registry.fields import DivisionField, NumberText, label
from registry.institutions.definitions import CATEGORIES, GRADES, OWNERSHIPS, PROFITS


def _text(size: int, name: str, **more: object) -> fields.String:
    return fields.String(load_default=None, validate=validate.Length(max=size), metadata=label(name, **more))


def _one_of(labels: dict[str, str], name: str) -> fields.String:
    return fields.String(load_default=None, validate=validate.OneOf(list(labels), list(labels.values())), metadata=label(name))


class InstitutionIn(Schema):
    """The whole entry; what is left out is empty."""

    name = fields.String(required=True, validate=validate.Length(1, 128), metadata=label("机构名称"))
    short_name = _text(64, "简称")
    code = NumberText(load_default=None, validate=validate.Length(max=18), metadata=label("统一社会信用代码"))
    code22 = NumberText(load_default=None, validate=validate.Length(max=22), metadata=label("22位机构代码"))
    cdc_code = NumberText(load_default=None, validate=validate.Length(max=9), metadata=label("疾控系统机构代码"))
    category = fields.String(
        required=True,
        validate=validate.Regexp(r"[A-P](\d{3})?$"),
        metadata=label("机构类别", hint=f"WS 218：{'；'.join(f'{key} {name}' for key, name in CATEGORIES.items())}"),
    )
    grade = _one_of(GRADES, "等级")
    ownership = _one_of(OWNERSHIPS, "经济类型")
    profit = _one_of(PROFITS, "分类管理")
    division_code = DivisionField(required=True, metadata=label("所在区划"))
    address = _text(256, "地址", wide=True)
    longitude = fields.Float(load_default=None, metadata=label("经度"))
    latitude = fields.Float(load_default=None, metadata=label("纬度"))
    phone = _text(32, "电话")
    head = _text(64, "负责人")
    parent_id = IdField(load_default=None, metadata=label("上级机构编号"))
    line_code = _text(16, "条线")
    valid_from = fields.Date(required=True, metadata=label("启用日期"))
    valid_to = fields.Date(load_default=None, metadata=label("停用日期"))


class InstitutionChange(InstitutionIn):
    """The whole entry again, with the revision it was read at."""

    revision = fields.Integer(required=True, metadata=label("版本", kind="hidden"))


class InstitutionOut(InstitutionIn):
    id = IdField()
    manager_code = fields.String()
    state = fields.String()
    merged_into = IdField(allow_none=True)
    revision = fields.Integer()
    changed_at = fields.AwareDateTime()


class InstitutionQuery(Schema):
    text = fields.String(load_default="", metadata=label("名称、首字母或代码"))
    under = DivisionField(load_default=None, metadata=label("所在区划"))
    category = fields.String(
        load_default="", validate=validate.OneOf(["", *CATEGORIES], ["", *CATEGORIES.values()]), metadata=label("类别")
    )
    state = fields.String(load_default="active")
    parent_id = IdField(load_default=None)
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class InstitutionsOut(Schema):
    total = fields.Integer()
    page = fields.Integer()
    rows = fields.List(fields.Nested(InstitutionOut))


class CodeQuery(Schema):
    value = fields.String(required=True)
    scheme = fields.String(load_default=None)


class ResolvedOut(Schema):
    """What anybody may know who holds a code: the institution behind it today."""

    id = IdField()
    name = fields.String()
    code = fields.String(allow_none=True)
    division_code = fields.String()
    state = fields.String()


class KeeperIn(Schema):
    manager_code = DivisionField(required=True, metadata=label("管理区划"))


class MergeIn(Schema):
    into_id = IdField(required=True, metadata=label("并入机构编号"))
    day = fields.Date(required=True, metadata=label("生效日期"))


class EventOut(Schema):
    kind = fields.String()
    at = fields.AwareDateTime()
    by_name = fields.String(allow_none=True)
    before = fields.Dict()
    after = fields.Dict()


class DepartmentIn(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 32), metadata=label("科室编码"))
    name = fields.String(required=True, validate=validate.Length(1, 64), metadata=label("科室名称"))
    standard_code = _text(16, "标准科室代码")
    parent_code = _text(32, "上级科室编码")
    valid_from = fields.Date(required=True, metadata=label("启用日期"))
    valid_to = fields.Date(load_default=None, metadata=label("停用日期"))


class DepartmentOut(DepartmentIn):
    id = IdField()
    institution_id = IdField()


class DepartmentQuery(Schema):
    text = fields.String(load_default="", metadata=label("科室名称或编码"))
    institution_id = IdField(load_default=None, metadata=label("机构"))
    under = DivisionField(load_default=None, metadata=label("所在区划"))
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 500))
