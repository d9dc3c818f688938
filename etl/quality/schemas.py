"""Shapes of ``/api/v1/quality``."""

from __future__ import annotations

from marshmallow import fields, validate

from etl.quality.shapes import Dimension, Severity
from health_platform.datasets.api import catalogue
from health_platform.kernel.http import IdField, Schema

_DIMENSIONS = validate.OneOf([each.value for each in Dimension], [each.label for each in Dimension])
_SEVERITIES = validate.OneOf([int(each) for each in Severity], [each.label for each in Severity])
_DATASETS = validate.OneOf(list(catalogue()), [each.label for each in catalogue().values()])


class PeriodQuery(Schema):
    """Local days; by default the current month."""

    first = fields.Date(load_default=None, metadata={"label": "起始日期"})
    last = fields.Date(load_default=None, metadata={"label": "截止日期"})
    institution_id = IdField(load_default=None, metadata={"label": "机构编号"})


class ResultQuery(PeriodQuery):
    """Which results."""

    dataset = fields.String(load_default="", metadata={"label": "数据集"})
    status = fields.String(load_default="", metadata={"label": "状态"})


class ResultOut(Schema):
    """What one rule found at one institution."""

    rule = fields.String()
    version = fields.Integer()
    dataset = fields.String()
    dataset_label = fields.String()
    label = fields.String()
    mend = fields.String()
    dimension = fields.String()
    severity = fields.Integer()
    weight = fields.Decimal(as_string=True)
    institution_id = IdField()
    applicable = fields.Integer()
    failed = fields.Integer()
    status = fields.String()
    error = fields.String()


class SampleQuery(PeriodQuery):
    """The result whose failing rows are wanted."""

    rule = fields.String(required=True)


class SampleOut(Schema):
    """A failing row, masked."""

    key = fields.String()
    day = fields.Date(allow_none=True)
    values = fields.Dict(keys=fields.String(), values=fields.String())


class RulePartOut(Schema):
    """One rule's part in a score."""

    rule = fields.String()
    label = fields.String()
    dataset = fields.String()
    dimension = fields.String()
    weight = fields.Decimal(as_string=True)
    applicable = fields.Integer()
    failed = fields.Integer()
    lost = fields.Decimal(as_string=True)


class ScoreOut(Schema):
    """A score with its derivation."""

    institution_id = IdField()
    total = fields.Decimal(as_string=True)
    content = fields.Decimal(as_string=True)
    coverage = fields.Decimal(as_string=True)
    dataset_share = fields.Decimal(as_string=True)
    day_share = fields.Decimal(as_string=True)
    rows = fields.Integer()
    dimensions = fields.Dict(keys=fields.String(), values=fields.Decimal(as_string=True))
    missing = fields.List(fields.String())
    caps = fields.List(fields.String())
    parts = fields.List(fields.Nested(RulePartOut))
    formula = fields.List(fields.String())


class DayOut(Schema):
    """One square of the calendar."""

    institution_id = IdField()
    dataset = fields.String()
    day = fields.Date()
    rows = fields.Integer()
    late = fields.Integer()
    state = fields.String()
    usual = fields.Decimal(as_string=True, allow_none=True)
    declared = fields.Integer(allow_none=True)


class DeclaredIn(Schema):
    """What the institution did on a day, by its own business system."""

    day = fields.Date(required=True, metadata={"label": "日期"})
    outpatient = fields.Integer(load_default=None, validate=validate.Range(0, 10**7), metadata={"label": "门急诊人次"})
    inpatient = fields.Integer(load_default=None, validate=validate.Range(0, 10**7), metadata={"label": "入院人次"})
    test = fields.Integer(load_default=None, validate=validate.Range(0, 10**7), metadata={"label": "检验报告份数"})


class RuleQuery(Schema):
    """Filters of the rule list."""

    text = fields.String(load_default="", metadata={"label": "编码、名称或表达式"})
    dataset = fields.String(load_default="", metadata={"label": "数据集"})
    dimension = fields.String(load_default="", metadata={"label": "维度"})
    origin = fields.String(load_default="", metadata={"label": "来源"})


class RuleIn(Schema):
    """A rule as an administrator writes it."""

    code = fields.String(required=True, validate=validate.Regexp(r"[a-z][a-z0-9_.]{2,119}\Z"), metadata={"label": "规则编码"})
    dataset = fields.String(required=True, validate=_DATASETS, metadata={"label": "数据集"})
    label = fields.String(required=True, validate=validate.Length(2, 200), metadata={"label": "规则说明"})
    applies = fields.String(load_default="", metadata={"label": "适用条件（可空）", "kind": "textarea"})
    fails = fields.String(required=True, metadata={"label": "不合格条件", "kind": "textarea"})
    mend = fields.String(required=True, validate=validate.Length(2, 500), metadata={"label": "改正方法"})
    dimension = fields.String(required=True, validate=_DIMENSIONS, metadata={"label": "维度"})
    severity = fields.Integer(load_default=2, validate=_SEVERITIES, metadata={"label": "严重程度"})
    weight = fields.Decimal(load_default=1, metadata={"label": "权重"})
    tolerance = fields.Decimal(load_default=0, metadata={"label": "容许不合格比例（0–1）"})
    valid_from = fields.Date(load_default=None, allow_none=True, metadata={"label": "生效日期"})
    valid_to = fields.Date(load_default=None, allow_none=True, metadata={"label": "失效日期"})
    disabled = fields.Boolean(load_default=False, metadata={"label": "停用该规则"})


class RuleOut(Schema):
    """A rule in force."""

    code = fields.String()
    dataset = fields.String()
    label = fields.String()
    dimension = fields.String()
    severity = fields.Integer()
    weight = fields.Decimal(as_string=True)
    applies = fields.String()
    fails = fields.String()
    mend = fields.String()
    version = fields.Integer()
    origin = fields.String()


class VersionOut(Schema):
    """A stored version."""

    id = IdField()
    code = fields.String()
    version = fields.Integer()
    state = fields.String()


class ReviewIn(Schema):
    """The reviewer's decision."""

    accept = fields.Boolean(required=True)
    remark = fields.String(load_default="", validate=validate.Length(0, 200))


class TrialInstitutionOut(Schema):
    """A trial's figures of one institution."""

    institution_id = IdField()
    rows = fields.Integer()
    judged = fields.Integer()
    failed = fields.Integer()


class TrialOut(Schema):
    """What a rule would find."""

    first = fields.Date()
    last = fields.Date()
    rows = fields.Integer()
    judged = fields.Integer()
    failed = fields.Integer()
    sentence = fields.String()
    institutions = fields.List(fields.Nested(TrialInstitutionOut))
