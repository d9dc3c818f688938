"""First load and re-linking of a whole city through the same decisions as an arrival.

The bulk engine compares, it does not decide: what it finds becomes stored evidence, and every component is settled by the code
that settles an arrival. So decisions of people win, and a person id changes only where identities really part. Components are
taken a few at a time, each step in a transaction of its own; a run that was stopped is simply started again, because a step
that was done before changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.asking import ask
from empi.bulk.city import Gathered, compare_city
from empi.evidence import forget_edges, store_edges
from empi.identity import FACT_COLUMNS, RawIdentity
from empi.judges import judge_of
from empi.judging import Edge
from empi.linking import Cause, settle
from empi.models import IdentityRow
from empi.review import follow_moves
from empi.service import register
from empi.storing import Known, facts_of, known
from empi.whole import is_empty, note_whole_linking
from empi.wide import whole_index
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope

RELINK = "whole-city linking"
STEP = 1_000
FIRST_STEP = 5_000  # keys are hashes: each step touches most pages of the key tables, so few large ones write far less
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


def first_load(
    database: Database, identities: Iterable[RawIdentity], progress: Callable[[int], None] = lambda done: None
) -> Applied:
    """Load a city that the index does not know yet: compare everything once, then register component by component.

    Evidence to identities of another step is stored with the later of the two, so each step sees what it needs.

    Args:
        identities: may be a stream; of several statements about one number the newest counts.
    """
    with database.unit_of_work(system_scope(RELINK)) as session:
        judge, first = judge_of(session), is_empty(session)
    gathered = Gathered(_RAW_COLUMNS)
    for raw in identities:
        gathered.add(raw.patient_key, _as_row(raw))
    table = gathered.table(newest_by="source_time")
    found = compare_city(table, judge.model)
    total = Applied()
    for keys, edges in found.steps(FIRST_STEP, both_ends=False):
        raws = [_as_identity(row) for row in table.take(np.searchsorted(found.keys, keys)).to_pylist()]
        with database.unit_of_work(system_scope(RELINK)) as session:
            results = register(session, raws, edges)
        fresh = {one.person_id for one in results if one.outcome != "unchanged"}
        reviews = {review for one in results for review in one.review_ids}
        total = total.plus(Applied(len(keys), len(results), len(fresh), 0, len(reviews)))
        progress(total.identities)
    if first:
        _note(database, judge.version)
    return total


def _note(database: Database, version: str) -> None:
    with database.unit_of_work(system_scope(RELINK)) as session:
        note_whole_linking(session, version)


_KEPT = ("division_code", "line_code", "institution_id", "credentials")
_RAW_COLUMNS = (*FACT_COLUMNS, "domain_id", "local_id", "source_time", *_KEPT)


def _as_row(raw: RawIdentity) -> dict[str, str]:
    kept = {"division_code": raw.division_code, "line_code": raw.line_code, "institution_id": str(raw.institution_id or "")}
    return {**kept, **raw.facts()}


def _as_identity(row: dict[str, str]) -> RawIdentity:
    credentials = json.loads(row["credentials"] or "[]")
    institution = int(row["institution_id"]) if row["institution_id"] else None
    return replace(
        RawIdentity.of({**row, "credentials": None}),
        credentials=tuple((kind, number) for kind, number in credentials),
        institution_id=institution,
    )


def relink(database: Database, progress: Callable[[int], None] = lambda done: None) -> Applied:
    """Link the whole index again under the rules and weights now in force."""
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
