"""Population figures: entered per division and year, taken where they were entered or added up from below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from health_platform.engine.definitions.application import Application
from health_platform.engine.definitions.indicators import Population
from health_platform.engine.desk import Desk
from health_platform.engine.models import Figure
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid, NotFound
from health_platform.kernel.ids import new_id

LEVELS = (2, 4, 6, 9, 12)


@dataclass(frozen=True)
class Figures:
    """The figures of one population in one year, by division prefix."""

    values: Mapping[str, int]

    def of(self, prefix: str) -> int | None:
        """The figure of a division: its own, else the sum of those entered below it; ``None`` when there are none."""
        if prefix in self.values:
            return self.values[prefix]
        below = [code for code in self.values if code.startswith(prefix) and code != prefix]
        top = [code for code in below if not any(other != code and code.startswith(other) for other in below)]
        return sum(self.values[code] for code in top) if top else None


def figures_of(desk: Desk, population: str, year: int) -> Figures:
    """The figures the caller may see."""
    rows = desk.session.scalars(select(Figure).where(Figure.population == population, Figure.year == year))
    return Figures({prefix_of(row.division_code or ""): row.value for row in rows})


def prefix_of(code: str) -> str:
    """``411525000000`` → ``411525``: the shortest level prefix that carries the whole code."""
    return next((code[:length] for length in LEVELS if not code[length:].strip("0")), code)


def expected(desk: Desk, application: Application, population: Population, figures: Figures, prefix: str) -> Decimal | None:
    """The figure of a division, times the rate in force there."""
    value = figures.of(prefix)
    if value is None:
        return None
    rate = desk.parameters(application, prefix)[population.rate] if population.rate else Decimal(1)
    return value * rate


def enter(desk: Desk, population: str, division_code: str, year: int, value: int) -> Figure:
    """Enter or change a figure.

    Raises:
        Invalid: it is negative. NotFound: the division is not the caller's.
    """
    if value < 0:
        raise Invalid("engine.figure", value=value)
    code = division_code.ljust(12, "0")
    if not desk.principal.scope.covers_division(code):
        raise NotFound("request.not_found")
    mine = (Figure.population == population, Figure.year == year, Figure.division_code == code)
    row = desk.session.scalar(select(Figure).where(*mine))
    if row is None:
        row = Figure(id=new_id(), population=population, year=year, division_code=code)
        desk.session.add(row)
    row.value, row.changed_at, row.changed_by = value, clock.now(), desk.principal.name
    desk.session.flush()
    return row


def listed(desk: Desk, application: Application, year: int) -> list[Figure]:
    """The figures of an application's populations of a year."""
    codes = [one.code for one in application.populations]
    query = select(Figure).where(Figure.population.in_(codes), Figure.year == year)
    return list(desk.session.scalars(query.order_by(Figure.population, Figure.division_code)))
