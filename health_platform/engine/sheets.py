"""Registers as XLSX: out with the shown columns, in with the entry form, every refused row with its reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from marshmallow import fields
from sqlalchemy import select

from health_platform.engine import lists, members, views
from health_platform.engine.answers import restored
from health_platform.engine.bodies import person_of
from health_platform.engine.definitions.fields import Answer, Choices, Coded, Field, Pick, Unit
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk
from health_platform.engine.filling import CURRENT
from health_platform.engine.lists import MemberFilter
from health_platform.engine.members import Newcomer
from health_platform.engine.models import Enrolment, Submission
from health_platform.engine.ports import PersonCard
from health_platform.engine.protecting import told
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid, PlatformError
from health_platform.kernel.http import Schema
from health_platform.kernel.sheets import Heading, read_table, write_xlsx

EXPORTED = 20_000
_SEXES = {"男": "1", "女": "2"}
_PERSON = (
    Heading("name", "姓名", required=True),
    Heading("id_no", "身份证号", required=True),
    Heading("sex", "性别"),
    Heading("birth_date", "出生日期"),
    Heading("phone", "电话"),
    Heading("address", "住址"),
)


class FileIn(Schema):
    """A file to import; ``apply`` false only tries."""

    file = fields.Raw(required=True, metadata={"label": "文件", "kind": "file", "hint": "XLSX 或 CSV"})
    apply = fields.Boolean(load_default=True, metadata={"label": "立即导入"})


class RefusedOut(Schema):
    """A row that was not taken in, and why."""

    row = fields.Integer()
    name = fields.String()
    problem = fields.String()


class ImportOut(Schema):
    """What an import did."""

    accepted = fields.Integer()
    applied = fields.Boolean()
    refused = fields.List(fields.Nested(RefusedOut))


@dataclass
class Imported:
    """What an import did; ``row`` counts as the spreadsheet does, the heading being 1."""

    applied: bool
    accepted: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


def content_of(file: Any) -> bytes:
    """The bytes of an uploaded file.

    Raises:
        Invalid: nothing was uploaded.
    """
    if not hasattr(file, "read"):
        raise Invalid("sheet.unreadable")
    content: bytes = file.read()
    return content


def headings(register: Register) -> tuple[Heading, ...]:
    """The columns of an import: person, day, entry form."""
    person = _PERSON if register.subject == "person" else ()
    entry = tuple(Heading(f"entry_{one.code}", one.label) for one in register.entry.fields if not one.value)
    return (*person, Heading("day", register.entry.day), *entry)


def template_file(register: Register) -> bytes:
    """An empty sheet with the columns of an import."""
    return write_xlsx(register.label, headings(register), [])


def members_file(desk: Desk, register: Register, wanted: MemberFilter) -> bytes:
    """The members of a list with their entry answers and last values; at most 20,000."""
    return rows_file(desk, register, lists.members(desk, register, replace(wanted, page=1, size=EXPORTED)).rows)


def rows_file(desk: Desk, register: Register, members_shown: Sequence[Enrolment]) -> bytes:
    """Some members of a register as a sheet."""
    rows = views.member_views(desk, register, members_shown)
    entries = _entries(desk, register, [row["id"] for row in rows])
    names = views.names_of(desk, [(register.entry, dict(document)) for document in entries.values()])
    shown = tuple(Heading(one.key, one.label) for one in register.shown if one.form is not register.entry)
    columns = (
        *(_PERSON if register.subject == "person" else (Heading("name", "名称"),)),
        Heading("day", register.entry.day), Heading("institution", "管理机构"), Heading("team", "团队"),
        Heading("worker_name", "责任医生"), Heading("state_label", "状态"), Heading("marks", "标记"),
        *(Heading(f"entry_{one.code}", one.label) for one in register.entry.fields), *shown,
    )  # fmt: skip
    return write_xlsx(register.label, columns, [_line(register, row, entries.get(row["id"], {}), names) for row in rows])


def _entries(desk: Desk, register: Register, ids: list[int]) -> dict[int, Mapping[str, Any]]:
    found: dict[int, Mapping[str, Any]] = {}
    for start in range(0, len(ids), 500):
        query = select(Submission).where(
            Submission.enrolment_id.in_(ids[start : start + 500]),
            Submission.form == register.entry.code,
            Submission.state == CURRENT,
        )
        found.update({row.enrolment_id or 0: told(desk, register.entry, row) for row in desk.session.scalars(query)})
    return found


def written(field: Field, answer: Answer, names: views.Names) -> Any:
    """An answer as an import reads it again: labels for codes, several with a comma between them, no units."""
    if answer is None:
        return None
    if isinstance(field, Choices):
        labels = field.labels()
        return "，".join(labels.get(code, code) for code in str(answer).split(",") if code)
    if isinstance(field, Coded):
        return str(answer)
    if isinstance(field, Pick | Unit):
        return names.show(field, answer)
    return answer if isinstance(answer, date) else field.show(answer).removesuffix(f" {field.unit}")


def _line(register: Register, row: dict[str, Any], document: Mapping[str, Any], names: views.Names) -> dict[str, Any]:
    answers = restored(register.entry, document)
    entry = {f"entry_{one.code}": written(one, answers[one.code], names) for one in register.entry.fields}
    marks = "、".join(mark["label"] for mark in row["marks"])
    return {**row, **row["latest"], **entry, "sex": row["sex_label"], "day": row["enrolled_on"], "marks": marks}


def load_members(desk: Desk, register: Register, content: bytes, apply: bool) -> Imported:
    """Enrol every row of a file that is right; a wrong one is told with its reasons and disturbs no other.

    Running the same file again refuses the rows already in the register, so nothing is doubled.
    """
    done = Imported(apply)
    for number, row in enumerate(read_table(content, headings(register)), 2):
        point = desk.session.begin_nested()
        try:
            members.enrol(desk, register, _newcomer(desk, register, row))
            desk.session.flush()
            done.accepted += 1
            point.commit() if apply else point.rollback()
        except PlatformError as error:
            point.rollback()
            done.refused.append({"row": number, "name": row.get("name", ""), "problem": problem_of(error)})
    return done


def problem_of(error: PlatformError) -> str:
    """Why a row was not taken in, in one line."""
    findings = [*error.facts.get("findings", ()), *error.facts.get("questions", ())]
    return "；".join(str(one["problem"]) for one in findings) or error.message


def _newcomer(desk: Desk, register: Register, row: dict[str, str]) -> Newcomer:
    card: PersonCard | None = None
    if register.subject == "person":
        facts: dict[str, Any] = {key: row.get(key, "") for key in ("name", "id_no", "phone", "address")}
        facts["sex"] = _SEXES.get(row.get("sex", ""), row.get("sex", ""))
        facts["birth_date"] = day_of("出生日期", row.get("birth_date", ""))
        card = person_of(desk, facts)
    answers = {key.removeprefix("entry_"): value for key, value in row.items() if key.startswith("entry_") and value}
    chosen = named_picks(desk, register.entry, answers)
    return Newcomer(chosen, day_of(register.entry.day, row.get("day", "")) or clock.today(), card)


def named_picks(desk: Desk, form: Form, answers: dict[str, str]) -> dict[str, str]:
    """Answers with the things that are picked by name (a team, a package) as their ids; in a file nobody writes ids."""
    found = dict(answers)
    for pick in form.fields:
        if isinstance(pick, Pick) and not answers.get(pick.code, "0").isdecimal():
            known = [str(key) for key, name in desk.choices(pick.register) if name == answers[pick.code]]
            found[pick.code] = known[0] if len(known) == 1 else answers[pick.code]
    return found


def day_of(label: str, text: str) -> date | None:
    """The day a cell says; ``None`` when it is blank.

    Raises:
        Invalid: it says something else.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(
            "engine.answers", count=1, findings=[{"field": label, "problem": f"{label}：应为日期，现为“{text}”"}]
        ) from None
