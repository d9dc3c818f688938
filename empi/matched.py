"""Who could this be? Matching without storing anything (FHIR ``$match``, PDQ, a registration desk looking before it writes)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from empi.candidates import search
from empi.goldening import golden_of
from empi.identity import RawIdentity
from empi.judges import judge_of
from empi.judging import Edge, Grade
from empi.lookup import visible_persons
from empi.storing import Facts, facts_of, known
from empi.wide import whole_index
from health_platform.kernel.scope import scope_of

PROBE = -1


@dataclass(frozen=True)
class Match:
    """A person the statement could be about, by its best matching identity.

    Attributes:
        score: 0..1, the posterior probability of the best pair; grades follow the rules, not the score alone.
        weight: evidence in bits, field by field in ``contributions``.
    """

    person_id: int
    patient_key: int
    grade: Grade
    score: float
    weight: float
    contributions: dict[str, float]
    golden: dict[str, Any]


def match(session: Session, raw: RawIdentity, limit: int = 20, only_certain: bool = False) -> list[Match]:
    """Persons in the caller's scope that resemble the statement, the likeliest first.

    Args:
        limit: at most so many persons.
        only_certain: leave out everything the rules would not link by themselves.
    """
    best = _best_edges(session, raw)
    visible = best.keys() if scope_of(session).everything else visible_persons(session, best)
    wanted = [
        (person, key, edge)
        for person, (key, edge) in best.items()
        if person in visible and (edge.grade == "certain" or not only_certain)
    ]
    wanted.sort(key=lambda one: (-(one[2].grade == "certain"), -one[2].weight, one[0]))
    with whole_index(session, "match"):
        prior = judge_of(session).model.prior_bits
        golden = golden_of(session, [person for person, _, _ in wanted[:limit]])
    return [
        Match(
            person,
            key,
            _grade(edge),
            _probability(edge.weight + prior),
            edge.weight,
            edge.contributions or {},
            golden.get(person, {}),
        )
        for person, key, edge in wanted[:limit]
    ]


def _best_edges(session: Session, raw: RawIdentity) -> dict[int, tuple[int, Edge]]:
    """The strongest evidence per person, over the whole index."""
    facts = Facts({**raw.facts(), "local_id": raw.local_id or "probe"}, raw.division_code)
    with whole_index(session, "match"):
        judge = judge_of(session)
        found = search(session, judge.blocks(session, {PROBE: facts}), judge.block_cap, report=False)
        rows = known(session, {other for pair in found.pairs for other in pair if other != PROBE})
        compared = judge.compare(
            {PROBE: facts, **{key: facts_of(session, row) for key, row in rows.items()}}, [(PROBE, key) for key in rows]
        )
    best: dict[int, tuple[int, Edge]] = {}
    for edge in compared.edges:
        person = rows[edge.right].person_id
        if person is not None and (person not in best or best[person][1].weight < edge.weight):
            best[person] = edge.right, edge
    return best


def _grade(edge: Edge) -> Grade:
    return "certain" if edge.grade == "certain" else "conflict" if edge.grade == "conflict" else "possible"


def _probability(bits: float) -> float:
    return float(1 / (1 + 2.0 ** -max(min(bits, 60.0), -60.0)))
