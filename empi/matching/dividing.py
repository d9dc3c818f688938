"""Groups too large to compare everybody in them with everybody.

No person has thousands of records that disagree: such a group is a chain, through a family's telephone or a wrong number used for
everyone. It is rebuilt from its strongest pairs down, and no part grows beyond what can be checked. Every two parts that
evidence had tied are reported by the strongest pair between them, so that a person looks at what the limit parted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from empi.matching.arrays import F64, I32, I64, U64, Flags
from empi.matching.frame import Frame
from empi.matching.grouping import relabel, runs_of
from empi.matching.model import Model
from empi.matching.scoring import score

_CHUNK = 400_000


@dataclass(frozen=True, slots=True)
class Cut:
    """A pair of one evidence that was not joined: its two sides contradict each other, or would be too many together."""

    left: int
    right: int
    weight: float


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs by position that join identities; ``ranks`` of all identities break ties, whatever the order of arrival."""

    left: I32 | I64
    right: I32 | I64
    ranks: U64


def divide(frame: Frame, model: Model, links: Links, labels: I64, wanted: Flags, largest: int) -> list[Cut]:
    """Divide in place the groups of more than ``largest`` members, those ``wanted`` by label.

    Returns:
        The strongest pair between every two parts that were one group.
    """
    order, starts, sizes = runs_of(labels)
    oversized = np.zeros(len(labels), dtype=bool)
    oversized[labels[order[starts[sizes > largest]]]] = True
    oversized &= wanted
    if not oversized.any():
        return []
    inside = np.flatnonzero(oversized[labels[links.left]])
    left, right = links.left[inside].astype(np.int64), links.right[inside].astype(np.int64)
    weight = _weights(frame, model, left, right)
    ranks = links.ranks[left], links.ranks[right]
    strongest = np.lexsort((np.maximum(*ranks), np.minimum(*ranks), -weight))
    parts = _Parts(np.flatnonzero(oversized[labels]), largest)
    refused = [k for k in strongest.tolist() if not parts.join(int(left[k]), int(right[k]))]
    relabel(labels, parts.homes())
    return _between(labels, left, right, weight, refused)


def _weights(frame: Frame, model: Model, left: I64, right: I64) -> F64:
    chunks = range(0, len(left), _CHUNK)
    return np.concatenate([score(frame, model, left[s : s + _CHUNK], right[s : s + _CHUNK]).weight for s in chunks])


def _between(labels: I64, left: I64, right: I64, weight: F64, strongest_first: list[int]) -> list[Cut]:
    """The first pair between every two parts."""
    found: dict[tuple[int, int], Cut] = {}
    for k in strongest_first:
        one, other = int(left[k]), int(right[k])
        parts = (int(labels[one]), int(labels[other]))
        if parts[0] != parts[1]:
            found.setdefault((min(parts), max(parts)), Cut(one, other, float(weight[k])))
    return list(found.values())


class _Parts:
    """Disjoint sets that do not grow beyond a size."""

    def __init__(self, members: I64, largest: int) -> None:
        self._largest = largest
        self._home = {member: member for member in members.tolist()}
        self._size = dict.fromkeys(self._home, 1)

    def join(self, one: int, other: int) -> bool:
        """Join the parts of two members; False when they would be too many together."""
        kept, gone = self._root(one), self._root(other)
        if kept == gone:
            return True
        if self._size[kept] + self._size[gone] > self._largest:
            return False
        if self._size[kept] < self._size[gone]:
            kept, gone = gone, kept
        self._home[gone] = kept
        self._size[kept] += self._size[gone]
        return True

    def homes(self) -> dict[int, int]:
        """The part of every member."""
        return {member: self._root(member) for member in self._home}

    def _root(self, member: int) -> int:
        while (home := self._home[member]) != member:
            self._home[member] = member = self._home[home]
        return member
