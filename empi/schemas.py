"""Bodies and answers of the JSON API."""

from __future__ import annotations

from marshmallow import fields, validate

from empi.definitions.residents import OPTIONAL_RULES
from empi.history import DECISION_LABELS
from empi.lookup import CREDENTIAL_KINDS
from empi.review import KIND_LABELS, VERDICT_LABELS
from health_platform.kernel.http import IdField, Schema


def _text(label: str, length: int = 80, required: bool = False) -> fields.String:
    bounds = validate.Length(min=1 if required else 0, max=length)
    if required:
        return fields.String(required=True, validate=bounds, metadata={"label": label})
    return fields.String(load_default="", validate=bounds, metadata={"label": label})


class CredentialIn(Schema):
    """A further number that finds the person."""

    kind = _text("类别", 24, required=True)
    number = _text("号码", 64, required=True)


class FactsIn(Schema):
    """What is stated of a patient; every field may be left out."""

    name = _text("姓名")
    gender = fields.String(load_default="", validate=validate.OneOf(["", "0", "1", "2", "9"]), metadata={"label": "性别"})
    birth_date = _text("出生日期", 32)
    id_type = _text("证件类型", 4)
    id_no = _text("证件号码", 64)
    phone = _text("电话", 40)
    address = _text("住址", 300)
    card_type = _text("卡类型", 24)
    card_no = _text("卡号", 64)
    mother_name = _text("母亲姓名")
    mother_id_no = _text("母亲证件号码", 64)
    nation = _text("民族", 24)
    credentials = fields.List(
        fields.Nested(CredentialIn), load_default=list, validate=validate.Length(max=20), metadata={"label": "其他证件"}
    )


class IdentityIn(FactsIn):
    """One patient number of the calling institution and what it says."""

    local_id = _text("机构内患者编号", 64, required=True)
    source_time = _text("信息时间", 32)


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


class PersonOut(Schema):
    """A person: golden record, and how many identities stand behind it."""

    person_id = IdField()
    identities = fields.Integer()
    golden = fields.Dict(keys=fields.String(), values=fields.Nested(SurvivorOut))


class MatchOut(Schema):
    """A person the facts could be about."""

    person_id = IdField()
    patient_key = IdField()
    grade = fields.String()
    score = fields.Float()
    weight = fields.Float()
    contributions = fields.Dict(keys=fields.String(), values=fields.Float())
    golden = fields.Dict(keys=fields.String(), values=fields.Nested(SurvivorOut))


class CredentialQuery(Schema):
    """A credential to look up, or an institution's own number."""

    kind = fields.String(
        load_default="any",
        validate=validate.OneOf(list(CREDENTIAL_KINDS), labels=list(CREDENTIAL_KINDS.values())),
        metadata={"label": "证件类别"},
    )
    number = _text("号码", 64)
    institution = _text("机构", 40)
    local_id = _text("机构内患者编号", 64)


class CluesIn(Schema):
    """Uncertain facts about somebody who cannot be asked."""

    age = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 130), metadata={"label": "大约年龄"})
    age_span = fields.Integer(load_default=5, validate=validate.Range(0, 30), metadata={"label": "年龄误差"})
    sex = fields.String(
        load_default="", validate=validate.OneOf(["", "1", "2"], labels=["不详", "男", "女"]), metadata={"label": "性别"}
    )
    name = _text("姓名中的字", 20)
    pinyin = _text("拼音或首字母", 60)
    place = _text("住址线索", 60)
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


class DecisionOut(Schema):
    """One entry of the history of links."""

    id = IdField()
    kind = fields.String(metadata={"description": ", ".join(DECISION_LABELS)})
    decided_at = fields.AwareDateTime()
    by_kind = fields.String()
    by_name = fields.String()
    rule_version = fields.String()
    patient_key = IdField(allow_none=True)
    evidence_key = IdField(allow_none=True)
    weight = fields.Float(allow_none=True)
    contributions = fields.Dict(allow_none=True)
    person_id = IdField()
    person_before = IdField(allow_none=True)
    reason = fields.String(allow_none=True)
    undone_by = IdField(allow_none=True)


class DecisionIn(Schema):
    """Why a person decides."""

    reason = _text("理由", 400)


class PersonMergeIn(DecisionIn):
    """Two persons that are one."""

    left = IdField(required=True, metadata={"label": "居民甲"})
    right = IdField(required=True, metadata={"label": "居民乙"})
    overrule = fields.Boolean(load_default=False, metadata={"label": "推翻“禁止关联”的决定"})


class UnmergeIn(DecisionIn):
    """Take back a merge."""

    keep_apart = fields.Boolean(load_default=False, metadata={"label": "今后不得关联"})


class SplitIn(DecisionIn):
    """Identities that are somebody else."""

    patient_keys = fields.List(IdField(), required=True, validate=validate.Length(min=1, max=500))


class IdentityLinkIn(DecisionIn):
    """The person an identity belongs to."""

    person_id = IdField(required=True, metadata={"label": "居民"})
    overrule = fields.Boolean(load_default=False, metadata={"label": "推翻“禁止关联”的决定"})


class ApartIn(DecisionIn):
    """Two identities that are different persons."""

    left_key = IdField(required=True)
    right_key = IdField(required=True)


class AllowIn(DecisionIn):
    """Two persons that may be linked again."""

    left = IdField(required=True)
    right = IdField(required=True)


class OutcomeOut(Schema):
    """What a decision led to."""

    decision_id = IdField()
    person_id = IdField()
    others = fields.List(IdField())


class IdentityReviewQuery(Schema):
    """Which questions to list."""

    state = fields.String(
        load_default="open",
        validate=validate.OneOf(["open", "seconding", "closed"], labels=["待处理", "待复核", "已处理"]),
        metadata={"label": "状态"},
    )
    kind = fields.String(
        load_default="",
        validate=validate.OneOf(["", *KIND_LABELS], labels=["", *KIND_LABELS.values()]),
        metadata={"label": "类别"},
    )
    institution = _text("机构", 40)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))


class IdentityReviewOut(Schema):
    """A question for a steward."""

    id = IdField()
    kind = fields.String()
    state = fields.String()
    left_key = IdField()
    right_key = IdField()
    person_id = IdField()
    other_person = IdField()
    institution = fields.String()
    weight = fields.Float(allow_none=True)
    contributions = fields.Dict(allow_none=True)
    rule_version = fields.String(allow_none=True)
    opened_at = fields.AwareDateTime()
    verdict = fields.String(allow_none=True)
    first_name = fields.String(allow_none=True)
    closed_by = fields.String(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    note = fields.String(allow_none=True)


_VERDICT = validate.OneOf(
    ["same", "different", "accept", "reject"], labels=[VERDICT_LABELS[one] for one in ("same", "different", "accept", "reject")]
)


class ReviewAnswerIn(DecisionIn):
    """A steward's answer to one question."""

    verdict = fields.String(required=True, validate=_VERDICT, metadata={"label": "结论"})


class ReviewAnswersIn(ReviewAnswerIn):
    """One answer to several questions."""

    review_ids = fields.List(IdField(), required=True, validate=validate.Length(min=1, max=200))


class AnswerOut(Schema):
    """What became of a question."""

    review_id = IdField()
    state = fields.String()
    verdict = fields.String()
    waiting = fields.Boolean()
    error = fields.String()


class LinkChangesQuery(Schema):
    """Link changes after a cursor."""

    after = IdField(load_default=0)
    limit = fields.Integer(load_default=200, validate=validate.Range(1, 1000))


class LinkChangesOut(Schema):
    """Link changes in order; ask again with ``next``."""

    changes = fields.List(fields.Nested(DecisionOut))
    next = IdField()


class LinkSubscriptionIn(Schema):
    """A system that follows link changes."""

    name = _text("名称", 80, required=True)
    kinds = fields.List(fields.String(validate=validate.OneOf(list(DECISION_LABELS))), load_default=list)


class LinkSubscriptionOut(Schema):
    """A subscription and how far it has read."""

    id = IdField()
    name = fields.String()
    kinds = fields.List(fields.String())
    cursor = IdField()


class AcknowledgeIn(Schema):
    """The last change a subscriber has taken over."""

    cursor = IdField(required=True)


class TenantPolicyIn(Schema):
    """All settings of a tenant; what is not stated is as the city has it. Thresholds are posterior log2 odds."""

    two_persons = fields.Boolean(load_default=False, metadata={"label": "须第二人复核"})
    certain_from = fields.Float(
        load_default=None, allow_none=True, validate=validate.Range(-30, 60), metadata={"label": "自动关联阈值（比特）"}
    )
    possible_from = fields.Float(
        load_default=None, allow_none=True, validate=validate.Range(-60, 30), metadata={"label": "疑似阈值（比特）"}
    )
    rules = fields.List(
        fields.String(
            validate=validate.OneOf(
                [rule.code for rule in OPTIONAL_RULES], labels=[f"{rule.code} {rule.label}" for rule in OPTIONAL_RULES]
            )
        ),
        load_default=list,
        metadata={"label": "另行启用的谨慎规则"},
    )


class TenantPolicyOut(Schema):
    """A tenant's settings."""

    tenant = fields.String()
    two_persons = fields.Boolean()
    certain_from = fields.Float(allow_none=True)
    possible_from = fields.Float(allow_none=True)
    rules = fields.Function(lambda row: (row.rules or "").split())


class TrustIn(Schema):
    """How far an institution is believed."""

    trust = fields.Integer(required=True, validate=validate.Range(0, 100), metadata={"label": "可信度"})


class TrustOut(TrustIn):
    """An institution's trust."""

    institution = fields.String()


class TrainingIn(Schema):
    """Train a draft model on the index's own identities."""

    sample = fields.Integer(load_default=100_000, validate=validate.Range(50, 200_000), metadata={"label": "抽样人次"})


class MatchModelOut(Schema):
    """A model: a draft until somebody reviews and activates it."""

    id = IdField()
    version = fields.String()
    state = fields.String()
    trained_on = fields.Integer()
    made_at = fields.AwareDateTime()
    made_by = fields.String(allow_none=True)


class SampleIn(Schema):
    """Draw a sample for the clerical estimate."""

    per_stratum = fields.Integer(load_default=30, validate=validate.Range(5, 200), metadata={"label": "每层抽样对数"})


class SampleVerdictIn(Schema):
    """A clerk's judgement of one sampled pair."""

    verdict = fields.String(
        required=True, validate=validate.OneOf(["same", "different", "unsure"], labels=["同一人", "不是同一人", "无法判断"])
    )
