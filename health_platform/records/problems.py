"""The problem list and allergies: many diagnoses, one line per disease of this person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from health_platform.records.definitions.standing import MAYBE, OUTCOME_CURED, OVER, SUSPECTED_MARK
from health_platform.records.merging import merged
from health_platform.records.references import encode
from health_platform.records.rows import EventRow, moment
from health_platform.records.shaping import event_of, events_of, institution_name
from health_platform.records.standing import says_none, standing_of
from health_platform.records.values import Allergies, Event, Problem
from health_platform.records.wording import plain

_MANY = re.compile(r"[|;；]")
_RECENT = timedelta(days=365)
# Long-term conditions by ICD-10 block: what stays on the list when nobody has mentioned it for a year.
_CHRONIC = re.compile(
    r"(C\d\d|D[56]\d|E0[0-7]|E1[0-4]|E2[0-7]|E66|E78|F|G[23]\d|G40|G8[0-3]|H4[02]|I0[5-9]|I1[0-5]|I2[05]|I4[2-9]|I50|I6\d|I7\d"
    r"|J4[0-7]|J84|K50|K51|K7[0-6]|L40|M0[5-8]|M1[0-9]|M3[0-6]|M8[01]|N0[2-5]|N18|Q)"
)
_HISTORY_DATASET = "history_item"
_DIAGNOSIS_DATASET = "diagnosis"
_YES, _NO = "1", "0"


def problems_of(rows: Iterable[EventRow], names: Mapping[int, str], now: datetime) -> tuple[Problem, ...]:
    """The problem list: active ones first, then by latest mention.

    Diagnoses of one ICD-10 category (three characters), or of one name when there is no code, are one problem. Suspicions are
    counted to the disease once anybody has diagnosed it, and stand as suspicions before. What is a relative's, was never there
    or is no disease is no problem of this person.
    """
    groups: dict[str, list[EventRow]] = {}
    ruled_out: dict[str, int] = {}
    for cluster in merged(_singled(rows)):
        for row in cluster:
            standing = standing_of(row)
            if standing in ("own", "suspected"):
                groups.setdefault(_category(row), []).append(row)
            elif standing == "excluded":
                ruled_out[_category(row)] = max(row.at, ruled_out.get(_category(row), row.at))
    found = [_problem(group, names, now, ruled_out.get(category)) for category, group in groups.items()]
    return tuple(sorted(found, key=lambda problem: (not problem.active, -problem.last.timestamp(), problem.name)))


def family_of(rows: Iterable[EventRow], names: Mapping[int, str]) -> tuple[Event, ...]:
    """Diseases of relatives, newest report first."""
    return events_of((row for row in _singled(rows) if standing_of(row) == "family"), names)


def allergies_of(rows: Iterable[EventRow], names: Mapping[int, str], now: datetime, withheld: int = 0) -> Allergies:
    """Known allergies; those ended or refuted by whoever reported them are left out.

    ``withheld`` is the number of entries kept from the caller.

    A known allergy outweighs a later "none known" of another institution, and its end elsewhere: that one may not have asked
    about this allergen, or mean another episode.
    """
    every = list(rows)
    by_allergen: dict[str, dict[str, list[EventRow]]] = {}
    for row in sorted(every, key=lambda row: -row.at):
        if not says_none(row) and (row.title or row.code):
            by_allergen.setdefault(plain(row.title or row.code), {}).setdefault(row.place, []).append(row)
    current = [
        [row for reports in places.values() if _stands(reports[0], now) for row in reports] for places in by_allergen.values()
    ]
    items = tuple(event_of(sorted(reports, key=lambda row: -row.at), names) for reports in current if reports)
    if items:
        return Allergies("known", items, withheld)
    if withheld:
        return Allergies("withheld", withheld=withheld)
    return Allergies("none" if any(says_none(row) for row in every) else "unasked")


def _stands(report: EventRow, now: datetime) -> bool:
    return standing_of(report) == "own" and (report.ended is None or moment(report.ended) > now)


def _singled(rows: Iterable[EventRow]) -> Iterator[EventRow]:
    """One row per diagnosis, where a source lists several in one field.

    Codes are given to names only where there are as many of both: a code with the wrong name would be another disease.
    """
    for row in rows:
        if not _MANY.search(row.code) and not _MANY.search(row.title):
            yield row
            continue
        for code, title in _matched(_parts(row.code), _parts(row.title)):
            if code or title:
                yield row._replace(code=code, title=title or code)


def _matched(codes: list[str], titles: list[str]) -> list[tuple[str, str]]:
    if len(codes) != len(titles):
        codes, titles = [code for code in codes if code], [title for title in titles if title]
    if len(codes) == len(titles) or not titles:
        return list(zip(codes, titles or codes, strict=True))
    return [("", title) for title in titles]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in _MANY.split(text)]


def _category(row: EventRow) -> str:
    return row.code[:3].upper() if len(row.code) >= 3 else plain(MAYBE.sub("", row.title))


def _problem(group: list[EventRow], names: Mapping[int, str], now: datetime, ruled_out: int | None) -> Problem:
    certain = [row for row in group if standing_of(row) == "own"]
    telling = certain or group
    newest = max(telling, key=lambda row: (row.at, row.filled))
    chronic = bool(certain) and (bool(_CHRONIC.match(newest.code.upper())) or any(_says_chronic(row) for row in certain))
    last = moment(newest.at)
    over = _is_over(newest, now, chronic) or (not certain and ruled_out is not None and ruled_out >= newest.at)
    return Problem(
        name=_name(newest, suspected=not certain),
        code=newest.code,
        since=moment(min(row.at for row in telling)),
        last=last,
        mentions=len({(row.place, row.day) for row in telling}),
        active=not over and (chronic or now - last < _RECENT),
        chronic=chronic,
        institutions=tuple(dict.fromkeys(institution_name(row, names) for row in _newest_first(telling))),
        refs=tuple(encode(row) for row in _newest_first(telling)),
        confidential=next((row.sensitive for row in group if row.sensitive), ""),
        suspected=not certain,
    )


def _name(row: EventRow, *, suspected: bool) -> str:
    name = row.title or row.code
    return name if not suspected or MAYBE.search(name) else f"{name}{SUSPECTED_MARK}"


def _is_over(newest: EventRow, now: datetime, chronic: bool) -> bool:
    """Whether the newest word on a problem is that it is over."""
    if newest.ended is not None:
        return moment(newest.ended) <= now
    if newest.dataset == _DIAGNOSIS_DATASET:
        return newest.note.strip().casefold() in OVER or (newest.flag == OUTCOME_CURED and not chronic)
    return newest.dataset == _HISTORY_DATASET and newest.value == _NO


def _says_chronic(row: EventRow) -> bool:
    return row.value == _YES and row.dataset in (_DIAGNOSIS_DATASET, _HISTORY_DATASET)


def _newest_first(rows: list[EventRow]) -> list[EventRow]:
    return sorted(rows, key=lambda row: -row.at)
