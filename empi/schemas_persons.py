"""Persons and how they are found: bodies and answers of the JSON API."""

from __future__ import annotations

from marshmallow import fields, validate

from empi.lookup import CREDENTIAL_KINDS
from empi.schemas_facts import SurvivorOut
from empi.schemas_texts import text
from health_platform.kernel.http import IdField, Schema


class PersonOut(Schema):
    """A person: golden record, and how many identities stand behind it."""

    person_id = IdField()
    identities = fields.Integer()
    golden = fields.Dict(keys=fields.String(), values=fields.Nested(SurvivorOut))


class CredentialQuery(Schema):
    """A credential to look up, or an institution's own number."""

    kind = fields.String(
        load_default="any",
        validate=validate.OneOf(list(CREDENTIAL_KINDS), labels=list(CREDENTIAL_KINDS.values())),
        metadata={"label": "证件类别"},
    )
    number = text("号码", 64)
    institution = text("机构", 40)
    local_id = text("机构内患者编号", 64)


class CluesIn(Schema):
    """Uncertain facts about somebody who cannot be asked."""

    age = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 130), metadata={"label": "大约年龄"})
    age_span = fields.Integer(load_default=5, validate=validate.Range(0, 30), metadata={"label": "年龄误差"})
    sex = fields.String(
        load_default="", validate=validate.OneOf(["", "1", "2"], labels=["不详", "男", "女"]), metadata={"label": "性别"}
    )
    name = text("姓名中的字", 20)
    pinyin = text("拼音或首字母", 60)
    place = text("住址线索", 60)
    phone_tail = fields.String(load_default="", validate=validate.Regexp(r"^(\d{4})?$"), metadata={"label": "电话后四位"})


class StepOut(Schema):
    """One clue and how many persons still fit: at least so many when ``more``."""

    clue = fields.String()
    label = fields.String()
    persons = fields.Integer()
    more = fields.Boolean()


class NarrowedOut(Schema):
    """Candidates after every clue."""

    steps = fields.List(fields.Nested(StepOut))
    found = fields.List(fields.Nested(PersonOut))


class IdentityOut(Schema):
    """One identity of a person."""

    patient_key = IdField()
    shelf = IdField()
    person_id = IdField()
    institution = fields.String()
    local_id = fields.String()
    source_time = fields.String()
    revision = fields.Integer()
    facts = fields.Dict(keys=fields.String(), values=fields.String())
