"""Names of persons as written in China: Han, minority names with a dot, Latin words, newborn placeholders."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np

from empi.definitions.schema import FieldRule
from empi.definitions.shape_alikes import SHAPE_ALIKES
from empi.matching.arrays import I64, U8, U64, Flags, combine, hash_texts
from empi.matching.frame import Frame, Vocabulary
from empi.matching.kinds.base import Maker, Reading
from empi.matching.names import WILD, NameValue, read_name
from empi.matching.text import syllable

WIDTH = 8
"""Letters of a name that are compared."""
_CHUNK = 50_000
_WORD = np.uint64(1 << 40)
_WILD_UNIT = np.uint64(ord(WILD))
(
    MISSING,
    EQUAL,
    SHAPE,
    HOMOPHONE,
    SWAPPED,
    PARTIAL,
    PLACEHOLDER,
    GIVEN_DIFFERS,
    SURNAME_ONLY,
    SURNAME_DIFFERS,
    DIFFER,
    NEWBORN,
) = range(12)


@lru_cache(maxsize=1)
def _alike_pairs() -> U64:
    pairs = {(min(ord(a), ord(b)) << 32) | max(ord(a), ord(b)) for group in SHAPE_ALIKES for a in group for b in group if a != b}
    return np.array(sorted(pairs), dtype=np.uint64)


def _units(values: Sequence[NameValue]) -> tuple[U64, U64]:
    """Letters and syllables as (n, width) numbers: code points for single letters, hashes for words, 0 for none."""
    plain = np.array(["" if _has_words(v) else "".join(v.letters) for v in values], dtype=f"<U{WIDTH}")
    letters = np.ascontiguousarray(plain).view(np.uint32).reshape(len(values), WIDTH).astype(np.uint64)
    for row, value in enumerate(values):
        if _has_words(value):
            for place, letter in enumerate(value.letters[:WIDTH]):
                letters[row, place] = ord(letter) if len(letter) == 1 else hash_texts([letter])[0] | _WORD
    return letters, _sounds(letters, values)


def _has_words(value: NameValue) -> bool:
    """Some unit is a whole word; it may stand behind an initial (A. LEE)."""
    return any(len(letter) > 1 for letter in value.letters)


def sounds_of(letters: U64) -> U64:
    """Hashes of the syllables of single letters, 0 for a word or none: one look-up per distinct letter."""
    distinct, back = np.unique(letters, return_inverse=True)
    spoken = [syllable(chr(unit)) if 0 < unit < _WORD else "" for unit in distinct.tolist()]
    return hash_texts(spoken)[back].reshape(letters.shape)


def arrays_of(letters: U64, sounds: U64) -> Vocabulary:
    """What the letters and syllables of names (n, ``WIDTH``) alone tell."""
    return {
        "letters": letters,
        "sounds": sounds,
        "pinyin": _joined(sounds),
        "sorted": _joined(np.sort(sounds, axis=1)[:, ::-1]),
        "surname": sounds[:, 0],
    }


def _sounds(letters: U64, values: Sequence[NameValue]) -> U64:
    """Syllable hashes; a word sounds as it is spelt."""
    sounds = sounds_of(letters)
    for row, value in enumerate(values):
        if _has_words(value):
            for place, sound in enumerate(value.syllables[:WIDTH]):
                sounds[row, place] = hash_texts([sound])[0]
    return sounds


def _joined(units: U64) -> U64:
    """One hash per row of units; 0 for an empty row. Empty places count as a unit of their own."""
    key = combine(3, [np.where(units[:, place] == 0, np.uint64(1), units[:, place]) for place in range(WIDTH)])
    return np.where(units[:, 0] == 0, np.uint64(0), key)


class PersonName:
    """Compares names by letters, sounds and shapes; see ``levels``."""

    levels = (
        "missing",
        "equal",
        "shape",
        "homophone",
        "swapped",
        "partial",
        "placeholder",
        "given_differs",
        "surname_only",
        "surname_differs",
        "differ",
        "newborn",
    )

    def read(self, texts: tuple[str, ...], reading: Reading) -> NameValue | None:
        """The name in the first column."""
        value = read_name(texts[0], reading.names)
        return None if value and value.text in reading.words else value

    def encode(self, values: Sequence[NameValue]) -> Vocabulary:
        """Letter and syllable matrices, token hashes and flags."""
        letters, sounds = _units(values)
        return arrays_of(letters, sounds) | {
            "length": np.array([min(len(v.letters), WIDTH) for v in values], dtype=np.uint8),
            "exact": hash_texts([v.text for v in values]),
            "segment": hash_texts([v.segment if len(v.segment) > 1 else "" for v in values]),
            "mother": hash_texts([v.mother for v in values]),
            "order": np.array([v.order for v in values], dtype=np.uint8),
            "newborn": np.array([v.newborn for v in values], dtype=bool),
            "unknown": np.array([v.unknown for v in values], dtype=bool),
        }

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """Exact text, toneless pinyin, sorted syllables, surname syllable, first segment."""
        column = frame.columns[name]
        return {token: partial(column.per_identity, token) for token in ("exact", "pinyin", "sorted", "surname", "segment")}

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Level codes of the pairs."""
        column = frame.columns[rule.name]
        a, b = column.codes[left], column.codes[right]
        out = np.full(len(a), EQUAL, dtype=np.uint8)
        out[(a < 0) | (b < 0)] = MISSING
        arrays = column.arrays
        newborn, unknown = arrays["newborn"], arrays["unknown"]
        special = newborn | unknown
        if special.any():
            known = (a >= 0) & (b >= 0)
            out[known & (newborn[a] | newborn[b])] = NEWBORN
            out[known & (unknown[a] | unknown[b])] = MISSING
        rest = np.flatnonzero((a != b) & (out == EQUAL))
        if len(rest):
            out[rest] = _compare(arrays, a[rest], b[rest])
        return out


def _compare(arrays: Vocabulary, a: Any, b: Any) -> U8:
    packed = np.minimum(a, b).astype(np.int64) << 32 | np.maximum(a, b)
    distinct, back = np.unique(packed, return_inverse=True)
    levels = [
        _compare_distinct(arrays, part >> 32, part & 0xFFFFFFFF)
        for part in np.array_split(distinct, max(1, len(distinct) // _CHUNK))
    ]
    return np.concatenate(levels)[back]


def _compare_distinct(arrays: Vocabulary, a: I64, b: I64) -> U8:
    letters_a, letters_b = arrays["letters"][a], arrays["letters"][b]
    sounds_a, sounds_b = arrays["sounds"][a], arrays["sounds"][b]
    length_a, length_b = arrays["length"][a], arrays["length"][b]
    used = (letters_a > 0) & (letters_b > 0)
    same = used & (letters_a == letters_b)
    heard = used & (sounds_a == sounds_b)
    wild = used & ((letters_a == _WILD_UNIT) | (letters_b == _WILD_UNIT))
    alike = used & ~same & _alike(letters_a, letters_b)
    even = length_a == length_b
    n = length_a.astype(np.int64)
    surname = same[:, 0] | heard[:, 0] | alike[:, 0]
    contained = _contained(letters_a, letters_b, length_a, length_b)
    out = np.full(len(a), DIFFER, dtype=np.uint8)
    given = np.where(same[:, 1:] | heard[:, 1:], 1, 0).sum(axis=1)
    out[~surname & even & (n >= 3) & (given == n - 1)] = SURNAME_DIFFERS
    out[surname] = SURNAME_ONLY
    out[surname & ((given >= 1) | _shared_given(letters_a, letters_b))] = GIVEN_DIFFERS
    out[surname & (np.abs(length_a.astype(np.int64) - length_b) <= 1) & contained] = PARTIAL
    prefix = same.sum(axis=1) == np.minimum(length_a, length_b)
    out[prefix & (np.minimum(length_a, length_b) >= 2) & ~even] = PARTIAL
    out[even & (n >= 3) & surname & (np.sort(letters_a) == np.sort(letters_b)).all(axis=1)] = SWAPPED
    out[even & ((same | wild).sum(axis=1) == n) & (wild.sum(axis=1) < n)] = PLACEHOLDER
    out[even & ((same | heard | alike).sum(axis=1) == n) & (alike.sum(axis=1) <= 1)] = SHAPE
    out[even & (heard.sum(axis=1) == n)] = HOMOPHONE
    long_latin = (letters_a[:, 0] >> np.uint64(40) > 0) & (letters_b[:, 0] >> np.uint64(40) > 0)
    out[long_latin] = _latin(letters_a[long_latin], letters_b[long_latin], out[long_latin])
    return out


def _alike(letters_a: U64, letters_b: U64) -> Flags:
    pairs = _alike_pairs()
    low, high = np.minimum(letters_a, letters_b), np.maximum(letters_a, letters_b)
    packed = (low << np.uint64(32)) | high
    at = np.searchsorted(pairs, packed)
    return np.asarray((high < 1 << 32) & (pairs[np.minimum(at, len(pairs) - 1)] == packed))


def _contained(letters_a: U64, letters_b: U64, length_a: U8, length_b: U8) -> Flags:
    """The shorter name's letters (at least two) all occur in the longer one."""
    swap = (length_a > length_b)[:, None]
    short, long = np.where(swap, letters_b, letters_a), np.where(swap, letters_a, letters_b)
    found = ((short[:, :, None] == long[:, None, :]).any(axis=2) | (short == 0)).all(axis=1)
    return np.asarray(found & (np.minimum(length_a, length_b) >= 2) & (length_a != length_b))


def _shared_given(letters_a: U64, letters_b: U64) -> Flags:
    given_a, given_b = letters_a[:, 1:4], letters_b[:, 1:4]
    return np.asarray(((given_a[:, :, None] == given_b[:, None, :]) & (given_a[:, :, None] > 0)).any(axis=(1, 2)))


def _latin(letters_a: U64, letters_b: U64, before: U8) -> U8:
    """Latin words have no order: one shared word is a shared part, none is a difference."""
    shared = ((letters_a[:, :, None] == letters_b[:, None, :]) & (letters_a[:, :, None] > 0)).any(axis=(1, 2))
    return np.where(before <= PARTIAL, before, np.where(shared, PARTIAL, DIFFER)).astype(np.uint8)
