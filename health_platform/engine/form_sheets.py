"""The forms of a register as XLSX: a period of them out, old ones from another system in; and the working list to print.

What goes out can come in: the columns are the same, answers stand as people read them, members are found by identity number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select

from health_platform.engine import lists, views
from health_platform.engine.answers import restored
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk
from health_platform.engine.filling import CURRENT
from health_platform.engine.lists import TaskFilter
from health_platform.engine.members import ACTIVE, card_of
from health_platform.engine.models import Enrolment, Submission
from health_platform.engine.protecting import told
from health_platform.engine.sheets import EXPORTED, Imported, day_of, named_picks, problem_of, written
from health_platform.engine.submitting import Sheet, submit
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid, PlatformError
from health_platform.kernel.sheets import Heading, read_table, write_xlsx


@dataclass(frozen=True)
class Filled:
    """Which submissions: from a day to a day, both included."""

    start: date
    end: date


def headings(register: Register, form: Form, computed: bool = True) -> tuple[Heading, ...]:
    """The member, the day, the questions; with what is computed when it goes out."""
    who = (Heading("id_no", "身份证号", required=True), Heading("name", "姓名"))
    whose = who if register.subject == "person" else (Heading("name", "名称", required=True),)
    asked = [one for one in form.fields if computed or not one.value]
    return (*whose, Heading("day", form.day, required=True), *(Heading(f"a_{one.code}", one.label) for one in asked))


def template_file(register: Register, form: Form) -> bytes:
    """An empty sheet with the columns of an import."""
    return write_xlsx(form.label, headings(register, form, computed=False), [])


def forms_file(desk: Desk, register: Register, form: Form, wanted: Filled) -> bytes:
    """The submissions of a period that count, by day; at most 20,000. Identity numbers are masked as on the pages."""
    more = (Heading("unit", "机构"), Heading("worker", "填写人"))
    return write_xlsx(form.label, (*headings(register, form), *more), _lines(desk, form, wanted))


def _lines(desk: Desk, form: Form, wanted: Filled) -> Iterator[dict[str, Any]]:
    mine = (Submission.form == form.code, Submission.state == CURRENT, Submission.enrolment_id.is_not(None))
    query = select(Submission, Enrolment).join(Enrolment, Enrolment.id == Submission.enrolment_id)
    query = query.where(*mine, Submission.day.between(wanted.start, wanted.end))
    rows = desk.session.execute(query.order_by(Submission.day, Submission.id).limit(EXPORTED)).all()
    names = views.names_of(desk, [(form, row.answers) for row, _ in rows])
    units = desk.institution_names(sorted({row.institution_id for row, _ in rows if row.institution_id}))
    for row, member in rows:
        answers = restored(form, told(desk, form, row))
        told_all = {f"a_{one.code}": written(one, answers[one.code], names) for one in form.fields}
        person = views.person_view(desk, card_of(member))
        yield {**person, "day": row.day, **told_all, "unit": units.get(row.institution_id or 0, ""), "worker": row.worker_name}


def load_forms(desk: Desk, register: Register, form: Form, content: bytes, apply: bool) -> Imported:
    """Submit every row of a file that is right; a wrong one is told with its reasons and disturbs no other.

    A second form of the same day is a question nobody is there to answer, and the same answers on the same day are the same
    form: a file that is sent again refuses every row.
    """
    done = Imported(apply)
    for number, row in enumerate(read_table(content, headings(register, form, computed=False)), 2):
        point = desk.session.begin_nested()
        try:
            answers = {key.removeprefix("a_"): value for key, value in row.items() if key.startswith("a_") and value}
            day = day_of(form.day, row.get("day", "")) or clock.today()
            _once(desk, submit(desk, _member(desk, register, row), form, Sheet(named_picks(desk, form, answers), day)))
            done.accepted += 1
            point.commit() if apply else point.rollback()
        except PlatformError as error:
            point.rollback()
            done.refused.append({"row": number, "name": row.get("name", ""), "problem": problem_of(error)})
    return done


def _once(desk: Desk, made: Submission) -> None:
    """Refuse what stands there already, word for word."""
    same = (Submission.enrolment_id == made.enrolment_id, Submission.form == made.form, Submission.day == made.day)
    others = desk.session.scalars(select(Submission).where(*same, Submission.state == CURRENT, Submission.id != made.id))
    if any(one.answers == made.answers for one in others):
        raise Invalid("engine.answers", count=1, findings=[{"field": "day", "problem": "同一天已有相同的表，不重复导入"}])


def _member(desk: Desk, register: Register, row: dict[str, str]) -> Enrolment:
    """The active member a row is about, within the caller's reach."""
    known = Enrolment.number_index == row.get("id_no") if register.subject == "person" else Enrolment.title_index == row["name"]
    query = select(Enrolment).where(Enrolment.register == register.code, Enrolment.state == ACTIVE, known)
    found = list(desk.session.scalars(query.limit(2)))
    if len(found) != 1:
        problem = f"{register.label}中没有在管的此对象" if not found else "同名对象不止一个"
        raise Invalid("engine.answers", count=1, findings=[{"field": "id_no", "problem": problem}])
    return found[0]


_TASKS = (
    Heading("name", "姓名"), Heading("sex_label", "性别"), Heading("age", "年龄"), Heading("id_no", "身份证号"),
    Heading("phone", "电话"), Heading("address", "住址"), Heading("label", "事项"), Heading("due_on", "应办日期"),
    Heading("late", "逾期天数"), Heading("reason", "原因"), Heading("institution", "管理机构"), Heading("team", "团队"),
    Heading("worker_name", "责任医生"),
)  # fmt: skip


def tasks_file(desk: Desk, register: Register, wanted: TaskFilter) -> bytes:
    """A working list to take along: what is to be done with whom, and the last values; at most 20,000."""
    page = lists.tasks(desk, register, replace(wanted, page=1, size=EXPORTED))
    shown = tuple(Heading(one.key, one.label) for one in register.shown)
    rows = ({**row["member"]["latest"], **row["member"], **row} for row in views.task_views(desk, register, page.rows))
    return write_xlsx(register.label, (*_TASKS, *shown), ({**row, "late": max(row["late"], 0)} for row in rows))
