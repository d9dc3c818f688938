"""What the endpoints of standards and mappings take and give."""

from operator import itemgetter

from marshmallow import fields, validate

from health_platform.kernel.http import IdField, Schema
from registry.fields import DivisionField, FileIn, Lines, label
from registry.standards.models import CONFIRMED, IGNORED, UNMAPPED
from registry.standards.terms import State

MARKS = {"standard": "标准", "local": "本地", "unconfirmed": "待确认"}
STATES = {"draft": "草稿", "review": "待审核", "published": "已发布", "retired": "已停用"}
LOCAL_STATES = {UNMAPPED: "未对照", CONFIRMED: "已对照", IGNORED: "不对照"}
REASONS = {
    "name": "名称相同",
    "past": "他处已确认",
    "code_name": "代码与名称相符",
    "sound": "读音相同",
    "similar": "名称相近",
    "code": "仅代码相同",
    "manual": "人工指定",
    "gone": "原标准代码已停用",
}


class CodeSystemIn(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 48), metadata=label("代码表编号"))
    title = fields.String(required=True, validate=validate.Length(1, 128), metadata=label("名称"))
    source = fields.String(load_default=None, validate=validate.Length(max=128), metadata=label("来源标准"))
    mark = fields.String(required=True, validate=validate.OneOf(list(MARKS), list(MARKS.values())), metadata=label("标识"))
    oid = fields.String(load_default=None, validate=validate.Length(max=64), metadata=label("OID"))
    hierarchical = fields.Boolean(load_default=False, metadata=label("有层级"))


class CodeSystemOut(CodeSystemIn):
    id = IdField()


class CodeSystemsQuery(Schema):
    text = fields.String(load_default="", metadata=label("编号、名称、首字母或来源"))
    mark = fields.String(load_default="", validate=validate.OneOf(["", *MARKS], ["", *MARKS.values()]), metadata=label("标识"))
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class CodeSystemsOut(Schema):
    total = fields.Integer()
    rows = fields.List(fields.Nested(CodeSystemOut))


class VersionOut(Schema):
    id = IdField()
    label = fields.String()
    state = fields.String()
    valid_from = fields.Date(allow_none=True)
    valid_to = fields.Date(allow_none=True)
    size = fields.Integer()
    edited_by = fields.String(allow_none=True)
    decided_by = fields.String(allow_none=True)


class StateIn(Schema):
    to = fields.String(required=True, validate=validate.OneOf([state.value for state in State]))


class SearchQuery(Schema):
    text = fields.String(load_default="", metadata=label("代码、名称或拼音首字母"))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class TermOut(Schema):
    code = fields.String()
    name = fields.String()
    parent = fields.String(allow_none=True)
    note = fields.String(allow_none=True)


class TermsFileIn(FileIn):
    label = fields.String(required=True, validate=validate.Length(1, 32), metadata=label("版本"))


class CellFaultOut(Schema):
    """A wrong cell of a file: its row there, its column, what stands in it, and the rule it breaks."""

    row = fields.Integer()
    field = fields.String()
    label = fields.String()
    value = fields.String()
    rule = fields.String()
    problem = fields.String()


class ChangedOut(Schema):
    before = fields.Nested(TermOut)
    after = fields.Nested(TermOut)


class ImportPreviewOut(Schema):
    total = fields.Integer()
    added = fields.List(fields.Nested(TermOut))
    removed = fields.List(fields.Nested(TermOut))
    changed = fields.List(fields.Nested(ChangedOut))
    faults = fields.List(fields.Nested(CellFaultOut))


class ValueSetIn(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 48), metadata=label("值域编号"))
    title = fields.String(required=True, validate=validate.Length(1, 128), metadata=label("名称"))
    system_code = fields.String(required=True, metadata=label("所属代码表"))
    included = Lines(
        ("code",),
        itemgetter("code"),
        load_default=list,
        data_key="include",
        metadata=label("包含的代码(含下级)", kind="textarea", hint="每行一个；留空为全部"),
    )
    excluded = Lines(
        ("code",),
        itemgetter("code"),
        load_default=list,
        data_key="exclude",
        metadata=label("排除的代码(含下级)", kind="textarea", hint="每行一个"),
    )
    leaves_only = fields.Boolean(load_default=False, metadata=label("只取末级"))


class ValueSetOut(Schema):
    code = fields.String()
    title = fields.String()
    system_code = fields.String()
    rule = fields.Dict()


class ValueSetsQuery(Schema):
    text = fields.String(load_default="", metadata=label("编号、名称或代码表"))
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class SourceIn(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 48), metadata=label("来源系统编号"))
    name = fields.String(required=True, validate=validate.Length(1, 128), metadata=label("名称"))
    institution_id = IdField(load_default=None, metadata=label("机构编号"))
    division_code = DivisionField(load_default=None, metadata=label("所在区划", hint="填了机构时以机构所在地为准"))


class SourcesQuery(Schema):
    text = fields.String(load_default="", metadata=label("编号或名称"))
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))


class SourceOut(SourceIn):
    id = IdField()
    mapping_version = IdField()


class SeenIn(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 64))
    rows = fields.Integer(load_default=0, validate=validate.Range(min=0))
    name = fields.String(load_default="")


class ReportIn(Schema):
    """Local codes of a source's dictionary, with names."""

    system = fields.String(required=True, metadata=label("代码表编号"))
    codes = fields.List(fields.Nested(SeenIn), required=True, validate=validate.Length(1, 10_000))


class DictionaryIn(FileIn):
    """A source's dictionary as a file; a filled-in column of standard codes is taken as confirmed."""

    system = fields.String(required=True, metadata=label("代码表编号"))


class LocalQuery(Schema):
    source = fields.String(load_default=None, metadata=label("来源系统"))
    system = fields.String(load_default=None, metadata=label("代码表"))
    state = fields.String(
        load_default=None,
        validate=validate.OneOf(list(LOCAL_STATES), list(LOCAL_STATES.values())),
        metadata=label("状态"),
    )
    text = fields.String(load_default="", metadata=label("代码或名称"))
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class LocalOut(Schema):
    id = IdField()
    system_code = fields.String()
    code = fields.String()
    name = fields.String(allow_none=True)
    rows_seen = fields.Integer()
    state = fields.String()
    target = fields.String(allow_none=True)
    target_version = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class LocalsOut(Schema):
    total = fields.Integer()
    rows = fields.List(fields.Nested(LocalOut))


class SuggestionOut(Schema):
    target = fields.Nested(TermOut)
    reason = fields.String()
    score = fields.Float()


class MappingDecisionIn(Schema):
    local_id = IdField(required=True)
    target = fields.String(load_default=None)
    reason = fields.String(load_default="manual", validate=validate.OneOf(list(REASONS)))
    score = fields.Float(load_default=None)


class DecisionsIn(Schema):
    decisions = fields.List(fields.Nested(MappingDecisionIn), required=True, validate=validate.Length(1, 5000))


class OneDecisionIn(Schema):
    """A decision about one code, as a form sends it; no target leaves the code deliberately unmapped."""

    target = fields.String(load_default=None, metadata=label("标准代码"))
    reason = fields.String(load_default="manual", validate=validate.OneOf(list(REASONS)))


class BulkIn(Schema):
    """Confirm the suggestions of at least this score that a person has looked over.

    ``shown`` names them as ``local id:target``: what came up since, or is suggested otherwise by now, is left alone.
    """

    shown = fields.List(fields.String(), required=True, validate=validate.Length(1, 500), metadata=label("勾选的建议"))

    source = fields.String(required=True)
    system = fields.String(required=True)
    from_score = fields.Float(load_default=0.95, validate=validate.Range(0.8, 1), metadata=label("最低把握"))


class CountOut(Schema):
    changed = fields.Integer()


class TableIn(Schema):
    source = fields.String(required=True)
    system = fields.String(required=True)


class AdoptIn(TableIn):
    standard = fields.Boolean(required=True, metadata=label("直接使用标准代码"))


class CoverageOut(Schema):
    source = fields.String()
    source_name = fields.String()
    institution_id = IdField(allow_none=True)
    system = fields.String()
    codes = fields.Integer()
    mapped = fields.Integer()
    rows = fields.Integer()
    rows_mapped = fields.Integer()
    share = fields.Float()


class CoverageQuery(Schema):
    system = fields.String(load_default=None)


class CoveragePageQuery(Schema):
    """Which lines of the coverage are shown; ``gaps`` leaves out what is mapped completely."""

    text = fields.String(load_default="", metadata=label("来源系统"))
    system = fields.String(load_default="", metadata=label("代码表编号"))
    gaps = fields.Boolean(load_default=False, metadata=label("只看未对照完的"))
    sort = fields.String(load_default="")
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))


class SurePageQuery(TableIn):
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))


class MappingLogOut(Schema):
    before = fields.String(allow_none=True)
    after = fields.String(allow_none=True)
    by_name = fields.String(allow_none=True)
    at = fields.AwareDateTime()
