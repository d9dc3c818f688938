"""What came when, and how late: the figures of days, by institution, by its datasets, or by the days of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from etl.channels import label_of
from etl.models import DayFigures
from health_platform.datasets.api import catalogue

_SUMMED: Final = ("batches", "loaded", "deleted", "rejected", "late", "unmapped", "delay_seconds")


@dataclass(frozen=True)
class Span:
    """Which figures: days (both included), and as far as given one institution and one dataset."""

    first: date
    last: date
    institution_id: int | None = None
    dataset: str = ""


@dataclass(frozen=True)
class Standing:
    """The rows of one line.

    Attributes:
        dataset, label: "" over several datasets.
        due: the dataset's deadline as the field writes it (实时, 2小时, T+1); "" over several datasets.
        last_day: the last day on which anything came.
        late: rows that came after their deadline.
        delay_minutes: mean time from event to receipt; None when no row came.
    """

    institution_id: int
    dataset: str
    label: str
    due: str
    last_day: date
    batches: int
    loaded: int
    deleted: int
    rejected: int
    late: int
    unmapped: int
    delay_minutes: int | None

    @property
    def late_percent(self) -> float | None:
        """Share of the rows that came late, in percent."""
        return round(100 * self.late / self.loaded, 1) if self.loaded else None


def standings(session: Session, span: Span) -> list[Standing]:
    """One line per institution; of one institution per dataset; of one dataset per institution and day, newest first."""
    return [_standing(row) for row in session.execute(_query(span)).mappings()]


def _query(span: Span) -> Select[Any]:
    lines: list[Any] = [DayFigures.institution_id]
    if span.dataset or span.institution_id is not None:
        lines.append(DayFigures.dataset)
    by_day = [DayFigures.day] if span.dataset else []
    sums = [func.sum(getattr(DayFigures, name)).label(name) for name in _SUMMED]
    wanted = [DayFigures.day >= span.first, DayFigures.day <= span.last]
    if span.institution_id is not None:
        wanted.append(DayFigures.institution_id == span.institution_id)
    if span.dataset:
        wanted.append(DayFigures.dataset == span.dataset)
    query = select(*lines, *sums, func.max(DayFigures.day).label("last_day")).where(*wanted)
    return query.group_by(*lines, *by_day).order_by(*lines, *(day.desc() for day in by_day))


def _standing(row: Mapping[Any, Any]) -> Standing:
    name = row.get("dataset", "")
    known = catalogue().get(name)
    counts = {each: int(row[each] or 0) for each in _SUMMED}
    seconds, loaded = counts.pop("delay_seconds"), counts["loaded"]
    return Standing(
        institution_id=row["institution_id"],
        dataset=name,
        label=label_of(name) if name else "",
        due=known.due.label if known else "",
        last_day=row["last_day"],
        delay_minutes=seconds // loaded // 60 if loaded else None,
        **counts,
    )
