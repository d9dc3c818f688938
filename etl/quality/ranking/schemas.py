"""What the ranking endpoints take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from etl.quality.ranking.definitions import GROUPS, LEVELS
from health_platform.kernel.http import IdField, Schema

SPANS = {1: "月", 3: "季度", 12: "年"}


class RankingQuery(Schema):
    """Which ranking: by default last month's."""

    month = fields.Date(load_default=None, format="%Y-%m", metadata={"label": "起始月份", "kind": "month"})
    span = fields.Integer(load_default=1, validate=validate.OneOf(list(SPANS), list(SPANS.values())), metadata={"label": "期间"})
    group = fields.String(
        load_default="", validate=validate.OneOf(["", *GROUPS], ["", *GROUPS.values()]), metadata={"label": "类别"}
    )
    level = fields.String(load_default="", validate=validate.OneOf(["", "3", "2", "1"], ["", *list(LEVELS.values())[:3]]),
                          metadata={"label": "等级"})  # fmt: skip
    county = fields.String(load_default="", validate=validate.Regexp(r"\d{0,6}"), metadata={"label": "县区"})


class PartOut(Schema):
    """A part of a composite."""

    name = fields.String()
    label = fields.String()
    value = fields.String()
    weight = fields.String()
    points = fields.String()
    how = fields.String()


class StandingOut(Schema):
    """A unit's place."""

    institution_id = fields.String()
    name = fields.String()
    group = fields.String()
    level = fields.String()
    county = fields.String()
    division = fields.String()
    score = fields.String()
    rows = fields.Integer()
    rank = fields.Integer()
    level_rank = fields.Integer()
    of = fields.Integer()
    change = fields.String(allow_none=True)
    moved = fields.Integer(allow_none=True)
    parts = fields.List(fields.Nested(PartOut))


class EditionIn(Schema):
    """A new edition."""

    title = fields.String(required=True, validate=validate.Length(2, 100), metadata={"label": "标题"})
    month = fields.Date(required=True, format="%Y-%m", metadata={"label": "起始月份", "kind": "month"})
    span = fields.Integer(load_default=1, validate=validate.OneOf(list(SPANS), list(SPANS.values())), metadata={"label": "期间"})
    pool = fields.Integer(load_default=0, validate=validate.Range(0, 10**10), metadata={"label": "拟分配经费(元)"})
    group = fields.String(load_default="", validate=validate.OneOf(["", *GROUPS], ["全部", *GROUPS.values()]),
                          metadata={"label": "经费适用类别"})  # fmt: skip
    formula = fields.String(
        load_default="",
        validate=validate.Length(max=500),
        metadata={"label": "分配公式", "wide": True, "hint": "空为默认公式；可用 score、change、coverage、rank、units、level"},
    )


class EditionOut(Schema):
    """An edition."""

    id = IdField()
    title = fields.String()
    first = fields.Date()
    last = fields.Date()
    state = fields.String()
    weights = fields.Dict()
    formula = fields.String(allow_none=True)
    pool = fields.Integer()
    objections_until = fields.AwareDateTime(allow_none=True)
    published_at = fields.AwareDateTime(allow_none=True)
    standings = fields.List(fields.Nested(StandingOut))
    funding = fields.List(fields.Dict())


class NoticeOut(Schema):
    """What is public of an edition."""

    id = IdField(attribute="edition_id")
    title = fields.String()
    first = fields.Date()
    last = fields.Date()
    state = fields.String()
    objections_until = fields.AwareDateTime(allow_none=True)
    published_at = fields.AwareDateTime(allow_none=True)
    standings = fields.List(fields.Nested(StandingOut))


class ObjectionIn(Schema):
    """Why the place is wrong."""

    text = fields.String(required=True, validate=validate.Length(5, 2000), metadata={"label": "异议内容与依据", "wide": True})


class AnswerIn(Schema):
    """The decision on an objection."""

    accepted = fields.Boolean(load_default=False, metadata={"label": "异议成立"})
    text = fields.String(required=True, validate=validate.Length(2, 2000), metadata={"label": "答复", "wide": True})


class ObjectionOut(Schema):
    """An objection and its answer."""

    id = IdField()
    edition_id = IdField()
    institution_id = IdField()
    text = fields.String()
    state = fields.String()
    answer = fields.String(allow_none=True)
    raised_at = fields.AwareDateTime()
    answered_at = fields.AwareDateTime(allow_none=True)
