"""Names, documents, telephones and cards written plainly are read as rows of letters; whatever is unusual is read one by one.

Most names of a city are two or three common characters, most numbers nothing but digits and capitals of the usual length.
What is plain is decided narrowly: the reader of single texts (``Kind.read``) remains the judge of everything else, and both
give the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from empi.bulk.letters import rows_by_length, rows_of_length
from empi.matching.arrays import I32, I64, U8, U64, WIDEST, Flags, begun, combine, hash_numbers, hash_rows, hash_text
from empi.matching.days import is_date
from empi.matching.documents import EARLIEST_BIRTH, LATEST_BIRTH
from empi.matching.frame import Vocabulary, code_values
from empi.matching.kinds import kind_of
from empi.matching.kinds.base import Reading
from empi.matching.kinds.person_name import WIDTH, arrays_of, sounds_of
from empi.matching.names import NEWBORN_ENDINGS
from empi.matching.text import squeeze, variant_table

Texts = Sequence[pa.Array]


@dataclass(frozen=True, slots=True)
class Plain:
    """The rows written plainly (``at``), what the kind encodes of each, and the rows that say nothing."""

    at: I64
    arrays: Vocabulary
    nothing: Flags


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
    """Read some rows of a field, a column of text for each of its columns."""
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


_HAN_BYTES = (0xE4, 0xE9)
_HAN = (0x4E00, 0x9FFF)


def _person_names(texts: Texts, reading: Reading) -> Plain:
    """Names of one to three Han characters that are no placeholder and no word (the short cut of ``read_name``)."""
    parts = [_han_names(*rows_of_length(texts[0], 3 * length), reading) for length in (1, 2, 3)]
    at = np.concatenate([at for at, _ in parts])
    letters = np.concatenate([letters for _, letters in parts])
    length = np.count_nonzero(letters, axis=1).astype(np.uint8)
    exact = np.concatenate([hash_rows(letters[:, : place + 1]) for place, (_, letters) in enumerate(parts)])
    no, none = np.zeros(len(at), dtype=bool), np.zeros(len(at), dtype=np.uint64)
    arrays = arrays_of(letters, sounds_of(letters)) | {"length": length, "exact": exact, "mother": none, "newborn": no}
    arrays |= {"segment": np.where(length > 1, exact, none), "order": none.astype(np.uint8), "unknown": no}
    return Plain(at, arrays, _empty(texts[0]))


def _han_names(at: I64, rows: U8, reading: Reading) -> tuple[I64, U64]:
    """Where names of one length in UTF-8 are plain, and their letters."""
    lead = rows[:, ::3]
    points = (lead & np.uint8(0xF)).astype(np.uint64) << 12 | (rows[:, 1::3] & np.uint8(0x3F)).astype(np.uint64) << 6
    points = _simplified()[points | rows[:, 2::3] & np.uint8(0x3F)]
    usual = ((lead >= _HAN_BYTES[0]) & (lead <= _HAN_BYTES[1]) & (points >= _HAN[0]) & (points <= _HAN[1])).all(axis=1)
    usual &= ~np.isin(points[:, -1], [ord(letter) for letter in NEWBORN_ENDINGS])
    words = [_packed(np.array([[*map(ord, word)]]))[0] for word in reading.names | reading.words if len(word) == points.shape[1]]
    usual &= ~np.isin(_packed(points), np.array(words, dtype=np.uint64))
    return at[usual], np.pad(points[usual], ((0, 0), (0, WIDTH - points.shape[1])))


def _packed(points: Any) -> U64:
    """The code points of a short name as one number."""
    packed = np.zeros(len(points), dtype=np.uint64)
    for place in range(points.shape[1]):
        packed = packed << np.uint64(21) | points[:, place].astype(np.uint64)
    return packed


@lru_cache(maxsize=1)
def _simplified() -> U64:
    """By code point: what ``fold`` makes of a Han character."""
    table = np.arange(1 << 16, dtype=np.uint64)
    for point, letter in variant_table().items():
        table[point] = ord(letter)
    return table


_ASCENDING = 12345678901


def _phones(texts: Texts, reading: Reading) -> Plain:
    """Mobile numbers: eleven digits, the first a 1."""
    at, letters = rows_of_length(texts[0], 11)
    digits = _digits(letters)
    usual = (digits <= 9).all(axis=1) & (digits[:, 0] == 1)
    number = digits.astype(np.int64) @ 10 ** np.arange(10, -1, -1)
    fillers = [int(text) for text in reading.phones if text.isdecimal()] + [_ASCENDING]
    usual &= (digits[:, 2:] != digits[:, 2:3]).any(axis=1) & ~np.isin(number, fillers)
    number = number[usual]
    return Plain(at[usual], {"number": number, "full": hash_numbers(number)}, _empty(texts[0]))


_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECKS = np.array([1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2], dtype=np.uint8)
_TEN = ord("X") - ord("0")
_REGIONS = (1, 2, 3, 4, 5, 6, 8, 9)


def _documents(texts: Texts, reading: Reading) -> Plain:
    """Resident identity numbers of 18 places, valid or not (GB 11643; check digit ISO 7064 MOD 11-2)."""
    upper = pc.ascii_upper(texts[-1])
    at, letters = rows_of_length(upper, 18)
    digits = _digits(letters)
    usual = (digits[:, :17] <= 9).all(axis=1) & ((digits[:, 17] <= 9) | (digits[:, 17] == _TEN))
    usual &= (digits[:, 1:17] != (digits[:, :16] + 1) % 10).any(axis=1) & (digits[:, 1:] != digits[:, :1]).any(axis=1)
    usual &= ~_among(upper.take(pa.array(at)), reading.ids)
    at, letters, digits = at[usual], letters[usual], digits[usual]
    day = digits[:, 6:14].astype(np.int64) @ 10 ** np.arange(7, -1, -1)
    check = np.where(digits[:, 17] == _TEN, 10, digits[:, 17])
    valid = (_CHECKS[digits[:, :17].astype(np.int64) @ _WEIGHTS % 11] == check) & np.isin(digits[:, 0], _REGIONS)
    valid &= is_date(day) & (day // 10000 >= EARLIEST_BIRTH) & (day // 10000 <= LATEST_BIRTH)
    arrays = {
        "text": letters.astype(np.uint32).view("<U18").reshape(len(letters)),
        "full": hash_rows(letters),
        "head": hash_rows(letters[:, :14]),
        "tail": hash_rows(letters[:, 10:]),
        "ends": hash_rows(letters[:, [*range(6), *range(14, 18)]]),
        "family": np.full(len(at), hash_text("resident"), dtype=np.uint64),
        "valid": valid,
        "masked": np.zeros(len(at), dtype=bool),
        "resident": np.ones(len(at), dtype=bool),
        "day": np.where(valid, day, 0).astype(np.int32),
        "sex": np.where(valid, 2 - digits[:, 16] % 2, 0).astype(np.uint8),
    }
    return Plain(at, arrays, _empty(texts[-1]))


def _cards(texts: Texts, reading: Reading) -> Plain:
    """Cards: at least four letters or digits that are not all the same."""
    families = _Labels.of(texts[0])
    foreign = np.array([family in reading.local_cards for family in families.texts], dtype=bool)[families.codes]
    found = _labelled(families, texts[-1], 4)
    keep = ~foreign[found.at]
    return Plain(found.at[keep], {name: array[keep] for name, array in found.arrays.items()}, found.nothing | foreign)


def _local_numbers(texts: Texts, reading: Reading) -> Plain:
    """Patient numbers, with the institution that assigned them."""
    domains = _Labels.of(texts[0])
    stated = np.array([bool(text) for text in domains.texts], dtype=bool)[domains.codes]
    return _labelled(domains, pc.if_else(pa.array(stated), texts[-1], ""), 1, reading.words)


@dataclass(frozen=True, slots=True)
class _Labels:
    """The folded text before a number: a code per row, and the texts."""

    codes: I32
    texts: list[str]

    @classmethod
    def of(cls, column: pa.Array) -> _Labels:
        coded = column.dictionary_encode()
        codes, texts = code_values(map(squeeze, coded.dictionary.to_pylist()))
        return cls(codes[coded.indices.to_numpy(zero_copy_only=False)], texts)


def _labelled(labels: _Labels, numbers: pa.Array, shortest: int, words: frozenset[str] = frozenset()) -> Plain:
    """Numbers of digits and capitals, not all the same, each behind its label; the arrays are those of ``Card.encode``."""
    upper = pc.ascii_upper(numbers)
    starts = np.array([begun(text + ":") for text in labels.texts] or [0], dtype=np.uint64)
    room = np.array([WIDEST - len(text) - 1 for text in labels.texts] or [0])
    family = np.array([hash_text(text or "?") for text in labels.texts] or [0], dtype=np.uint64)
    word = _among(upper, words)
    at, full = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.uint64)]
    for rows, letters in rows_by_length(upper):
        usual = _is_capital(letters).all(axis=1) & (letters != letters[:, :1]).any(axis=1) & ~word[rows]
        usual &= (letters.shape[1] >= shortest) & (letters.shape[1] <= room[labels.codes[rows]])
        rows = rows[usual]
        at.append(rows)
        full.append(hash_rows(letters[usual], starts[labels.codes[rows]]))
    places = np.concatenate(at)
    return Plain(places, {"full": np.concatenate(full), "family": family[labels.codes[places]]}, _empty(numbers))


def _digits(letters: U8) -> U8:
    """Digits as numbers; every other letter is above 9."""
    return letters - np.uint8(ord("0"))


def _is_capital(letters: U8) -> Flags:
    """Digits and capital Latin letters."""
    return np.asarray((_digits(letters) <= 9) | (letters - np.uint8(ord("A")) < 26))


def _among(texts: pa.Array, few: frozenset[str]) -> Flags:
    return np.asarray(pc.is_in(texts, pa.array(sorted(few), pa.string())).to_numpy(zero_copy_only=False))


def _empty(texts: pa.Array) -> Flags:
    return np.asarray(pc.equal(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False))


READERS = {
    "person_name": PlainReader(_person_names, ("exact", "segment", "mother", "order", "newborn", "unknown")),
    "phone": PlainReader(_phones, ("full",)),
    "document": PlainReader(_documents, ("full", "family")),
    "card": PlainReader(_cards, ("full", "family"), 2),
    "local_number": PlainReader(_local_numbers, ("full", "family"), 2),
}
"""The kinds that have a reader of plain rows."""
