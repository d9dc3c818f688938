"""What the report endpoints take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema

STATES = {"delivered": "未读", "read": "已读", "answered": "已答复", "closed": "已办结"}


class ReportQuery(Schema):
    """Which reports."""

    institution_id = IdField(load_default=None, metadata={"label": "机构编号"})
    state = fields.String(
        load_default="", validate=validate.OneOf(["", *STATES], ["", *STATES.values()]), metadata={"label": "状态"}
    )
    month = fields.Date(load_default=None, format="%Y-%m", metadata={"label": "月份", "kind": "month"})


class ReportRowOut(Schema):
    """A report in a list."""

    id = IdField()
    institution_id = IdField()
    first = fields.Date()
    last = fields.Date()
    edition = fields.Integer()
    state = fields.String()
    made_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)


class ReportOut(ReportRowOut):
    """A report with everything it says."""

    content = fields.Dict()


class OrderIn(Schema):
    """Make a report now."""

    institution_id = IdField(required=True, metadata={"label": "机构编号"})
    month = fields.Date(required=True, format="%Y-%m", metadata={"label": "月份", "kind": "month"})


class AnswerIn(Schema):
    """What is said to a report."""

    text = fields.String(
        required=True, validate=validate.Length(2, 4000), metadata={"label": "答复", "wide": True, "kind": "textarea"}
    )


class AnswerOut(Schema):
    """What was said."""

    text = fields.String()
    closes = fields.Boolean()
    by_name = fields.String(allow_none=True)
    by_unit = fields.String(allow_none=True)
    at = fields.AwareDateTime()


class EffectRuleOut(Schema):
    """Failures of a rule then and now."""

    rule = fields.String()
    label = fields.String()
    dataset_label = fields.String()
    before = fields.Integer()
    after = fields.Integer()


class EffectOut(Schema):
    """The score then and now."""

    before = fields.String()
    after = fields.String()
    change = fields.String()
    rows_before = fields.Integer()
    rows_after = fields.Integer()
    rules = fields.List(fields.Nested(EffectRuleOut))
