"""Array types and stable 64-bit hashing of text columns, used by every comparison kind."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = Sequence[str]

_PRIME = np.uint64(0x100000001B3)
_START = np.uint64(0xCBF29CE484222325)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_CHUNK = 100_000
_FEW = 600
_WORD = 0xFFFFFFFFFFFFFFFF
WIDEST = 96
"""Letters of a text that count."""


def finish(hashes: U64) -> U64:
    """The splitmix64 finaliser: spreads every input bit over the word."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX1
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _MIX2
    return hashes ^ (hashes >> np.uint64(31))


def hash_texts(texts: Texts) -> U64:
    """Stable 64-bit hashes of texts, the same in every process; "" becomes 0, which means absent.

    Only the first ``WIDEST`` characters count, so that one absurd value cannot widen the whole column.
    """
    if len(texts) <= _FEW:
        return np.array([hash_text(text) for text in texts], dtype=np.uint64)
    out = np.zeros(len(texts), dtype=np.uint64)
    for start in range(0, len(texts), _CHUNK):
        out[start : start + _CHUNK] = _hash_chunk(texts[start : start + _CHUNK])
    return out


@lru_cache(maxsize=200_000)
def hash_text(text: str) -> int:
    """The same hash for one text, without the fixed cost of arrays."""
    if not text:
        return 0
    return _finish_one(begun(text[:WIDEST])) | 1


def _hash_chunk(texts: Texts) -> U64:
    column = np.array([text[:WIDEST] for text in texts], dtype=np.str_)
    width = column.dtype.itemsize // 4
    if width == 0 or not len(column):
        return np.zeros(len(column), dtype=np.uint64)
    letters = column.view(np.uint32).reshape(len(column), width)
    hashes = np.full(len(column), _START)
    for position in range(width):
        letter = letters[:, position].astype(np.uint64)
        hashes = np.where(letter != 0, (hashes ^ letter) * _PRIME, hashes)
    return np.where(letters[:, 0] != 0, finish(hashes) | np.uint64(1), np.uint64(0))


def hash_rows(letters: U8 | U64, behind: U64 | None = None) -> U64:
    """``hash_texts`` of texts of one length without any NUL: a row of code points each.

    ``behind`` holds what ``begun`` gives of the text before each row.
    """
    hashes = np.full(len(letters), _START) if behind is None else behind.copy()
    for position in range(letters.shape[1]):
        hashes ^= letters[:, position]
        hashes *= _PRIME
    return finish(hashes) | np.uint64(1)


def begun(text: str) -> int:
    """The unfinished hash of a text that letters will follow."""
    value = int(_START)
    for letter in text:
        if point := ord(letter):
            value = ((value ^ point) * int(_PRIME)) & _WORD
    return value


def combine(seed: int, parts: Sequence[U64]) -> U64:
    """One key from several hashes; 0 (absent) as soon as one part is absent."""
    if len(parts[0]) == 1:
        return np.array([combine_one(seed, [int(part[0]) for part in parts])], dtype=np.uint64)
    key = np.full(len(parts[0]), np.uint64((seed + 1) * int(_STEP) & 0xFFFFFFFFFFFFFFFF))
    absent = np.zeros(len(parts[0]), dtype=bool)
    for part in parts:
        key = finish(key * _PRIME ^ part)
        absent |= part == 0
    key |= np.uint64(1)
    key[absent] = 0
    return key


def combine_one(seed: int, parts: Sequence[int]) -> int:
    """``combine`` for one identity, without the fixed cost of arrays."""
    if not all(parts):
        return 0
    key = (seed + 1) * int(_STEP) & _WORD
    for part in parts:
        key = _finish_one((key * int(_PRIME) & _WORD) ^ part)
    return key | 1


def _finish_one(value: int) -> int:
    value = ((value ^ (value >> 30)) * int(_MIX1)) & _WORD
    value = ((value ^ (value >> 27)) * int(_MIX2)) & _WORD
    return value ^ (value >> 31)


def hash_number(number: int) -> int:
    """The hash of one whole number; 0 stays 0."""
    return _finish_one((number + int(_STEP)) & _WORD) | 1 if number else 0


def hash_numbers(numbers: npt.NDArray[np.integer]) -> U64:
    """Hashes of whole numbers; 0 stays 0 (absent)."""
    values = numbers.astype(np.uint64)
    return np.where(values == 0, np.uint64(0), finish(values + _STEP) | np.uint64(1))
