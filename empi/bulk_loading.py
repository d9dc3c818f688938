"""First load and re-linking of a whole city through the same decisions as an arrival.

The bulk engine compares, it does not decide: what it finds becomes stored evidence, and every component is settled by the code
that settles an arrival. So decisions of people win, and a person id changes only where identities really part. Components are
taken a few at a time, each step in a transaction of its own; a run that was stopped is simply started again, because a step
that was done before changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.asking import ask
from empi.bulk.linking import Edges, judge_pairs
from empi.evidence import forget_edges, store_edges
from empi.identity import RawIdentity
from empi.judges import Judge, judge_of
from empi.judging import Edge
from empi.linking import Cause, settle
from empi.matching import Identity
from empi.matching.blocking import OverfullBlock, candidate_pairs
from empi.matching.clustering import components
from empi.matching.scoring import frame_of
from empi.models import IdentityRow
from empi.review import follow_moves
from empi.service import register
from empi.storing import Facts, facts_of, known
from empi.wide import whole_index
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope

RELINK = "whole-city linking"
STEP = 1_000


@dataclass(frozen=True)
class Evidence:
    """What a bulk comparison found: certain, possible and conflicting pairs by patient key, and components to settle
    together (singletons included)."""

    edges: tuple[Edge, ...]
    components: tuple[tuple[int, ...], ...]
    over_full: tuple[OverfullBlock, ...] = ()


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


def compare_all(judge: Judge, facts: dict[int, Facts]) -> Evidence:
    """Compare identities with each other along all blocking passes, as one bulk run."""
    keys = sorted(facts)
    identities: list[Identity] = [judge.read(facts[key]) for key in keys]
    frame = frame_of(identities, judge.model)
    over_full: list[OverfullBlock] = []
    parts = [judge_pairs(frame, judge.model, left, right) for _, left, right in candidate_pairs(frame, judge.rules, over_full)]
    edges = [edge for part in parts for edge in _edges(keys, part)]
    left = np.concatenate([part.certain()[0] for part in parts] or [np.zeros(0, np.int64)])
    right = np.concatenate([part.certain()[1] for part in parts] or [np.zeros(0, np.int64)])
    labels = components(len(keys), left, right)
    groups: dict[int, list[int]] = {}
    for key, label in zip(keys, labels.tolist(), strict=True):
        groups.setdefault(label, []).append(key)
    return Evidence(tuple(edges), tuple(tuple(group) for group in groups.values()), tuple(over_full))


def _edges(keys: Sequence[int], part: Edges) -> Iterator[Edge]:
    names = ("no", "possible", "certain", "conflict")
    for left, right, weight, outcome in zip(
        part.left.tolist(), part.right.tolist(), part.weight.tolist(), part.outcome.tolist(), strict=True
    ):
        low, high = sorted((keys[left], keys[right]))
        yield Edge(low, high, names[outcome], float(weight), names[outcome] == "conflict")


def steps_of(evidence: Evidence, size: int = STEP) -> Iterator[tuple[list[int], list[Edge]]]:
    """Components packed into steps of about ``size`` identities, each with all evidence that touches it."""
    touching: dict[int, list[Edge]] = {}
    for edge in evidence.edges:
        touching.setdefault(edge.left, []).append(edge)
        touching.setdefault(edge.right, []).append(edge)
    step: list[int] = []
    for group in evidence.components:
        step += group
        if len(step) >= size:
            yield step, _distinct(touching, step)
            step = []
    if step:
        yield step, _distinct(touching, step)


def _distinct(touching: dict[int, list[Edge]], keys: Iterable[int]) -> list[Edge]:
    return list({(edge.left, edge.right): edge for key in keys for edge in touching.get(key, ())}.values())


def first_load(
    database: Database, identities: Sequence[RawIdentity], progress: Callable[[int], None] = lambda done: None
) -> Applied:
    """Load a city that the index does not know yet: compare everything once, then register component by component.

    Evidence to identities of another step is stored with the later of the two, so each step sees what it needs.
    """
    with database.unit_of_work(system_scope(RELINK)) as session:
        judge = judge_of(session)
    newest: dict[int, RawIdentity] = {}
    for raw in identities:
        if raw.patient_key not in newest or raw.source_time >= newest[raw.patient_key].source_time:
            newest[raw.patient_key] = raw
    evidence = compare_all(judge, {key: Facts(raw.facts()) for key, raw in newest.items()})
    total, present = Applied(), set[int]()
    for step, edges in steps_of(evidence):
        present |= set(step)
        known_edges = [edge for edge in edges if edge.left in present and edge.right in present]
        with database.unit_of_work(system_scope(RELINK)) as session:
            results = register(session, [newest[key] for key in step], known_edges)
        fresh = {one.person_id for one in results if one.outcome != "unchanged"}
        total = total.plus(Applied(len(step), len(results), len(fresh), 0, sum(len(one.review_ids) for one in results)))
        progress(total.identities)
    return total


def relink(database: Database, progress: Callable[[int], None] = lambda done: None) -> Applied:
    """Link the whole index again under the rules and weights now in force."""
    with database.unit_of_work(system_scope(RELINK)) as session:
        judge = judge_of(session)
        facts = {key: facts_of(session, row) for key, row in known(session, _all_keys(session)).items()}
    evidence = compare_all(judge, facts)
    total = Applied()
    for step, edges in steps_of(evidence):
        with database.unit_of_work(system_scope(RELINK)) as session:
            total = total.plus(apply_evidence(session, step, edges))
        progress(total.identities)
    return total


def _all_keys(session: Session) -> list[int]:
    return list(session.scalars(select(IdentityRow.patient_key).order_by(IdentityRow.patient_key)))


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
