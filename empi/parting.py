"""Persons among a few identities when people have decided about some of them. Pure.

The core clusters by evidence alone. Here its rule (join from the strongest pair down, never bring a contradiction together) is
applied with what people said: "same" is joined first and cannot be contradicted by evidence, "different" is a contradiction no
evidence can outweigh.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from empi.assertions import Assertions
from empi.judging import Parted, Parting
from health_platform.kernel.ids import stable_key


@dataclass(frozen=True)
class Judged:
    """A compared pair: ``certain`` may join, ``apart`` must not meet in one person."""

    left: int
    right: int
    weight: float
    certain: bool
    apart: bool


class _Groups:
    """Disjoint sets that remember whom they must not meet."""

    def __init__(self, keys: Iterable[int]) -> None:
        self.home = {key: key for key in keys}
        self.members = {key: {key} for key in self.home}
        self.enemies: dict[int, set[int]] = {key: set() for key in self.home}

    def are_enemies(self, left: int, right: int) -> bool:
        return bool(self.members[self.home[left]] & self.enemies[self.home[right]])

    def join(self, left: int, right: int) -> None:
        kept, gone = self.home[left], self.home[right]
        if kept == gone:
            return
        for member in self.members[gone]:
            self.home[member] = kept
        self.members[kept] |= self.members.pop(gone)
        self.enemies[kept] |= self.enemies.pop(gone)

    def oppose(self, left: int, right: int) -> None:
        self.enemies[self.home[left]].add(right)
        self.enemies[self.home[right]].add(left)


def part(keys: Sequence[int], pairs: Iterable[Judged], assertions: Assertions) -> Parted:
    """The persons among ``keys``. Independent of the order of ``keys`` and ``pairs``."""
    groups = _Groups(keys)
    for left, right in sorted(assertions.same):
        groups.join(left, right)
    compared = sorted(pairs, key=_strength)
    _oppose_contradictions(groups, compared)
    for left, right in sorted(assertions.different):
        if groups.home[left] != groups.home[right]:
            groups.oppose(left, right)
    cuts = []
    for one in compared:
        if not one.certain or groups.home[one.left] == groups.home[one.right]:
            continue
        if groups.are_enemies(one.left, one.right):
            cuts.append(Parting(one.left, one.right))
        else:
            groups.join(one.left, one.right)
    return Parted(tuple(sorted(tuple(sorted(group)) for group in groups.members.values())), tuple(cuts))


def _oppose_contradictions(groups: _Groups, compared: Iterable[Judged]) -> None:
    """Evidence keeps two groups apart, unless it also joins them.

    Only people can have put together what evidence contradicts (a name and a birth date both corrected): whoever surely is one
    of their identities belongs to them, however little the others resemble him.
    """
    joined = {frozenset((groups.home[one.left], groups.home[one.right])) for one in compared if one.certain}
    opposed = [(one.left, one.right) for one in compared if one.apart
               and frozenset((groups.home[one.left], groups.home[one.right])) not in joined]
    for left, right in opposed:
        groups.oppose(left, right)


def _strength(one: Judged) -> tuple[float, int, int]:
    """Strongest first; ties by hashes of the keys, which say nothing of the order of arrival."""
    ranks = sorted((stable_key(one.left), stable_key(one.right)))
    return -one.weight, ranks[0], ranks[1]
