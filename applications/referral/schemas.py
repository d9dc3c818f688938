"""What the referral's own endpoints take and give."""

from __future__ import annotations

from marshmallow import fields

from health_platform.kernel.http import IdField, Schema


class FreeOut(Schema):
    """Beds or clinic places of one ward: registered, held by running referrals, left."""

    kind = fields.String()
    ward = fields.String()
    registered = fields.Integer()
    held = fields.Integer()
    free = fields.Integer()


class LineOut(Schema):
    """One line of the summary; ``confidential`` is the protected class or ""."""

    name = fields.String()
    code = fields.String()
    at = fields.AwareDateTime()
    institution = fields.String()


class SummaryOut(Schema):
    """What both sides of a running referral read of the patient's record."""

    person_id = IdField()
    allergies_state = fields.String()
    allergies = fields.List(fields.Nested(LineOut))
    problems = fields.List(fields.Nested(LineOut))
    medications = fields.List(fields.Nested(LineOut))
    critical = fields.List(fields.Nested(LineOut))
    visits = fields.List(fields.Nested(LineOut))
    withheld = fields.Integer()
    as_of = fields.AwareDateTime(allow_none=True)


class SpanQuery(Schema):
    """Local days of the requests, both inclusive; without them: the last 30 days."""

    since = fields.Date(load_default=None, metadata={"label": "自"})
    until = fields.Date(load_default=None, metadata={"label": "至"})


class FiguresOut(Schema):
    """One institution's referrals of a span, by what became of them. Shares in percent, hours in hours."""

    institution = fields.String()
    sent_up = fields.Integer()
    sent_down = fields.Integer()
    received = fields.Integer()
    waiting = fields.Integer()
    accepted = fields.Integer()
    rejected = fields.Integer()
    expired = fields.Integer()
    withdrawn = fields.Integer()
    missed = fields.Integer()
    arrived = fields.Integer()
    late = fields.Integer()
    finished = fields.Integer()
    answer_share = fields.Float(allow_none=True)
    median_answer_hours = fields.Float(allow_none=True)
