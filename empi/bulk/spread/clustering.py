"""From evidence to persons: what hangs together is clustered with whatever else hangs together nearby, a part's worth at a time.

A cluster never reaches beyond what ties hold together, so the components can be clustered apart and the answer is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from empi.bulk.linking import Edges
from empi.bulk.spread import comparing
from empi.bulk.spread.machines import Machines
from empi.bulk.spread.parts import Parts
from empi.bulk.store import Store
from empi.matching.arrays import I32, I64
from empi.matching.clustering import Ties, cluster_frame
from empi.matching.dividing import Cut
from empi.matching.grouping import components, runs_of
from empi.matching.model import Model

PLAN = "step_6_plan"
"""The first step for which the warehouse is no longer needed."""


def cluster(parts: Parts, model: Model, machines: Machines) -> None:
    """Cluster every lot of components."""
    store = machines.store
    machines.each("what hangs together", [PLAN], lambda _: store.keep_arrays(PLAN, {"lots": _lots(parts, store)}))
    lot_of = store.done(PLAN)["lots"]
    steps = [_step(lot) for lot in range(int(lot_of.max(initial=-1)) + 1)]

    def do(lot: int) -> None:
        store.keep_arrays(steps[lot], _clustered(parts, model, np.flatnonzero(lot_of == lot), store))

    machines.each("clustering", steps, do)


def _step(lot: int) -> str:
    return f"step_6_lot_{lot:05d}"


def hanging_together(parts: Parts, store: Store, by: Callable[[Edges], tuple[I32, I32]] = Edges.tying_pairs) -> I64:
    """For every record the smallest position it hangs together with, ``by`` these pairs, however far."""
    labels = np.arange(parts.size)
    for edges in comparing.evidence(parts, store):
        left, right = by(edges)
        labels = components(parts.size, labels[left], labels[right])[labels]
    return labels


def _lots(parts: Parts, store: Store) -> I32:
    """The lot of each record, -1 for one without ties; records that hang together are in one lot."""
    order, _, sizes = runs_of(hanging_together(parts, store))
    tied = sizes > 1
    lots = np.full(parts.size, -1, dtype=np.int32)
    lots[order[np.repeat(tied, sizes)]] = np.repeat((np.cumsum(sizes[tied]) - 1) // parts.each, sizes[tied])
    return lots


def _clustered(parts: Parts, model: Model, positions: I64, store: Store) -> dict[str, Any]:
    """The clusters of some records that nothing ties to others, and what was cut, by position."""
    frame = parts.gather(positions, model.frequencies)
    labels, cuts = cluster_frame(frame, model, _ties_of(parts, positions, store), frame.marks["rank"])
    ends = {"left": positions[[cut.left for cut in cuts]], "right": positions[[cut.right for cut in cuts]]}
    weights = np.array([cut.weight for cut in cuts])
    return {"positions": positions, "labels": positions[labels], **ends, "weight": weights}


def _ties_of(parts: Parts, positions: I64, store: Store) -> Ties:
    """The ties among some records, by their place among these."""
    place = np.full(parts.size, -1, dtype=np.int32)
    place[positions] = np.arange(len(positions))
    found = []
    for edges in comparing.evidence(parts, store):
        ties = edges.ties()
        inside = place[ties.left] >= 0
        found.append((place[ties.left[inside]], place[ties.right[inside]], ties.outcome[inside]))
    return Ties(*(np.concatenate(column) for column in zip(*found, strict=True)))


def gathered(parts: Parts, store: Store) -> tuple[I64, list[Cut]]:
    """The cluster of every record (its smallest member), and what was cut."""
    labels = np.arange(parts.size)
    cuts: list[Cut] = []
    for lot in range(int(store.done(PLAN)["lots"].max(initial=-1)) + 1):
        kept = store.done(_step(lot))
        labels[kept["positions"]] = kept["labels"]
        cuts += [Cut(*cut) for cut in zip(*(kept[name].tolist() for name in ("left", "right", "weight")), strict=True)]
    return labels, cuts
