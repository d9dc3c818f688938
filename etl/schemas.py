"""What the operators' API of the pipeline takes and answers."""

from __future__ import annotations

from marshmallow import fields, validate

from health_platform.kernel.clock import LOCAL_ZONE
from health_platform.kernel.http import IdField, Schema

STATES = ("open", "waiting", "unsettled", "corrected", "replayed", "discarded", "overtaken")


class PageQuery(Schema):
    """A page; pages count from 1."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class ChannelQuery(PageQuery):
    """Which channels to list."""

    institution_id = IdField(load_default=None)
    channel = fields.String(load_default="")
    troubled = fields.Boolean(load_default=False)


class ChannelOut(Schema):
    """A channel with its figures of today."""

    id = IdField()
    institution_id = IdField()
    channel = fields.String()
    label = fields.String()
    state = fields.String()
    paused = fields.Boolean()
    paused_reason = fields.String()
    last_received_at = fields.DateTime(allow_none=True)
    last_loaded_at = fields.DateTime(allow_none=True)
    waiting = fields.Integer()
    oldest = fields.DateTime(allow_none=True)
    failed = fields.Integer()
    quarantined = fields.Integer()
    loaded = fields.Integer(allow_none=True)
    rejected = fields.Integer(allow_none=True)
    late = fields.Integer(allow_none=True)
    due = fields.String()
    delay_minutes = fields.Integer(allow_none=True)


class SummaryOut(Schema):
    """The pipeline as a whole."""

    waiting = fields.Integer()
    oldest = fields.DateTime(allow_none=True)
    failed = fields.Integer()
    quarantined = fields.Integer()
    paused = fields.Integer()
    loaded_today = fields.Integer()
    rejected_today = fields.Integer()


class PauseIn(Schema):
    """Why a channel is paused."""

    reason = fields.String(required=True, validate=validate.Length(2, 200), metadata={"label": "原因"})


class ReplayIn(Schema):
    """From when on everything is sent through again; only failed uploads when not given."""

    since = fields.AwareDateTime(
        load_default=None, allow_none=True, default_timezone=LOCAL_ZONE, metadata={"label": "接收时间不早于"}
    )


class ReplayedOut(Schema):
    """How many uploads are sent through again."""

    batches = fields.Integer()


class FiguresQuery(Schema):
    """Days, both included."""

    first = fields.Date(required=True)
    last = fields.Date(required=True)
    institution_id = IdField(load_default=None)


class FiguresOut(Schema):
    """What one institution brought of one dataset on one day."""

    institution_id = IdField()
    dataset = fields.String()
    day = fields.Date()
    batches = fields.Integer()
    loaded = fields.Integer()
    deleted = fields.Integer()
    rejected = fields.Integer()
    late = fields.Integer()
    unmapped = fields.Integer()
    delay_seconds = fields.Integer()


class BatchQuery(PageQuery):
    """Which uploads to list, newest first."""

    institution_id = IdField(load_default=None)
    channel = fields.String(load_default="")
    state = fields.String(load_default="")


class BatchRowOut(Schema):
    """An upload in a list."""

    id = IdField()
    institution_id = IdField()
    channel = fields.String()
    message_id = fields.String()
    source = fields.String()
    state = fields.String()
    row_count = fields.Integer()
    loaded_count = fields.Integer()
    rejected_count = fields.Integer()
    late_count = fields.Integer()
    error = fields.String(allow_none=True)
    received_at = fields.DateTime()
    finished_at = fields.DateTime(allow_none=True)


class QuarantineQuery(PageQuery):
    """Which quarantined rows to list, newest first."""

    institution_id = IdField(load_default=None)
    dataset = fields.String(load_default="")
    rule = fields.String(load_default="")
    batch_id = IdField(load_default=None)
    state = fields.String(load_default="open", validate=validate.OneOf((*STATES, "")))


class QuarantinedOut(Schema):
    """A row that was not loaded; ``faults`` is JSON text. A long ``raw`` is null in a list and whole in the row's own answer."""

    id = IdField()
    batch_id = IdField()
    institution_id = IdField()
    dataset = fields.String()
    position = fields.Integer()
    state = fields.String()
    rule = fields.String()
    field = fields.String(allow_none=True)
    faults = fields.String()
    raw = fields.String(allow_none=True)
    created_at = fields.DateTime()
    resolved_by = fields.String(allow_none=True)


class CorrectionIn(Schema):
    """The corrected row: field name → value."""

    values = fields.Dict(keys=fields.String(), required=True, metadata={"label": "更正内容"})


class DoneOut(Schema):
    """The state of a quarantined row after an act."""

    id = IdField()
    state = fields.String()
