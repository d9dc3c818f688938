"""The summary of a person: which rows it keeps, and the overview one caller gets from it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from health_platform.kernel import clock
from health_platform.kernel.warehouse.api import Warehouse, load_query
from health_platform.records.definitions.limits import LABS_SHOWN, POINTS_SHOWN
from health_platform.records.flags import RAISED, flag_of
from health_platform.records.freshness import Reach, freshness_of
from health_platform.records.gauges import OBSERVED, gauged, tells
from health_platform.records.labs import rank_of, series_of
from health_platform.records.medications import medications_of
from health_platform.records.problems import allergies_of, family_of, problems_of
from health_platform.records.rows import EventRow, local_day, milliseconds, moment, row_of
from health_platform.records.shaping import events_of
from health_platform.records.values import SECTIONS, Event, Freshness, LabSeries, LifeMark, Overview, Section, Withheld
from health_platform.records.visibility import Counted, Fate, View, withheld
from health_platform.records.wording import plain

Pair = tuple[int, int]
Owned = dict[int, list[list[Any]]]
FORM = 6
"""Grows when the stored form of a summary changes; rows of another form are made anew when they are read."""

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
_CRITICAL_SHOWN = timedelta(days=180)
"""No result of this time may be missed by the summary: a critical one is shown this long."""
_LASTING = (Section.PROBLEM, Section.ALLERGY)
"""What an old report must not drop out of because newer ones are many: of every different entry some are kept."""
_LISTED = 6
_LISTED_KEPT = 24  # some may be reports of one event, or not for every caller
_SUMMED = (Section.PROBLEM, Section.ALLERGY, Section.DRUG)
_MEASURED = (Section.LAB, Section.OBSERVATION)
_DEATH_DATASET = "emr_death_info"


class Month(NamedTuple):
    """How many events of one section, class, division and line one local month holds. ``month`` is yyyymm."""

    month: int
    section: str
    sensitive: str
    division: str
    line: str
    events: int
    abnormal: int


@dataclass(frozen=True)
class Summary:
    """What is kept of a person, of every division and class; ``built_at`` aware UTC."""

    rows: tuple[EventRow, ...]
    reaches: tuple[Reach, ...]
    months: tuple[Month, ...]
    built_at: datetime

    def content(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "form": FORM,
            "rows": [list(row) for row in self.rows],
            "reaches": [list(vars(reach).values()) for reach in self.reaches],
            "months": [list(month) for month in self.months],
        }


@dataclass(frozen=True)
class Background:
    """What an overview needs beside the summary: institution names and, where known, their last uploads."""

    names: Mapping[int, str]
    known: Mapping[int, str]
    last_uploads: Mapping[int, datetime]


def pairs_digest(pairs: Iterable[Pair]) -> str:
    """A fingerprint of whose rows belong to a person."""
    text = ";".join(f"{shelf},{key}" for shelf, key in sorted(pairs))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


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
            months=tuple(Month(*row) for row in months.get(number, ())),
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
    since = milliseconds(now - _CRITICAL_SHOWN)
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


def restored(content: Mapping[str, Any], built_at: datetime) -> Summary:
    """A summary from its stored form."""
    return Summary(
        rows=tuple(row_of(row) for row in content["rows"]),
        reaches=tuple(Reach(*row) for row in content["reaches"]),
        months=tuple(Month(*row) for row in content["months"]),
        built_at=built_at,
    )


def overview(person_id: int, summary: Summary, view: View, background: Background) -> Overview:
    """The overview for one caller. Rows it may not see are left out before anything is counted or merged."""
    now = clock.now()
    fate = cache(view.fate)
    seen: dict[str, list[EventRow]] = {}
    for row in summary.rows:
        if fate(*_kept(row)) == "seen":
            seen.setdefault(row.section, []).append(row)
    names = background.names
    problems = seen.get(Section.PROBLEM, ())
    measured = events_of(seen.get(Section.OBSERVATION, ()), names)
    unseen = sum(1 for row in summary.rows if row.section == Section.ALLERGY and fate(*_kept(row)) in ("class", "resident"))
    labs = events_of(seen.get(Section.LAB, ()), names)
    drugs = events_of(seen.get(Section.DRUG, ()), names)
    months, hidden = _fates(summary.months, fate)
    visible_reaches = reaches_seen(summary, view)
    return Overview(
        person_id=person_id,
        problems=gauged(problems_of(problems, names, now), (*labs, *measured)),
        family=family_of(problems, names),
        allergies=allergies_of(seen.get(Section.ALLERGY, ()), names, now, unseen),
        critical=tuple(event for event in labs if event.critical and now - event.time < _CRITICAL_SHOWN),
        labs=_key_series(labs),
        medications=medications_of(drugs, now),
        visits=events_of(seen.get(Section.VISIT, ()), names, _LISTED),
        exams=events_of(seen.get(Section.EXAM, ()), names, _LISTED),
        services=events_of((*seen.get(Section.SERVICE, ()), *seen.get(Section.VACCINATION, ())), names, _LISTED),
        life=_life(months),
        counts=_counts(months),
        freshness=freshness_seen(summary, view, background),
        withheld=hidden,
        as_of=max((moment(reach.last_received) for reach in visible_reaches), default=None),
        built_at=summary.built_at,
        deceased=_death(seen.get(Section.VISIT, ())),
    )


def measured(summary: Summary, view: View, names: Mapping[int, str]) -> tuple[Event, ...]:
    """The newest results and measurements this caller may see: what tells how the problems of a person stand."""
    rows = (row for row in summary.rows if row.section in _MEASURED and view.fate(*_kept(row)) == "seen")
    return events_of(rows, names)


def _kept(row: EventRow) -> tuple[str, str, str, str]:
    """What decides whether a caller may see a row."""
    return row.section, row.sensitive, row.division, row.line


def reaches_seen(summary: Summary, view: View) -> list[Reach]:
    """What institutions have uploaded, as far as the caller may see any of it."""
    fate = cache(view.fate)
    return [one for one in summary.reaches if fate(one.section, one.sensitive, one.division, one.line) == "seen"]


def counted(summary: Summary, view: View, sections: Collection[Section]) -> list[Counted]:
    """(section, class, fate, count) of everything in some sections, from the months: no reading of rows."""
    fate = cache(view.fate)
    return [
        (one.section, one.sensitive, fate(one.section, one.sensitive, one.division, one.line), one.events)
        for one in summary.months
        if one.section in sections
    ]


def whole(summary: Summary, sections: Collection[Section]) -> list[EventRow] | None:
    """All rows of some sections, of every class, in the order of the warehouse; None when the summary keeps only the newest."""
    kept = [row for row in summary.rows if row.section in sections]
    if len(kept) < sum(month.events for month in summary.months if month.section in sections):
        return None
    return sorted(kept, key=lambda row: (-row.at, row.dataset, row.row_key))


def freshness_seen(summary: Summary, view: View, background: Background) -> tuple[Freshness, ...]:
    """Freshness for one caller.

    An institution of whose uploads the caller may see nothing is not named at all: neither as silent, which would be wrong,
    nor as a place the person has been to.
    """
    seen = reaches_seen(summary, view)
    unseen = {reach.institution for reach in summary.reaches} - {reach.institution for reach in seen}
    known = {one: name for one, name in background.known.items() if one not in unseen}
    return freshness_of(seen, known, background.last_uploads, clock.now())


def _key_series(labs: Sequence[Event]) -> tuple[LabSeries, ...]:
    shown = series_of(labs)[:LABS_SHOWN]
    return tuple(LabSeries(one.code, one.name, one.unit, one.points[:POINTS_SHOWN], one.confidential) for one in shown)


def _fates(months: Sequence[Month], fate: Callable[[str, str, str, str], Fate]) -> tuple[list[Month], tuple[Withheld, ...]]:
    judged = [(month, fate(month.section, month.sensitive, month.division, month.line)) for month in months]
    told = withheld((month.section, month.sensitive, how, month.events) for month, how in judged if how != "seen")
    return [month for month, how in judged if how == "seen"], told


def _life(months: Sequence[Month]) -> tuple[LifeMark, ...]:
    sums: dict[tuple[int, str], list[int]] = {}
    for month in months:
        sum_ = sums.setdefault((month.month, month.section), [0, 0])
        sum_[0] += month.events
        sum_[1] += month.abnormal
    return tuple(LifeMark(_first_day(month), SECTIONS[section], *sum_) for (month, section), sum_ in sorted(sums.items()))


@cache
def _first_day(month: int) -> date:
    return date(month // 100, month % 100, 1)


def _counts(months: Sequence[Month]) -> dict[Section, int]:
    counts: Counter[str] = Counter()
    for month in months:
        counts[month.section] += month.events
    return {SECTIONS[section]: count for section, count in counts.items()}


def _death(rows: Sequence[EventRow]) -> date | None:
    return next((local_day(row.at) for row in rows if row.dataset == _DEATH_DATASET), None)
