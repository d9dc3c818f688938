"""Grouping for registries without a telling number: average linkage over all pairs of a connected group.

A single lucky pair joins two persons when only connection counts. Here two clusters join while the mean posterior
(bits) over all their pairs stays above a floor, so a chain of lucky pairs is broken and a record that is poor in
itself is still carried by the many others it resembles (UPGMA, Sokal and Michener 1958).
"""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from empi.matching.arrays import F64, I64, U64

_CLIP = 25.0


def average_labels(members: I64, weights: F64, floor: float, ranks: U64) -> I64:
    """Cluster number per member.

    Args:
        members: positions of the group.
        weights: posterior bits of all pairs, in the order of ``pairs_within`` (row by row).
        floor: least mean posterior at which two clusters join.
        ranks: tie breaker per member that does not depend on arrival.
    """
    order = np.argsort(ranks, kind="stable")
    matrix = np.zeros((len(members), len(members)))
    rows, columns = np.triu_indices(len(members), 1)
    matrix[rows, columns] = _CLIP - np.clip(weights, -_CLIP, _CLIP)
    matrix += matrix.T
    tree = linkage(matrix[np.ix_(order, order)][rows, columns], "average")
    labels = np.zeros(len(members), dtype=np.int64)
    labels[order] = fcluster(tree, _CLIP - floor, "distance")
    return labels
