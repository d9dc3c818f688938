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

from empi.bulk.city import KEY, Look, Step, Steps, by_step, edge_at, packed, unseen, with_names
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
    """Identities compared in parts of ``each``: in a folder of its own inside ``work``, pairs by ``warehouse``.

    ``step`` of them are settled together, with evidence about any of them, or without what reaches into a later step.
    """

    work: Path
    warehouse: Warehouse
    each: int
    step: int
    say: Say
    both_ends: bool = True

    def __call__(self, tables: Iterable[pa.Table], model: Model, look: Look = unseen) -> Steps:
        """Compare identities that come in tables of ``each``; then give the steps.

        The folder, which says in plain who they are, and the rows in the warehouse go with the last step, or when the steps are
        closed before.
        """
        self._clear()
        run = randbits(63)
        folder = self.work / f"compared_{run:016x}"
        folder.mkdir(parents=True, mode=0o700)
        ground = Ground(self.warehouse, run)
        try:
            machines = Machines(Store(folder), None, self.say)
            parts, keys = self._read(tables, model, machines.store, look)
            blocking.keep_keys(parts, model.rules, ground, machines)
            blocking.make_pairs(parts, model, ground, machines)
            comparing.compare(parts, model, ground, machines)
        except BaseException:
            self._forget(ground, folder)
            raise
        steps = self._given(parts, keys, ground, folder)
        next(steps)  # from here on closing them forgets the run, even if none is ever drawn
        return steps

    def _clear(self) -> None:
        """Remove what a run has left that was killed."""
        for left in self.work.glob("compared_*"):
            self._forget(Ground(self.warehouse, int(left.name.removeprefix("compared_"), 16)), left)

    def _read(self, tables: Iterable[pa.Table], model: Model, store: Store, look: Look) -> tuple[Parts, I64]:
        keys: list[I64] = []
        for place, table in enumerate(tables):
            frame = frame_of_table(with_names(table, model.rules), model.rules)
            look(table, frame)
            frame.tokens = None  # frame and tokens know each other
            store.keep_frame(frame, part_step(place))
            keys.append(table.column(KEY).to_numpy())
            self.say(f"read {sum(map(len, keys))} identities")
        whole = np.concatenate(keys)
        return Parts(store, model.rules, len(whole), self.each), whole

    def _given(self, parts: Parts, keys: I64, ground: Ground, folder: Path) -> Steps:
        """The steps, after an empty one."""
        store = Store(folder)
        try:
            yield [], []
            wide, labels = hanging_together(parts, store, Edges.all_pairs), hanging_together(parts, store)
            order, starts = packed(wide, labels, self.step)
            lot_of, step_of = starts // parts.each, np.empty(len(order), dtype=np.int64)
            begins = np.diff(starts // self.step, prepend=0) + np.diff(lot_of, prepend=0) > 0
            step_of[order] = np.cumsum(begins)
            for lot in np.unique(lot_of).tolist():
                members = order[slice(*np.searchsorted(lot_of, (lot, lot + 1)))]
                yield from self._steps(members, step_of, keys, _evidence_about(members, parts, store))
        finally:
            self._forget(ground, folder)

    def _steps(self, members: I64, step_of: I64, keys: I64, edges: Edges) -> Iterator[Step]:
        """Members in the order of their steps, each step with its evidence."""
        steps, found = by_step(step_of[edges.left], step_of[edges.right], both_ends=self.both_ends)
        own = step_of[members]
        for step in np.unique(own).tolist():
            chosen = found[slice(*np.searchsorted(steps, (step, step + 1)))]
            settled = members[slice(*np.searchsorted(own, (step, step + 1)))]
            yield keys[settled].tolist(), [edge_at(edges, keys, place) for place in chosen.tolist()]

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
