"""What the shared facts look like to callers."""

from __future__ import annotations

from marshmallow import fields

from health_platform.kernel.http import Schema


class StatementOut(Schema):
    value = fields.String()
    institution = fields.String()
    at = fields.AwareDateTime()
    ref = fields.String()


class BloodOut(Schema):
    """``agreed`` is "" when sources differ (``conflict``) or none says anything."""

    kind = fields.String()
    agreed = fields.String()
    conflict = fields.Boolean()
    statements = fields.List(fields.Nested(StatementOut))


class FactOut(Schema):
    """One fact of a record with where it comes from."""

    title = fields.String()
    code = fields.String()
    kind = fields.String()
    note = fields.String()
    value = fields.String()
    institution = fields.String()
    at = fields.AwareDateTime(attribute="time")
    ref = fields.String()


class DoseOut(Schema):
    """One dose. ``source``: record (uploaded), register (filled in on the platform) or both."""

    day = fields.Date()
    vaccine = fields.String()
    dose = fields.String()
    institution = fields.String()
    batch = fields.String()
    source = fields.String()
    ref = fields.String()


class BasicsOut(Schema):
    blood = fields.List(fields.Nested(BloodOut))
    histories = fields.List(fields.Nested(FactOut))
    allergies = fields.List(fields.Nested(FactOut))
    operations = fields.List(fields.Nested(FactOut))
