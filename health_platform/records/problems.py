"""The problem list and allergies: many diagnoses, one line per disease."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from health_platform.records.merging import merged, plain
from health_platform.records.references import encode
from health_platform.records.rows import EventRow, moment
from health_platform.records.shaping import event_of, institution_name
from health_platform.records.values import Allergies, Problem, Section

_MANY = re.compile(r"[|;；]+")
_RECENT = timedelta(days=365)
# Long-term conditions by ICD-10 block: what stays on the list when nobody has mentioned it for a year.
_CHRONIC = re.compile(
    r"(C\d\d|D[56]\d|E0[0-7]|E1[0-4]|E2[0-7]|E66|E78|F|G[23]\d|G40|G8[0-3]|H4[02]|I0[5-9]|I1[0-5]|I2[05]|I4[2-9]|I50|I6\d|I7\d"
    r"|J4[0-7]|J84|K50|K51|K7[0-6]|L40|M0[5-8]|M1[0-9]|M3[0-6]|M8[01]|N0[2-5]|N18|Q)"
)
_HISTORY_DATASET = "history_item"
_DIAGNOSIS_DATASET = "diagnosis"
_YES = "1"


def problems_of(rows: Iterable[EventRow], names: Mapping[int, str], now: datetime) -> tuple[Problem, ...]:
    """The problem list: active ones first, then by latest mention.

    Diagnoses of one ICD-10 category (three characters), or of one name when there is no code, are one problem.
    """
    groups: dict[str, list[EventRow]] = {}
    for cluster in merged(_singled(rows)):
        for row in cluster:
            groups.setdefault(_category(row), []).append(row)
    found = [_problem(group, names, now) for group in groups.values()]
    return tuple(sorted(found, key=lambda problem: (not problem.active, -problem.last.timestamp(), problem.name)))


def allergies_of(rows: Iterable[EventRow], names: Mapping[int, str]) -> Allergies:
    """Known allergies, newest report of each allergen; ended ones are left out.

    A known allergy outweighs a later "none known" of another institution: it may not have asked about this one.
    """
    every = list(rows)
    by_allergen: dict[str, list[EventRow]] = {}
    for row in sorted(every, key=lambda row: -row.at):
        if row.value != _YES and (row.title or row.code):
            by_allergen.setdefault(plain(row.title or row.code), []).append(row)
    current = [reports for reports in by_allergen.values() if reports[0].ended is None]
    items = tuple(event_of(reports, names) for reports in current)
    if items:
        return Allergies("known", items)
    return Allergies("none" if any(row.value == _YES for row in every) else "unasked")


def _singled(rows: Iterable[EventRow]) -> Iterator[EventRow]:
    """One row per diagnosis, where a source lists several in one field."""
    for row in rows:
        codes, titles = _MANY.split(row.code), _MANY.split(row.title)
        if len(codes) < 2 and len(titles) < 2:
            yield row
            continue
        for index in range(max(len(codes), len(titles))):
            code = codes[index].strip() if index < len(codes) else ""
            title = titles[index].strip() if index < len(titles) else code
            if code or title:
                yield row._replace(code=code, title=title)


def _category(row: EventRow) -> str:
    return row.code[:3].upper() if len(row.code) >= 3 else plain(row.title)


def _problem(group: list[EventRow], names: Mapping[int, str], now: datetime) -> Problem:
    newest = max(group, key=lambda row: (row.at, row.filled))
    chronic = bool(_CHRONIC.match(newest.code)) or any(_says_chronic(row) for row in group)
    last = moment(newest.at)
    ended = newest.ended is not None and moment(newest.ended) <= now
    return Problem(
        name=newest.title or newest.code,
        code=newest.code,
        since=moment(min(row.at for row in group)),
        last=last,
        mentions=len({(row.place, row.day) for row in group}),
        active=not ended and (chronic or now - last < _RECENT),
        chronic=chronic,
        institutions=tuple(dict.fromkeys(institution_name(row, names) for row in _newest_first(group))),
        refs=tuple(encode(row) for row in _newest_first(group)),
        confidential=next((row.sensitive for row in group if row.sensitive), ""),
    )


def _says_chronic(row: EventRow) -> bool:
    return row.value == _YES and row.dataset in (_DIAGNOSIS_DATASET, _HISTORY_DATASET)


def _newest_first(rows: list[EventRow]) -> list[EventRow]:
    return sorted(rows, key=lambda row: -row.at)


SECTIONS = (Section.PROBLEM, Section.ALLERGY)
