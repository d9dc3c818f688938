"""What the batch API answers."""

from __future__ import annotations

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema


class ReceiptOut(Schema):
    """Proof that an upload is stored durably."""

    batch_id = IdField()
    message_id = fields.String()
    channel = fields.String()
    state = fields.String()
    received_at = fields.DateTime()
    repeated = fields.Boolean()


class BatchOut(Schema):
    """The fate of an upload: rows loaded, withdrawn, overtaken by newer ones, rejected, late."""

    batch_id = IdField(attribute="id")
    message_id = fields.String()
    channel = fields.String()
    operation = fields.String()
    state = fields.String()
    row_count = fields.Integer()
    loaded_count = fields.Integer()
    deleted_count = fields.Integer()
    superseded_count = fields.Integer()
    rejected_count = fields.Integer()
    late_count = fields.Integer()
    warnings = fields.Raw(allow_none=True)
    error = fields.String(allow_none=True)
    received_at = fields.DateTime()
    finished_at = fields.DateTime(allow_none=True)


class FaultOut(Schema):
    """What is wrong with one value."""

    field = fields.String()
    label = fields.String()
    value = fields.String()
    rule = fields.String()
    problem = fields.String()


class FindingOut(Schema):
    """A row that was not loaded. ``raw`` is null when it is too long for a list: it stands at ``position`` of the upload."""

    id = IdField()
    dataset = fields.String()
    position = fields.Integer()
    state = fields.String()
    raw = fields.String(allow_none=True)
    faults = fields.List(fields.Nested(FaultOut))


class FindingsQuery(Schema):
    """A page of findings, in the order of the rows."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
    size = fields.Integer(load_default=100, validate=validate.Range(1, 1_000))


class UploadQuery(Schema):
    """How to read the upload; the message id may also be given in ``X-Message-Id``."""

    message_id = fields.String(load_default="")
    operation = fields.String(load_default="upsert", validate=validate.OneOf(("upsert", "delete")))
