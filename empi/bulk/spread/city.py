"""A whole index compared in parts: evidence in the steps that ``empi.bulk.city`` gives, never that of all in memory.

A run keeps nothing for the next one: an index changes, a file does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import randbits
from shutil import rmtree

import numpy as np
import pyarrow as pa

from empi.bulk.city import KEY, Step, by_step, edge_at, packed, with_names
from empi.bulk.linking import Edges, join
from empi.bulk.reading import frame_of_table
from empi.bulk.spread import blocking, comparing
from empi.bulk.spread.clustering import hanging_together
from empi.bulk.spread.ground import Ground
from empi.bulk.spread.machines import Machines, Say
from empi.bulk.spread.parts import Parts, part_step
from empi.bulk.store import Store
from empi.matching.arrays import I64
from empi.matching.model import Model
from health_platform.kernel.warehouse.api import Warehouse


@dataclass(frozen=True, slots=True)
class InParts:
    """How an index is compared in parts of ``each`` identities: in a folder of its own inside ``work``, pairs by ``warehouse``.

    ``step`` identities are settled together.
    """

    work: Path
    warehouse: Warehouse
    each: int
    step: int
    say: Say

    def __call__(self, tables: Iterable[pa.Table], model: Model) -> Iterator[Step]:
        """Compare identities that come in tables of ``each`` in the order of their keys; then give the steps.

        The folder, which says in plain who they are, and the rows in the warehouse go with the last step.
        """
        self._clear()
        run = randbits(63)
        folder = self.work / f"relink_{run:016x}"
        folder.mkdir(parents=True, mode=0o700)
        ground = Ground(self.warehouse, run)
        try:
            machines = Machines(Store(folder), None, self.say)
            parts, keys = self._read(tables, model, machines.store)
            blocking.keep_keys(parts, model.rules, ground, machines)
            blocking.make_pairs(parts, model, ground, machines)
            comparing.compare(parts, model, ground, machines)
        except BaseException:
            self._forget(ground, folder)
            raise
        return self._given(parts, keys, ground, folder)

    def _clear(self) -> None:
        """Remove what a run has left that was killed."""
        for left in self.work.glob("relink_*"):
            self._forget(Ground(self.warehouse, int(left.name.removeprefix("relink_"), 16)), left)

    def _read(self, tables: Iterable[pa.Table], model: Model, store: Store) -> tuple[Parts, I64]:
        keys: list[I64] = []
        for place, table in enumerate(tables):
            store.keep_frame(frame_of_table(with_names(table, model.rules), model.rules), part_step(place))
            keys.append(table.column(KEY).to_numpy())
            self.say(f"read {sum(map(len, keys))} identities")
        whole = np.concatenate(keys)
        return Parts(store, model.rules, len(whole), self.each), whole

    def _given(self, parts: Parts, keys: I64, ground: Ground, folder: Path) -> Iterator[Step]:
        store = Store(folder)
        try:
            wide, labels = hanging_together(parts, store, Edges.all_pairs), hanging_together(parts, store)
            order, starts = packed(wide, labels, self.step)
            lot_of = starts // parts.each
            for lot in np.unique(lot_of).tolist():
                lot_at = slice(*np.searchsorted(lot_of, (lot, lot + 1)))
                members, step_of = order[lot_at], starts[lot_at] // self.step
                yield from _steps(members, step_of, keys, _evidence_about(members, parts, store))
        finally:
            self._forget(ground, folder)

    @staticmethod
    def _forget(ground: Ground, folder: Path) -> None:
        ground.forget()
        rmtree(folder, ignore_errors=True)


def _evidence_about(members: I64, parts: Parts, store: Store) -> Edges:
    inside = np.zeros(parts.size, dtype=bool)
    inside[members] = True
    return join(
        [edges.only(np.flatnonzero(inside[edges.left] | inside[edges.right])) for edges in comparing.evidence(parts, store)]
    )


def _steps(members: I64, step_of: I64, keys: I64, edges: Edges) -> Iterator[Step]:
    """Members in the order of their steps, each step with all evidence about its members."""
    at = np.full(len(keys), -1)
    at[members] = step_of
    steps, found = by_step(at[edges.left], at[edges.right], both_ends=True)
    for step in np.unique(step_of).tolist():
        chosen = found[slice(*np.searchsorted(steps, (step, step + 1)))]
        settled = members[slice(*np.searchsorted(step_of, (step, step + 1)))]
        yield keys[settled].tolist(), [edge_at(edges, keys, place) for place in chosen.tolist()]
