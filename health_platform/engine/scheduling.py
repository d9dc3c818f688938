"""When is the next one due? Pure: a schedule, what was done so far, the person's facts, the parameters in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from health_platform.engine.answers import Setting, prefixed
from health_platform.engine.definitions.naming import add_months
from health_platform.engine.definitions.schedules import Milestone, Milestones, PerPeriod, Recurring, Schedule

_MONTHS = {"year": 12, "quarter": 3, "month": 1}


@dataclass(frozen=True)
class Past:
    """Something that was done: its day and its answers."""

    day: date
    answers: Mapping[str, Any]


@dataclass(frozen=True)
class Due:
    """Something to do: it can be done from ``opens_on``, should be by ``due_on``, and makes no sense after ``until_on``."""

    schedule: str
    item: str
    label: str
    opens_on: date
    due_on: date
    until_on: date | None = None
    reason: str = ""


def age_on(birth: date | None, day: date) -> int | None:
    """Completed years."""
    if birth is None:
        return None
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def full_quarter(enrolled: date | None, day: date) -> bool:
    """Whether the calendar quarter of a day was begun as a member."""
    return enrolled is not None and enrolled <= _begin(day, 3)


def due(schedule: Schedule, history: Sequence[Past], setting: Setting) -> list[Due]:
    """What is to be done next under a schedule.

    ``history`` are the submissions of the schedule's form in order of days; ``setting.facts`` hold the person's facts and the
    entry answers. Nothing is due without an anchor.
    """
    done = done_places(schedule, history, setting)
    if isinstance(schedule, Recurring):
        return _recurring(schedule, history, done, setting)
    if isinstance(schedule, PerPeriod):
        return _per_period(schedule, history, done, setting)
    return _milestones(schedule, [history[place] for place in done], setting)


def done_places(schedule: Schedule, history: Sequence[Past], setting: Setting) -> list[int]:
    """The places of the submissions that count under a schedule."""
    done: list[int] = []
    for place, one in enumerate(history):
        if setting.holds(schedule.counts, _row(one, history[done[-1]] if done else None, setting)):
            done.append(place)
    return done


def _row(one: Past, last: Past | None, setting: Setting) -> dict[str, Any]:
    """The names an expression about one submission may use, with the last one before it that counted as ``previous_``."""
    before = prefixed("previous_", last.answers) if last else {}
    return {**one.answers, **before, "day": one.day, "age": age_on(setting.facts.get("birth_date"), one.day)}


def _recurring(schedule: Recurring, history: Sequence[Past], done: Sequence[int], setting: Setting) -> list[Due]:
    parameters = dict(setting.parameters)
    start: date | None
    if done:
        row = _row(history[done[-1]], history[done[-2]] if len(done) > 1 else None, setting)
        step = next(one for one in schedule.steps if setting.holds(one.when, row))
        start, span, reason = history[done[-1]].day, step.after, step.reason
    else:
        start, span, reason = setting.facts.get(schedule.anchor), schedule.first, ""
    if start is None:
        return []
    day = span.after(start, parameters)
    opens = max(min(schedule.lead.before(day, parameters), day), start)
    return [Due(schedule.code, "", schedule.label, opens, day, reason=reason)]


def _per_period(schedule: PerPeriod, history: Sequence[Past], done: Sequence[int], setting: Setting) -> list[Due]:
    length = _MONTHS[schedule.period]
    if done:
        start = add_months(_begin(history[done[-1]].day, length), length)
    elif (enrolled := setting.facts.get("enrolled_on")) is not None:
        start = _begin(enrolled, length)
    else:
        return []
    last = date.fromordinal(add_months(start, length).toordinal() - 1)
    return [Due(schedule.code, "", schedule.label, start, last)]


def _begin(day: date, length: int) -> date:
    """First day of the calendar period of ``length`` months that holds ``day``."""
    return date(day.year, (day.month - 1) // length * length + 1, 1)


def _milestones(schedule: Milestones, done: Sequence[Past], setting: Setting) -> list[Due]:
    anchor = setting.facts.get(schedule.anchor)
    if anchor is None:
        return []
    days = {str(one.answers.get(schedule.match)): one.day for one in done}
    found = [_milestone(schedule, item, anchor, days, setting) for item in schedule.items if item.code not in days]
    return [one for one in found if one is not None]


def _milestone(schedule: Milestones, item: Milestone, anchor: date, done: Mapping[str, date], setting: Setting) -> Due | None:
    """``None`` while the milestone it follows is not reached, or when it does not concern this person."""
    parameters = dict(setting.parameters)
    if (item.follows and item.follows not in done) or not setting.holds(item.when, {}):
        return None
    day = item.at.after(anchor, parameters)
    if item.follows and item.gap:
        day = max(day, item.gap.after(done[item.follows], parameters))
    until = item.until.after(anchor, parameters) if item.until else None
    return Due(schedule.code, item.code, f"{schedule.label} {item.label}", schedule.lead.before(day, parameters), day, until)
