"""First load of a whole city through the same decisions as an arrival.

The city is compared at once; then its components are settled a few at a time, each by the code that settles an arrival. Into an
empty index the keys of all identities are written ahead, and several processes settle while this one writes (ADR 98). A load that
was stopped is started again with the same records and goes on where it was.
"""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.orm import Session

from empi import driver
from empi.asking import ask
from empi.bulk.city import KEY, Found, compare_read, read_city
from empi.bulk_loading import RELINK, Applied, compare_again
from empi.crew import Crew, crew
from empi.evidence import store_edges
from empi.identity import RawIdentity, Registered
from empi.judges import Judge, judge_of
from empi.judging import Edge
from empi.keys_ahead import forget_unclaimed_keys, write_keys
from empi.linking import UNSETTLED
from empi.locking import lock_everything
from empi.matching.arrays import I64
from empi.matching.frame import Frame
from empi.models import DecisionRow, EdgeRow, IdentityRow
from empi.own_index import FILLED, Settled, Terms, as_stored
from empi.plain import among, insert_into, plainly, table_of
from empi.service import register
from empi.statements import identities_of, table_of_all
from empi.whole import is_empty, loading, note_loading, note_whole_linking
from health_platform.kernel.crypto import crypto_of
from health_platform.kernel.db import Database, give_room
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import system_scope

STEP = 5_000
WORTH_PROCESSES = 20_000  # identities: starting a process takes as long as settling some thousand
IN_TRANSACTION = 200_000  # identities: rows of random keys, so that a page takes several when it is written
_ROWS_AT_ONCE = 20_000
_TOLD_EVERY = 500_000
_SCOPE = system_scope(RELINK)
_ORDER: dict[Any, str] = {IdentityRow: "patient_key", EdgeRow: "left_key", DecisionRow: "patient_key"}
_PRESENT = select(table_of(IdentityRow).c.patient_key).where(among(table_of(IdentityRow).c.patient_key))

Told = Callable[[int], None]
log = logging.getLogger("empi")


def first_load(
    database: Database,
    identities: Iterable[RawIdentity],
    progress: Told = lambda done: None,
    worth_processes: int = WORTH_PROCESSES,
) -> Applied:
    """Load a city that the index does not know yet: compare everything once, then register component by component.

    Whoever is in the index already is compared with them, too, one by one: for few that is quick.

    Args:
        identities: may be a stream; of several statements about one number the newest counts.
        worth_processes: from so many identities on the work is shared among processes.
    """
    table = table_of_all(_told_of(identities))
    log.info("first load: %d identities read", len(table))
    with database.unit_of_work(_SCOPE) as session:
        judge, state = judge_of(session), loading(session)
        fills = database.dialect in driver.DRIVEN and (state is not None or is_empty(session))
        first = fills or is_empty(session)
        terms = Terms.of(session, crypto_of(session.get_bind().dialect))
    frame = read_city(table, judge.model)
    found = compare_read(table.column(KEY).to_numpy(), frame, judge.model)
    log.info("first load: compared, %d pairs are evidence", len(found.edges.left))
    city = _City(table, found, judge)
    if fills:
        with crew(terms, len(table) >= worth_processes) as workers:
            resumed = _with_keys(database, city, frame, workers, state)
            del frame
            total = _filled(database, city, workers, progress, resumed)
    else:
        total = _by_arrival(database, city, progress)
    if first:
        with database.unit_of_work(_SCOPE) as session:
            note_whole_linking(session, judge.version)
    return total


def _told_of(identities: Iterable[RawIdentity]) -> Iterator[RawIdentity]:
    for place, raw in enumerate(identities, 1):
        if place % _TOLD_EVERY == 0:
            log.info("first load: %d records read so far", place)
        yield raw


@dataclass(frozen=True)
class _Step:
    """Some components: their identities as stated, evidence among them, and evidence to identities of earlier steps."""

    keys: list[int]
    stated: pa.Table
    inside: list[Edge]
    outside: list[Edge]


@dataclass(frozen=True)
class _City:
    """What is loaded: the identities as stated, what comparing them found, and who judges."""

    stated: pa.Table
    found: Found
    judge: Judge

    def steps(self) -> Iterator[_Step]:
        for keys, edges in self.found.steps(STEP, both_ends=False):
            members = set(keys)
            inside = [edge for edge in edges if edge.left in members and edge.right in members]
            outside = [edge for edge in edges if edge.left not in members or edge.right not in members]
            yield _Step(keys, self.stated.take(np.searchsorted(self.found.keys, keys)), inside, outside)

    def digest(self) -> str:
        """Names the identities and what they say."""
        digest = hashlib.blake2b(digest_size=8)
        for column in self.stated.columns:
            for chunk in column.chunks:
                for buffer in chunk.buffers():
                    digest.update(buffer or b"")
        return digest.hexdigest()


def _by_arrival(database: Database, city: _City, progress: Told) -> Applied:
    """Every step registered as identities that arrive together."""
    total = Applied()
    for step in city.steps():
        with database.unit_of_work(_SCOPE) as session:
            total = total.plus(_arrived(session, step))
        progress(total.identities)
    _meet_strangers(database, city)
    return total


def _meet_strangers(database: Database, city: _City, came: Collection[int] = ()) -> None:
    """Compare the city with whoever was not in the file, and those of the file who ``came`` by themselves with all."""
    strangers = np.setdiff1d(_stored(database), city.found.keys)
    fewer = min(strangers, city.found.keys, key=len)
    compare_again(database, {*came, *fewer.tolist()})


def _arrived(session: Session, step: _Step, came: Collection[int] = ()) -> Applied:
    return _applied(step, register(session, identities_of(step.stated), _without(came, [*step.inside, *step.outside])))


def _applied(step: _Step, results: Sequence[Registered]) -> Applied:
    fresh = {one.person_id for one in results if one.outcome != "unchanged"}
    return Applied(len(step.keys), len(results), len(fresh), 0, len({review for one in results for review in one.review_ids}))


def _with_keys(database: Database, city: _City, frame: Frame, workers: Crew, state: str | None) -> bool:
    """Write the keys of all identities ahead, unless an earlier run of this load did; returns whether there was one."""
    name = city.digest()
    begun, keyed = f"begun {name}", f"keyed {name}"
    if state == keyed:
        return True
    if state not in (None, begun):
        forget_unclaimed_keys(database, _SCOPE)
    _note(database, begun)
    write_keys(database, _SCOPE, workers, city.stated, frame, city.judge.rules)
    _note(database, keyed)
    return False


def _note(database: Database, state: str) -> None:
    with database.unit_of_work(_SCOPE) as session:
        note_loading(session, state)


@dataclass
class _Waiting:
    """Settled steps that wait to be written in one transaction, and identities of the load that came by themselves."""

    steps: list[tuple[_Step, Settled]] = field(default_factory=list)
    size: int = 0
    came: set[int] = field(default_factory=set)

    def take(self, step: _Step, settled: Settled) -> bool:
        """Whether it is time to write."""
        self.steps.append((step, settled))
        self.size += len(step.keys)
        return self.size >= IN_TRANSACTION

    def give(self) -> list[tuple[_Step, Settled]]:
        given, self.steps, self.size = self.steps, [], 0
        return given


def _filled(database: Database, city: _City, workers: Crew, progress: Told, resumed: bool) -> Applied:
    """Settle steps in indexes of the workers' own and write what they hand over."""
    total, waiting = Applied(), _Waiting()
    done = _stored(database) if resumed else np.zeros(0, dtype=np.int64)
    todo = (step for step in city.steps() if not _holds_all(done, step.keys))
    left = len(city.found.keys)
    for step, settled in _settled(workers, todo):
        left -= len(step.keys)
        if waiting.take(step, settled):
            total = total.plus(_write(database, city.judge, waiting))
            progress(total.identities)
    total = total.plus(_write(database, city.judge, waiting)).plus(Applied(left))
    progress(total.identities)
    _meet_strangers(database, city, waiting.came)
    return total


def _settled(workers: Crew, steps: Iterable[_Step]) -> Iterator[tuple[_Step, Settled]]:
    sent: deque[_Step] = deque()

    def works() -> Iterator[tuple[pa.Table, list[Edge]]]:
        for step in steps:
            sent.append(step)
            yield step.stated, step.inside

    for settled in workers.each("settle", works()):
        yield sent.popleft(), settled


def _stored(database: Database) -> I64:
    with database.unit_of_work(_SCOPE) as session:
        return np.sort(np.fromiter(session.scalars(select(IdentityRow.patient_key)), dtype=np.int64))


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
    with database.unit_of_work(_SCOPE) as session:
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
                total = total.plus(_arrived(session, step, waiting.came))
        crossing = _without(waiting.came, (edge for step, _ in fresh for edge in step.outside))
        store_edges(session, crossing, judge.version)
        asked = ask(session, judge, crossing, UNSETTLED) if crossing else {}
    return total.plus(Applied(reviews=len({review for of_key in asked.values() for review in of_key})))


def _without(came: Collection[int], edges: Iterable[Edge]) -> list[Edge]:
    return [edge for edge in edges if edge.left not in came and edge.right not in came]


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
