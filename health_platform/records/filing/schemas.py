"""What the file API takes and gives."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema
from health_platform.records.filing.definitions import CORRECTION_STATES, STATES

_REASON = {"label": "原因", "kind": "textarea"}


def _reason() -> Any:
    return fields.String(required=True, validate=validate.Length(min=2, max=400), metadata=_REASON)


def _village() -> Any:
    return fields.String(
        required=True,
        validate=validate.Regexp(r"^\d{12}$", error="须为 12 位村（居）委会代码"),
        metadata={"label": "村（居）委会"},
    )


class FileQuery(Schema):
    """Filters of the list."""

    number = fields.String(load_default="", validate=validate.Regexp(r"^\d{0,17}$", error="档案编号为数字"),
                           metadata={"label": "档案编号（开头）"})  # fmt: skip
    state = fields.String(load_default="", validate=validate.OneOf(["", *STATES], ["全部", *STATES.values()]),
                          metadata={"label": "状态"})  # fmt: skip
    division = fields.String(load_default="", validate=validate.Regexp(r"^\d{0,12}$"), metadata={"label": "区划代码"})
    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=10_000), metadata={"kind": "hidden"})


class FileIn(Schema):
    """A file to open."""

    person_id = IdField(required=True, metadata={"kind": "hidden"})
    division_code = _village()
    opened_on = fields.Date(load_default=None, metadata={"label": "建档日期", "hint": "不填为今天"})
    institution_name = fields.String(load_default=None, validate=validate.Length(max=128), metadata={"label": "建档机构"})
    doctor_name = fields.String(load_default=None, validate=validate.Length(max=64), metadata={"label": "责任医师"})
    household_no = fields.String(load_default=None, validate=validate.Length(max=32), metadata={"label": "家庭档案号"})
    reason = fields.String(load_default="建档", validate=validate.Length(max=400), metadata={"label": "说明"})


class CorrectIn(Schema):
    """New values of the file's own fields; what is left out stays."""

    institution_name = fields.String(validate=validate.Length(max=128), metadata={"label": "建档机构"})
    doctor_name = fields.String(validate=validate.Length(max=64), metadata={"label": "责任医师"})
    household_no = fields.String(validate=validate.Length(max=32), metadata={"label": "家庭档案号"})
    opened_on = fields.Date(metadata={"label": "建档日期"})
    reason = _reason()


class ReasonIn(Schema):
    reason = _reason()


class SealIn(Schema):
    died_on = fields.Date(required=True, metadata={"label": "死亡日期"})
    reason = _reason()


class MoveIn(Schema):
    division_code = _village()
    reason = _reason()


class VillageIn(Schema):
    division_code = _village()
    number = fields.Integer(
        required=True, validate=validate.Range(min=1, max=999), metadata={"label": "档案编号中的村（居）序号"}
    )


class WishIn(Schema):
    """The classes the person wants hidden from now on, taken down at the counter from a signed paper."""

    kinds = fields.List(fields.String(validate=validate.Length(max=32)), load_default=list, metadata={"label": "不向他人展示"})
    reason = fields.String(required=True, validate=validate.Length(min=2, max=400),
                           metadata={"label": "申请书编号或说明", "kind": "textarea"})  # fmt: skip


class FileOut(Schema):
    id = IdField()
    person_id = IdField()
    number = fields.String()
    state = fields.String()
    division_code = fields.String()
    institution_name = fields.String(allow_none=True)
    doctor_name = fields.String(allow_none=True)
    household_no = fields.String(allow_none=True)
    opened_on = fields.Date()
    died_on = fields.Date(allow_none=True)
    merged_into = IdField(allow_none=True)
    changed_at = fields.AwareDateTime()


class EntryOut(Schema):
    """One act of the trail."""

    action = fields.String()
    at = fields.AwareDateTime()
    actor_name = fields.String(allow_none=True)
    institution_name = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    before = fields.Raw()
    after = fields.Raw()


class FilesOut(Schema):
    items = fields.List(fields.Nested(FileOut))
    total = fields.Integer()


class FileTrailOut(Schema):
    file = fields.Nested(FileOut)
    trail = fields.List(fields.Nested(EntryOut))


class VillageOut(Schema):
    division_code = fields.String()
    prefix = fields.String()
    serial = fields.Integer()


class CorrectionIn(Schema):
    """What is wrong with one event of a person's record."""

    person_id = IdField(required=True, metadata={"kind": "hidden"})
    ref = fields.String(required=True, validate=validate.Length(max=1000), metadata={"kind": "hidden"})
    problem = fields.String(required=True, validate=validate.Length(min=5, max=500),
                            metadata={"label": "问题说明", "kind": "textarea"})  # fmt: skip


class CorrectionAnswerIn(Schema):
    state = fields.String(
        required=True,
        validate=validate.OneOf(["done", "refused"], [CORRECTION_STATES["done"], CORRECTION_STATES["refused"]]),
        metadata={"label": "结论"},
    )
    answer = fields.String(required=True, validate=validate.Length(min=2, max=500),
                           metadata={"label": "答复", "kind": "textarea"})  # fmt: skip


class CorrectionOut(Schema):
    id = IdField()
    event_title = fields.String()
    event_time = fields.AwareDateTime()
    institution_name = fields.String(allow_none=True)
    problem = fields.String()
    state = fields.String()
    asked_at = fields.AwareDateTime()
    asked_by = fields.String()
    answer = fields.String(allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True)
    answered_by = fields.String(allow_none=True)
