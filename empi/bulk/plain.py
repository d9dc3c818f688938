"""Names, documents, telephones and cards written plainly are read as rows of letters; whatever is unusual is read one by one.

Most names of a city are two or three common characters, most numbers nothing but digits and capitals of the usual length.
What is plain is decided narrowly: the reader of single texts (``Kind.read``) remains the judge of everything else, and both
give the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from empi.bulk.letters import Plain, Texts
from empi.bulk.plain_names import read_person_names
from empi.bulk.plain_numbers import read_cards, read_documents, read_local_numbers, read_phones
from empi.matching.arrays import I32, I64, U64, combine
from empi.matching.frame import Vocabulary, code_values
from empi.matching.kinds import kind_of
from empi.matching.kinds.base import Reading


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a field as read: a code per row (-1: none), the arrays of the distinct values and a hash that names each."""

    codes: I32
    arrays: Vocabulary
    names: U64


@dataclass(frozen=True, slots=True)
class PlainReader:
    """How the plain rows of a kind are read, which arrays together tell its values apart, and how many columns it needs."""

    read: Callable[[Texts, Reading], Plain]
    telling: tuple[str, ...]
    columns: int = 1


def reads_plainly(kind: str, columns: Sequence[str]) -> bool:
    """Whether a field of this kind and these columns has a reader of plain rows."""
    return kind in READERS and len(columns) >= READERS[kind].columns


def read_part(kind: str, texts: Texts, reading: Reading) -> Part:
    """Read some rows of a field, a column of text for each of its columns.

    Values are equal when their 64-bit hashes are: among a million two different ones share one with a chance of 3 in 100 million.
    """
    reader = READERS[kind]
    plain = reader.read(texts, reading)
    unusual = ~plain.nothing
    unusual[plain.at] = False
    at, arrays = _one_by_one(kind, texts, np.flatnonzero(unusual), reading)
    source = np.concatenate((plain.at, at))
    arrays = {name: np.concatenate((plain.arrays[name], array)) for name, array in arrays.items()}
    where = np.full(len(texts[0]), -1)
    where[source] = np.arange(len(source))
    stated = np.flatnonzero(where >= 0)
    told = [arrays[name].astype(np.uint64) + np.uint64(1) for name in reader.telling]  # 0 would make the whole absent
    names = combine(0, told)[where[stated]]
    first, numbered = by_appearance(names)
    codes = np.full(len(where), -1, dtype=np.int32)
    codes[stated] = numbered
    chosen = where[stated[first]]
    return Part(codes, {name: array[chosen] for name, array in arrays.items()}, names[first])


def by_appearance(hashes: U64) -> tuple[I64, I32]:
    """Where each distinct hash first appears, in that order, and the number of each hash in it."""
    coded = pa.array(hashes).dictionary_encode()
    codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    first = np.empty(len(coded.dictionary), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # of several writes the last one stands: the first place
    return first, codes


def _one_by_one(kind: str, texts: Texts, rows: I64, reading: Reading) -> tuple[I64, Vocabulary]:
    """The rows among these that say something, and what the kind encodes of each."""
    stated = list(zip(*(column.take(pa.array(rows)).to_pylist() for column in texts), strict=True))
    values = {row: kind_of(kind).read(row, reading) for row in dict.fromkeys(stated)}
    codes, distinct = code_values(map(values.__getitem__, stated))
    encoded = kind_of(kind).encode(distinct)
    known = codes >= 0
    return rows[known], {name: array[codes[known]] for name, array in encoded.items()}


READERS = {
    "person_name": PlainReader(read_person_names, ("exact", "segment", "mother", "order", "newborn", "unknown")),
    "phone": PlainReader(read_phones, ("full",)),
    "document": PlainReader(read_documents, ("full", "family")),
    "card": PlainReader(read_cards, ("full", "family"), 2),
    "local_number": PlainReader(read_local_numbers, ("full", "family"), 2),
}
"""The kinds that have a reader of plain rows."""
