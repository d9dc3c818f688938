"""The distributed engine at work: it brings together what shares a key, wherever it was put."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from secrets import randbits

import numpy as np

from empi.bulk.spread import tables
from empi.matching.arrays import I64, U64
from empi.matching.frequencies import Frequencies, Table, share_table
from health_platform.kernel.warehouse.api import Numbers, TableSpec, Warehouse, load_query

_PAIRS_OF_BLOCKS = load_query(__package__, "pairs_of_blocks.sql")
_LARGE_KEYS = load_query(__package__, "large_keys.sql")
_LARGE_BLOCKS = load_query(__package__, "large_blocks.sql")
_PAIRS_OF_TILE = load_query(__package__, "pairs_of_tile.sql")
_TILE_SIZE = load_query(__package__, "tile_size.sql")
_COMMON_VALUES = load_query(__package__, "common_values.sql")
_VALUE_TOTALS = load_query(__package__, "value_totals.sql")
_HOLDS = load_query(__package__, "witness.sql")
_PHONE_USERS = load_query(__package__, "phone_users.sql")

_WITNESS = 255  # no field has this place
_KEPT_VALUES = 50_000
_PAIRS_AT_ONCE = 4_000_000
_KEYS = 1 << 64
_KEYS_ASKED = 1_000


class Ground:
    """The rows of one run in the warehouse.

    Args:
        warehouse: a cluster, one server, or the engine embedded in this machine.
        run: names the run; machines that share it share the rows.
    """

    def __init__(self, warehouse: Warehouse, run: int) -> None:
        self._warehouse, self._run = warehouse, run
        for spec in tables.ALL:
            warehouse.ensure_table(spec)

    def begin(self) -> int:
        """Write what ``holds`` looks for."""
        witness = randbits(62) + 1
        self.add_values(_WITNESS, 0, np.array([witness], dtype=np.uint64), np.ones(1, dtype=np.int64))
        return witness

    def holds(self, witness: int) -> bool:
        """Whether the rows of the run are in this warehouse."""
        ((found,),) = self._warehouse.query(_HOLDS, {"run": self._run, "field": _WITNESS, "witness": witness})
        return bool(found)

    def add_values(self, field: int, part: int, values: U64, records: I64) -> None:
        """Note how many records of a part state each value of a field, by its place in the rules."""
        self._add(tables.VALUES, {"field": field, "value": values, "part": part, "records": records})

    def add_users(self, phones: U64, persons: U64) -> None:
        """Note who, by a name, states each telephone."""
        self._add(tables.USERS, {"phone": phones, "person": persons})

    def add_keys(self, place: int, keys: U64, positions: I64, stated: U64 | int) -> None:
        """Note the blocking keys of one pass, and what its pairs must not differ in (0: nothing)."""
        self._add(tables.KEYS, {"pass": place, "key": keys, "position": positions, "stated": stated})

    def add_pairs(self, left: I64, right: I64, each: int) -> None:
        """Note pairs to be compared; the smaller position comes first."""
        ends = {"left": np.minimum(left, right), "right": np.maximum(left, right)}
        self._add(tables.PAIRS, {"one": ends["left"] // each, "two": ends["right"] // each, **ends})

    def _add(self, spec: TableSpec, columns: Mapping[str, int | Numbers]) -> None:
        size = next(len(column) for column in columns.values() if isinstance(column, np.ndarray))
        types = {column.name: column.type.lower() for column in spec.columns}
        rows = {"run": self._run, **columns}
        if size:
            self._warehouse.insert_arrays(
                spec.name, {name: np.broadcast_to(column, size).astype(types[name]) for name, column in rows.items()}
            )

    def frequencies(self, fields: Mapping[str, int]) -> Frequencies:
        """How common the values of these fields (name: place) are among all records, and how many use each telephone."""
        shares = {name: self._table(place) for name, place in fields.items()}
        phones, users = self._arrays(self._warehouse.arrays(_PHONE_USERS, {"run": self._run}), 2)
        order = np.argsort(phones.view(np.uint64))
        return Frequencies(shares, phones.view(np.uint64)[order], users[order])

    def _table(self, field: int) -> Table:
        asked = {"run": self._run, "field": field}
        values, counts = self._arrays(self._warehouse.arrays(_COMMON_VALUES, {**asked, "keep": _KEPT_VALUES}), 2)
        ((stated, distinct),) = self._warehouse.query(_VALUE_TOTALS, asked)
        return share_table(values.astype(np.uint64), counts, int(stated), int(distinct))

    def make_pairs(self, place: int, part: int, of: int, *, cap: int, each: int) -> None:
        """Pair the records that share a key of a pass, of the ``part``-th of ``of`` equal ranges of keys."""
        first, last = part * _KEYS // of, (part + 1) * _KEYS // of - 1
        asked = {"run": self._run, "place": place, "first": first, "last": last, "cap": cap, "each": each}
        self._warehouse.fill(_PAIRS_OF_BLOCKS, asked)

    def large_blocks(self, place: int, cap: int) -> list[I64]:
        """The positions in each block of a pass above the cap."""
        asked = {"run": self._run, "place": place, "cap": cap}
        keys = [key for (key,) in self._warehouse.query(_LARGE_KEYS, asked)]
        found: list[I64] = []
        for start in range(0, len(keys), _KEYS_ASKED):
            rows = self._warehouse.query(_LARGE_BLOCKS, {**asked, "keys": keys[start : start + _KEYS_ASKED]})
            found += [np.array(members, dtype=np.int64) for (members,) in rows]
        return found

    def pairs(self, one: int, two: int, each: int) -> Iterator[tuple[I64, I64]]:
        """The pairs between two parts, each once, some millions at a time."""
        tile = {"run": self._run, "one": one, "two": two}
        ((size,),) = self._warehouse.query(_TILE_SIZE, tile)
        cuts = np.linspace(one * each, (one + 1) * each, -(-size // _PAIRS_AT_ONCE) + 1).astype(int).tolist()
        for first, last in pairwise(cuts):
            left, right = self._arrays(self._warehouse.arrays(_PAIRS_OF_TILE, {**tile, "first": first, "last": last - 1}), 2)
            yield left, right

    @staticmethod
    def _arrays(columns: Sequence[Numbers], width: int) -> list[I64]:
        return [column.astype(np.int64) for column in columns or [np.zeros(0, dtype=np.int64)] * width]

    def forget(self) -> None:
        """Drop the rows of the run."""
        place = self._warehouse.place
        for spec in tables.ALL:
            self._warehouse.command(f"ALTER TABLE {place.storage(spec.name)}{place.on_cluster} DROP PARTITION {self._run}")
