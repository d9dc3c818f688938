"""What the engine's addresses take and give. Bodies of forms are made from the form; the answers are judged by the engine."""

from __future__ import annotations

from functools import cache
from typing import Any

from marshmallow import fields, validate

from health_platform.engine.definitions.fields import Choice, Choices, Day, Field, Number, YesNo
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.kernel.http import IdField, Schema


def label(text: str, **more: Any) -> dict[str, Any]:
    """Metadata of a field with its Chinese label."""
    return {"label": text, **more}


def made(name: str, application: str, base: type[Schema], **parts: fields.Field[Any]) -> type[Schema]:
    """A schema of an application; its module decides its name in the OpenAPI document."""
    schema: type[Schema] = type(name, (base,), {**parts, "__module__": f"applications.{application}.definition"})
    return schema


@cache
def answers_of(application: str, form: Form) -> type[Schema]:
    """The answers of a form: typed for readers of the document, judged by the form itself."""
    parts = {field.code: _answer(field) for field in form.fields if not field.value}
    return made(f"{_camel(form.code)}Answers", application, Schema, **parts)


def _answer(field: Field) -> fields.Field[Any]:
    facts: dict[str, Any] = {"title": field.label, "description": field.hint or field.label, **_type(field)}
    return fields.Raw(load_default=None, allow_none=True, metadata=facts)


def _type(field: Field) -> dict[str, Any]:
    if isinstance(field, Choices):
        return {"type": "array", "items": {"type": "string", "enum": [one.code for one in field.options]}}
    if isinstance(field, Choice):
        return {"type": "string", "enum": [one.code for one in field.options]}
    if isinstance(field, Number):
        bounds = {"minimum": field.low, "maximum": field.high}
        return {"type": "number", **{key: value for key, value in bounds.items() if value is not None}}
    if isinstance(field, YesNo):
        return {"type": "boolean"}
    return {"type": "string", **({"format": "date"} if isinstance(field, Day) else {})}


def _camel(code: str) -> str:
    return "".join(part.capitalize() for part in code.split("_"))


class SheetIn(Schema):
    """A form as filled in."""

    day = fields.Date(load_default=None, metadata=label("日期"))
    confirmed = fields.Boolean(load_default=False, metadata=label("已确认提示"))


class CorrectionIn(SheetIn):
    """A form that takes the place of an earlier one."""

    reason = fields.String(required=True, validate=validate.Length(1, 200), metadata=label("更正原因"))


@cache
def sheet_in(application: str, form: Form, base: type[Schema] = SheetIn) -> type[Schema]:
    """The body that carries a form; one schema however many addresses take it."""
    answers = fields.Nested(answers_of(application, form), required=True)
    return made(f"{_camel(form.code)}{base.__name__}", application, base, answers=answers)


class PersonIn(Schema):
    """Whom to enrol: somebody the index knows, or somebody to be made known to it."""

    person_id = IdField(load_default=None)
    name = fields.String(load_default="", validate=validate.Length(max=60), metadata=label("姓名"))
    sex = fields.String(load_default="", validate=validate.OneOf(["", "0", "1", "2", "9"]), metadata=label("性别"))
    birth_date = fields.Date(load_default=None, allow_none=True, metadata=label("出生日期"))
    id_no = fields.String(load_default="", validate=validate.Length(max=18), metadata=label("身份证号"))
    phone = fields.String(load_default="", validate=validate.Length(max=20), metadata=label("电话"))
    address = fields.String(load_default="", validate=validate.Length(max=120), metadata=label("住址"))


class NewcomerIn(SheetIn):
    """Somebody to be taken into a register."""

    person = fields.Nested(PersonIn, load_default=dict)
    institution_id = IdField(load_default=None, metadata=label("管理机构"))
    team = fields.String(load_default="", validate=validate.Length(max=64), metadata=label("团队"))


def newcomer_in(application: str, register: Register) -> type[Schema]:
    """The body that enrols somebody."""
    return sheet_in(application, register.entry, NewcomerIn)


class CloseIn(Schema):
    """How and when somebody leaves a register."""

    reason = fields.String(required=True, metadata=label("结案原因"))
    day = fields.Date(required=True, metadata=label("结案日期"))
    note = fields.String(load_default="", validate=validate.Length(max=400), metadata=label("说明", wide=True))


class NoteIn(Schema):
    """What was done or why."""

    note = fields.String(required=True, validate=validate.Length(1, 400), metadata=label("说明", wide=True))


class HandOverIn(Schema):
    """Who manages a member from now on."""

    institution_id = IdField(load_default=None, metadata=label("管理机构编号"))
    team = fields.String(load_default="", validate=validate.Length(max=64), metadata=label("团队"))
    worker_name = fields.String(load_default="", validate=validate.Length(max=64), metadata=label("责任医生"))


class MarkOut(Schema):
    code = fields.String()
    label = fields.String()
    kind = fields.String()


class PersonOut(Schema):
    """A person; number, phone and address are masked without the permission to see them."""

    person_id = IdField(allow_none=True)
    name = fields.String(allow_none=True)
    sex = fields.String(allow_none=True)
    sex_label = fields.String()
    birth_date = fields.Date(allow_none=True)
    age = fields.Integer(allow_none=True)
    id_no = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    address = fields.String(allow_none=True)


class MemberOut(PersonOut):
    """A member of a register."""

    id = IdField()
    register = fields.String()
    state = fields.String()
    state_label = fields.String()
    institution_id = IdField(allow_none=True)
    institution = fields.String()
    division_code = fields.String(allow_none=True)
    team = fields.String(allow_none=True)
    worker_name = fields.String(allow_none=True)
    enrolled_on = fields.Date()
    ends_on = fields.Date(allow_none=True)
    closed_on = fields.Date(allow_none=True)
    close_reason = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    marks = fields.List(fields.Nested(MarkOut))
    latest = fields.Dict()
    changed_at = fields.AwareDateTime()


class MembersOut(Schema):
    total = fields.Integer()
    page = fields.Integer()
    rows = fields.List(fields.Nested(MemberOut))


class TaskOut(Schema):
    """Something to do; ``late`` is days overdue, negative while there is time."""

    id = IdField()
    schedule = fields.String()
    item = fields.String(allow_none=True)
    label = fields.String()
    reason = fields.String(allow_none=True)
    form = fields.String()
    opens_on = fields.Date()
    due_on = fields.Date()
    until_on = fields.Date(allow_none=True)
    late = fields.Integer()
    member = fields.Nested(MemberOut)


class TasksOut(Schema):
    total = fields.Integer()
    page = fields.Integer()
    rows = fields.List(fields.Nested(TaskOut))


class SubmissionOut(Schema):
    """A form as filled in."""

    id = IdField()
    root_id = IdField()
    form = fields.String()
    form_label = fields.String()
    form_version = fields.Integer()
    state = fields.String()
    day = fields.Date()
    answers = fields.Dict()
    confirmed = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    worker_name = fields.String(allow_none=True)
    submitted_at = fields.AwareDateTime()
    seal = fields.Dict(allow_none=True)


class SealOut(Schema):
    """A signed form with what is needed to check it elsewhere: ``signature`` is SM2 with SM3 over ``signed`` by ``public_key``
    (DER), all base64."""

    document = fields.String()
    digest = fields.String()
    signed = fields.String()
    signature = fields.String()
    public_key = fields.String()
    signer = fields.String()
    way = fields.String()
    at = fields.String()
    authority = fields.String()
    evidence = fields.String()
    intact = fields.Boolean()


class MemberFullOut(MemberOut):
    """A member with its tasks and everything filled in."""

    tasks = fields.List(fields.Dict())
    submissions = fields.List(fields.Nested(SubmissionOut))


class FindingOut(Schema):
    field = fields.String()
    problem = fields.String()


class PromptOut(Schema):
    code = fields.String()
    label = fields.String()
    text = fields.String()
    level = fields.String()


class TrialOut(Schema):
    """What would happen if the form were submitted as it stands."""

    hidden = fields.List(fields.String())
    computed = fields.Dict()
    findings = fields.List(fields.Nested(FindingOut))
    questions = fields.List(fields.Nested(FindingOut))
    prompts = fields.List(fields.Nested(PromptOut))


class Paged(Schema):
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))
    size = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class MemberQuery(Paged):
    text = fields.String(load_default="", metadata=label("姓名或身份证号"))
    state = fields.String(load_default="active", metadata=label("状态"))
    mark = fields.String(load_default="", metadata=label("标记"))
    institution_id = IdField(load_default=None, metadata=label("机构"))
    team = fields.String(load_default="", metadata=label("团队"))
    worker = IdField(load_default=None)


class TaskQuery(Paged):
    which = fields.String(load_default="overdue", validate=validate.OneOf(["overdue", "due", "soon", "all"]))
    schedule = fields.String(load_default="", metadata=label("事项"))
    text = fields.String(load_default="", metadata=label("姓名或身份证号"))
    institution_id = IdField(load_default=None, metadata=label("机构"))
    team = fields.String(load_default="", metadata=label("团队"))
    worker = IdField(load_default=None)


class AlertQuery(Paged):
    state = fields.String(load_default="open", metadata=label("状态"))
    level = fields.String(load_default="", metadata=label("级别"))


class AlertOut(Schema):
    """Something a definition found, for somebody to deal with."""

    id = IdField()
    prompt = fields.String()
    level = fields.String()
    text = fields.String()
    name = fields.String(allow_none=True)
    person_id = IdField(allow_none=True)
    enrolment_id = IdField(allow_none=True)
    submission_id = IdField(allow_none=True)
    state = fields.String()
    raised_at = fields.AwareDateTime()
    done_at = fields.AwareDateTime(allow_none=True)
    done_by = fields.String(allow_none=True)
    note = fields.String(allow_none=True)


class AlertsOut(Schema):
    total = fields.Integer()
    rows = fields.List(fields.Nested(AlertOut))


class SpanQuery(Schema):
    """From a day to a day; this year so far when nothing is said."""

    start = fields.Date(load_default=None, metadata=label("从"))
    end = fields.Date(load_default=None, metadata=label("到"))


class LoadQuery(SpanQuery):
    by = fields.String(load_default="institution", validate=validate.OneOf(["institution", "team", "worker"]))


class LoadOut(Schema):
    """Work of one unit, team or person."""

    key = fields.String(allow_none=True)
    label = fields.String()
    members = fields.Integer()
    overdue = fields.Integer()
    due = fields.Integer()
    done = fields.Integer()


class CaseQuery(Paged):
    state = fields.String(load_default="", metadata=label("状态"))
    party = fields.String(load_default="", metadata=label("本方"))
    text = fields.String(load_default="", metadata=label("姓名"))


class CaseOut(PersonOut):
    """A case as it stands in the caller's book."""

    case_no = IdField()
    party = fields.String()
    party_label = fields.String()
    state = fields.String()
    state_label = fields.String()
    others = fields.String()
    shown = fields.Dict()
    opened_at = fields.AwareDateTime()
    moved_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime(allow_none=True)


class CaseFullOut(CaseOut):
    """A case with its history and what the caller may do next; ``takes_part``: he is of a party and the case still runs."""

    takes_part = fields.Boolean()
    revision = fields.Integer()
    answers = fields.Dict()
    parties = fields.Dict()
    steps = fields.List(fields.Dict())
    transitions = fields.List(fields.Dict())


class CasesOut(Schema):
    total = fields.Integer()
    page = fields.Integer()
    rows = fields.List(fields.Nested(CaseOut))


class MoveIn(Schema):
    """A step of a case; ``revision`` refuses to move what somebody else moved meanwhile."""

    confirmed = fields.Boolean(load_default=False)
    note = fields.String(load_default="", validate=validate.Length(max=400), metadata=label("说明"))
    revision = fields.Integer(load_default=None, allow_none=True)


class OpenCaseIn(MoveIn):
    """A case to be opened."""

    person = fields.Nested(PersonIn, load_default=dict)
