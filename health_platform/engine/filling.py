"""What surrounds a form of a member or a case while it is filled in, and reading what was filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from health_platform.engine.answers import Filled, Finding, Setting, prefixed, restored
from health_platform.engine.definitions.fields import Answer, Pick
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.engine.definitions.schedules import Milestones
from health_platform.engine.desk import Desk
from health_platform.engine.environments import summed
from health_platform.engine.models import Enrolment, Submission
from health_platform.engine.scheduling import Past, age_on, done_places
from health_platform.engine.tallying import tallied
from health_platform.kernel.errors import Conflict, Invalid
from health_platform.kernel.parsing import whole

CURRENT = "current"


@dataclass(frozen=True)
class Subject:
    """Whom a form is about: birth date, sex, where it is managed, since when and until when."""

    birth_date: date | None
    sex: str
    division_code: str
    enrolled_on: date | None = None
    ends_on: date | None = None

    @classmethod
    def of(cls, member: Enrolment) -> Subject:
        return cls(member.birth_date, member.sex or "", member.division_code or "", member.enrolled_on, member.ends_on)


def facts_of(subject: Subject, day: date | None) -> dict[str, Any]:
    """The facts every expression may name, as of a day."""
    return {
        "day": day,
        "birth_date": subject.birth_date,
        "sex": subject.sex or None,
        "age": age_on(subject.birth_date, day) if day else None,
        "enrolled_on": subject.enrolled_on,
        "ends_on": subject.ends_on,
    }


def setting_of(desk: Desk, form: Form, subject: Subject, more: Mapping[str, Any], day: date | None) -> Setting:
    """The setting of a form; ``more`` are previous and entry answers under their prefixes."""
    application = desk.catalogue.home("form", form.code)
    parameters = desk.parameters(application, subject.division_code)
    return Setting(desk.catalogue.form_environment(form), {**facts_of(subject, day), **more}, parameters)


def submissions_of(desk: Desk, enrolment_id: int) -> list[Submission]:
    """Everything that counts of a member, in order of days."""
    query = select(Submission).where(Submission.enrolment_id == enrolment_id, Submission.state == CURRENT)
    return list(desk.session.scalars(query.order_by(Submission.day, Submission.submitted_at, Submission.id)))


def answers_of(form: Form, rows: Sequence[Submission]) -> list[tuple[date, dict[str, Answer]]]:
    """Days and answers of a form among a member's submissions."""
    return [(row.day, restored(form, row.answers)) for row in rows if row.form == form.code]


def counted(desk: Desk, register: Register, form: Form, subject: Subject, rows: Sequence[Submission]) -> list[Past]:
    """The submissions of a form that count under its schedule (somebody was met, a dose was valid), in order of days."""
    history = [Past(day, answers) for day, answers in answers_of(form, rows)]
    plan = next((one for one in register.schedules if one.form is form and one.counts), None)
    if plan is None:
        return history
    setting = setting_of(desk, form, subject, {}, None)
    return [history[place] for place in done_places(plan, history, setting)]


def surroundings(
    desk: Desk, register: Register, form: Form, subject: Subject, rows: Sequence[Submission], before: date
) -> dict[str, Any]:
    """What a form of the day ``before`` sees: entry answers, ``previous_`` ones (of the last that counted), ``done_`` days,
    ``so_far_`` tallies."""
    earlier = [one for one in counted(desk, register, form, subject, rows) if one.day <= before]
    entries = answers_of(register.entry, rows)
    previous = prefixed("previous_", earlier[-1].answers) if earlier else {}
    entry = prefixed("entry_", entries[-1][1]) if entries else {}
    sums = so_far(desk, register, form.expressions, subject, [row for row in rows if row.day <= before])
    return {**previous, **done_days(register, form, earlier), **sums, **entry}


def so_far(desk: Desk, register: Register, wanted: str, subject: Subject, rows: Sequence[Submission]) -> dict[str, Any]:
    """``so_far_<tally>`` → the tally over these submissions, for the tallies that the text of expressions ``wanted`` names."""
    application = desk.catalogue.home("register", register.code)
    named = {name: one for one in summed(application, register) if (name := f"so_far_{one.code}") in wanted}
    if not named:
        return {}
    parameters, facts = desk.parameters(application, subject.division_code), facts_of(subject, None)
    settings = {name: Setting(desk.catalogue.row_environment(one.form), facts, parameters) for name, one in named.items()}
    history = {one.form.code: [Past(*past) for past in answers_of(one.form, rows)] for one in named.values()}
    return {name: tallied(one, settings[name], history[one.form.code]) for name, one in named.items()}


def picked(desk: Desk, form: Form, written: Mapping[str, Any]) -> dict[str, Any]:
    """``<pick>_<field>`` → what the entry form of a picked thing says, for the picks whose facts the form names."""
    found: dict[str, Any] = {}
    for pick in form.fields:
        chosen = whole(str(written.get(pick.code) or ""))
        if isinstance(pick, Pick) and f"{pick.code}_" in form.expressions and chosen is not None:
            entry = desk.catalogue.register(pick.register).entry
            answers = answers_of(entry, submissions_of(desk, chosen))
            found |= prefixed(f"{pick.code}_", answers[-1][1]) if answers else {}
    return found


def stray_picks(desk: Desk, form: Form, answers: Mapping[str, Answer]) -> list[Finding]:
    """Picks that name no thing of their register in use: somebody else's, withdrawn, or made up."""
    found = []
    for pick in form.fields:
        if isinstance(pick, Pick) and (chosen := answers.get(pick.code)) is not None:
            thing = (Enrolment.id == int(str(chosen)), Enrolment.register == pick.register, Enrolment.state == "active")
            if desk.session.scalar(select(Enrolment.id).where(*thing)) is None:
                found.append(Finding(pick.code, f"{pick.label}：所选项不存在或已停用"))
    return found


def done_days(register: Register, form: Form, earlier: Sequence[Past]) -> dict[str, date]:
    """``done_<milestone>`` → the last day on which it was reached."""
    plans = [one for one in register.schedules if isinstance(one, Milestones) and one.form is form]
    return {f"done_{past.answers.get(plan.match)}": past.day for plan in plans for past in earlier}


def refuse(filled: Filled, confirmed: bool) -> None:
    """Raise what is wrong with a filled form.

    Raises:
        Invalid: ``engine.answers`` with a finding per fault.
        Conflict: ``engine.confirm`` with what must be confirmed, unless it was.
    """
    if filled.findings:
        findings = [{"field": one.field, "problem": one.problem} for one in filled.findings]
        raise Invalid("engine.answers", count=len(findings), findings=findings)
    if filled.questions and not confirmed:
        questions = [{"field": one.field, "problem": one.problem} for one in filled.questions]
        raise Conflict("engine.confirm", count=len(questions), questions=questions)
