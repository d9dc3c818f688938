"""From evidence to persons: what hangs together is clustered with whatever else hangs together nearby, a part's worth at a time.

A cluster never reaches beyond what ties hold together, so the components can be clustered apart and the answer is the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from empi.bulk.spread import comparing
from empi.bulk.spread.machines import Machines
from empi.bulk.spread.parts import Parts
from empi.bulk.store import Store
from empi.matching.arrays import I64
from empi.matching.clustering import Ties, cluster_frame
from empi.matching.dividing import Cut
from empi.matching.grouping import components, runs_of
from empi.matching.model import Model

_PLAN = "step_6_plan"


def cluster(parts: Parts, model: Model, machines: Machines) -> None:
    """Cluster every lot of components."""
    machines.each("what hangs together", [_PLAN], lambda _: _plan(parts, machines.store))
    lots = machines.store.facts(_PLAN)
    steps = [_step(lot) for lot in range(lots)]
    machines.each("clustering", steps, _clustering(parts, model, machines.store))


def _step(lot: int) -> str:
    return f"step_6_lot_{lot:05d}"


def _plan(parts: Parts, store: Store) -> None:
    """Keep, for every lot, its records and the ties among them."""
    ties = comparing.edges(parts, store).ties()
    labels = components(parts.size, ties.left, ties.right)
    order, _, sizes = runs_of(labels)
    tied = np.repeat(sizes > 1, sizes)
    order, ends = order[tied], np.cumsum(sizes[sizes > 1])
    lot_of = np.full(parts.size, -1)
    lot_of[order] = np.repeat((ends - 1) // parts.each, sizes[sizes > 1])
    lots = int(lot_of.max(initial=-1)) + 1
    of_tie = lot_of[ties.left]
    for lot in range(lots):
        inside = of_tie == lot
        chosen = {"left": ties.left[inside], "right": ties.right[inside], "outcome": ties.outcome[inside]}
        store.keep_arrays(f"{_step(lot)}_ties", {"positions": np.flatnonzero(lot_of == lot), **chosen})
    store.keep_facts(_PLAN, lots)


def _clustering(parts: Parts, model: Model, store: Store) -> Callable[[int], None]:
    def do(lot: int) -> None:
        kept = store.done(f"{_step(lot)}_ties")
        positions: I64 = kept["positions"]
        frame = parts.gather(positions, model.frequencies)
        ties = Ties(np.searchsorted(positions, kept["left"]), np.searchsorted(positions, kept["right"]), kept["outcome"])
        labels, cuts = cluster_frame(frame, model, ties, frame.marks["rank"])
        ends = {
            "left": positions[[cut.left for cut in cuts]],
            "right": positions[[cut.right for cut in cuts]],
        }
        weights = np.array([cut.weight for cut in cuts])
        store.keep_arrays(_step(lot), {"positions": positions, "labels": positions[labels], **ends, "weight": weights})

    return do


def gathered(parts: Parts, store: Store) -> tuple[I64, list[Cut]]:
    """The cluster of every record (its smallest member), and what was cut."""
    labels = np.arange(parts.size)
    cuts: list[Cut] = []
    for lot in range(store.facts(_PLAN)):
        kept = store.done(_step(lot))
        labels[kept["positions"]] = kept["labels"]
        cuts += [Cut(*cut) for cut in zip(*(kept[name].tolist() for name in ("left", "right", "weight")), strict=True)]
    return labels, cuts
