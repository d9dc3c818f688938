"""Persons among a few identities when people have decided about some of them. Pure.

The core clusters by evidence alone. Here its rule (join from the strongest pair down, never bring a contradiction together) is
applied with what people said: "same" is joined first and cannot be contradicted by evidence, "different" is a contradiction no
evidence can outweigh. Last come pairs that are one person or twins, where the family leaves one answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from empi.assertions import Assertions
from empi.judging import Parted, Parting
from empi.matching.families import Family
from health_platform.kernel.ids import stable_key


@dataclass(frozen=True)
class Judged:
    """A compared pair: ``certain`` may join, ``apart`` must not meet in one person, ``twin`` is one person or twins."""

    left: int
    right: int
    weight: float
    certain: bool
    apart: bool
    twin: bool = False


@dataclass(frozen=True)
class Doubt:
    """Who stays alone when torn between two persons: identities without a document, unless one of the two leads by
    ``margin`` bits."""

    bare: frozenset[int] = frozenset()
    margin: float = 0.0


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

    def leave(self, key: int) -> None:
        self.members[self.home[key]].discard(key)
        self.home[key] = -1 - key
        self.members[-1 - key] = {key}
        self.enemies[-1 - key] = set()

    def oppose(self, left: int, right: int) -> None:
        self.enemies[self.home[left]].add(right)
        self.enemies[self.home[right]].add(left)


NO_DOUBT = Doubt()


def part(keys: Sequence[int], pairs: Iterable[Judged], assertions: Assertions, doubt: Doubt = NO_DOUBT) -> Parted:
    """The persons among ``keys``. Independent of the order of ``keys`` and ``pairs``."""
    groups = _Groups(keys)
    for left, right in sorted(assertions.same):
        groups.join(left, right)
    compared = sorted(pairs, key=_strength)
    _oppose_contradictions(groups, compared)
    for left, right in sorted(assertions.different):
        if groups.home[left] != groups.home[right]:
            groups.oppose(left, right)
    cuts, best = [], dict[int, float]()
    for one in (pair for pair in compared if pair.certain):
        if groups.home[one.left] != groups.home[one.right] and groups.are_enemies(one.left, one.right):
            cuts.append(one)
            continue
        for key in (one.left, one.right):
            best[key] = max(best.get(key, one.weight), one.weight)
        groups.join(one.left, one.right)
    settled = {key for pair in assertions.same for key in pair}
    for key in _torn(cuts, best, doubt) - settled:
        groups.leave(key)
    _join_twins(groups, compared, assertions)
    return Parted(
        tuple(sorted(tuple(sorted(group)) for group in groups.members.values() if group)),
        tuple(Parting(one.left, one.right) for one in cuts),
    )


def _join_twins(groups: _Groups, compared: Iterable[Judged], assertions: Assertions) -> None:
    """Join what elimination leaves as one person; what people keep apart counts as a contradiction."""
    family, home = Family(), groups.home
    for left, right in assertions.different:
        family.add(home[left], home[right], apart=True, twin=False)
    for one in compared:
        family.add(home[one.left], home[one.right], apart=one.apart, twin=one.twin)
    twins = {(home[one.left], home[one.right]): (one.left, one.right) for one in compared if one.twin}
    for homes in family.joins(twins):
        groups.join(*twins[homes])


def _torn(cuts: Iterable[Judged], best: dict[int, float], doubt: Doubt) -> set[int]:
    """Identities that fit a person they were cut from almost as well as their own, and have no document to tell."""
    rival: dict[int, float] = {}
    for one in cuts:
        for key in (one.left, one.right):
            rival[key] = max(rival.get(key, one.weight), one.weight)
    return {key for key, weight in rival.items() if key in doubt.bare and best.get(key, float("-inf")) - weight < doubt.margin}


def _oppose_contradictions(groups: _Groups, compared: Iterable[Judged]) -> None:
    """Evidence keeps two groups apart, unless it also joins them.

    Only people can have put together what evidence contradicts (a name and a birth date both corrected): whoever surely is one
    of their identities belongs to them, however little the others resemble him.
    """
    joined = {frozenset((groups.home[one.left], groups.home[one.right])) for one in compared if one.certain}
    opposed = [
        (one.left, one.right)
        for one in compared
        if one.apart and frozenset((groups.home[one.left], groups.home[one.right])) not in joined
    ]
    for left, right in opposed:
        groups.oppose(left, right)


def _strength(one: Judged) -> tuple[float, int, int]:
    """Strongest first; ties by hashes of the keys, which say nothing of the order of arrival."""
    ranks = sorted((stable_key(one.left), stable_key(one.right)))
    return -one.weight, ranks[0], ranks[1]
