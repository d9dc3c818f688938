"""Beds that stand open: the registered beds of every institution, day by day, as denominator of bed use and turnover."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select

from health_platform.engine.api import Desk
from registry.resources.api import Resource

BED = "bed"


def bed_days(desk: Desk, period: Any, by: str) -> Mapping[str, Decimal]:
    """Open beds × days of the period, by recorded division code, institution id, or in all ("") as ``by`` says.

    Only what the caller may see is counted, as with the bed days in use. A change of number counts from its day on.
    """
    bed = (Resource.kind == BED, Resource.valid_from <= period.end)
    rows = desk.session.scalars(select(Resource).where(*bed, or_(Resource.valid_to.is_(None), Resource.valid_to > period.start)))
    found: dict[str, Decimal] = {}
    for row in rows:
        key = {"division": row.division_code or "", "institution": str(row.institution_id)}.get(by, "")
        found[key] = found.get(key, Decimal(0)) + row.quantity * days_open(row.valid_from, row.valid_to, period)
    return found


def days_open(first: date, until: date | None, period: Any) -> int:
    """Days of the period from ``first`` until before ``until``."""
    begin: date = max(first, period.start)
    end: date = min(until or date.max, period.end + timedelta(days=1))
    return max(0, (end - begin).days)


def mean_beds(desk: Desk, period: Any, by: str) -> Mapping[str, Decimal]:
    """Open bed days divided by the days of the period: 平均开放床位."""
    length = (period.end - period.start).days + 1
    return {key: round(value / length, 2) for key, value in bed_days(desk, period, by).items()}
