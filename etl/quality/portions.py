"""Which days one statement judges: as many as memory bears, since every statement costs its planning whatever it reads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from etl.quality.columns import Rows, source
from etl.quality.membership import PARTNER_HELD_WHOLE
from etl.quality.rules import Rule
from health_platform.datasets.api import dataset
from health_platform.expressions.api import TODAY
from health_platform.kernel.warehouse.api import Warehouse

DAYS_PER_STATEMENT: Final = 31
"""Days judged by one statement, if they hold more than few rows."""

FEW_ROWS: Final = 200_000
"""Days with no more rows than this together are judged by one statement, however many days they are."""

ROWS_PER_JOIN: Final = 4_000_000
"""Rows that one statement joins, if they are of several days: a scan streams, a join keeps keys and partner rows in memory (about
200 bytes a row). Fewer statements cost less: rows lie by patient, so that each reads the columns of the whole table."""

ROWS_PER_SET: Final = 16_000_000
"""Rows whose keys one statement hashes to ask for partners (16 to 32 bytes a row while they are gathered)."""


def rows_by_day(warehouse: Warehouse, name: str, days: Sequence[date]) -> dict[date, int]:
    """How many rows of a dataset count for each of these days; days without rows are left out."""
    mine = Rows(dataset(name))
    within, span = mine.within(days)
    rows = source(warehouse.place, mine.dataset)
    statement = f"SELECT {mine.day} AS q_day, count() FROM {rows} WHERE {within} GROUP BY q_day"  # noqa: S608 - names of a definition
    return dict(warehouse.execute(statement, span))


def most_rows(rules: Iterable[Rule]) -> float:
    """How many rows one statement with these rules may judge, if they are of several days."""
    if any(rule.joins for rule in rules):
        return ROWS_PER_JOIN
    return ROWS_PER_SET if any(rule.partner for rule in rules) else math.inf


def held_whole(warehouse: Warehouse, rules: Iterable[Rule]) -> frozenset[str]:
    """Partners of these rules that are few enough to be hashed as they stand."""
    named = {rule.partner.dataset for rule in rules if rule.partner}
    return frozenset(name for name in named if _stored(warehouse, name) <= PARTNER_HELD_WHOLE)


def _stored(warehouse: Warehouse, name: str) -> int:
    """Rows of a dataset's table, superseded ones included: the engine knows this without reading."""
    statement = f"SELECT count() FROM {warehouse.place.table(name)}"  # noqa: S608 - names of a definition
    return int(warehouse.execute(statement)[0][0])


def portions(days: Sequence[date], rows: Mapping[date, int], rules: Sequence[Rule]) -> Iterator[tuple[date, ...]]:
    """Days in portions on which the same rules are in force, for one statement each.

    A rule that speaks of today is judged as of the last day of its portion, so its days stay close together.
    """
    most = most_rows(rules)
    few = 0 if any(TODAY in rule.fails or TODAY in rule.applies for rule in rules) else FEW_ROWS
    portion: list[date] = []
    held = 0
    force: tuple[bool, ...] = ()
    for day in sorted(days):
        now = tuple(rule.holds_on(day) for rule in rules)
        more = held + rows.get(day, 0)
        fits = more <= few or (bool(portion) and (day - portion[0]).days < DAYS_PER_STATEMENT and more <= most)
        if portion and (now != force or not fits):
            yield tuple(portion)
            portion, more = [], rows.get(day, 0)
        portion.append(day)
        held, force = more, now
    if portion:
        yield tuple(portion)
