"""Laboratory results over time: series per item and unit, the key ones first, and the cumulative grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from health_platform.kernel.clock import local
from health_platform.records.definitions.limits import KEY_LABS
from health_platform.records.flags import number_of
from health_platform.records.values import Event, LabGrid, LabPoint, LabSeries
from health_platform.records.wording import plain

_RANK = {plain(name): rank for rank, names in enumerate(KEY_LABS) for name in names}
_NAMES = {plain(name): names[0] for names in KEY_LABS for name in names}


def series_of(events: Iterable[Event]) -> tuple[LabSeries, ...]:
    """Series from laboratory events: key items first in their order, then the most measured.

    Synonyms of key items are one item; results in different units stay apart.
    """
    groups: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        groups.setdefault((item_of(event), plain(event.unit)), []).append(event)
    made = [_series(group) for group in groups.values()]
    return tuple(sorted(made, key=lambda one: (rank_of(one.name), -len(one.points), one.name, one.unit)))


def item_of(event: Event) -> str:
    """What makes results comparable: the key item by any of its names, else the code, else the name."""
    name = plain(event.title)
    return plain(_NAMES[name]) if name in _NAMES else event.code or name


def rank_of(name: str) -> int:
    """Place of an item among the key items; others come after all of them."""
    return _RANK.get(plain(name), len(KEY_LABS))


def grid_of(events: Sequence[Event], days: int) -> LabGrid:
    """The cumulative grid of the newest ``days`` days on which anything was measured.

    Of several results of one item on one day the latest is shown; a critical one is never hidden behind it.
    """
    dates = sorted({local(event.time).date() for event in events}, reverse=True)[:days]
    rows = []
    for series in series_of(events):
        cells: dict[date, LabPoint] = {}
        for point in reversed(series.points):
            day = local(point.time).date()
            if day not in cells or cells[day].flag not in ("hh", "ll") or point.flag in ("hh", "ll"):
                cells[day] = point
        if any(day in cells for day in dates):
            rows.append((series, tuple(cells.get(day) for day in dates)))
    return LabGrid(tuple(dates), tuple(rows))


def _series(group: list[Event]) -> LabSeries:
    newest_first = sorted(group, key=lambda event: event.time, reverse=True)
    newest = newest_first[0]
    return LabSeries(
        code=newest.code or newest.title,
        name=newest.title,
        unit=newest.unit,
        points=tuple(point_of(event) for event in newest_first),
        confidential=next((event.confidential for event in group if event.confidential), ""),
    )


def point_of(event: Event) -> LabPoint:
    """One result with the range of its own source."""
    low, _, high = event.normal.partition("–")
    return LabPoint(
        ref=event.ref,
        time=event.time,
        value=event.value,
        number=event.number,
        flag=event.flag,
        normal=event.normal,
        institution=event.institution,
        low=number_of(low.removeprefix("≥")) if not low.startswith("≤") else None,
        high=number_of(high) if high else number_of(low.removeprefix("≤")) if low.startswith("≤") else None,
    )
