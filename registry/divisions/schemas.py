"""What the division endpoints take and give."""

from typing import Any

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema
from registry.divisions.atlas import Change, ChangeKind, Division
from registry.divisions.codes import pad
from registry.fields import DivisionField, Lines, label

KIND_LABELS = {"create": "新设", "rename": "更名", "merge": "合并", "split": "拆分", "move": "划转"}
DIVISION_KINDS = {"statutory": "法定", "statistical": "统计用", "managed": "管理区"}
CHANGE_STATES = {"submitted": "待审核", "approved": "已批准", "rejected": "已退回", "withdrawn": "已撤回"}

_YEARS = validate.Range(min=1949, max=2200)


def kind_of(word: str) -> str:
    """The kind of division a word of a file names; an unknown word is returned as it is, for the checks to refuse."""
    return {label: kind for kind, label in DIVISION_KINDS.items()}.get(word, word) or "statutory"


def _target(values: dict[str, str]) -> Division:
    area = values.get("area")
    return Division(pad(values["code"]), values["name"], kind_of(values.get("kind", "")), pad(area) if area else None)


def _child(values: dict[str, str]) -> tuple[str, str]:
    return pad(values["old"]), pad(values["new"])


class ChangeIn(Schema):
    """A change of divisions. ``targets`` and ``children`` may be lines of text."""

    kind = fields.String(
        required=True, validate=validate.OneOf(list(KIND_LABELS), list(KIND_LABELS.values())), metadata=label("变更类型")
    )
    effective = fields.Date(required=True, metadata=label("生效日期"))
    sources = Lines(
        ("code",),
        lambda values: pad(values["code"]),
        load_default=list,
        metadata=label("原区划代码", kind="textarea", hint="每行一个；新设时留空"),
    )
    targets = Lines(
        ("code", "name", "kind", "area"),
        _target,
        required=True,
        metadata=label("新区划", kind="textarea", hint="每行：代码 名称；拆分时第一行承接未指定的下级与居民"),
    )
    children = Lines(
        ("old", "new"),
        _child,
        load_default=list,
        metadata=label("下级指定", kind="textarea", hint="每行：原下级代码 新代码；未列出的自动顺延"),
    )
    document = fields.String(load_default="", validate=validate.Length(max=128), metadata=label("批文号"))
    reason = fields.String(load_default="", validate=validate.Length(max=1000), metadata=label("说明", wide=True))


def change_from(body: dict[str, Any]) -> Change:
    """The change a request describes."""
    return Change(
        ChangeKind(body["kind"]),
        body["effective"],
        tuple(body["sources"]),
        tuple(body["targets"]),
        dict(body["children"]),
    )


class DivisionQuery(Schema):
    under = DivisionField(load_default=None, metadata=label("上级区划"))
    text = fields.String(load_default="", metadata=label("名称、代码或拼音首字母"))
    level = fields.Integer(load_default=None, validate=validate.OneOf([2, 4, 6, 9, 12]), metadata=label("级别"))
    day = fields.Date(load_default=None, metadata=label("日期"))


class ResolveQuery(Schema):
    code = DivisionField(required=True)
    from_year = fields.Integer(required=True, validate=_YEARS)
    to_year = fields.Integer(required=True, validate=_YEARS)


class YearQuery(Schema):
    year = fields.Integer(load_default=None, validate=_YEARS, metadata=label("年度"))


class YearsQuery(Schema):
    from_year = fields.Integer(required=True, validate=_YEARS)
    to_year = fields.Integer(required=True, validate=_YEARS)


class StateQuery(Schema):
    state = fields.String(load_default=None)


class ChangeQuery(Schema):
    """Which changes are listed or written to a file."""

    text = fields.String(load_default="", metadata=label("批文号或说明"))
    kind = fields.String(
        load_default=None, validate=validate.OneOf(list(KIND_LABELS), list(KIND_LABELS.values())), metadata=label("变更类型")
    )
    state = fields.String(
        load_default=None, validate=validate.OneOf(list(CHANGE_STATES), list(CHANGE_STATES.values())), metadata=label("状态")
    )
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class YearIn(Schema):
    year = fields.Integer(required=True, validate=_YEARS, metadata=label("年度"))


class MigrationIn(Schema):
    """``overrides``: register name to (record id to division code)."""

    overrides = fields.Dict(
        keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.String()), load_default=dict
    )


class DivisionOut(Schema):
    code = fields.String()
    name = fields.String()
    kind = fields.String()
    area = fields.String(allow_none=True)
    area_unsure = fields.Boolean()
    level = fields.Integer()


class HistoryOut(Schema):
    code = fields.String()
    name = fields.String()
    kind = fields.String()
    valid_from = fields.Date()
    valid_to = fields.Date(allow_none=True)


class EffectOut(Schema):
    gone = fields.List(fields.Nested(DivisionOut))
    new = fields.List(fields.Nested(DivisionOut))
    altered = fields.List(fields.Nested(DivisionOut))
    links = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class ChangeOut(Schema):
    id = IdField()
    kind = fields.String()
    effective_on = fields.Date()
    state = fields.String()
    payload = fields.Dict()
    document = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    division_code = fields.String()
    submitted_by = fields.String(allow_none=True)
    submitted_at = fields.AwareDateTime()
    decided_by = fields.String(allow_none=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    note = fields.String(allow_none=True)


class YearOut(Schema):
    year = fields.Integer()
    closed_at = fields.AwareDateTime()
    closed_by = fields.String(allow_none=True)
    size = fields.Integer()
    digest = fields.String()


class MoveOut(Schema):
    follower = fields.String()
    label = fields.String()
    from_code = fields.String()
    to_code = fields.String()
    count = fields.Integer()
    unsure = fields.Boolean()


class ItemOut(Schema):
    id = IdField()
    code = fields.String()
    label = fields.String()


class MigrationPreviewOut(Schema):
    total = fields.Integer()
    moves = fields.List(fields.Nested(MoveOut))
    samples = fields.List(fields.Nested(ItemOut))


class MigrationOut(Schema):
    id = IdField()
    change_id = IdField()
    state = fields.String()
    counts = fields.Dict()
    ordered_by = fields.String(allow_none=True)
    ordered_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)


class CodesOut(Schema):
    codes = fields.List(fields.String())


class CarriedOut(Schema):
    heirs = fields.Dict(keys=fields.String(), values=fields.String())
