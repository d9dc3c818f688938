"""Which of two twins a newborn's placeholder means, by elimination.

``张某之大双`` fits every child its mother bore that day, so evidence about a pair alone never links it
(``Outcome.TWIN``): the child seen may be the other twin. It becomes a fact when the other twin is seen too and
contradicts both: a placeholder of a boy belongs to the boy once his sister is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from empi.definitions.schema import Outcome
from empi.matching.arrays import F64, I32, I64, U64, Flags
from empi.matching.frame import Frame
from empi.matching.grouping import batches, components, groups_of, pairs_of
from empi.matching.model import Model
from empi.matching.scoring import score
from empi.matching.twins import with_twins_known

_LARGEST_FAMILY = 600
Pair = tuple[int, int]


@dataclass(slots=True)
class Family:
    """What the evidence says of clusters born together, by any numbers that name them.

    ``apart`` says whom a cluster contradicts, ``kin`` whom it is tied to as itself or as its twin. Both are symmetric.
    """

    apart: dict[int, set[int]] = field(default_factory=dict)
    kin: dict[int, set[int]] = field(default_factory=dict)

    def add(self, one: int, other: int, *, apart: bool, twin: bool) -> None:
        """Take in one pair of identities by their clusters; what lies within one cluster says nothing here."""
        if one == other:
            return
        for a, b in ((one, other), (other, one)):
            if apart:
                self.apart.setdefault(a, set()).add(b)
            if twin:
                self.kin.setdefault(a, set()).add(b)

    def joins(self, strongest_first: Iterable[Pair]) -> list[Pair]:
        """The pairs of clusters that elimination leaves as one person, in the given order.

        Joined are two clusters that may be one person when some relative contradicts both (it is the other twin), and
        neither could as well be somebody the other one contradicts.
        """
        found: list[Pair] = []
        merged: dict[int, set[int]] = {}
        for one, other in strongest_first:
            mine, theirs = merged.get(one, {one}), merged.get(other, {other})
            if mine is theirs or not self._is_told(one, other) or any(self._apart(a) & theirs for a in mine):
                continue
            both = mine | theirs
            merged.update(dict.fromkeys(both, both))
            found.append((one, other))
        return found

    def _is_told(self, one: int, other: int) -> bool:
        if one == other or other in self._apart(one):
            return False
        witnesses = (self._kin(one) | self._kin(other)) & self._apart(one) & self._apart(other)
        rivals = (self._fits(one) & self._apart(other)) | (self._fits(other) & self._apart(one))
        return bool(witnesses) and not rivals

    def _fits(self, one: int) -> set[int]:
        return self._kin(one) - self._apart(one)

    def _apart(self, one: int) -> set[int]:
        return self.apart.get(one, set())

    def _kin(self, one: int) -> set[int]:
        return self.kin.get(one, set())


@dataclass(frozen=True, slots=True)
class Twins:
    """Positions of the pairs judged ``Outcome.TWIN``, and for every identity whether its family has known twins."""

    left: I32 | I64
    right: I32 | I64
    known: Flags


def join_twins(frame: Frame, model: Model, twins: Twins, labels: I64, ranks: U64) -> None:
    """Join clusters in place where elimination tells whose placeholder it is.

    Args:
        frame: the identities.
        model: weights and rules.
        twins: what elimination has to decide.
        labels: the cluster of each identity (its smallest member) by certain evidence alone.
        ranks: breaks ties, independent of arrival.
    """
    related = components(len(labels), labels[twins.left], labels[twins.right])[labels]
    concerned = np.zeros(len(labels), dtype=bool)
    concerned[related[twins.left]] = True
    for groups in batches(groups_of(related, _LARGEST_FAMILY, concerned)):
        first, second, owner = pairs_of(groups)
        scores = score(frame, model, first, second)
        apart = scores.apart | (scores.outcome == Outcome.CONFLICT)
        twin = with_twins_known(frame, model, twins.known, (first, second), scores.outcome) == Outcome.TWIN
        order = _strongest_first(scores.weight, ranks[first], ranks[second], owner)
        telling = order[(apart | twin)[order]]
        bounds = np.searchsorted(owner[telling], np.arange(len(groups) + 1))
        for number, members in enumerate(groups):
            places = telling[bounds[number] : bounds[number + 1]]
            homes = list(zip(labels[first[places]].tolist(), labels[second[places]].tolist(), strict=True))
            _join(labels, members, _joins(homes, apart[places].tolist(), twin[places].tolist()))


def _strongest_first(weight: F64, one: U64, other: U64, owner: I64) -> I64:
    """Pairs by owner, the strongest first; ties by ranks."""
    return np.lexsort((np.maximum(one, other), np.minimum(one, other), -weight, owner))


def _joins(homes: list[Pair], apart: list[bool], twin: list[bool]) -> list[Pair]:
    family = Family()
    for (one, other), differ, kin in zip(homes, apart, twin, strict=True):
        family.add(one, other, apart=differ, twin=kin)
    return family.joins(pair for pair, kin in zip(homes, twin, strict=True) if kin)


def _join(labels: I64, members: I64, joins: list[Pair]) -> None:
    for one, other in joins:
        both = members[np.isin(labels[members], (labels[one], labels[other]))]
        labels[both] = both.min()
