"""Groups of positions: what hangs together, and all pairs within each group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from empi.matching.arrays import I32, I64, Flags
from empi.matching.blocking import pairs_within

_BATCH_PAIRS = 2_000_000


def components(size: int, left: I32 | I64, right: I32 | I64) -> I64:
    """For every node the smallest position it is connected to."""
    if not len(left):
        return np.arange(size)
    ties = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(size, size))
    _, numbers = connected_components(ties, directed=False)
    smallest = np.empty(size, dtype=np.int64)
    smallest[numbers[::-1]] = np.arange(size)[::-1]  # of several writes the last one stands: the smallest position
    labels: I64 = smallest[numbers]
    return labels


def runs_of(labels: I64) -> tuple[I64, I64, I64]:
    """Positions in the order of their labels, and where each label's run starts and how long it is."""
    packed = labels << 32 | np.arange(len(labels))  # a label is a position: one sort of both is faster than a stable argsort
    packed.sort()
    order, ordered = packed & 0xFFFFFFFF, packed >> 32
    starts = np.flatnonzero(np.concatenate((np.ones(min(1, len(ordered)), dtype=bool), ordered[1:] != ordered[:-1])))
    return order, starts, np.diff(np.append(starts, len(ordered)))


def groups_of(labels: I64, largest: int, wanted: Flags | None = None) -> Iterator[I64]:
    """The members of every label that 2 to ``largest`` positions share; of the ``wanted`` labels only, when given."""
    order, starts, sizes = runs_of(labels)
    chosen = (sizes > 1) & (sizes <= largest)
    if wanted is not None:
        chosen &= wanted[labels[order[starts]]]
    for start, size in zip(starts[chosen].tolist(), sizes[chosen].tolist(), strict=True):
        yield order[start : start + size]


def batches(groups: Iterable[I64]) -> Iterator[list[I64]]:
    """Groups packed so that each batch has some two million pairs at most."""
    batch: list[I64] = []
    pairs = 0
    for group in groups:
        pairs += len(group) * (len(group) - 1) // 2
        if pairs > _BATCH_PAIRS and batch:
            yield batch
            batch, pairs = [], 0
        batch.append(group)
    if batch:
        yield batch


def pairs_of(groups: Sequence[I64]) -> tuple[I64, I64, I64]:
    """All pairs within each group, and the number of the group each belongs to (ascending)."""
    sizes = np.array([len(group) for group in groups])
    members = np.concatenate(groups)
    left, right = pairs_within(np.arange(len(members)), np.cumsum(sizes) - sizes, sizes)
    return members[left], members[right], np.repeat(np.arange(len(groups)), sizes)[left]


def relabel(labels: I64, home: dict[int, int]) -> None:
    """Give the members of each cluster (``home``: member -> cluster) the smallest of them as their label."""
    smallest: dict[int, int] = {}
    for member, cluster in home.items():
        smallest[cluster] = min(smallest.get(cluster, member), member)
    for member, cluster in home.items():
        labels[member] = smallest[cluster]
