"""Making the summary of a person: which rows of the warehouse it keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from health_platform.kernel import clock
from health_platform.kernel.warehouse.api import Warehouse, load_query
from health_platform.records.definitions.limits import CRITICAL_SHOWN, LABS_SHOWN
from health_platform.records.flags import RAISED, flag_of
from health_platform.records.freshness import Reach
from health_platform.records.gauges import OBSERVED, tells
from health_platform.records.labs import rank_of
from health_platform.records.rows import EventRow, milliseconds, row_of
from health_platform.records.summary import Pair, Summary, Tally
from health_platform.records.values import Section
from health_platform.records.wording import plain

Owned = dict[int, list[list[Any]]]

_ROWS = load_query(__package__, "summary_rows.sql")
_LABS = load_query(__package__, "summary_labs.sql")
_REACH = load_query(__package__, "event_reach.sql")
_MONTHS = load_query(__package__, "event_months.sql")

_KEPT = (
    Section.PROBLEM, Section.ALLERGY, Section.VISIT, Section.EXAM, Section.DRUG, Section.SERVICE,
    Section.VACCINATION, Section.OPERATION, Section.LAB_REPORT,
)  # fmt: skip
_PER_SECTION = 60
_LASTING_LIMIT = 2_000
_PER_ITEM = 8
_PER_GAUGE = 3  # the newest may not be for every caller
_LAB_LIMIT = 10_000
_LASTING = (Section.PROBLEM, Section.ALLERGY)
"""What an old report must not drop out of because newer ones are many: of every different entry some are kept."""
_LISTED_KEPT = 24  # some may be reports of one event, or not for every caller
_SUMMED = (Section.PROBLEM, Section.ALLERGY, Section.DRUG)


def unbroken(section: Section) -> int:
    """How many of the newest rows of a section a summary keeps for certain, none missing between them."""
    if section not in _KEPT:
        return 0
    return _PER_SECTION if section in _SUMMED else _LISTED_KEPT


def build(warehouse: Warehouse, pairs: Sequence[Pair]) -> Summary:
    """What the overview of one person needs."""
    return build_all(warehouse, [pairs])[0]


def build_all(warehouse: Warehouse, persons: Sequence[Sequence[Pair]]) -> list[Summary]:
    """What the overviews of some persons need, each given by its pairs: four queries for all of them together.

    Raises:
        ValueError: two of the persons share a patient key, so that its rows would be told to one of them only.
    """
    built_at = clock.now()
    keys = [key for pairs in persons for _, key in pairs]
    if len(set(keys)) < len({(number, key) for number, pairs in enumerate(persons) for _, key in pairs}):
        raise ValueError("two persons share a patient key")
    rows, labs, reaches, months = _read(warehouse, persons, built_at) if keys else ({}, {}, {}, {})
    return [
        Summary(
            rows=(*_trimmed(map(row_of, rows.get(number, ()))), *_telling(list(map(row_of, labs.get(number, ()))))),
            reaches=tuple(Reach(*row) for row in reaches.get(number, ())),
            tallies=_tallies(months.get(number, ())),
            built_at=built_at,
        )
        for number in range(len(persons))
    ]


def _read(warehouse: Warehouse, persons: Sequence[Sequence[Pair]], now: datetime) -> tuple[Owned, Owned, Owned, Owned]:
    """Rows, laboratory rows, reaches and months by the number of the person they belong to."""
    named = [(pair, number) for number, pairs in enumerate(persons) for pair in pairs]
    whose = {
        "pairs": tuple(pair for pair, _ in named),
        "keys": [key for (_, key), _ in named],
        "owners": [number for _, number in named],
    }
    kept = {"sections": list(_KEPT), "lasting": list(_LASTING), "per_section": _PER_SECTION, "limit": _LASTING_LIMIT}
    since = milliseconds(now - CRITICAL_SHOWN)
    tested = {"per_item": _PER_ITEM, "recent_since": since, "limit": _LAB_LIMIT, "observed": OBSERVED}
    return (
        _owned(warehouse.query(_ROWS, {**whose, **kept})),
        _owned(warehouse.query(_LABS, {**whose, **tested})),
        _owned(warehouse.query(_REACH, whose)),
        _owned(warehouse.query(_MONTHS, {**whose, "raised": RAISED})),
    )


def _owned(rows: Iterable[tuple[Any, ...]]) -> Owned:
    """The rows by their first column, without it."""
    owned: Owned = {}
    for owner, *row in rows:
        owned.setdefault(owner, []).append(row)
    return owned


def _trimmed(rows: Iterable[EventRow]) -> Iterator[EventRow]:
    """Of sections that are only listed, not summed up, the newest few."""
    kept: Counter[str] = Counter()
    for row in rows:
        kept[row.section] += 1
        if row.section in _SUMMED or kept[row.section] <= _LISTED_KEPT:
            yield row


def _telling(rows: Sequence[EventRow]) -> list[EventRow]:
    """Results of the items an overview may show, what tells how a problem stands, and every critical result."""
    items: Counter[str] = Counter(plain(row.title) for row in rows if row.section == Section.LAB)
    first = sorted(items, key=lambda item: (rank_of(item), -items[item], item))[: 2 * LABS_SHOWN]
    kept: Counter[tuple[str, str]] = Counter()
    telling = []
    for row in rows:
        item = (plain(row.title), row.unit)
        kept[item] += 1
        shown = item[0] in first and kept[item] <= _PER_ITEM
        if shown or (kept[item] <= _PER_GAUGE and tells(row.title)) or _is_critical(row):
            telling.append(row)
    return telling


def _is_critical(row: EventRow) -> bool:
    return flag_of(row.title, row.value, row.unit, row.flag) in ("hh", "ll")


def _tallies(rows: Iterable[Sequence[Any]]) -> tuple[Tally, ...]:
    """Month by month counts, in columns by what decides whether a caller may see them."""
    columns: dict[tuple[str, str, str, str], list[tuple[int, int, int]]] = {}
    for month, section, sensitive, division, line, events, abnormal in rows:
        columns.setdefault((section, sensitive, division, line), []).append((month, events, abnormal))
    return tuple(_tally(*of, counts=sorted(counts)) for of, counts in sorted(columns.items()))


def _tally(section: str, sensitive: str, division: str, line: str, counts: Sequence[tuple[int, int, int]]) -> Tally:
    months, events, abnormal = zip(*counts, strict=True)
    return Tally(section, sensitive, division, line, months, events, abnormal)
