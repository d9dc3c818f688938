"""Counting what each upload brought, per dataset, and adding it up per institution, dataset and day.

A batch remembers what it was counted as. When it is replayed, only the difference is added to the day, so that running a
batch again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.checking import Prepared, Rejected
from etl.frames import milliseconds
from etl.loading import Loaded
from etl.models import Batch, DayFigures
from health_platform.datasets.api import Dataset, catalogue
from health_platform.kernel import clock

DAY_MS: Final = 86_400_000
BEIJING_MS: Final = 8 * 3_600_000


@dataclass
class Figures:
    """Rows of one dataset in one batch. ``delay`` is milliseconds from event to receipt, summed over the rows."""

    loaded: int = 0
    deleted: int = 0
    superseded: int = 0
    rejected: int = 0
    late: int = 0
    unmapped: int = 0
    delay: int = 0


BatchFigures = dict[int, dict[str, Figures]]


def figures(prepared: Sequence[Prepared], loaded: Sequence[Loaded]) -> BatchFigures:
    """What every batch of a load brought: batch id → dataset → figures."""
    found: BatchFigures = {each.batch.id: {} for each in prepared}
    for each in loaded:
        _count_rows(found, each)
    for row in rejections(prepared, loaded):
        _of(found, row.batch.id, row.dataset).rejected += 1
    return found


def rejections(prepared: Sequence[Prepared], loaded: Sequence[Loaded]) -> list[Rejected]:
    """All rows of a load that were not loaded: refused by the check, or waiting for a parent."""
    refused = [row for part in prepared for row in part.rejected]
    return refused + [row for part in loaded for row in part.rejected]


def record(days: Days, batch: Batch, found: Mapping[str, Figures]) -> None:
    """Write a batch's totals, and add what is new to its day."""
    before = {name: Figures(*values) for name, values in (batch.figures or {}).items()}
    day = clock.local(batch.received_at).date()
    counted = {name: _again(before.get(name), found.get(name, Figures())) for name in before.keys() | found.keys()}
    for name in sorted(counted):
        if name in catalogue():
            _add(days.of(batch, name, day), before.get(name), counted[name])
    batch.figures = {name: list(astuple(each)) for name, each in counted.items()}
    totals = counted.values()
    batch.loaded_count = sum(each.loaded for each in totals)
    batch.deleted_count = sum(each.deleted for each in totals)
    batch.superseded_count = sum(each.superseded for each in totals)
    batch.rejected_count = sum(each.rejected for each in totals)
    batch.late_count = sum(each.late for each in totals)


def _again(before: Figures | None, now: Figures) -> Figures:
    """Figures of a repeated run: what counts is which rows got out of quarantine, not what newer uploads overtook since."""
    if before is None:
        return now
    released = before.rejected - now.rejected
    unmapped = before.unmapped if now.superseded else now.unmapped
    return replace(before, loaded=before.loaded + released, rejected=now.rejected, unmapped=unmapped)


def _of(found: BatchFigures, batch_id: int, dataset: str) -> Figures:
    return found[batch_id].setdefault(dataset, Figures())


def _count_rows(found: BatchFigures, loaded: Loaded) -> None:
    name, whole = loaded.dataset.name, loaded.whole
    for batch_id, count in loaded.superseded.items():
        _of(found, batch_id, name).superseded += count
    for batch_id, count in loaded.unmapped_rows.items():
        _of(found, batch_id, name).unmapped += count
    dated = bool(loaded.dataset.time) or loaded.dataset.parent is not None
    received: dict[int, int] = {}
    for batch, event, first, end in zip(whole.batches, whole.times, whole.first_received, whole.deletes, strict=True):
        counted = _of(found, batch.id, name)
        if end:
            counted.deleted += 1
            continue
        counted.loaded += 1
        if dated:
            at = received.get(batch.id) or received.setdefault(batch.id, milliseconds(batch.received_at))
            counted.delay += max(at - event, 0)
            counted.late += first > due_at(loaded.dataset, event)


def due_at(dataset: Dataset, event: int) -> int:
    """Epoch milliseconds until which a row about ``event`` is on time; as ``Deadline.due_at``, in whole numbers."""
    due = dataset.due
    if due.delay is not None:
        return event + int(due.delay.total_seconds() * 1000)
    return ((event + BEIJING_MS) // DAY_MS + 1 + (due.days or 0)) * DAY_MS - BEIJING_MS


def local_days(times: Iterable[int]) -> list[str]:
    """The Beijing calendar days (ISO) of epoch milliseconds, in order."""
    numbers = sorted({(time + BEIJING_MS) // DAY_MS for time in times})
    return [date.fromordinal(date(1970, 1, 1).toordinal() + number).isoformat() for number in numbers]


class Days:
    """The rows of :class:`DayFigures` that a load adds to, each read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[int, str, date], DayFigures] = {}

    def of(self, batch: Batch, dataset: str, day: date) -> DayFigures:
        """The figures of the batch's institution for one dataset and day."""
        key = (batch.institution_id, dataset, day)
        if key not in self._known:
            self._known[key] = self._read(*key) or self._begun(batch, dataset, day)
        return self._known[key]

    def _read(self, institution_id: int, dataset: str, day: date) -> DayFigures | None:
        wanted = (DayFigures.institution_id == institution_id, DayFigures.dataset == dataset, DayFigures.day == day)
        return self._session.scalar(select(DayFigures).where(*wanted))

    def _begun(self, batch: Batch, dataset: str, day: date) -> DayFigures:
        zero = dict.fromkeys(("batches", "loaded", "deleted", "rejected", "late", "unmapped", "delay_seconds"), 0)
        row = DayFigures(
            institution_id=batch.institution_id,
            division_code=batch.division_code,
            line_code=catalogue()[dataset].line,
            dataset=dataset,
            day=day,
            **zero,
        )
        self._session.add(row)
        self._session.flush()
        return row


def _add(day: DayFigures, before: Figures | None, now: Figures) -> None:
    old = before or Figures()
    day.batches += before is None
    day.loaded += now.loaded - old.loaded
    day.deleted += now.deleted - old.deleted
    day.rejected += now.rejected - old.rejected
    day.late += now.late - old.late
    day.unmapped += now.unmapped - old.unmapped
    day.delay_seconds += now.delay // 1000 - old.delay // 1000
