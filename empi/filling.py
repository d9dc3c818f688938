"""Filling an empty index: several processes settle the steps of a first load, this one writes what they hand over (ADR 98)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.asking import ask
from empi.bulk_loading import Applied
from empi.crew import Crew
from empi.evidence import store_edges
from empi.judges import Judge
from empi.judging import Edge
from empi.linking import UNSETTLED
from empi.loading_steps import SCOPE, City, Step, meet_strangers, register_step, stored_keys, without
from empi.locking import lock_everything
from empi.matching.arrays import I64
from empi.models import DecisionRow, EdgeRow, IdentityRow
from empi.own_index import FILLED, Settled, as_stored
from empi.plain import among, insert_into, plainly, table_of
from empi.stated import Row
from health_platform.kernel.db import Database, give_room
from health_platform.kernel.outbox import publish

IN_TRANSACTION = 200_000  # identities: rows of random keys, so that a page takes several when it is written
_ROWS_AT_ONCE = 20_000
_ORDER: dict[Any, str] = {IdentityRow: "patient_key", EdgeRow: "left_key", DecisionRow: "patient_key"}
_PRESENT = select(table_of(IdentityRow).c.patient_key).where(among(table_of(IdentityRow).c.patient_key))


@dataclass
class _Waiting:
    """Settled steps that wait to be written in one transaction, and identities of the load that came by themselves."""

    steps: list[tuple[Step, Settled]] = field(default_factory=list)
    size: int = 0
    came: set[int] = field(default_factory=set)

    def take(self, step: Step, settled: Settled) -> bool:
        """Whether it is time to write."""
        self.steps.append((step, settled))
        self.size += len(step.keys)
        return self.size >= IN_TRANSACTION

    def give(self) -> list[tuple[Step, Settled]]:
        given, self.steps, self.size = self.steps, [], 0
        return given


def fill(database: Database, city: City, steps: Iterable[Step], workers: Crew, resumed: bool) -> Iterator[Applied]:
    """Settle steps in indexes of the workers' own and write what they hand over; tells what all transactions so far changed.

    Args:
        database: an index whose identities are all of this load, but for who comes by himself meanwhile.
        city: what is loaded.
        steps: all its steps.
        workers: who settles.
        resumed: an earlier run has written some of them.
    """
    total, waiting = Applied(), _Waiting()
    done = stored_keys(database) if resumed else np.zeros(0, dtype=np.int64)
    left = len(city.stated)
    for step, settled in _settled(workers, (step for step in steps if not _holds_all(done, step.keys))):
        left -= len(step.keys)
        if waiting.take(step, settled):
            total = total.plus(_write(database, city.judge, waiting))
            yield total
    yield total.plus(_write(database, city.judge, waiting)).plus(Applied(left))
    meet_strangers(database, city, waiting.came)


def _settled(workers: Crew, steps: Iterable[Step]) -> Iterator[tuple[Step, Settled]]:
    sent: deque[Step] = deque()

    def works() -> Iterator[tuple[list[Row], list[Edge]]]:
        for step in steps:
            sent.append(step)
            yield step.stated, step.inside

    for settled in workers.each("settle", works()):
        yield sent.popleft(), settled


def _holds_all(ordered: I64, keys: list[int]) -> bool:
    wanted = np.array(keys)
    places = np.searchsorted(ordered, wanted)
    return bool(len(ordered)) and bool((ordered[np.minimum(places, len(ordered) - 1)] == wanted).all())


def _write(database: Database, judge: Judge, waiting: _Waiting) -> Applied:
    """Write some steps in one transaction.

    A step of which somebody came by himself meanwhile is registered as an arrival. What he stated himself may be another thing
    than the file says: evidence about him is not the file's, it is found at the end.
    """
    total, steps = Applied(), waiting.give()
    with database.unit_of_work(SCOPE) as session:
        give_room(session)
        lock_everything(session)
        present = {row[0] for step, _ in steps for row in plainly(session, _PRESENT, step.keys)}
        waiting.came |= present
        fresh = [(step, settled) for step, settled in steps if present.isdisjoint(step.keys)]
        _insert(session, [settled for _, settled in fresh])
        for step, settled in fresh:
            total = total.plus(Applied(len(step.keys), len(step.keys), settled.persons, 0, settled.reviews))
        for step, _ in steps:
            if not present.isdisjoint(step.keys):
                total = total.plus(register_step(session, step, waiting.came))
        crossing = without(waiting.came, (edge for step, _ in fresh for edge in step.outside))
        store_edges(session, crossing, judge.version)
        asked = ask(session, judge, crossing, UNSETTLED) if crossing else {}
    return total.plus(Applied(reviews=len({review for of_key in asked.values() for review in of_key})))


def _insert(session: Session, settled: Sequence[Settled]) -> None:
    """Add the rows of settled steps, each table's in the order of its keys, and tell what happened."""
    for place, model in enumerate(FILLED):
        table = as_stored(table_of(model), session.get_bind().dialect.name)
        names = tuple(table.c.keys())
        rows = [row for one in settled for row in one.rows[place]]
        rows.sort(key=itemgetter(names.index(_ORDER.get(model, names[0]))))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            insert_into(session.connection(), table, names, rows[start : start + _ROWS_AT_ONCE])
    for one in settled:
        for fact in one.facts:
            publish(session, fact)
