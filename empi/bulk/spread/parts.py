"""The records in parts: each part a frame in the work folder, and any records gathered from them as one frame."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pyarrow as pa

from empi.bulk.job import Job
from empi.bulk.joining import chosen, joined
from empi.bulk.opening import UnreadableRecords
from empi.bulk.reading import check, compared, frame_of_table
from empi.bulk.spread.machines import Machines
from empi.bulk.store import Store, unflatten
from empi.definitions.schema import Rules
from empi.matching.arrays import I64
from empi.matching.frame import Frame
from empi.matching.frequencies import Frequencies

_COUNTED = "step_1_records"


class Parts:
    """``size`` records in parts of ``each``; part k has the positions from k · each on."""

    def __init__(self, store: Store, rules: Rules, size: int, each: int) -> None:
        self.size, self.each = size, each
        self._rules = rules
        self._part = lru_cache(maxsize=2)(lambda place: unflatten(store.done(part_step(place))))

    @property
    def count(self) -> int:
        """How many parts there are."""
        return -(-self.size // self.each)

    def part(self, place: int) -> Frame:
        """One part as it was read, without a model's frequencies."""
        return self._part(place)

    def gather(self, positions: I64, frequencies: Frequencies | None) -> Frame:
        """The records at these positions, ascending, as a frame."""
        homes = positions // self.each
        found = [chosen(self.part(home), positions[homes == home] - home * self.each) for home in np.unique(homes).tolist()]
        return joined(found, self._rules, frequencies)

    def together(self, places: tuple[int, ...], frequencies: Frequencies) -> Frame:
        """Whole parts, one after the other, as a frame."""
        return joined([self.part(place) for place in places], self._rules, frequencies)


def part_step(place: int) -> str:
    """The step that keeps a part."""
    return f"step_1_part_{place:05d}"


def read_parts(job: Job, machines: Machines) -> Parts:
    """Read this machine's parts of the file and keep them; return when all parts are there.

    Raises:
        UnreadableRecords: as ``frame_of_file``; or the file has no records.
    """
    store = machines.store
    if not store.has(_COUNTED):
        _read(job, machines)
    size = store.facts(_COUNTED)
    if not size:
        raise UnreadableRecords(f"{job.records.name} has no records")
    parts = Parts(store, job.rules, size, job.part_records)
    steps = [part_step(place) for place in range(parts.count)]
    if any(machines.holds(place) and not store.has(step) for place, step in enumerate(steps)):
        _read(job, machines)
    machines.each("reading", steps, lambda place: None)
    return parts


def _read(job: Job, machines: Machines) -> None:
    """Go through the file once; the last one who does notes how many records it has."""
    size = 0
    for place, table in enumerate(_tables(job)):
        size += table.num_rows
        if machines.holds(place) and not machines.store.has(part_step(place)):
            machines.store.keep_frame(frame_of_table(table, job.rules), part_step(place))
            machines.say(f"read {size} records")
    machines.store.keep_facts(_COUNTED, size)


def _tables(job: Job) -> Iterator[pa.Table]:
    source, rules = job.opened(), job.rules
    check(source, rules)
    names = {*compared(rules), rules.key_column, rules.seen_column, rules.tenant_column}
    columns = [column for column in source.header if column in names]
    yield from source.tables(columns, dict.fromkeys(columns, pa.string()), job.part_records)
