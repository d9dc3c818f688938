"""What the resource endpoints take and give."""

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema
from registry.fields import DivisionField, label
from registry.resources.definitions import KINDS

LABELS = {kind.code: kind.label for kind in KINDS.values()}


class ResourceFields(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(list(LABELS), list(LABELS.values())), metadata=label("资源类别"))
    name = fields.String(required=True, validate=validate.Length(1, 128), metadata=label("名称"))
    category = fields.String(load_default=None, validate=validate.Length(max=64), metadata=label("分类代码"))
    department_code = fields.String(load_default=None, validate=validate.Length(max=32), metadata=label("科室编码"))
    quantity = fields.Integer(required=True, validate=validate.Range(min=0), metadata=label("数量"))
    details = fields.Dict(keys=fields.String(), load_default=dict)
    valid_from = fields.Date(required=True, metadata=label("启用日期"))


class ResourceIn(ResourceFields):
    institution_id = IdField(required=True, metadata=label("机构编号"))


class ResourceChange(Schema):
    day = fields.Date(required=True, metadata=label("生效日期"))
    quantity = fields.Integer(required=True, validate=validate.Range(min=0), metadata=label("数量"))
    name = fields.String(validate=validate.Length(1, 128), metadata=label("名称"))
    details = fields.Dict(keys=fields.String())


class ResourceOut(ResourceFields):
    id = IdField()
    institution_id = IdField()
    division_code = fields.String()
    valid_to = fields.Date(allow_none=True)


class ResourceQuery(Schema):
    kind = fields.String(
        load_default="", validate=validate.OneOf(["", *LABELS], ["", *LABELS.values()]), metadata=label("资源类别")
    )
    institution_id = IdField(load_default=None, metadata=label("机构编号"))
    under = DivisionField(load_default=None, metadata=label("所在区划"))
    text = fields.String(load_default="", metadata=label("名称"))
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class ResourcesOut(Schema):
    total = fields.Integer()
    rows = fields.List(fields.Nested(ResourceOut))


class SumQuery(Schema):
    day = fields.Date(load_default=None, metadata=label("统计日期"))
    level = fields.Integer(load_default=6, validate=validate.OneOf([4, 6, 9], ["市", "县", "乡镇"]), metadata=label("级别"))
    shape_year = fields.Integer(
        load_default=None, validate=validate.Range(1949, 2200), metadata=label("按某年区划", hint="留空按统计日期当时的区划")
    )
    under = DivisionField(load_default=None, metadata=label("所在区划"))


class SumOut(Schema):
    key = fields.String()
    kind = fields.String()
    quantity = fields.Integer()
    entries = fields.Integer()
    unit_id = IdField(allow_none=True)
