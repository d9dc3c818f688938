"""k-anonymity by global recoding and suppression.

A class is all rows with the same generalised quasi-identifiers; it counts *persons*, not rows, since one person's ten visits
hide nobody. When a person's rows stay linked by a pseudonym, the whole set of a person's rows is what somebody could
recognise, and classes are made of these sets.

The method: raise, one step at a time, the quasi-identifier that tells most values apart, until at most the
permitted share of rows stands in classes of fewer than k persons; leave those rows out (Sweeney 2002,
Datafly). Global recoding keeps every value of a column at one level of detail, so that columns can be counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etl.catalogue.deidentify.ladders import ANY, Ladder


@dataclass(frozen=True)
class Record:
    """A row: whose it is, its quasi-identifiers by name as they were, and what else is handed out."""

    person: int
    quasi: Mapping[str, object]
    rest: Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """What has to hold.

    Attributes:
        k: persons a class must have.
        ladders: quasi-identifier → how it loses detail.
        linked: a person's rows carry one pseudonym.
        max_suppressed: share of rows that may be left out before values lose more detail.
        rare: columns of ``rest`` whose values held by fewer than k persons are blanked (small cells).
    """

    k: int
    ladders: Mapping[str, Ladder]
    linked: bool = False
    max_suppressed: float = 0.05
    rare: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.k < 2 or not 0 <= self.max_suppressed <= 1:
            raise ValueError("k must be at least 2 and the suppressed share between 0 and 1")


@dataclass(frozen=True)
class Released:
    """A row that is handed out."""

    person: int
    quasi: Mapping[str, str]
    rest: Mapping[str, Any]


@dataclass(frozen=True)
class Anonymised:
    """The rows that may go, the level each quasi-identifier ended at, and how many rows and persons were left out."""

    rows: tuple[Released, ...]
    levels: Mapping[str, int]
    suppressed_rows: int
    suppressed_persons: int


def anonymise(records: Sequence[Record], rule: Rule) -> Anonymised:
    """Make the rows k-anonymous. Nothing is left when there are fewer than k persons in all."""
    levels = dict.fromkeys(rule.ladders, 0)
    while True:
        values = _generalised(records, rule, levels)
        small = _small(records, values, rule)
        if len(small) <= rule.max_suppressed * len(records) or not _raise_one(levels, values, rule):
            break
    kept = [place for place in range(len(records)) if place not in small]
    rows = [Released(records[at].person, dict(zip(rule.ladders, values[at], strict=True)), records[at].rest) for at in kept]
    lost = {records[at].person for at in small} - {row.person for row in rows}
    return Anonymised(tuple(_without_rare(rows, rule)), levels, len(small), len(lost))


def smallest_class(rows: Sequence[Released], linked: bool) -> int | None:
    """Persons in the smallest class of what is handed out; None without rows. Written apart from ``anonymise`` to check it."""
    persons: dict[Hashable, set[int]] = defaultdict(set)
    if linked:
        of_person: dict[int, set[Hashable]] = defaultdict(set)
        for row in rows:
            of_person[row.person].add(tuple(sorted(row.quasi.items())))
        for person, found in of_person.items():
            persons[frozenset(found)].add(person)
    else:
        for row in rows:
            persons[tuple(sorted(row.quasi.items()))].add(row.person)
    return min((len(found) for found in persons.values()), default=None)


@dataclass(frozen=True)
class Cell:
    """A group of a count: its values, and how many rows and persons; ``None`` where that is fewer than k."""

    values: tuple[str, ...]
    rows: int | None
    persons: int | None


def counted(records: Sequence[Record], rule: Rule) -> tuple[Cell, ...]:
    """Rows and persons per group of quasi-identifiers at their finest level; groups of fewer than k persons show no number.

    No totals are given: a suppressed cell could be reckoned from them.
    """
    persons: dict[tuple[str, ...], set[int]] = defaultdict(set)
    rows: Counter[tuple[str, ...]] = Counter()
    finest = _generalised(records, rule, dict.fromkeys(rule.ladders, 0))
    for record, values in zip(records, finest, strict=True):
        persons[values].add(record.person)
        rows[values] += 1
    return tuple(
        Cell(values, rows[values], len(found)) if len(found) >= rule.k else Cell(values, None, None)
        for values, found in sorted(persons.items())
    )


def _generalised(records: Sequence[Record], rule: Rule, levels: Mapping[str, int]) -> list[tuple[str, ...]]:
    """The quasi-identifiers of each row at these levels, column by column: a column has few different values."""
    columns = []
    for name, ladder in rule.ladders.items():
        raw = [record.quasi.get(name) for record in records]
        texts = {value: ladder.at(levels[name], value) for value in set(raw)}
        columns.append([texts[value] for value in raw])
    return list(zip(*columns, strict=True)) if columns else [()] * len(records)


def _small(records: Sequence[Record], values: Sequence[tuple[str, ...]], rule: Rule) -> set[int]:
    """Places of the rows whose class has fewer than k persons."""
    keys = _signatures(records, values) if rule.linked else values
    persons: dict[Hashable, set[int]] = defaultdict(set)
    for record, key in zip(records, keys, strict=True):
        persons[key].add(record.person)
    return {at for at, key in enumerate(keys) if len(persons[key]) < rule.k}


def _signatures(records: Sequence[Record], values: Sequence[tuple[str, ...]]) -> list[Hashable]:
    """For each row, everything its person's rows show."""
    found: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    for record, value in zip(records, values, strict=True):
        found[record.person].add(value)
    frozen = {person: frozenset(shown) for person, shown in found.items()}
    return [frozen[record.person] for record in records]


def _raise_one(levels: dict[str, int], values: Sequence[tuple[str, ...]], rule: Rule) -> bool:
    """Take detail from the column that tells most values apart; False when none is left."""
    open_ = [(place, name) for place, name in enumerate(rule.ladders) if levels[name] < rule.ladders[name].top]
    if not open_:
        return False
    _, _, name = max((len({value[place] for value in values}), -place, name) for place, name in open_)
    levels[name] += 1
    return True


def _without_rare(rows: Sequence[Released], rule: Rule) -> list[Released]:
    blank = {column: _rare_values(rows, column, rule.k) for column in rule.rare}
    return [
        Released(
            row.person, row.quasi, {name: ANY if value in blank.get(name, ()) else value for name, value in row.rest.items()}
        )
        for row in rows
    ]


def _rare_values(rows: Sequence[Released], column: str, k: int) -> frozenset[Any]:
    persons: dict[Any, set[int]] = defaultdict(set)
    for row in rows:
        if (value := row.rest.get(column)) not in (None, "", ANY):
            persons[value].add(row.person)
    return frozenset(value for value, found in persons.items() if len(found) < k)
