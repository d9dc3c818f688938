"""What the catalogue endpoints take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from etl.catalogue.definitions import CYCLES, ITEMS, SHARES, STATES
from etl.catalogue.terms import GRAINS, KINDS
from health_platform.kernel.http import IdField, Schema

_ITEM_LABELS = [label for _, _, label in ITEMS.values()]


class CatalogueQuery(Schema):
    """Filters of the catalogue."""

    text = fields.String(load_default="", metadata={"label": "名称、拼音首字母、代码或字段"})
    item = fields.String(load_default="", validate=validate.OneOf(["", *ITEMS], ["", *_ITEM_LABELS]), metadata={"label": "分类"})
    share = fields.String(
        load_default="", validate=validate.OneOf(["", *SHARES], ["", *SHARES.values()]), metadata={"label": "共享类型"}
    )
    state = fields.String(
        load_default="", validate=validate.OneOf(["", *STATES], ["", *STATES.values()]), metadata={"label": "状态"}
    )


class VolumeOut(Schema):
    """Rows the caller may see."""

    rows = fields.Integer()
    institutions = fields.Integer()
    first_event = fields.AwareDateTime(allow_none=True)
    last_event = fields.AwareDateTime(allow_none=True)
    last_received = fields.AwareDateTime(allow_none=True)
    measured_at = fields.AwareDateTime(allow_none=True)


class ListedOut(Schema):
    """A line of the catalogue."""

    dataset = fields.String()
    code = fields.String()
    label = fields.String()
    class_label = fields.String()
    item = fields.String()
    item_label = fields.String()
    share = fields.String()
    share_label = fields.String()
    cycle_label = fields.String()
    provider = fields.String()
    state = fields.String()
    state_label = fields.String()
    public = fields.Boolean()
    outdated = fields.Boolean()
    edition = fields.Integer()
    published_at = fields.AwareDateTime(allow_none=True)
    fields_ = fields.Integer(attribute="fields", data_key="fields")
    freshness = fields.String()
    summary = fields.String()
    keywords = fields.String()
    volume = fields.Nested(VolumeOut)


class FieldOut(Schema):
    """A field of a dataset."""

    name = fields.String()
    label = fields.String()
    kind = fields.String()
    description = fields.String()
    obligation = fields.String()
    element = fields.String()
    value_set = fields.String()
    value_set_label = fields.String()
    code_table = fields.String()
    standard = fields.String()
    column_type = fields.String()
    release = fields.String()
    note = fields.String()


class StationOut(Schema):
    """A station of the lineage."""

    title = fields.String()
    lines = fields.List(fields.String())


class EntryOut(ListedOut):
    """An entry with everything the catalogue knows of it."""

    share_condition = fields.String(allow_none=True)
    open_to_public = fields.Boolean()
    details = fields.List(fields.Nested(FieldOut))
    lineage = fields.List(fields.Nested(StationOut))
    quality = fields.Decimal(allow_none=True, as_string=True)


class EntryIn(Schema):
    """The working copy of an entry."""

    item = fields.String(validate=validate.OneOf(list(ITEMS), _ITEM_LABELS), metadata={"label": "资源分类"})
    share = fields.String(validate=validate.OneOf(list(SHARES), list(SHARES.values())), metadata={"label": "共享类型"})
    share_condition = fields.String(
        validate=validate.Length(max=500), metadata={"label": "共享条件或不予共享的依据", "wide": True}
    )
    provider = fields.String(validate=validate.Length(max=128), metadata={"label": "提供方"})
    cycle = fields.String(validate=validate.OneOf(list(CYCLES), list(CYCLES.values())), metadata={"label": "更新周期"})
    keywords = fields.String(validate=validate.Length(max=200), metadata={"label": "关键词"})
    summary = fields.String(validate=validate.Length(max=1000), metadata={"label": "摘要", "wide": True})
    open_to_public = fields.Boolean(metadata={"label": "可向社会开放"})


class StepIn(Schema):
    """A step of the workflow."""

    note = fields.String(load_default="", validate=validate.Length(max=500), metadata={"label": "意见", "wide": True})


class StateOut(Schema):
    """Where an entry stands after a step."""

    dataset = fields.String()
    state = fields.String()
    edition = fields.Integer()


class RequestIn(Schema):
    """A request for data."""

    dataset = fields.String(required=True, metadata={"label": "数据资源", "kind": "hidden"})
    kind = fields.String(
        required=True, validate=validate.OneOf(list(KINDS), list(KINDS.values())), metadata={"label": "提供方式"}
    )
    purpose = fields.String(
        required=True, validate=validate.Length(10, 2000),
        metadata={"label": "用途与依据", "wide": True, "hint": "写明课题或工作名称、依据文件、使用单位和责任人，至少 10 个字"},
    )  # fmt: skip
    first = fields.Date(required=True, metadata={"label": "业务日期从"})
    last = fields.Date(required=True, metadata={"label": "至"})
    division = fields.String(
        load_default="", validate=validate.Regexp(r"\d{0,12}"), metadata={"label": "区划代码", "hint": "前若干位，空为全部"}
    )
    grain = fields.String(load_default="month", validate=validate.OneOf(list(GRAINS), list(GRAINS.values())),
                          metadata={"label": "时间精度"})  # fmt: skip
    linked = fields.Boolean(load_default=False, metadata={"label": "同一居民的记录以假名关联"})
    shift_days = fields.Integer(load_default=0, validate=validate.Range(0, 365), metadata={"label": "日期平移(天)"})
    fields_ = fields.List(fields.String(), required=True, data_key="fields", validate=validate.Length(min=1),
                          metadata={"label": "字段", "wide": True})  # fmt: skip


class GrantIn(Schema):
    """What the approver allows; what is left out stays as asked."""

    k = fields.Integer(required=True, validate=validate.Range(2, 1000), metadata={"label": "k 值(每组至少人数)"})
    days = fields.Integer(required=True, validate=validate.Range(1, 3650), metadata={"label": "有效天数"})
    division = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(r"\d{0,12}"),
                             metadata={"label": "限定区划"})  # fmt: skip
    fields_ = fields.List(fields.String(), data_key="fields", load_default=None, allow_none=True, metadata={"label": "批准字段"})
    grain = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(list(GRAINS), list(GRAINS.values())),
                          metadata={"label": "时间精度"})  # fmt: skip
    shift_days = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(0, 365), metadata={"label": "日期平移(天)"}
    )
    note = fields.String(load_default="", validate=validate.Length(max=500), metadata={"label": "意见", "wide": True})


class RefuseIn(Schema):
    """A refusal needs its reason."""

    note = fields.String(required=True, validate=validate.Length(2, 500), metadata={"label": "理由", "wide": True})


class RequestQuery(Schema):
    """Which requests."""

    mine = fields.Boolean(load_default=False, metadata={"label": "只看我的"})
    state = fields.String(load_default="", metadata={"label": "状态"})


class RequestOut(Schema):
    """A request with its decision."""

    id = IdField()
    dataset = fields.String()
    purpose = fields.String()
    state = fields.String()
    asked = fields.Dict()
    granted = fields.Dict(allow_none=True)
    requester_name = fields.String(allow_none=True)
    requester_unit = fields.String(allow_none=True)
    decider_name = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    asked_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)
    expires_at = fields.AwareDateTime(allow_none=True)
    report = fields.Dict(allow_none=True)


class DownloadOut(Schema):
    """One handing out."""

    at = fields.AwareDateTime()
    actor_name = fields.String(allow_none=True)
    digest = fields.String()
