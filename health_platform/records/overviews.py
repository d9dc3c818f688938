"""The overview one caller gets from the summary of a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from health_platform.kernel import clock
from health_platform.records.definitions.limits import CRITICAL_SHOWN, LABS_SHOWN, POINTS_SHOWN
from health_platform.records.freshness import Reach, freshness_of
from health_platform.records.gauges import gauged
from health_platform.records.labs import series_of
from health_platform.records.medications import medications_of
from health_platform.records.problems import allergies_of, family_of, problems_of
from health_platform.records.rows import EventRow, local_day, moment
from health_platform.records.shaping import events_of
from health_platform.records.summary import Summary, Tally
from health_platform.records.values import SECTIONS, Event, Freshness, LabSeries, LifeMark, Overview, Section, Withheld
from health_platform.records.visibility import Counted, Fate, View, withheld

_LISTED = 6
_MEASURED = (Section.LAB, Section.OBSERVATION)
_DEATH_DATASET = "emr_death_info"


@dataclass(frozen=True)
class Background:
    """What an overview needs beside the summary: institution names and, where known, their last uploads."""

    names: Mapping[int, str]
    known: Mapping[int, str]
    last_uploads: Mapping[int, datetime]


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
    tallies, hidden = _fates(summary.tallies, fate)
    visible_reaches = reaches_seen(summary, view)
    return Overview(
        person_id=person_id,
        problems=gauged(problems_of(problems, names, now), (*labs, *measured)),
        family=family_of(problems, names),
        allergies=allergies_of(seen.get(Section.ALLERGY, ()), names, now, unseen),
        critical=tuple(event for event in labs if event.critical and now - event.time < CRITICAL_SHOWN),
        labs=_key_series(labs),
        medications=medications_of(drugs, now),
        visits=events_of(seen.get(Section.VISIT, ()), names, _LISTED),
        exams=events_of(seen.get(Section.EXAM, ()), names, _LISTED),
        services=events_of((*seen.get(Section.SERVICE, ()), *seen.get(Section.VACCINATION, ())), names, _LISTED),
        life=_life(tallies),
        counts=_counts(tallies),
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
    """(section, class, fate, count) of everything in some sections, from the tallies: no reading of rows."""
    fate = cache(view.fate)
    return [
        (one.section, one.sensitive, fate(one.section, one.sensitive, one.division, one.line), one.total)
        for one in summary.tallies
        if one.section in sections
    ]


def whole(summary: Summary, sections: Collection[Section]) -> list[EventRow] | None:
    """All rows of some sections, of every class, in the order of the warehouse; None when the summary keeps only the newest."""
    kept = [row for row in summary.rows if row.section in sections]
    if len(kept) < sum(tally.total for tally in summary.tallies if tally.section in sections):
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


def _fates(tallies: Sequence[Tally], fate: Callable[[str, str, str, str], Fate]) -> tuple[list[Tally], tuple[Withheld, ...]]:
    judged = [(tally, fate(tally.section, tally.sensitive, tally.division, tally.line)) for tally in tallies]
    told = withheld((tally.section, tally.sensitive, how, tally.total) for tally, how in judged if how != "seen")
    return [tally for tally, how in judged if how == "seen"], told


def _life(tallies: Sequence[Tally]) -> tuple[LifeMark, ...]:
    sums: dict[tuple[int, str], tuple[int, int]] = {}
    for tally in tallies:
        for month, events, abnormal in zip(tally.months, tally.events, tally.abnormal, strict=True):
            key = (month, tally.section)
            before = sums.get(key, (0, 0))
            sums[key] = (before[0] + events, before[1] + abnormal)
    return tuple(LifeMark(_first_day(month), SECTIONS[section], *sum_) for (month, section), sum_ in sorted(sums.items()))


@cache
def _first_day(month: int) -> date:
    return date(month // 100, month % 100, 1)


def _counts(tallies: Sequence[Tally]) -> dict[Section, int]:
    counts: Counter[str] = Counter()
    for tally in tallies:
        counts[tally.section] += tally.total
    return {SECTIONS[section]: count for section, count in counts.items()}


def _death(rows: Sequence[EventRow]) -> date | None:
    return next((local_day(row.at) for row in rows if row.dataset == _DEATH_DATASET), None)
