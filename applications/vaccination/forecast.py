"""How many doses of which vaccine a unit will need, month by month: what is planned, and what follows from it in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from sqlalchemy import select

from applications.vaccination.definition import APPLICATION, REGISTER
from applications.vaccination.programme import CONDITIONAL, MILESTONES, VACCINES
from health_platform.engine.api import Desk, Enrolment, Milestone, Task
from health_platform.engine.definitions.naming import add_months
from health_platform.kernel import clock

_NEXT: dict[str, list[Milestone]] = {}
for _item in MILESTONES:
    _NEXT.setdefault(_item.follows, []).append(_item)


@dataclass(frozen=True)
class Planned:
    """A dose somebody is due, with what decides the doses after it."""

    institution_id: int
    dose: str
    due_on: date
    birth_date: date | None


@dataclass(frozen=True)
class Need:
    """Doses of a vaccine a unit needs in a month; ``order`` adds the wastage and is rounded up."""

    institution_id: int
    institution_name: str
    vaccine: str
    month: date
    doses: int
    order: int


def expected(planned: Planned, first: date, last: date) -> Iterator[tuple[str, date]]:
    """The dose and those that follow it up to ``last``, each given on the day it is due, an overdue one on ``first``.

    Doses whose condition depends on the person (HPV) follow only once they are planned themselves.
    """
    given_on = max(planned.due_on, first)
    if given_on > last:
        return
    yield planned.dose, given_on
    for item in _NEXT.get(planned.dose, []):
        if planned.birth_date is None or item.code in CONDITIONAL:
            continue
        day = item.at.after(planned.birth_date, {})
        if item.gap:
            day = max(day, item.gap.after(given_on, {}))
        yield from expected(Planned(planned.institution_id, item.code, day, planned.birth_date), first, last)


def counted(plans: Iterable[Planned], first: date, months: int) -> Counter[tuple[int, str, date]]:
    """Doses by unit, vaccine and month; what is overdue falls into the first month."""
    last = date.fromordinal(add_months(first, months).toordinal() - 1)
    found: Counter[tuple[int, str, date]] = Counter()
    for plan in plans:
        for dose, day in expected(plan, first, last):
            found[plan.institution_id, dose.rsplit("_", 1)[0], day.replace(day=1)] += 1
    return found


def forecast(desk: Desk, months: int) -> list[Need]:
    """The needs of the units in the caller's scope for this month and those after it."""
    query = select(Task, Enrolment.birth_date).join(Enrolment, Enrolment.id == Task.enrolment_id)
    rows = desk.session.execute(query.where(Task.register == REGISTER.code)).all()
    plans = [Planned(task.institution_id or 0, task.item or "", task.due_on, birth) for task, birth in rows]
    found = counted(plans, clock.today().replace(day=1), months)
    names = desk.institution_names(sorted({unit for unit, _, _ in found}))
    wastage = desk.parameters(APPLICATION, desk.principal.division_code)["wastage"]
    return [
        Need(unit, names.get(unit, str(unit)), VACCINES.get(vaccine, vaccine), month, doses, _order(doses, wastage))
        for (unit, vaccine, month), doses in sorted(found.items(), key=lambda item: (item[0][0], item[0][2], item[0][1]))
    ]


def _order(doses: int, wastage: Decimal) -> int:
    return int((doses * wastage).to_integral_value(ROUND_CEILING))
