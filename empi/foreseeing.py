"""What a registration has to find out, found out before the one writer's place is taken.

SQLite lets one writer in at a time, and most of a registration only reads: it normalises what arrives, searches who resembles
it, opens their facts and compares. A unit of work that reads first (``Database.read_first``) does that while others write. In
the writer's place the index is read again and decides; remembered are only answers that no other writer can change: how a
statement reads, its keys, and what comparing two statements finds. What is remembered no longer is found out again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from empi.candidates import search
from empi.judges import Judge
from empi.judging import Compared, Edge
from empi.storing import Facts, facts_of, known

Pair = tuple[int, int]


@dataclass(frozen=True)
class _Foreseen:
    """What comparing an arrival with ``other`` found; it holds for these very facts of the other and no later ones."""

    other: Facts
    edge: Edge | None
    apart: bool


def foresee(session: Session, judge: Judge, arrivals: Mapping[int, Facts]) -> None:
    """Find out what ``compare_foreseen`` will be asked about these identities, as far as the index knows now; changes nothing."""
    found = search(session, judge.blocks(session, arrivals), judge.block_cap, report=False)
    others = known(session, {key for pair in found.pairs for key in pair} - arrivals.keys())
    facts = {**arrivals, **{key: facts_of(session, row) for key, row in others.items()}}
    pairs = [pair for pair in found.pairs if facts.keys() >= set(pair)]
    _remember(judge, facts, judge.compare(facts, pairs), arrivals.keys())


def compare_foreseen(judge: Judge, facts: Mapping[int, Facts], pairs: Collection[Pair]) -> Compared:
    """``Judge.compare``, where some answers may be known already; these are forgotten with it."""
    known_pairs = {pair: found for pair in pairs if (found := _foreseen(judge, facts, pair)) is not None}
    for one in facts.values():
        one.readings.pop(_name(judge), None)
    rest = judge.compare(facts, [pair for pair in pairs if pair not in known_pairs])
    edges = (*rest.edges, *(found.edge for found in known_pairs.values() if found.edge is not None))
    apart = {pair for pair, found in known_pairs.items() if found.apart}
    return Compared(frozenset(pairs), tuple(sorted(edges, key=_ends)), rest.apart | apart)


def _ends(edge: Edge) -> Pair:
    return edge.left, edge.right


def _remember(judge: Judge, facts: Mapping[int, Facts], compared: Compared, arrived: Iterable[int]) -> None:
    edges = {_ends(edge): edge for edge in compared.edges}
    name = _name(judge)
    for key in arrived:
        facts[key].readings[name] = {}
    for pair in compared.pairs:
        for one, other in (pair, pair[::-1]):
            if (kept := facts[one].readings.get(name)) is not None:
                kept[other] = _Foreseen(facts[other], edges.get(pair), pair in compared.apart)


def _foreseen(judge: Judge, facts: Mapping[int, Facts], pair: Pair) -> _Foreseen | None:
    name = _name(judge)
    for one, other in (pair, pair[::-1]):
        found: _Foreseen | None = facts[one].readings.get(name, {}).get(other)
        if found is not None and found.other is facts[other]:
            return found
    return None


def _name(judge: Judge) -> str:
    return f"foreseen {judge.version}"
