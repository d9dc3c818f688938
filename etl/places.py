"""Where each row lies, by its key: the warehouse keeps rows by patient and time, senders name them by their own keys.

Needed because a correction may change the patient or the time of a row. That makes another row in the warehouse, so the old
one must be withdrawn in the same insert; and a detail row finds its patient at its parent's place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from health_platform.kernel.warehouse.api import Column, TableSpec, Warehouse, load_query

SEPARATOR: Final = "\x1f"
"""Between the parts of a composed key."""

_KEYS_PER_QUERY: Final = 50_000
_PLACES = load_query(__package__, "row_places.sql")

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


def places(warehouse: Warehouse, dataset: str, institution: int, keys: Iterable[str]) -> dict[str, RowPlace]:
    """The places of the rows with these keys, as far as they were ever loaded."""
    found: dict[str, RowPlace] = {}
    for part in _parts(keys):
        parameters = {"dataset": dataset, "institution": institution}
        rows = warehouse.query(_PLACES, parameters, {"wanted_keys": part})
        for key, shelf, patient_key, event_time, version, gone, first in rows:
            found[key] = RowPlace(shelf, patient_key, event_time, version, bool(gone), first)
    return found


def row_keys(columns: Sequence[Sequence[str]]) -> list[str]:
    """The key of each row from its key columns."""
    if len(columns) == 1:
        return list(columns[0])
    return [SEPARATOR.join(parts) for parts in zip(*columns, strict=True)]


def _parts(keys: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(keys)
    while part := list(islice(iterator, _KEYS_PER_QUERY)):
        yield part
