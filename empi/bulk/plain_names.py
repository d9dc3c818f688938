"""Names written plainly: one to three common Han characters."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from empi.bulk.letters import Plain, Texts, is_empty, rows_of_length
from empi.matching.arrays import I64, U8, U64, hash_rows
from empi.matching.kinds.base import Reading
from empi.matching.kinds.person_name import WIDTH, arrays_of, sounds_of
from empi.matching.names import NEWBORN_ENDINGS
from empi.matching.text import variant_table

_HAN_BYTES = (0xE4, 0xE9)
_HAN = (0x4E00, 0x9FFF)


def read_person_names(texts: Texts, reading: Reading) -> Plain:
    """Names of one to three Han characters that are no placeholder and no word (the short cut of ``read_name``)."""
    parts = [_han_names(*rows_of_length(texts[0], 3 * length), reading) for length in (1, 2, 3)]
    at = np.concatenate([at for at, _ in parts])
    letters = np.concatenate([letters for _, letters in parts])
    length = np.count_nonzero(letters, axis=1).astype(np.uint8)
    exact = np.concatenate([hash_rows(letters[:, : place + 1]) for place, (_, letters) in enumerate(parts)])
    no, none = np.zeros(len(at), dtype=bool), np.zeros(len(at), dtype=np.uint64)
    arrays = arrays_of(letters, sounds_of(letters)) | {"length": length, "exact": exact, "mother": none, "newborn": no}
    arrays |= {"segment": np.where(length > 1, exact, none), "order": none.astype(np.uint8), "unknown": no}
    return Plain(at, arrays, is_empty(texts[0]))


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
