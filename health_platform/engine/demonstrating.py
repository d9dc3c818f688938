"""Demonstration data from definitions: plausible answers to any form, and the course of a member through its schedules.

Only for platforms marked as demonstrations; the same verbs write it that people use, so it obeys every rule.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from health_platform.engine.answers import Setting, fill
from health_platform.engine.definitions.fields import Choice, Choices, Day, Field, Number, Pick, Text, YesNo
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk
from health_platform.engine.filling import Subject, picked, setting_of, submissions_of, surroundings
from health_platform.engine.members import PROPOSED, Newcomer, Place, accept, enrol
from health_platform.engine.models import Enrolment, Task
from health_platform.engine.planning import tasks_of
from health_platform.engine.ports import PersonCard
from health_platform.engine.submitting import Sheet, submit
from health_platform.kernel import clock
from health_platform.kernel.errors import PlatformError

_TRIES = 12
_NOTHING: Mapping[str, Any] = {}


def demonstrate(
    desk: Desk,
    register: Register,
    card: PersonCard,
    place: Place,
    days: tuple[date, date],
    chance: random.Random,
    known: Mapping[str, Any] = _NOTHING,
) -> bool:
    """Enrol somebody on the first day and do what is due until the last, now and then too late or not at all.

    ``known`` are answers of the entry form that only the world knows (which disease). Says whether the person was taken in:
    whoever the register does not admit, or has already, is not.
    """
    first, last = days
    with clock.travel(_noon(first)):
        subject = Subject(card.birth_date, card.sex, place.division_code, first)
        chosen = _picks(desk, register.entry, chance) | dict(known)
        setting = setting_of(desk, register.entry, subject, picked(desk, register.entry, chosen), first)
        answers = _admissible(register, setting, sample(register.entry, setting, chance, chosen))
        point = desk.session.begin_nested()
        try:
            member = _taken_in(desk, register, Newcomer(answers, first, card, place, confirmed=True))
        except PlatformError:
            point.rollback()
            return False
    diligence = chance.choice((0.35, 0.75, 0.9, 0.97))
    while (task := _next(desk, member, last)) is not None:
        day = max(task.opens_on, min(task.due_on + timedelta(days=chance.randint(-6, 4)), last), first)
        if chance.random() > diligence or not _do(desk, register, member, task, day, chance):
            return True
    return True


def _taken_in(desk: Desk, register: Register, newcomer: Newcomer) -> Enrolment:
    """A new member; of somebody whom a hospital has proposed, the proposal accepted."""
    who = newcomer.card.person_id if newcomer.card else None
    mine = (Enrolment.register == register.code, Enrolment.person_id == who, Enrolment.state == PROPOSED)
    proposal = desk.session.scalar(select(Enrolment).where(*mine)) if who else None
    return accept(desk, proposal, newcomer) if proposal else enrol(desk, register, newcomer)


def _picks(desk: Desk, form: Form, chance: random.Random) -> dict[str, Any]:
    """Things in use for the fields that pick one; nothing where there are none."""
    picks = {field.code: desk.choices(field.register) for field in form.fields if isinstance(field, Pick)}
    return {code: str(chance.choice(things)[0]) for code, things in picks.items() if things}


def _admissible(register: Register, setting: Setting, answers: dict[str, Any]) -> dict[str, Any]:
    """Answers with which the register takes somebody in, if saying yes to its questions is what that needs."""
    filled = fill(register.entry, setting, answers)
    if setting.holds(register.admit, filled.answers):
        return answers
    return answers | {field.code: True for field in register.entry.fields if isinstance(field, YesNo) and field.required}


def _next(desk: Desk, member: Enrolment, last: date) -> Task | None:
    return next((task for task in tasks_of(desk, member.id) if task.due_on <= last), None)


def _do(desk: Desk, register: Register, member: Enrolment, task: Task, day: date, chance: random.Random) -> bool:
    plan = next(one for one in register.schedules if one.code == task.schedule)
    with clock.travel(_noon(day)):
        subject = Subject.of(member)
        around = surroundings(desk, register, plan.form, subject, submissions_of(desk, member.id), day)
        match = getattr(plan, "match", "")
        given = {match: task.item} if match and not plan.form.field(match).value else {}
        answers = sample(plan.form, setting_of(desk, plan.form, subject, around, day), chance, given)
        try:
            submit(desk, member, plan.form, Sheet(answers, day, confirmed=True))
        except PlatformError:
            return False
    return True


def sample(form: Form, setting: Setting, chance: random.Random, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Plausible answers that the form accepts, ``given`` ones among them; those of the last try when it is hard to please.

    What the form proposes stays as proposed, and a question it insists on (consent) is answered with yes at the next try.
    """
    settled, answers = dict(given or {}), dict[str, Any]()
    for _ in range(_TRIES):
        asked = [field for field in form.fields if not field.value and not field.proposal]
        written = {field.code: _answer(field, chance) for field in asked if field.required or chance.random() < 0.7} | settled
        filled = fill(form, setting, {code: value for code, value in written.items() if value is not None})
        answers = {code: value for code, value in written.items() if value is not None and code not in filled.hidden}
        if not filled.findings:
            break
        wrong = {finding.field for finding in filled.findings}
        settled |= {field.code: True for field in asked if isinstance(field, YesNo) and field.code in wrong}
        settled |= {field.code: _answer(field, chance) for field in form.fields if field.proposal and field.code in wrong}
    return answers


def _answer(field: Field, chance: random.Random) -> Any:
    if isinstance(field, Choices):
        asked = field.required or chance.random() < 0.1
        return [chance.choices(field.options, _falling(len(field.options)))[0].code] if asked else None
    if isinstance(field, Choice):
        return chance.choices(field.options, _falling(len(field.options)))[0].code
    if isinstance(field, Number):
        return _number(field, chance)
    if isinstance(field, YesNo):
        return chance.random() < 0.06
    if isinstance(field, Day):
        ahead = chance.randint(100, 700) if field.future else -chance.randint(30, 2000)
        return (clock.today() + timedelta(days=ahead)).isoformat()
    if isinstance(field, Text):
        return _words(field, chance) if field.required else None
    return None


def _words(field: Text, chance: random.Random) -> str:
    """What stands in a field of words, as far as its label tells."""
    for label, said in (("电话", "1380000"), ("编号", "41"), ("证号", "41"), ("门诊号", "M")):
        if label in field.label:
            return f"{said}{chance.randint(0, 9999):04d}"[: field.max_length]
    named = any(word in field.label for word in ("人", "医师", "医生", "姓名", "者"))
    return f"{chance.choice('王李张刘陈杨')}某" if named else "演示"


def _falling(count: int) -> list[float]:
    """The first option is the usual one."""
    return [6.0 / (place + 1) ** 2 for place in range(count)]


def _number(field: Number, chance: random.Random) -> float:
    low, high = field.usual or (_middle(field, 0.3), _middle(field, 0.6))
    return round(chance.triangular(low, high), field.places) if field.places else round(chance.triangular(low, high))


def _middle(field: Number, share: float) -> float:
    low, high = field.low or 0.0, field.high if field.high is not None else (field.low or 0.0) + 10
    return low + (high - low) * share


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(4), UTC)
