"""Where each row lies, by its key: the warehouse keeps rows by patient and time, senders name them by their own keys.

Needed because a correction may change the patient or the time of a row. That makes another row in the warehouse, so the old
one must be withdrawn in the same insert; and a detail row finds its patient at its parent's place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from health_platform.kernel.warehouse.api import Column, TableSpec, Warehouse, load_query

SEPARATOR: Final = "\x1f"
"""Between the parts of a composed key."""

_KEYS_PER_QUERY: Final = 50_000
_EXPECTED: Final = 500
"""So many keys are asked for in the text of a statement; more are sent beside it, as a table."""
_PLACES = load_query(__package__, "row_places.sql")
_SOME = load_query(__package__, "some_places.sql")

# Local ids grow with time in nearly every hospital system, so that the keys of one upload lie close together here.
ROW_PLACE = TableSpec(
    name="row_place",
    columns=(
        Column("dataset", "LowCardinality(String)"),
        Column("institution", "UInt64"),
        Column("row_key", "String"),
        Column("shelf", "UInt64"),
        Column("patient_key", "UInt64"),
        Column("event_time", "DateTime64(3, 'UTC')"),
        Column("first_received_at", "DateTime64(3, 'UTC')", comment="when the row was first accepted; 1970 if not known"),
        Column("gone", "UInt8", comment="the row was withdrawn; its place is remembered so that older versions stay out"),
        Column("version", "UInt64"),
        Column("is_deleted", "UInt8"),
    ),
    order_by=("dataset", "institution", "row_key"),
    shard_by="cityHash64(institution)",
    granularity=1024,
    comment="place of every row by its key",
)


class RowPlace(NamedTuple):
    """Where a row lies. Times in epoch milliseconds (``first_received_at`` 0 if not known); ``gone`` when it was withdrawn."""

    shelf: int
    patient_key: int
    event_time: int
    version: int
    gone: bool
    first_received_at: int = 0

    @property
    def position(self) -> tuple[int, int, int]:
        """What, with the key, makes one row in the warehouse."""
        return self.shelf, self.patient_key, self.event_time


class Places:
    """Where the rows of one institution lie while a load runs: as stored, and on top of that what the load has placed.

    The load's own places are stored once, after all its rows: a crash before that finds the old places again, comes to the
    same rows and inserts them under the same tokens.
    """

    def __init__(self, warehouse: Warehouse, institution: int) -> None:
        self.institution = institution
        self.columns: dict[str, list[Any]] = {}
        self._warehouse = warehouse
        self._stored: dict[str, dict[str, RowPlace | None]] = {}
        self._placed: dict[str, dict[str, RowPlace]] = {}

    def known(self, dataset: str, key: str, place: RowPlace | None) -> None:
        """Remember what was read beforehand of a key: its place, or that it has none."""
        self._stored.setdefault(dataset, {})[key] = place

    def forget(self) -> None:
        """Stored places have changed: what was read beforehand no longer holds."""
        self._stored.clear()

    def find(self, dataset: str, keys: Iterable[str]) -> dict[str, RowPlace]:
        """The places of the rows with these keys, as far as they were ever loaded."""
        placed, stored = self._placed.get(dataset, {}), self._stored.get(dataset, {})
        every = list(keys)
        unread = [key for key in every if key not in placed and key not in stored]
        found = self._read(dataset, unread)
        for key in every:
            if (place := placed.get(key) or stored.get(key)) is not None:
                found[key] = place
        return found

    def _read(self, dataset: str, keys: Iterable[str]) -> dict[str, RowPlace]:
        found: dict[str, RowPlace] = {}
        for part in _parts(keys):
            parameters = {"dataset": dataset, "institution": self.institution}
            for key, *place in self._warehouse.query(_PLACES, parameters, {"wanted_keys": part}):
                found[key] = _place(place)
        return found

    def put(self, columns: Mapping[str, list[Any]]) -> None:
        """Keep the places of a dataset's rows, given as columns of ``row_place``."""
        values = (columns[name] for name in ("shelf", "patient_key", "event_time", "version", "gone", "first_received_at"))
        for dataset, key, *place in zip(columns["dataset"], columns["row_key"], *values, strict=True):
            self._placed.setdefault(dataset, {})[key] = _place(place)
        for name, column in columns.items():
            self.columns.setdefault(name, []).extend(column)


def expect(warehouse: Warehouse, wanted: Iterable[tuple[Places, Mapping[str, Iterable[str]]]]) -> None:
    """Read the places of keys by dataset, of several institutions in one question; of many keys none, which ``find`` asks for."""
    places = {each.institution: (each, keys) for each, keys in wanted}
    asked = [(own.institution, dataset, key) for own, keys in places.values() for dataset in keys for key in keys[dataset]]
    if not asked or len(asked) > _EXPECTED:
        return
    for institution, dataset, key in asked:
        places[institution][0].known(dataset, key, None)
    for institution, dataset, key, *place in warehouse.query(_SOME, {"wanted": tuple(dict.fromkeys(asked))}):
        places[institution][0].known(dataset, key, _place(place))


def _place(values: Sequence[Any]) -> RowPlace:
    shelf, patient_key, event_time, version, gone, first_received_at = values
    return RowPlace(shelf, patient_key, event_time, version, bool(gone), first_received_at)


def row_keys(columns: Sequence[Sequence[str]]) -> list[str]:
    """The key of each row from its key columns."""
    if len(columns) == 1:
        return list(columns[0])
    return [SEPARATOR.join(parts) for parts in zip(*columns, strict=True)]


def _parts(keys: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(keys)
    while part := list(islice(iterator, _KEYS_PER_QUERY)):
        yield part
