"""All rows of one dataset in a load, side by side as columns, and the choice of what is written.

Pure. A frame is built from the parts of the batches in their order; rows that another row of the load or an earlier load
overrules are dropped; the rest becomes the columns of one insert, with a tombstone for every row that moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from etl.checking import BatchFacts, Part
from etl.decoding.rows import dump
from etl.identity import Place
from etl.places import RowPlace, row_keys
from health_platform.datasets.api import Dataset, table
from health_platform.kernel.clock import LOCAL_ZONE

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
T = TypeVar("T")
NO_PLACE: Final = Place(0, 0)


@dataclass
class Frame:
    """Rows of one dataset. All lists have the same length.

    Attributes:
        columns: parsed values by field.
        keys: the row's key within its institution.
        times: epoch milliseconds by which the warehouse orders the row.
        deletes: the row is to be withdrawn.
        key_only: the deletion states nothing but the key.
        first_received: epoch milliseconds when the row was first accepted, however often it was corrected since.
        places: whose row it is; filled when identities are resolved.
    """

    dataset: Dataset
    columns: dict[str, list[Any]]
    keys: list[str]
    times: list[int]
    deletes: list[bool]
    batches: list[BatchFacts]
    positions: list[int]
    extras: list[str]
    key_only: list[bool]
    first_received: list[int]
    places: list[Place] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.keys)

    def keep(self, rows: Sequence[int]) -> Frame:
        """The frame with only these rows, in this order."""
        if len(rows) == len(self):
            return self
        return Frame(
            self.dataset,
            {name: _pick(values, rows) for name, values in self.columns.items()},
            _pick(self.keys, rows),
            _pick(self.times, rows),
            _pick(self.deletes, rows),
            _pick(self.batches, rows),
            _pick(self.positions, rows),
            _pick(self.extras, rows),
            _pick(self.key_only, rows),
            _pick(self.first_received, rows),
            _pick(self.places, rows) if self.places else [],
        )


def frame(dataset: Dataset, parts: Sequence[Part]) -> Frame:
    """The rows of all parts of one dataset."""
    columns = {name: _joined([part.columns[name] for part in parts]) for name in dataset.by_name}
    counts = [len(part.positions) for part in parts]
    key_only = [flag for part, count in zip(parts, counts, strict=True) for flag in [part.delete] * count]
    return Frame(
        dataset,
        columns,
        row_keys([columns[name] for name in dataset.key]),
        event_times(dataset, columns, sum(counts)),
        _deletes(dataset, columns, key_only),
        [each.batch for each, count in zip(parts, counts, strict=True) for _ in range(count)],
        [position for part in parts for position in part.positions],
        [dump(extra) if (extra := part.extras.get(at)) else "" for part in parts for at in part.positions],
        key_only,
        [first for part in parts for first in [_first_received(part.batch)] * len(part.positions)],
    )


def event_times(dataset: Dataset, columns: Mapping[str, Sequence[Any]], count: int) -> list[int]:
    """Epoch milliseconds of each row: its first filled time field, 0 when the dataset has none or none is filled."""
    times = [0] * count
    for name in reversed(dataset.time):
        times = [before if value is None else _moment(value) for before, value in zip(times, columns[name], strict=True)]
    return times


def latest_only(whole: Frame) -> Frame:
    """Of several rows with one key, the one of the highest version, and of these the last; it came when the first came."""
    if len(set(whole.keys)) == len(whole.keys):
        return whole
    last: dict[str, int] = {}
    first: dict[str, int] = {}
    for row, key in enumerate(whole.keys):
        if key not in last or whole.batches[row].version >= whole.batches[last[key]].version:
            last[key] = row
        if not whole.key_only[row]:  # to withdraw a row is not to send it
            first[key] = min(first.get(key, whole.first_received[row]), whole.first_received[row])
    kept = whole.keep(sorted(last.values()))
    return replace(kept, first_received=[first.get(key, own) for key, own in zip(kept.keys, kept.first_received, strict=True)])


def not_superseded(whole: Frame, known: Mapping[str, RowPlace]) -> Frame:
    """Without rows of which a newer version was loaded before (a replay of something old). Others came when they first came."""
    if not known:
        return whole
    rows = [
        row for row, key in enumerate(whole.keys) if not (place := known.get(key)) or place.version <= whole.batches[row].version
    ]
    kept = whole.keep(rows)
    first = [_earlier(known.get(key), mine) for key, mine in zip(kept.keys, kept.first_received, strict=True)]
    return replace(kept, first_received=first)


def _earlier(before: RowPlace | None, mine: int) -> int:
    return min(mine, before.first_received_at) if before and before.first_received_at else mine


def place_deletions(whole: Frame, known: Mapping[str, RowPlace]) -> None:
    """Deletions that state only a key take patient and time from the row they withdraw."""
    for row, key in enumerate(whole.keys):
        if whole.key_only[row] and (place := known.get(key)):
            whole.places[row], whole.times[row] = Place(place.shelf, place.patient_key), place.event_time


def visible(whole: Frame, known: Mapping[str, RowPlace]) -> Frame:
    """Without deletions of rows that are not there. Only their key and version are remembered, so that an older version
    that waits in quarantine or is replayed stays out."""
    there = {key for key, place in known.items() if not place.gone}
    return whole.keep([row for row, key in enumerate(whole.keys) if not whole.key_only[row] or key in there])


class Move(NamedTuple):
    """A row that now lies elsewhere than before; times in epoch milliseconds."""

    old: RowPlace
    place: Place
    event_time: int
    version: int


@dataclass(frozen=True)
class Insert:
    """Columns for the warehouse."""

    rows: dict[str, list[Any]]
    written: int
    deleted: int
    moved: dict[str, Move]


def insert(whole: Frame, known: Mapping[str, RowPlace], mapped: Mapping[str, list[Any]]) -> Insert:
    """The columns to insert. ``mapped`` gives the columns of code mapping (coded fields, local_codes, unmapped)."""
    moved = _moved(whole, known)
    order = [*range(len(whole)), *moved]
    ends = [*whole.deletes, *[True] * len(moved)]
    old = [known[whole.keys[row]] for row in moved]
    shelves = [place.shelf for place in whole.places] + [place.shelf for place in old]
    patients = [place.patient_key for place in whole.places] + [place.patient_key for place in old]
    times = whole.times + [place.event_time for place in old]
    versions = [batch.version for batch in whole.batches]
    values = {
        **{name: mapped.get(name, column) for name, column in whole.columns.items()},
        "local_codes": mapped["local_codes"],
        "unmapped": mapped["unmapped"],
        "extra": whole.extras,
        "institution": [batch.institution_id for batch in whole.batches],
        "division_code": [batch.division_code for batch in whole.batches],
        "source": [batch.source for batch in whole.batches],
        "batch": [batch.id for batch in whole.batches],
        "received_at": _received(whole.batches),
        "first_received_at": whole.first_received,
        "line": [whole.dataset.line] * len(whole),
        "version": versions,
    }
    rows = {name: [*column, *(column[row] for row in moved)] for name, column in values.items()}
    rows |= {"shelf": shelves, "patient_key": patients, "event_time": times, "is_deleted": [int(end) for end in ends]}
    return Insert(
        {name: rows[name] for name in table(whole.dataset).column_names},
        written=len(order) - sum(ends),
        deleted=sum(whole.deletes),
        moved={
            whole.keys[row]: Move(known[whole.keys[row]], whole.places[row], whole.times[row], versions[row])
            for row in moved
            if not whole.deletes[row]
        },
    )


_IDENTIFYING: Final = ("institution", "shelf", "patient_key", "event_time", "version", "is_deleted")


def fingerprint(dataset: Dataset, rows: Mapping[str, list[Any]]) -> str:
    """Tells apart two inserts of the same batches: which rows they write, where, and under which codes."""
    digest = hashlib.blake2b(digest_size=8)
    for name in (*dataset.key, *_IDENTIFYING, *(coded.name for coded in dataset.coded)):
        digest.update(repr(rows[name]).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _moved(whole: Frame, known: Mapping[str, RowPlace]) -> list[int]:
    """Rows whose earlier version lies elsewhere and is still to be seen."""
    if not known:
        return []
    return [
        row
        for row, key in enumerate(whole.keys)
        if (before := known.get(key)) and not before.gone and before.position != (*whole.places[row], whole.times[row])
    ]


def place_columns(whole: Frame) -> dict[str, list[Any]]:
    """The new places of rows, as columns of ``row_place``."""
    return {
        "dataset": [whole.dataset.name] * len(whole),
        "institution": [batch.institution_id for batch in whole.batches],
        "row_key": whole.keys,
        "shelf": [place.shelf for place in whole.places],
        "patient_key": [place.patient_key for place in whole.places],
        "event_time": whole.times,
        "first_received_at": [
            0 if never else first for never, first in zip(_never_came(whole), whole.first_received, strict=True)
        ],
        "gone": [int(delete) for delete in whole.deletes],
        "version": [batch.version for batch in whole.batches],
        "is_deleted": [0] * len(whole),
    }


def _pick(values: list[T], rows: Sequence[int]) -> list[T]:
    return [values[row] for row in rows]


def _joined(lists: Sequence[list[Any]]) -> list[Any]:
    return lists[0] if len(lists) == 1 else [value for values in lists for value in values]


def _deletes(dataset: Dataset, columns: Mapping[str, Sequence[Any]], key_only: list[bool]) -> list[bool]:
    if not dataset.void:
        return list(key_only)
    return [bool(void) or only for void, only in zip(columns[dataset.void], key_only, strict=True)]


def _moment(value: int | date) -> int:
    return value if isinstance(value, int) else _midnight(value)


@lru_cache(maxsize=4096)
def _midnight(day: date) -> int:
    return milliseconds(datetime.combine(day, datetime.min.time(), LOCAL_ZONE))


def milliseconds(moment: datetime) -> int:
    """Epoch milliseconds of an aware moment."""
    return (moment - _EPOCH) // _MILLISECOND


def _never_came(whole: Frame) -> list[bool]:
    """Rows that were withdrawn before they ever came: when they come they are new."""
    return [only and not place.patient_key for only, place in zip(whole.key_only, whole.places, strict=True)]


def _first_received(batch: BatchFacts) -> int:
    return milliseconds(batch.first_received_at or batch.received_at)


def _received(batches: Iterable[BatchFacts]) -> list[int]:
    known: dict[int, int] = {}
    return [known.get(batch.id) or known.setdefault(batch.id, milliseconds(batch.received_at)) for batch in batches]
