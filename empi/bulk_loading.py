"""What a whole-city run changes, and comparing those again who came while it compared."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from empi.asking import ask
from empi.candidates import search
from empi.evidence import edges_about, store_edges
from empi.judges import judge_of
from empi.linking import Cause, settle
from empi.locking import lock_blocks
from empi.review import follow_moves
from empi.storing import facts_of, known
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
