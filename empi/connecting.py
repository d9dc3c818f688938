"""What hangs together: the identities that a change may touch, found outwards from it along evidence and common persons."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.assertions import Assertions, Pair
from empi.candidates import report_over_full
from empi.evidence import assertions_within, ties_about
from empi.judging import TYING, Edge
from empi.models import PersonRow
from empi.plain import among, plainly, table_of
from empi.storing import Known, known, members_of

MAX_COMPONENT = 2_000
"""Identities that hang together and are looked at as one at most. A larger component is cut off here, logged and
counted on the quality page: it is a data fault."""

_PERSONS = table_of(PersonRow)
_LOCK = select(_PERSONS.c.person_id).where(among(_PERSONS.c.person_id)).order_by(_PERSONS.c.person_id).with_for_update()

log = logging.getLogger("empi")


@dataclass
class Component:
    """Identities that hang together by evidence, assertions or a common person, with all that is known of them."""

    members: dict[int, Known] = field(default_factory=dict)
    edges: dict[Pair, Edge] = field(default_factory=dict)
    assertions: Assertions = field(default_factory=lambda: Assertions(frozenset(), frozenset()))
    truncated: bool = False


@dataclass(frozen=True)
class Start:
    """Where to begin.

    Attributes:
        seeds: identities whose links are looked at again.
        fresh: identities that are not stored yet; nobody has decided about them.
        edges: evidence just found; for fresh identities there is no other.
        seen: identities as they were read in this transaction, to save reading them again.
    """

    seeds: Iterable[int]
    fresh: Mapping[int, Known] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    seen: Mapping[int, Known] = field(default_factory=dict)


def connected(session: Session, start: Start) -> Component:
    """Everything that hangs together with the start; the persons involved are locked until the transaction ends."""
    found, groups = Component(), _Groups()
    found.edges = {(edge.left, edge.right): edge for edge in start.edges}
    decided: dict[Pair, bool] = {}
    persons: set[int] = set()
    frontier = set(start.seeds) | groups.tie(start.edges)
    while frontier:
        arrived = _members(session, frontier, start, persons)
        new = arrived.keys() - found.members.keys()
        found.members.update(arrived)
        ties = ties_about(session, new - start.fresh.keys())
        for edge in ties.edges:
            found.edges.setdefault((edge.left, edge.right), edge)
        decided |= ties.decided
        ends = groups.tie(ties.edges) | groups.tie_pairs(pair for pair, same in ties.decided.items() if same)
        groups.tie_persons(arrived.values())
        outside = ends - found.members.keys()
        frontier = {key for key in outside if groups.size_of(key) <= MAX_COMPONENT}
        found.truncated = found.truncated or frontier != outside
    if found.truncated:
        log.warning("a component of more than %d identities was cut off; first patient key %d", MAX_COMPONENT, min(found.members))
        report_over_full(session, {min(found.members): "connected identities"})
    found.edges = {pair: edge for pair, edge in found.edges.items() if pair[0] in found.members and pair[1] in found.members}
    found.assertions = assertions_within(decided, found.members.keys())
    return found


class _Groups:
    """Which identities hang together so far (union-find), so that one endless component does not stop the others."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}
        self._size: dict[int, int] = {}

    def tie(self, edges: Iterable[Edge]) -> set[int]:
        """Join along evidence that may tie; returns its ends."""
        return self.tie_pairs((edge.left, edge.right) for edge in edges if edge.grade in TYING)

    def tie_pairs(self, pairs: Iterable[Pair]) -> set[int]:
        """Join the two of each pair; returns all of them."""
        ends: set[int] = set()
        for left, right in pairs:
            self._join(left, right)
            ends |= {left, right}
        return ends

    def tie_persons(self, rows: Iterable[Known]) -> None:
        """Join the identities of each person."""
        first: dict[int, int] = {}
        for row in rows:
            if row.person_id is not None:
                self._join(first.setdefault(row.person_id, row.patient_key), row.patient_key)

    def size_of(self, key: int) -> int:
        """How many identities hang together with this one, itself included."""
        return self._size.get(self._root(key), 1)

    def _root(self, key: int) -> int:
        while (parent := self._parent.get(key, key)) != key:
            self._parent[key] = key = self._parent.get(parent, parent)
        return key

    def _join(self, left: int, right: int) -> None:
        one, other = self._root(left), self._root(right)
        if one != other:
            self._parent[other] = one
            self._size[one] = self._size.get(one, 1) + self._size.get(other, 1)


def _members(session: Session, keys: set[int], start: Start, persons: set[int]) -> dict[int, Known]:
    """The identities and all who share a person with them, read again after their persons are locked."""
    stored = {key: start.seen[key] for key in keys & start.seen.keys()}
    stored |= known(session, keys - start.fresh.keys() - stored.keys())
    new_persons = {row.person_id for row in stored.values() if row.person_id is not None} - persons
    persons |= new_persons
    lock_persons(session, new_persons)
    peers = members_of(session, new_persons)
    # Whoever was moved while we waited for its person is looked for again where it is now.
    moved = {key for key, row in stored.items() if row.person_id in new_persons and key not in peers}
    again = _members(session, moved, Start((), start.fresh), persons) if moved else {}
    return {key: start.fresh[key] for key in keys & start.fresh.keys()} | stored | peers | again


def lock_persons(session: Session, persons: Iterable[int]) -> None:
    """Hold person rows, in ascending order, so that two transactions never move the same identities."""
    wanted = set(persons)
    if wanted and session.get_bind().dialect.name != "sqlite":
        plainly(session, _LOCK, wanted)
