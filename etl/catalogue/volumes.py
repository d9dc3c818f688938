"""How much there is of each dataset, where it came from and how fresh it is; measured in the warehouse, kept per institution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from etl.catalogue.models import DatasetVolume
from health_platform.datasets.api import Dataset, catalogue
from health_platform.kernel import clock
from health_platform.kernel.cache import cacheable
from health_platform.kernel.giving_way import give_way
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import Warehouse, WarehouseFailed

EVERY: Final = timedelta(hours=1)
_MEASURED: Final = "institution, any(division_code), source, count(), min(event_time), max(event_time), max(received_at)"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Volume:
    """What the caller may see of one dataset. Times are aware UTC; None without rows or, for registers, without events."""

    dataset: str
    rows: int = 0
    institutions: int = 0
    first_event: datetime | None = None
    last_event: datetime | None = None
    last_received: datetime | None = None
    measured_at: datetime | None = None


@dataclass(frozen=True)
class Supply:
    """Rows of one way in: the beginning of a lineage."""

    source: str
    institutions: int
    rows: int
    last_received: datetime | None


def measure(platform: Platform) -> None:
    """Count every dataset anew. A dataset that cannot be counted keeps its last figures."""
    for definition in catalogue().values():
        try:
            found = _count(platform.warehouse, definition)
        except WarehouseFailed:
            continue  # its table is not there yet
        with platform.database.unit_of_work(system_scope("catalogue volumes")) as session:
            _keep(session, definition, found)
        give_way()


@cacheable("catalogue.volumes", "数据资源的数据量", ())
def volumes(session: Session) -> Mapping[str, Volume]:
    """By dataset, over the institutions the session may see."""
    row = DatasetVolume
    statement = select(
        row.dataset, func.sum(row.row_count), func.count(func.distinct(row.institution_id)), func.min(row.first_event),
        func.max(row.last_event), func.max(row.last_received), func.max(row.measured_at),
    ).group_by(row.dataset)  # fmt: skip
    return {name: Volume(name, int(rows), units, *times) for name, rows, units, *times in session.execute(statement)}


def supplies(session: Session, name: str) -> list[Supply]:
    """The ways in of one dataset, the busiest first."""
    row = DatasetVolume
    statement = (
        select(row.source, func.count(func.distinct(row.institution_id)), func.sum(row.row_count), func.max(row.last_received))
        .where(row.dataset == name)
        .group_by(row.source)
    )
    found = [Supply(source, units, int(rows), last) for source, units, rows, last in session.execute(statement)]
    return sorted(found, key=lambda one: (-one.rows, one.source))


def by_institution(session: Session, name: str) -> Sequence[DatasetVolume]:
    """The measured rows of one dataset, the largest first."""
    return session.scalars(
        select(DatasetVolume).where(DatasetVolume.dataset == name).order_by(DatasetVolume.row_count.desc(), DatasetVolume.id)
    ).all()


def _count(warehouse: Warehouse, definition: Dataset) -> list[tuple[Any, ...]]:
    """(institution, division, way in, rows, first and last event, last receipt); the table's name comes from the definition."""
    table = warehouse.place.table(definition.name)
    statement = f"SELECT {_MEASURED} FROM {table} FINAL GROUP BY institution, source"  # noqa: S608 a name of a definition
    return warehouse.execute(statement, settings={"do_not_merge_across_partitions_select_final": 1})


def _keep(session: Session, definition: Dataset, found: list[tuple[Any, ...]]) -> None:
    session.execute(delete(DatasetVolume).where(DatasetVolume.dataset == definition.name))
    now, dated = clock.now(), bool(definition.time) or definition.parent is not None
    for institution, division, source, rows, first, last, received in found:
        session.add(
            DatasetVolume(
                dataset=definition.name, institution_id=institution, division_code=division, line_code=definition.line,
                source=source or "unknown", row_count=rows, first_event=_moment(first) if dated else None,
                last_event=_moment(last) if dated else None, last_received=_moment(received), measured_at=now,
            )
        )  # fmt: skip


def _moment(value: datetime) -> datetime | None:
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return None if aware <= _EPOCH else aware
