"""Linking the whole index again, by a machine with memory for all of it or in parts through the warehouse.

The bulk engine compares, it does not decide: what it finds becomes stored evidence, and every component is settled by the code
that settles an arrival. So decisions of people win, and a person id changes only where identities really part. Components are
taken a few at a time, each step in a transaction of its own; a run that was stopped is simply started again, because a step
that was done before changes nothing.

The platform may run meanwhile. Who comes or changes after the index was read is linked by his arrival under the same rules; the
evidence of that arrival is newer than what the run compared, and stays (``Snapshot``).
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing

import numpy as np
import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.asking import ask
from empi.bulk.city import AtOnce, Compare, Gathered
from empi.bulk_loading import RELINK, Applied
from empi.evidence import edges_about, forget_pairs, store_edges
from empi.identity import FACT_COLUMNS
from empi.judges import judge_of
from empi.judging import Edge
from empi.linking import Cause, settle
from empi.models import IdentityRow
from empi.rekeying import renew_keys
from empi.review import follow_moves
from empi.storing import Known, facts_of, known
from empi.whole import is_empty, note_whole_linking
from empi.wide import whole_index
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope

STEP = 1_000
_PAGE = 5_000
_COLUMNS = (*FACT_COLUMNS, "domain_id", "local_id", "source_time", "division_code")
_SCOPE = system_scope(RELINK)
log = logging.getLogger("empi")

in_memory = AtOnce(STEP, both_ends=True)
"""Compares all identities at once."""


def relink(
    database: Database,
    progress: Callable[[int], None] = lambda done: None,
    compare: Compare = in_memory,
) -> Applied:
    """Link the whole index again under the rules and weights now in force.

    Whoever came under other blocking passes gets the keys of those now in force first.

    Args:
        database: the index.
        progress: told how many identities are settled.
        compare: how they are compared.
    """
    if written := renew_keys(database, _SCOPE):
        log.info("%s: %d blocking keys of the rules now in force written", RELINK, written)
    with database.unit_of_work(_SCOPE) as session:
        judge, empty = judge_of(session), is_empty(session)
    if empty:
        return Applied()
    total, snapshot = Applied(), Snapshot()
    with closing(compare(_tables(database, snapshot, compare.each), judge.model)) as steps:
        for keys, edges in steps:
            with database.unit_of_work(_SCOPE) as session:
                total = total.plus(_apply(session, keys, edges, snapshot))
            progress(total.identities)
    with database.unit_of_work(_SCOPE) as session:
        note_whole_linking(session, judge.version)
    return total


class Snapshot:
    """Which identities were compared, and in which revision of what they state."""

    def __init__(self) -> None:
        self._keys, self._revisions = array("q"), array("q")

    def add(self, row: Known) -> None:
        """An identity that was read; they come in the order of their keys."""
        self._keys.append(row.patient_key)
        self._revisions.append(row.revision)

    def as_compared(self, session: Session, keys: Collection[int]) -> set[int]:
        """Those that state today what they stated when they were compared."""
        compared, wanted = np.frombuffer(self._keys, dtype=np.int64), np.array(sorted(keys), dtype=np.int64)
        at = np.minimum(np.searchsorted(compared, wanted), len(compared) - 1)
        read = {self._keys[place]: self._revisions[place] for place in at[compared[at] == wanted].tolist()}
        return {key for key, row in known(session, read).items() if row.revision == read[key]}


def _tables(database: Database, snapshot: Snapshot, each: int) -> Iterator[pa.Table]:
    gathered, count = Gathered(_COLUMNS), 0
    for row, stated in _everyone(database):
        gathered.add(row.patient_key, {**stated, "division_code": row.division_code or ""})
        snapshot.add(row)
        count += 1
        if count == each:
            yield gathered.table()
            count = 0
    if count:
        yield gathered.table()


def _everyone(database: Database) -> Iterator[tuple[Known, dict[str, str]]]:
    """Every identity of the index and what it states, a page in a transaction of its own: reading keeps nobody from writing."""
    last = -1
    while True:
        after = select(IdentityRow.patient_key).where(IdentityRow.patient_key > last)
        with database.unit_of_work(_SCOPE) as session:
            keys = list(session.scalars(after.order_by(IdentityRow.patient_key).limit(_PAGE)))
            facts = [(row, facts_of(session, row)) for row in known(session, keys).values()]
        if not keys:
            return
        yield from ((row, {name: stated[name] for name in _COLUMNS if name in stated}) for row, stated in facts)
        last = keys[-1]


def _apply(session: Session, keys: Sequence[int], edges: Iterable[Edge], snapshot: Snapshot) -> Applied:
    """Replace the evidence about stored identities by what the run found, and settle them.

    Args:
        session: a transaction of the index.
        keys: identities compared completely by the run; whoever they hang together with is settled with them.
        edges: all evidence the run found that touches them.
        snapshot: what the run looked at.
    """
    with whole_index(session, RELINK):
        judge = judge_of(session)
        found = list(edges)
        stored = [(edge.left, edge.right) for edge in edges_about(session, keys)]
        standing = snapshot.as_compared(session, {*keys, *(end for pair in stored for end in pair), *_ends(found)})
        forget_pairs(session, [pair for pair in stored if standing.issuperset(pair)])
        found = [edge for edge in found if standing.issuperset((edge.left, edge.right))]
        store_edges(session, found, judge.version)
        settled = settle(session, judge, {*keys, *_ends(found)}, Cause(reason=RELINK))
        follow_moves(session, settled.assignment.moves)
        asked = ask(session, judge, found, settled)
    changed = settled.assignment
    return Applied(
        len(keys),
        len(changed.moves),
        len(changed.born),
        len(changed.retired),
        len({review for of_key in asked.values() for review in of_key}),
    )


def _ends(edges: Iterable[Edge]) -> Iterator[int]:
    return (end for edge in edges for end in (edge.left, edge.right))
