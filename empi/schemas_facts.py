"""What is stated of a patient, and what becomes of it: bodies and answers of the JSON API."""

from __future__ import annotations

from marshmallow import fields, validate

from empi.schemas_texts import text
from health_platform.kernel.http import IdField, Schema


class CredentialIn(Schema):
    """A further number that finds the person."""

    kind = text("类别", 24, required=True)
    number = text("号码", 64, required=True)


class FactsIn(Schema):
    """What is stated of a patient; every field may be left out."""

    name = text("姓名")
    gender = fields.String(load_default="", validate=validate.OneOf(["", "0", "1", "2", "9"]), metadata={"label": "性别"})
    birth_date = text("出生日期", 32)
    id_type = text("证件类型", 4)
    id_no = text("证件号码", 64)
    phone = text("电话", 40)
    address = text("住址", 300)
    card_type = text("卡类型", 24)
    card_no = text("卡号", 64)
    mother_name = text("母亲姓名")
    mother_id_no = text("母亲证件号码", 64)
    nation = text("民族", 24)
    credentials = fields.List(
        fields.Nested(CredentialIn), load_default=list, validate=validate.Length(max=20), metadata={"label": "其他证件"}
    )


class IdentityIn(FactsIn):
    """One patient number of the calling institution and what it says."""

    local_id = text("机构内患者编号", 64, required=True)
    source_time = text("信息时间", 32)


class IdentitiesIn(Schema):
    """Identities to be registered together."""

    identities = fields.List(fields.Nested(IdentityIn), required=True, validate=validate.Length(min=1, max=500))


class RegisteredOut(Schema):
    """What became of an identity."""

    patient_key = IdField()
    shelf = IdField()
    person_id = IdField()
    outcome = fields.String(metadata={"description": "certain, possible, new, unchanged, overlay"})
    review_ids = fields.List(IdField())


class MatchIn(FactsIn):
    """Facts to be matched without storing them."""

    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100), metadata={"label": "最多返回"})
    only_certain = fields.Boolean(load_default=False, metadata={"label": "只返回确定者"})


class SurvivorOut(Schema):
    """One part of the golden record with its provenance."""

    values = fields.Dict(keys=fields.String(), values=fields.String())
    patient_key = IdField()
    institution = fields.String()
    source_time = fields.String()
    support = fields.Integer()
    decided_by = fields.String()
    others = fields.List(fields.List(fields.String()))


class MatchOut(Schema):
    """A person the facts could be about."""

    person_id = IdField()
    patient_key = IdField()
    grade = fields.String()
    score = fields.Float()
    weight = fields.Float()
    contributions = fields.Dict(keys=fields.String(), values=fields.Float())
    golden = fields.Dict(keys=fields.String(), values=fields.Nested(SurvivorOut))
