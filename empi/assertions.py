"""Decisions of people about pairs of identities: "the same person" and "do not link".

"Same" is kept as a star around the smallest key of a group, "different" as all pairs across a cut; so a later arrival that
resembles both sides of a cut can never join them again. An assertion between two identities replaces the opposite one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from empi.identity import pair
from empi.models import AssertionRow
from empi.querying import chunks

Pair = tuple[int, int]


@dataclass(frozen=True)
class Assertions:
    """What people said about a set of identities."""

    same: frozenset[Pair]
    different: frozenset[Pair]


def star(keys: Iterable[int]) -> set[Pair]:
    """Pairs that hold a group together: the smallest key with every other."""
    ordered = sorted(keys)
    return {(ordered[0], key) for key in ordered[1:]} if ordered else set()


def across(left: Iterable[int], right: Collection[int]) -> set[Pair]:
    """All pairs between two groups."""
    return {pair(one, other) for one in left for other in right}


def severed(same: Iterable[Pair], side: Collection[int]) -> tuple[set[Pair], set[Pair]]:
    """What a cut does to "same" pairs: (pairs to remove, pairs to add).

    Pairs across the cut go; what people said about the identities *within* each side stays true although the centre of
    their star may now stand on the other side.
    """
    known = set(same)
    removed = {(left, right) for left, right in known if (left in side) != (right in side)}
    added: set[Pair] = set()
    for group in _groups(known):
        if any(left in group for left, _ in removed):
            added |= star(key for key in group if key in side) | star(key for key in group if key not in side)
    return removed, added - known


def _groups(pairs: Iterable[Pair]) -> list[set[int]]:
    groups: list[set[int]] = []
    for left, right in sorted(pairs):
        touched = [group for group in groups if left in group or right in group]
        merged = {left, right}.union(*touched)
        groups = [group for group in groups if group not in touched] + [merged]
    return groups


def assertions_about(session: Session, keys: Iterable[int]) -> list[AssertionRow]:
    """Every assertion that touches one of the identities, in the order of its pair."""
    found: dict[Pair, AssertionRow] = {}
    for some in chunks(keys):
        statement = select(AssertionRow).where(or_(AssertionRow.left_key.in_(some), AssertionRow.right_key.in_(some)))
        found.update(((row.left_key, row.right_key), row) for row in session.scalars(statement))
    return [found[key] for key in sorted(found)]


def as_assertions(rows: Iterable[AssertionRow]) -> Assertions:
    known = [((row.left_key, row.right_key), row.same) for row in rows]
    return Assertions(frozenset(key for key, same in known if same), frozenset(key for key, same in known if not same))


def assert_pairs(session: Session, pairs: Collection[Pair], same: bool, decision_id: int) -> None:
    """Record what a person decided about these pairs, replacing what was recorded before."""
    forget_pairs(session, pairs)
    if pairs:
        session.execute(
            insert(AssertionRow),
            [{"left_key": left, "right_key": right, "same": same, "decision_id": decision_id} for left, right in sorted(pairs)],
        )


def forget_pairs(session: Session, pairs: Collection[Pair]) -> None:
    """Remove the assertions on these pairs."""
    for left, right in sorted(pairs):
        session.execute(
            delete(AssertionRow)
            .where(AssertionRow.left_key == left, AssertionRow.right_key == right)
            .execution_options(synchronize_session=False)
        )
