"""What tells how a problem stands, put beside it: the newest blood pressure, HbA1c, INR …"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from health_platform.records.definitions.gauges import DIASTOLIC, GAUGES, GLUCOSE, PRESSURE, SYSTOLIC, TOLD
from health_platform.records.labs import point_of
from health_platform.records.values import Event, Gauge, Problem
from health_platform.records.wording import plain

OBSERVED = (PRESSURE, *SYSTOLIC, *DIASTOLIC, *GAUGES[GLUCOSE])
"""Titles of the measurements, other than laboratory results, that tell of a problem."""

_LABELS = {plain(name): label for label, names in GAUGES.items() for name in names}
_TELLING = _LABELS.keys() | {plain(name) for name in OBSERVED}
_SYSTOLIC = frozenset(map(plain, SYSTOLIC))
_DIASTOLIC = frozenset(map(plain, DIASTOLIC))


def tells(title: str) -> bool:
    """Whether results of this name tell how a problem stands."""
    return plain(title) in _TELLING


def gauged(problems: Iterable[Problem], measured: Sequence[Event]) -> tuple[Problem, ...]:
    """The problems with the newest value of each measurement that tells of them, most telling first.

    ``measured`` are laboratory results and measurements, in any order. A problem without any keeps none.
    """
    newest = {one.label: one for one in sorted(_gauges(measured), key=lambda one: (one.point.time, one.point.ref))}
    return tuple(
        replace(problem, gauges=tuple(newest[label] for label in _labels_of(problem) if label in newest)) for problem in problems
    )


def _labels_of(problem: Problem) -> tuple[str, ...]:
    code = problem.code.upper()
    fitting = (told for told in TOLD if (told.codes.match(code) if code else told.words.search(problem.name)))
    return next((told.gauges for told in fitting), ())


def _gauges(measured: Sequence[Event]) -> Iterator[Gauge]:
    diastolic = {_taken(event): event for event in measured if plain(event.title) in _DIASTOLIC}
    for event in measured:
        name = plain(event.title)
        if name in _SYSTOLIC:
            lower = diastolic.get(_taken(event))
            if lower is not None:  # half a blood pressure tells nothing
                yield _pressure(event, lower)
        elif name in _LABELS and event.value:
            yield Gauge(_LABELS[name], event.unit, point_of(event))


def _taken(event: Event) -> tuple[datetime, int, str]:
    """What two halves of one blood pressure have in common."""
    return event.time, event.institution_id, event.unit


def _pressure(upper: Event, lower: Event) -> Gauge:
    both = replace(upper, value=f"{upper.value}/{lower.value}", number=None, normal="", flag=upper.flag or lower.flag)
    return Gauge(PRESSURE, upper.unit, point_of(both))
