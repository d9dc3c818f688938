"""What the endpoints of the prompts take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from applications.clinical_prompts.definitions.rules import RULES
from applications.clinical_prompts.values import SEVERITIES
from health_platform.kernel.http import IdField, Schema

SEVERITY_LABELS = {"critical": "禁止", "warning": "警告", "info": "提醒"}
_ID = validate.Regexp(r"^[0-9A-Za-z-]{8,36}$", error="8 至 36 位字母、数字或连字符")


class DoctorIn(Schema):
    """The doctor at the workstation."""

    number = fields.String(required=True, validate=validate.Length(1, 32), metadata={"label": "医师工号"})
    name = fields.String(required=True, validate=validate.Length(1, 64), metadata={"label": "医师姓名"})
    department = fields.String(load_default="", validate=validate.Length(max=64), metadata={"label": "科室"})


class OrderIn(Schema):
    """One order being written."""

    key = fields.String(required=True, validate=validate.Length(1, 64), metadata={"label": "医嘱在工作站中的编号"})
    kind = fields.String(required=True, validate=validate.OneOf(["drug", "test"], ["药品", "检验检查"]))
    name = fields.String(required=True, validate=validate.Length(1, 200), metadata={"label": "药品或项目名称"})
    code = fields.String(load_default="", validate=validate.Length(max=50), metadata={"label": "代码"})
    atc = fields.String(load_default="", validate=validate.Regexp(r"^([A-Za-z]\d{2}[A-Za-z]{0,2}\d{0,2})?$"))
    days = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 366), metadata={"label": "用药天数"})


class FrameCheckIn(Schema):
    """Orders from the workstation's page; patient, doctor and visit are those of the ticket."""

    check_id = fields.String(load_default=None, validate=_ID, metadata={"label": "核对编号"})
    orders = fields.List(fields.Nested(OrderIn), load_default=list, validate=validate.Length(max=100))


class CheckIn(FrameCheckIn):
    """Orders from the institution's server. Without orders: what to know on opening the patient."""

    patient = fields.String(required=True, validate=validate.Length(1, 64), metadata={"label": "本机构患者编号"})
    doctor = fields.Nested(DoctorIn, required=True)
    visit_no = fields.String(required=True, validate=validate.Length(1, 64), metadata={"label": "就诊号"})


class EvidenceOut(Schema):
    """What a card rests on. ``protected``: it is there, and neither what nor where is told."""

    text = fields.String()
    institution = fields.String()
    time = fields.String(allow_none=True)
    ref = fields.String()
    protected = fields.Boolean()


class ReasonOut(Schema):
    code = fields.String()
    label = fields.String()


class CardOut(Schema):
    """One prompt. ``severity``: critical, warning, info. ``order`` is the key of the order it concerns, or ""."""

    id = fields.String()
    rule = fields.String()
    label = fields.String()
    severity = fields.String()
    title = fields.String()
    advice = fields.String()
    order = fields.String()
    evidence = fields.List(fields.Nested(EvidenceOut))
    needs_reason = fields.Boolean()
    reasons = fields.List(fields.Nested(ReasonOut))
    outcome = fields.String(allow_none=True)


class CheckOut(Schema):
    """Cards, gravest first, and what the check could not see.

    ``known_patient`` false: the city has no record of this patient. ``unknown``: orders no table knows. ``withheld``: events
    hidden by the resident. ``suppressed``: prompts overridden before in this visit. ``patient`` is told to frames only.
    How long the check took is kept for the statistics and not told: it depends on work that is not the caller's to see.
    """

    check_id = fields.String()
    cards = fields.List(fields.Nested(CardOut))
    known_patient = fields.Boolean()
    unknown_orders = fields.List(fields.String(), data_key="unknown")
    withheld = fields.Integer()
    suppressed = fields.Integer()
    patient = fields.String()


class OutcomeIn(Schema):
    """What the doctor did with a card."""

    outcome = fields.String(required=True, validate=validate.OneOf(["accepted", "overridden"], ["采纳", "忽略"]))
    reason = fields.String(load_default="", validate=validate.Length(max=20), metadata={"label": "原因代码"})
    comment = fields.String(load_default="", validate=validate.Length(max=200), metadata={"label": "说明"})
    doctor = fields.String(load_default="", validate=validate.Length(max=64), metadata={"label": "医师"})


class RuleWords(Schema):
    """What every rule has."""

    enabled = fields.Boolean(load_default=False, metadata={"label": "启用"})
    severity = fields.String(
        load_default=None, validate=validate.OneOf(list(SEVERITIES), [SEVERITY_LABELS[one] for one in SEVERITIES]),
        metadata={"label": "最高级别", "hint": "不选为默认级别"},
    )  # fmt: skip
    note = fields.String(required=True, validate=validate.Length(2, 200), metadata={"label": "修改说明"})


_PARAMETERS: dict[str, fields.Field[Any]] = {
    one.key: fields.Integer(load_default=None, validate=validate.Range(one.low, one.high), metadata={"label": one.label})
    for rule in RULES
    for one in rule.parameters
}

RuleIn = RuleWords.from_dict(_PARAMETERS, name="RuleIn")
"""A rule as it shall be from now on, with the parameters it has; those left out go back to their defaults."""


class RuleOut(Schema):
    """A rule as it stands."""

    rule = fields.String(attribute="code")
    label = fields.String(attribute="definition.label")
    about = fields.String(attribute="definition.about")
    enabled = fields.Boolean()
    severity = fields.String()
    parameters = fields.Dict()
    version = fields.Integer()


class SwitchIn(Schema):
    """A rule on or off for one institution."""

    institution_id = IdField(required=True, metadata={"label": "机构", "kind": "select"})
    rule = fields.String(
        required=True, validate=validate.OneOf([one.code for one in RULES], [one.label for one in RULES]),
        metadata={"label": "规则"},
    )  # fmt: skip
    enabled = fields.Boolean(load_default=False, metadata={"label": "启用"})
    reason = fields.String(required=True, validate=validate.Length(2, 200), metadata={"label": "原因"})


class SwitchOut(Schema):
    id = IdField()
    institution_id = IdField()
    rule = fields.String()
    enabled = fields.Boolean()
    reason = fields.String(allow_none=True)
    changed_at = fields.AwareDateTime()
    changed_by = fields.String()


class TableIn(Schema):
    """A knowledge table as a file."""

    file = fields.Raw(required=True, metadata={"label": "文件", "kind": "file", "hint": "XLSX 或 CSV，列名与下载的文件一致"})
    note = fields.String(required=True, validate=validate.Length(2, 200), metadata={"label": "来源与说明"})


class VersionOut(Schema):
    """A version of a knowledge table."""

    table = fields.String(attribute="table_key")
    version = fields.Integer()
    active = fields.Boolean()
    rows = fields.Integer(attribute="row_count")
    note = fields.String(allow_none=True)
    loaded_at = fields.AwareDateTime()
    loaded_by = fields.String()


class SpanQuery(Schema):
    """Days are local; ``until`` inclusive. Without them: the last 30 days."""

    since = fields.Date(load_default=None, metadata={"label": "自"})
    until = fields.Date(load_default=None, metadata={"label": "至"})
    institution_id = IdField(load_default=None, metadata={"label": "机构", "kind": "select"})


class RuleFiguresOut(Schema):
    rule = fields.String()
    label = fields.String()
    shown = fields.Integer()
    critical = fields.Integer()
    accepted = fields.Integer()
    overridden = fields.Integer()
    ignored = fields.Integer()
    accepted_share = fields.Float(allow_none=True)
    overridden_share = fields.Float(allow_none=True)
    doctors = fields.Integer()
    fatigued = fields.Boolean()
