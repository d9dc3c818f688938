"""The overview one caller gets from the summary of a person, whole or in parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property

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
from health_platform.records.values import (
    SECTIONS,
    Allergies,
    Event,
    Freshness,
    LabSeries,
    LifeMark,
    Medication,
    Overview,
    Problem,
    Section,
    Withheld,
)
from health_platform.records.visibility import Counted, Fate, View, withheld

_LISTED = 6
_MEASURED = (Section.LAB, Section.OBSERVATION)
_DEATH_DATASET = "emr_death_info"


@dataclass(frozen=True)
class Background:
    """What an overview needs beside the summary, asked for when a part of it is made that needs it.

    ``homes`` are the institutions that gave the person a number. The questions are asked within the unit of work.
    """

    homes: frozenset[int]
    ask_names: Callable[[], Mapping[int, str]]
    ask_uploads: Callable[[], Mapping[int, datetime]]

    @cached_property
    def names(self) -> Mapping[int, str]:
        """Names of all institutions of the record, by id."""
        return self.ask_names()

    @cached_property
    def last_uploads(self) -> Mapping[int, datetime]:
        """When each of them last uploaded anything about anybody, where known."""
        return self.ask_uploads()

    @property
    def known(self) -> Mapping[int, str]:
        """The institutions that know the person, with their names."""
        return {one: self.names.get(one, "") for one in self.homes}

    def names_for(self, rows: Iterable[EventRow]) -> Mapping[int, str]:
        """The names that rows need; none when each says its own, as most do."""
        return {} if all(row.org_name for row in rows) else self.names


class Parts:
    """An overview for one caller, part by part: a page that shows some of it makes no others.

    Rows the caller may not see are left out before anything is counted or merged.
    """

    def __init__(self, summary: Summary, view: View, background: Background) -> None:
        self._summary = summary
        self._view = view
        self._background = background
        self._fate = cache(view.fate)
        self._now = clock.now()

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """The problem list with what tells how each stands."""
        return gauged(self.diagnosed, (*self._labs, *self._events(Section.OBSERVATION)))

    @cached_property
    def diagnosed(self) -> tuple[Problem, ...]:
        """The problem list as diagnoses tell it."""
        rows = self._seen.get(Section.PROBLEM, ())
        return problems_of(rows, self._background.names_for(rows), self._now)

    @cached_property
    def family(self) -> tuple[Event, ...]:
        rows = self._seen.get(Section.PROBLEM, ())
        return family_of(rows, self._background.names_for(rows))

    @cached_property
    def allergies(self) -> Allergies:
        kept = (row for row in self._summary.rows if row.section == Section.ALLERGY)
        unseen = sum(1 for row in kept if self._fate(*_kept(row)) in ("class", "resident"))
        rows = self._seen.get(Section.ALLERGY, ())
        return allergies_of(rows, self._background.names_for(rows), self._now, unseen)

    @cached_property
    def critical(self) -> tuple[Event, ...]:
        return tuple(event for event in self._labs if event.critical and self._now - event.time < CRITICAL_SHOWN)

    @cached_property
    def labs(self) -> tuple[LabSeries, ...]:
        return _key_series(self._labs)

    @cached_property
    def medications(self) -> tuple[Medication, ...]:
        return medications_of(self._events(Section.DRUG), self._now)

    @cached_property
    def visits(self) -> tuple[Event, ...]:
        return self._events(Section.VISIT, most=_LISTED)

    @cached_property
    def exams(self) -> tuple[Event, ...]:
        return self._events(Section.EXAM, most=_LISTED)

    @cached_property
    def services(self) -> tuple[Event, ...]:
        return self._events(Section.SERVICE, Section.VACCINATION, most=_LISTED)

    @property
    def life(self) -> tuple[LifeMark, ...]:
        return _life(self._tallies[0])

    @cached_property
    def counts(self) -> dict[Section, int]:
        return _counts(self._tallies[0])

    @property
    def withheld(self) -> tuple[Withheld, ...]:
        return self._tallies[1]

    @cached_property
    def freshness(self) -> tuple[Freshness, ...]:
        return freshness_seen(self._summary, self._view, self._background)

    def whole(self, person_id: int) -> Overview:
        """All parts."""
        reaches = reaches_seen(self._summary, self._view)
        return Overview(
            person_id=person_id,
            problems=self.problems,
            family=self.family,
            allergies=self.allergies,
            critical=self.critical,
            labs=self.labs,
            medications=self.medications,
            visits=self.visits,
            exams=self.exams,
            services=self.services,
            life=self.life,
            counts=self.counts,
            freshness=self.freshness,
            withheld=self.withheld,
            as_of=max((moment(reach.last_received) for reach in reaches), default=None),
            built_at=self._summary.built_at,
            deceased=_death(self._seen.get(Section.VISIT, ())),
        )

    @cached_property
    def _seen(self) -> dict[str, list[EventRow]]:
        seen: dict[str, list[EventRow]] = {}
        for row in self._summary.rows:
            if self._fate(*_kept(row)) == "seen":
                seen.setdefault(row.section, []).append(row)
        return seen

    @cached_property
    def _tallies(self) -> tuple[list[Tally], tuple[Withheld, ...]]:
        return _fates(self._summary.tallies, self._fate)

    @cached_property
    def _labs(self) -> tuple[Event, ...]:
        return self._events(Section.LAB)

    def _events(self, *sections: Section, most: int | None = None) -> tuple[Event, ...]:
        rows = [row for section in sections for row in self._seen.get(section, ())]
        return events_of(rows, self._background.names_for(rows), most)


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
