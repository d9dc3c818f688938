"""Working lists: members, what is due and overdue, alerts, and how the work is spread. All narrowed by the session's scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from health_platform.engine.alerts import OPEN
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk
from health_platform.engine.filling import CURRENT
from health_platform.engine.members import ACTIVE, PROPOSED
from health_platform.engine.models import Alert, Case, Enrolment, Submission, Task
from health_platform.kernel import clock

SCANNED = 5000  # names are encrypted: a part of a name is looked for in at most so many members
SOON = timedelta(days=30)

Row = TypeVar("Row")
Which = Literal["overdue", "due", "soon", "all"]


@dataclass(frozen=True)
class Found(Generic[Row]):
    """One page of a longer list."""

    rows: Sequence[Row]
    total: int
    page: int
    size: int


@dataclass(frozen=True)
class MemberFilter:
    """Which members. ``text`` is a name, a part of one, or an identity number."""

    text: str = ""
    state: str = ACTIVE
    mark: str = ""
    institution_id: int | None = None
    team: str = ""
    worker: int | None = None
    page: int = 1
    size: int = 50


@dataclass(frozen=True)
class TaskFilter:
    """Which tasks; the most overdue come first."""

    which: Which = "overdue"
    schedule: str = ""
    text: str = ""
    institution_id: int | None = None
    team: str = ""
    worker: int | None = None
    page: int = 1
    size: int = 50


@dataclass(frozen=True)
class TaskLine:
    """A task with its member; ``late`` is how many days it is overdue, negative while there is time."""

    task: Task
    member: Enrolment
    late: int


def members(desk: Desk, register: Register, wanted: MemberFilter) -> Found[Enrolment]:
    """A page of a register, the latest changes first."""
    query = select(Enrolment).where(Enrolment.register == register.code, *_member_conditions(desk, register, wanted))
    return _paged(desk, query, Enrolment.changed_at.desc(), wanted.page, wanted.size)


def _member_conditions(desk: Desk, register: Register, wanted: MemberFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state:
        conditions.append(Enrolment.state == wanted.state)
    if wanted.mark:
        conditions.append(Enrolment.marks.contains(f",{wanted.mark},", autoescape=True))
    conditions += _whose(Enrolment, wanted)
    if wanted.text.strip():
        conditions.append(_named(desk, register, wanted.text.strip()))
    return conditions


def _whose(model: Any, wanted: MemberFilter | TaskFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.institution_id is not None:
        conditions.append(model.institution_id == wanted.institution_id)
    if wanted.team:
        conditions.append(model.team == wanted.team)
    if wanted.worker is not None:
        conditions.append(model.worker == wanted.worker)
    return conditions


def _named(desk: Desk, register: Register, text: str) -> ColumnElement[bool]:
    """Members of this name or number; when none has it in full, those whose name holds the text."""
    exact = or_(Enrolment.title_index == text, Enrolment.number_index == text)
    query = select(Enrolment.id).where(Enrolment.register == register.code, exact)
    if desk.session.scalar(query.limit(1)) is not None:
        return exact
    names = select(Enrolment.id, Enrolment.title).where(Enrolment.register == register.code).limit(SCANNED)
    return Enrolment.id.in_([identity for identity, title in desk.session.execute(names) if text in (title or "")][:500])


def tasks(desk: Desk, register: Register, wanted: TaskFilter) -> Found[TaskLine]:
    """A page of what is to be done."""
    today = clock.today()
    query = select(Task).where(Task.register == register.code, due_condition(wanted.which, today), *_whose(Task, wanted))
    if wanted.schedule:
        query = query.where(Task.schedule == wanted.schedule)
    if wanted.text.strip():
        found = select(Enrolment.id).where(Enrolment.register == register.code, _named(desk, register, wanted.text.strip()))
        query = query.where(Task.enrolment_id.in_(found))
    page = _paged(desk, query, Task.due_on, wanted.page, wanted.size)
    ids = [task.enrolment_id for task in page.rows]
    known = {one.id: one for one in desk.session.scalars(select(Enrolment).where(Enrolment.id.in_(ids)))}
    lines = [TaskLine(row, known[row.enrolment_id], (today - row.due_on).days) for row in page.rows if row.enrolment_id in known]
    return Found(lines, page.total, page.page, page.size)


def due_condition(which: Which, today: date) -> ColumnElement[bool]:
    """Overdue: the day is over; due: it can be done now; soon: it opens within a month. A task that lapsed is in none."""
    alive = or_(Task.until_on.is_(None), Task.until_on >= today)
    if which == "overdue":
        return and_(alive, Task.due_on < today)
    if which == "due":
        return and_(alive, Task.opens_on <= today, Task.due_on >= today)
    if which == "soon":
        return and_(alive, Task.opens_on > today, Task.opens_on <= today + SOON)
    return alive


def _paged(desk: Desk, query: Select[Any], order: Any, page: int, size: int) -> Found[Any]:
    total = desk.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    model = query.column_descriptions[0]["entity"]
    rows = desk.session.scalars(query.order_by(order, model.id).offset((page - 1) * size).limit(size))
    return Found(list(rows), total, page, size)


def counts(desk: Desk, register: Register) -> dict[str, int]:
    """The figures on the tabs of a register."""
    today = clock.today()
    found: dict[str, int] = {
        which: _count(desk, Task, Task.register == register.code, due_condition(which, today)) for which in _WHICH
    }
    for state in (ACTIVE, PROPOSED):
        found[state] = _count(desk, Enrolment, Enrolment.register == register.code, Enrolment.state == state)
    return found


_WHICH: tuple[Which, ...] = ("overdue", "due", "soon")


def _count(desk: Desk, model: Any, *conditions: ColumnElement[bool]) -> int:
    return desk.session.scalar(select(func.count(model.id)).where(*conditions)) or 0


@dataclass
class Load:
    """How much work one unit, team or person has: members, what is overdue and due, what was done in the period."""

    key: Any
    label: str
    members: int = 0
    overdue: int = 0
    due: int = 0
    done: int = 0


def workload(desk: Desk, register: Register, by: Literal["institution", "team", "worker"], start: date, end: date) -> list[Load]:
    """Work by unit, team or person, the most overdue first."""
    today = clock.today()
    found: dict[Any, Load] = {}
    forms = [form.code for form in register.work_forms]
    _add(desk, found, by, Enrolment, "members", Enrolment.register == register.code, Enrolment.state == ACTIVE)
    _add(desk, found, by, Task, "overdue", Task.register == register.code, due_condition("overdue", today))
    _add(desk, found, by, Task, "due", Task.register == register.code, due_condition("due", today))
    done = (Submission.form.in_(forms), Submission.state == CURRENT, Submission.day.between(start, end))
    _add(desk, found, by, Submission, "done", Submission.enrolment_id.is_not(None), *done)
    _label(desk, by, found)
    return sorted(found.values(), key=lambda one: (-one.overdue, -one.members, one.label))


def _add(desk: Desk, found: dict[Any, Load], by: str, model: Any, what: str, *conditions: ColumnElement[bool]) -> None:
    column = {"institution": "institution_id", "team": "team", "worker": "worker"}[by]
    key = getattr(model, column)
    for value, number in desk.session.execute(select(key, func.count(model.id)).where(*conditions).group_by(key)):
        setattr(found.setdefault(value, Load(value, "")), what, number)


def _label(desk: Desk, by: str, found: dict[Any, Load]) -> None:
    names: dict[Any, str] = {}
    if by == "institution":
        names = desk.institution_names([key for key in found if key])
    if by == "worker":
        query = select(Enrolment.worker, func.max(Enrolment.worker_name)).group_by(Enrolment.worker)
        names = {key: name or "" for key, name in desk.session.execute(query)}
        query = select(Submission.worker, func.max(Submission.worker_name)).group_by(Submission.worker)
        names |= {key: name or "" for key, name in desk.session.execute(query)}
    for key, one in found.items():
        one.label = str(names.get(key) or (key if by == "team" else "") or "未指定")


@dataclass(frozen=True)
class AlertFilter:
    """Which alerts of an application."""

    state: str = OPEN
    level: str = ""
    page: int = 1
    size: int = 50


def alerts(desk: Desk, application: str, wanted: AlertFilter) -> Found[Alert]:
    """A page of alerts, the newest first."""
    query = select(Alert).where(Alert.application == application)
    if wanted.state:
        query = query.where(Alert.state == wanted.state)
    if wanted.level:
        query = query.where(Alert.level == wanted.level)
    return _paged(desk, query, Alert.raised_at.desc(), wanted.page, wanted.size)


def open_alerts(desk: Desk, application: str) -> int:
    """How many alerts wait."""
    return _count(desk, Alert, Alert.application == application, Alert.state == OPEN)


@dataclass(frozen=True)
class CaseFilter:
    """Which cases; ``party`` is the side the caller looks from."""

    state: str = ""
    party: str = ""
    text: str = ""
    page: int = 1
    size: int = 50


def cases(desk: Desk, workflow: str, wanted: CaseFilter) -> Found[Case]:
    """A page of cases, the latest moved first; each once, in the caller's own book if it stands there, else in one he may see."""
    conditions = [Case.workflow == workflow]
    if wanted.state:
        conditions.append(Case.state == wanted.state)
    if wanted.party:
        conditions.append(Case.party == wanted.party)
    if wanted.text.strip():
        conditions.append(Case.title_index == wanted.text.strip())
    mine = func.min(case((Case.institution_id == desk.principal.institution_id, Case.id)))
    one_each = select(func.coalesce(mine, func.min(Case.id))).where(*conditions).group_by(Case.case_no)
    query = select(Case).where(*conditions, Case.id.in_(one_each))
    return _paged(desk, query, Case.moved_at.desc(), wanted.page, wanted.size)
