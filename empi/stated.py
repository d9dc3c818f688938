"""The identities of a city as stated: more than memory holds, in a file that is gone with the process."""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from empi.bulk.city import KEY
from empi.identity import FACT_COLUMNS, RawIdentity
from empi.matching.arrays import I64

_KEPT = ("division_code", "line_code", "institution_id", "credentials")
_COLUMNS = (*FACT_COLUMNS, "domain_id", "local_id", "source_time", *_KEPT)
_TEXTS = (*FACT_COLUMNS, "local_id", "source_time", "division_code", "line_code")
_TIME = _COLUMNS.index("source_time")
_AT_ONCE = 20_000
_SCHEMA = pa.schema([(KEY, pa.int64()), *((name, pa.string()) for name in _COLUMNS)])

Row = bytes
"""One identity as it waits: the texts of its columns in order."""

_pack = msgspec.msgpack.Encoder().encode
_unpack: Callable[[Row], list[str]] = msgspec.msgpack.Decoder(list[str]).decode


class Stated:
    """Identities in the order in which they came, each with the newest of its statements.

    Attributes:
        keys: their patient keys by position.
        digest: names the statements and their order.
    """

    def __init__(self, identities: Iterable[RawIdentity]) -> None:
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - nameless; closed with the object
        keys, ends, times = array("q"), array("q", [0]), list[pa.Array]()
        digest = hashlib.blake2b(digest_size=8)
        waiting: list[str] = []
        for raw in identities:
            texts = _texts(raw)
            row = _pack(texts)
            self._file.write(row)
            digest.update(row)
            keys.append(raw.patient_key)
            ends.append(ends[-1] + len(row))
            waiting.append(texts[_TIME])
            if len(waiting) == _AT_ONCE:
                times.append(pa.array(waiting, pa.string()))
                waiting = []
        self._file.flush()
        stated = np.frombuffer(keys, dtype=np.int64)
        newest = _newest(stated, pa.chunked_array([*times, pa.array(waiting, pa.string())]))
        bounds = np.frombuffer(ends, dtype=np.int64)
        self.keys: I64 = stated[newest]
        self.digest = digest.hexdigest()
        self._starts, self._ends = bounds[newest], bounds[newest + 1]

    def __len__(self) -> int:
        return len(self.keys)

    def tables(self, each: int) -> Iterator[pa.Table]:
        """The identities as columns of text under their patient keys, ``each`` in a table."""
        for start in range(0, len(self), each):
            end = min(start + each, len(self))
            batches = [self._batch(at, min(at + _AT_ONCE, end)) for at in range(start, end, _AT_ONCE)]
            yield pa.Table.from_batches(batches, _SCHEMA)

    def _batch(self, start: int, end: int) -> pa.RecordBatch:
        begin = int(self._starts[start])
        block = os.pread(self._file.fileno(), int(self._ends[end - 1]) - begin, begin)
        bounds = zip((self._starts[start:end] - begin).tolist(), (self._ends[start:end] - begin).tolist(), strict=True)
        columns = zip(*(_unpack(block[first:last]) for first, last in bounds), strict=True)
        arrays = [pa.array(self.keys[start:end]), *(pa.array(column, pa.string()) for column in columns)]
        return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)

    def rows(self, keys: Sequence[int]) -> list[Row]:
        """What some of them state; ``identities_of`` opens it."""
        places = self._order[np.searchsorted(self._ordered, np.array(keys, dtype=np.int64))]
        number = self._file.fileno()
        bounds = zip(self._starts[places].tolist(), self._ends[places].tolist(), strict=True)
        return [os.pread(number, end - start, start) for start, end in bounds]

    @cached_property
    def _order(self) -> I64:
        return np.argsort(self.keys)

    @cached_property
    def _ordered(self) -> I64:
        return self.keys[self._order]


def _newest(keys: I64, times: pa.ChunkedArray) -> I64:
    """The places of the statements that count, ascending: of several about one number the newest, of these the last."""
    places = np.arange(len(keys))
    table = pa.table({"key": keys, "time": times, "place": places})
    order = pc.sort_indices(table, [(name, "ascending") for name in table.column_names]).to_numpy()
    ordered = keys[order]
    last = np.append(ordered[1:] != ordered[:-1], [True] * bool(len(ordered))).astype(bool)
    return np.sort(order[last].astype(np.int64))


def identities_of(rows: Iterable[Row]) -> list[RawIdentity]:
    """The identities of some rows."""
    return [_identity(dict(zip(_COLUMNS, _unpack(row), strict=True))) for row in rows]


def _texts(raw: RawIdentity) -> list[str]:
    stated = raw.facts()
    stated["division_code"], stated["line_code"] = raw.division_code, raw.line_code
    stated["institution_id"] = str(raw.institution_id or "")
    return [stated.get(name, "") for name in _COLUMNS]


def _identity(row: dict[str, str]) -> RawIdentity:
    stated: dict[str, Any] = {name: row[name] for name in _TEXTS}
    credentials, institution_id = row["credentials"], row["institution_id"]
    return RawIdentity(
        institution=row["domain_id"],
        credentials=tuple((kind, number) for kind, number in json.loads(credentials)) if credentials else (),
        institution_id=int(institution_id) if institution_id else None,
        **stated,
    )
