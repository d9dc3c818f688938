"""Stored evidence: the comparisons that said something, and what people decided about pairs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, literal_column, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from empi.assertions import Assertions, Pair
from empi.judging import Edge
from empi.models import AssertionRow, EdgeRow
from empi.plain import among, plainly, table_of, write_tuples
from empi.querying import chunks

_ASSERTED = "asserted"
_PAIRS_PER_STATEMENT = 250
_EDGES, _ASSERTIONS = table_of(EdgeRow), table_of(AssertionRow)
_EDGE_COLUMNS = [_EDGES.c[name] for name in ("left_key", "right_key", "grade", "weight", "apart")]
_OF_EDGES = [select(*_EDGE_COLUMNS).where(among(_EDGES.c[end])) for end in ("left_key", "right_key")]
_OF_ASSERTIONS = [
    select(
        _ASSERTIONS.c.left_key,
        _ASSERTIONS.c.right_key,
        literal_column(f"'{_ASSERTED}'").label("grade"),
        literal_column("0.0").label("weight"),
        _ASSERTIONS.c.same.label("apart"),
    ).where(among(_ASSERTIONS.c[end]))
    for end in ("left_key", "right_key")
]
_EVIDENCE = union_all(*_OF_EDGES)
_TIES = union_all(*_OF_EDGES, *_OF_ASSERTIONS)


@dataclass(frozen=True)
class Ties:
    """What is stored between identities: evidence, and people's decisions (pair -> the same person?)."""

    edges: tuple[Edge, ...]
    decided: dict[Pair, bool]


def ties_about(session: Session, keys: Iterable[int]) -> Ties:
    """Everything stored that touches one of the identities."""
    rows = plainly(session, _TIES, wanted) if (wanted := set(keys)) else []
    edges = {(row[0], row[1]): _edge(row) for row in rows if row[2] != _ASSERTED}
    return Ties(
        tuple(edges[pair] for pair in sorted(edges)),
        {(row[0], row[1]): bool(row[4]) for row in rows if row[2] == _ASSERTED},
    )


def edges_about(session: Session, keys: Iterable[int]) -> list[Edge]:
    """Stored evidence that touches one of the identities."""
    rows = plainly(session, _EVIDENCE, wanted) if (wanted := set(keys)) else []
    found = {(row[0], row[1]): _edge(row) for row in rows}
    return [found[pair] for pair in sorted(found)]


def _edge(row: Any) -> Edge:
    left, right, grade, weight, apart = row
    return Edge(left, right, grade, weight, bool(apart))


def store_edges(session: Session, edges: Iterable[Edge], version: str) -> None:
    """Add evidence; there must be none yet between the pairs."""
    names = ("left_key", "right_key", "grade", "weight", "apart", "rule_version")
    rows = [(edge.left, edge.right, edge.grade, edge.weight, edge.apart, version) for edge in edges]
    write_tuples(session, EdgeRow, names, rows)


def forget_edges(session: Session, keys: Iterable[int]) -> None:
    """Drop the evidence about identities whose facts changed."""
    for some in chunks(keys):
        touches = or_(EdgeRow.left_key.in_(some), EdgeRow.right_key.in_(some))
        session.execute(delete(EdgeRow).where(touches).execution_options(synchronize_session=False))


def forget_pairs(session: Session, pairs: Iterable[Pair]) -> None:
    """Drop the evidence about these pairs."""
    for some in chunks(pairs, _PAIRS_PER_STATEMENT):
        named = tuple_(EdgeRow.left_key, EdgeRow.right_key).in_(some)
        session.execute(delete(EdgeRow).where(named).execution_options(synchronize_session=False))


def assertions_within(decided: dict[Pair, bool], keys: Collection[int]) -> Assertions:
    """The decisions whose two sides are both among the identities."""
    inside = {pair: same for pair, same in decided.items() if pair[0] in keys and pair[1] in keys}
    return Assertions(
        frozenset(pair for pair, same in inside.items() if same), frozenset(pair for pair, same in inside.items() if not same)
    )
