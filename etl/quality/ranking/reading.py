"""The ranking as it stands now, from the monthly scores stored after each check: a few small relational reads, within scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from etl.models import CORRECTED, DISCARDED, OVERTAKEN, REPLAYED, QuarantinedRow
from etl.quality.models import MonthScore
from etl.quality.ranking.composing import Facts, Standing, Unit, compose, county_standings, ranked
from etl.quality.ranking.definitions import PARTS, group_of, level_of
from health_platform.kernel import parameters
from health_platform.kernel.cache import cacheable
from health_platform.kernel.clock import LOCAL_ZONE
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import scope_of
from registry.api import Institution, division_names

_MENDED: Final = (CORRECTED, REPLAYED, OVERTAKEN, DISCARDED)


@dataclass(frozen=True)
class Months:
    """Whole months from ``first`` (its first day) on, ``count`` of them: 1 a month, 3 a quarter, 12 a year."""

    first: date
    count: int = 1

    def each(self) -> list[date]:
        """First days of the months."""
        return [_moved(self.first, at) for at in range(self.count)]

    def before(self) -> Months:
        """As many months before these."""
        return Months(_moved(self.first, -self.count), self.count)

    @property
    def last(self) -> date:
        """Last day."""
        return _moved(self.first, self.count) - timedelta(days=1)

    @property
    def label(self) -> str:
        """Chinese name, such as 2026年3月 or 2026年1–3月."""
        first, last = self.first, self.each()[-1]
        if self.count == 1:
            return f"{first.year}年{first.month}月"
        if self.count == 12 and first.month == 1:
            return f"{first.year}年"
        end = f"{last.month}月" if last.year == first.year else f"{last.year}年{last.month}月"
        return f"{first.year}年{first.month}–{end}"


@cacheable("ranking.standings", "数据质量排名", ("months",))
def standings(platform: Platform, session: Session, months: Months) -> tuple[Standing, ...]:
    """All ranked units in scope, institutions and counties, compared with the period before."""
    weights = {name: Decimal(parameters.value(session, platform, f"ranking.weight.{name}")) for name in PARTS}
    units = _units(session)
    earlier = months.before()
    scores, before, long_before = _scores(session, months), _scores(session, earlier), _scores(session, earlier.before())
    past = _ranked(units, before, long_before, _quarantine(session, earlier), weights)
    return ranked(_composed(units, scores, before, _quarantine(session, months), weights), past)


def only(found: Sequence[Standing], group: str = "", level: str = "", county: str = "") -> list[Standing]:
    """The standings of one group, level and county (six digits)."""
    return [
        each
        for each in found
        if (not group or each.unit.group == group)
        and (not level or each.unit.level == level)
        and (not county or each.unit.division.startswith(county))
    ]


def institution_units(session: Session) -> list[Unit]:
    """The ranked institutions in scope."""
    return _units(session)


@dataclass(frozen=True)
class _Scored:
    total: Decimal
    coverage: Decimal
    rows: int


def _units(session: Session) -> list[Unit]:
    columns = (
        Institution.id,
        Institution.name,
        Institution.category,
        Institution.grade,
        Institution.division_code,
        Institution.parent_id,
    )
    every = session.execute(select(*columns).where(Institution.state == "active").order_by(Institution.id))
    scope = scope_of(session)  # the register is open to units of the same county; scores of others are not
    found = [row for row in every if scope.covers_institution(row.id)]
    counties = {f"{(row.division_code or '')[:6]}000000" for row in found}
    names = division_names(session, counties)
    return [
        Unit(
            row.id,
            row.name,
            group,
            level_of(row.grade),
            row.division_code or "",
            names.get(f"{(row.division_code or '')[:6]}000000", ""),
        )
        for row in found
        if (group := group_of(row.category)) and not (row.category.startswith("D") and row.parent_id)
    ]  # a village clinic uploads through the township hospital that runs it


def _scores(session: Session, months: Months) -> dict[int, _Scored]:
    """Means over the months of the stored scores; a month without a score counts as zero."""
    row = MonthScore
    statement = (
        select(row.institution_id, func.sum(row.total), func.sum(row.coverage), func.sum(row.row_count))
        .where(row.month >= months.first, row.month <= months.last)
        .group_by(row.institution_id)
    )
    return {
        unit: _Scored(Decimal(str(total)) / months.count, Decimal(str(coverage)) / months.count, int(rows))
        for unit, total, coverage, rows in session.execute(statement)
    }


def _quarantine(session: Session, months: Months) -> dict[int, tuple[int, int]]:
    """Institution → (rows quarantined in the period, those dealt with)."""
    row = QuarantinedRow
    first = datetime.combine(months.first, time(), LOCAL_ZONE)
    end = datetime.combine(months.last + timedelta(days=1), time(), LOCAL_ZONE)
    statement = (
        select(row.institution_id, func.count(row.id), func.sum(case((row.state.in_(_MENDED), 1), else_=0)))
        .where(row.created_at >= first, row.created_at < end)
        .group_by(row.institution_id)
    )
    return {unit: (count, int(done)) for unit, count, done in session.execute(statement)}


def _ranked(
    units: Sequence[Unit], scores: Mapping[int, _Scored], before: Mapping[int, _Scored],
    quarantine: Mapping[int, tuple[int, int]], weights: Mapping[str, Decimal],
) -> tuple[Standing, ...]:  # fmt: skip
    """The ranking of a period that has scores at all; nothing is compared with a time before the platform."""
    return ranked(_composed(units, scores, before, quarantine, weights)) if scores else ()


def _composed(
    units: Sequence[Unit], scores: Mapping[int, _Scored], before: Mapping[int, _Scored],
    quarantine: Mapping[int, tuple[int, int]], weights: Mapping[str, Decimal],
) -> list[Standing]:  # fmt: skip
    found = []
    for unit in units:
        now, past = scores.get(unit.institution_id), before.get(unit.institution_id)
        quarantined, mended = quarantine.get(unit.institution_id, (0, 0))
        facts = Facts() if now is None else Facts(
            now.total, now.coverage, now.rows, quarantined, mended, past.total if past else None
        )  # fmt: skip
        found.append(compose(unit, facts, weights))
    return [*found, *county_standings(found)]


def _moved(month: date, by: int) -> date:
    at = month.year * 12 + month.month - 1 + by
    return date(at // 12, at % 12 + 1, 1)
