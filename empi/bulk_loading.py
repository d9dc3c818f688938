"""Re-linking of a whole city through the same decisions as an arrival.

The bulk engine compares, it does not decide: what it finds becomes stored evidence, and every component is settled by the code
that settles an arrival. So decisions of people win, and a person id changes only where identities really part. Components are
taken a few at a time, each step in a transaction of its own; a run that was stopped is simply started again, because a step
that was done before changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.asking import ask
from empi.bulk.city import Gathered, compare_city
from empi.candidates import search
from empi.evidence import edges_about, forget_edges, store_edges
from empi.identity import FACT_COLUMNS
from empi.judges import judge_of
from empi.judging import Edge
from empi.linking import Cause, settle
from empi.locking import lock_blocks
from empi.models import IdentityRow
from empi.rekeying import renew_keys
from empi.review import follow_moves
from empi.storing import Known, facts_of, known
from empi.whole import note_whole_linking
from empi.wide import whole_index
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope

RELINK = "whole-city linking"
log = logging.getLogger("empi")
STEP = 1_000
_PAGE = 5_000


@dataclass(frozen=True)
class Applied:
    """What the steps changed: identities looked at, links moved, persons made and retired, questions open about them."""

    identities: int = 0
    moved: int = 0
    born: int = 0
    retired: int = 0
    reviews: int = 0

    def plus(self, other: Applied) -> Applied:
        return Applied(
            self.identities + other.identities,
            self.moved + other.moved,
            self.born + other.born,
            self.retired + other.retired,
            self.reviews + other.reviews,
        )


def _note(database: Database, version: str) -> None:
    with database.unit_of_work(system_scope(RELINK)) as session:
        note_whole_linking(session, version)


def relink(database: Database, progress: Callable[[int], None] = lambda done: None) -> Applied:
    """Link the whole index again under the rules and weights now in force.

    Whoever came under other blocking passes gets the keys of those now in force first.
    """
    if written := renew_keys(database, system_scope(RELINK)):
        log.info("%s: %d blocking keys of the rules now in force written", RELINK, written)
    with database.unit_of_work(system_scope(RELINK)) as session:
        judge = judge_of(session)
        gathered = Gathered((*FACT_COLUMNS, "domain_id", "local_id", "source_time", "division_code"))
        for row in _everyone(session):
            facts = facts_of(session, row)
            stated = {name: facts[name] for name in gathered.columns if name in facts}
            gathered.add(row.patient_key, {**stated, "division_code": row.division_code or ""})
    total = Applied()
    for keys, edges in compare_city(gathered.table(), judge.model).steps(STEP, both_ends=True):
        with database.unit_of_work(system_scope(RELINK)) as session:
            total = total.plus(apply_evidence(session, keys, edges))
        progress(total.identities)
    _note(database, judge.version)
    return total


def _everyone(session: Session) -> Iterator[Known]:
    """Every identity of the index, a few thousand in memory at a time."""
    last = -1
    while True:
        after = select(IdentityRow.patient_key).where(IdentityRow.patient_key > last)
        keys = list(session.scalars(after.order_by(IdentityRow.patient_key).limit(_PAGE)))
        if not keys:
            return
        yield from known(session, keys).values()
        last = keys[-1]


def apply_evidence(session: Session, keys: Sequence[int], edges: Iterable[Edge]) -> Applied:
    """Replace the evidence about stored identities by what a bulk run found, and settle them.

    Args:
        keys: identities compared completely by the run; whoever they hang together with is settled with them.
        edges: all evidence the run found that touches them.
    """
    with whole_index(session, RELINK):
        judge = judge_of(session)
        forget_edges(session, keys)
        found = list(edges)
        store_edges(session, found, judge.version)
        touched = {*keys, *(end for edge in found for end in (edge.left, edge.right))}
        settled = settle(session, judge, touched, Cause(reason=RELINK))
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


def compare_again(database: Database, keys: Collection[int]) -> None:
    """Compare some identities with everybody: they came by themselves while a city was loaded that was compared without them."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), STEP):
        with database.unit_of_work(system_scope(RELINK)) as session:
            _compare_again(session, ordered[start : start + STEP])


def _compare_again(session: Session, keys: Sequence[int]) -> None:
    judge = judge_of(session)
    blocks = judge.blocks(session, {key: facts_of(session, row) for key, row in known(session, keys).items()})
    lock_blocks(session, (block.key for of_key in blocks.values() for block in of_key))
    pairs = search(session, blocks, judge.block_cap).pairs
    pairs -= {(edge.left, edge.right) for edge in edges_about(session, keys)}
    facts = {key: facts_of(session, row) for key, row in known(session, {key for pair in pairs for key in pair}).items()}
    found = judge.compare(facts, [pair for pair in pairs if facts.keys() >= set(pair)]).edges
    store_edges(session, found, judge.version)
    settled = settle(session, judge, {end for edge in found for end in (edge.left, edge.right)}, Cause(reason=RELINK))
    follow_moves(session, settled.assignment.moves)
    ask(session, judge, found, settled)
