"""Telephones, documents, cards and patient numbers written plainly: digits and capitals of the usual length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from empi.bulk.letters import Plain, Texts, is_among, is_empty, rows_by_length, rows_of_length
from empi.matching.arrays import I32, U8, WIDEST, Flags, begun, hash_numbers, hash_rows, hash_text
from empi.matching.days import is_date
from empi.matching.documents import EARLIEST_BIRTH, LATEST_BIRTH
from empi.matching.frame import code_values
from empi.matching.kinds.base import Reading
from empi.matching.text import squeeze

_ASCENDING = 12345678901


def read_phones(texts: Texts, reading: Reading) -> Plain:
    """Mobile numbers: eleven digits, the first a 1."""
    at, letters = rows_of_length(texts[0], 11)
    digits = _digits(letters)
    usual = (digits <= 9).all(axis=1) & (digits[:, 0] == 1)
    number = digits.astype(np.int64) @ 10 ** np.arange(10, -1, -1)
    fillers = [int(text) for text in reading.phones if len(text) == 11 and text.isdecimal()] + [_ASCENDING]
    usual &= (digits[:, 2:] != digits[:, 2:3]).any(axis=1) & ~np.isin(number, fillers)
    number = number[usual]
    return Plain(at[usual], {"number": number, "full": hash_numbers(number)}, is_empty(texts[0]))


_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECKS = np.array([1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2], dtype=np.uint8)
_TEN = ord("X") - ord("0")
_REGIONS = (1, 2, 3, 4, 5, 6, 8, 9)


def read_documents(texts: Texts, reading: Reading) -> Plain:
    """Resident identity numbers of 18 places, valid or not (GB 11643; check digit ISO 7064 MOD 11-2)."""
    upper = pc.ascii_upper(texts[-1])
    at, letters = rows_of_length(upper, 18)
    digits = _digits(letters)
    usual = (digits[:, :17] <= 9).all(axis=1) & ((digits[:, 17] <= 9) | (digits[:, 17] == _TEN))
    usual &= (digits[:, 1:17] != (digits[:, :16] + 1) % 10).any(axis=1) & (digits[:, 1:] != digits[:, :1]).any(axis=1)
    usual &= ~is_among(upper.take(pa.array(at)), reading.ids)
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
    return Plain(at, arrays, is_empty(texts[-1]))


def read_cards(texts: Texts, reading: Reading) -> Plain:
    """Cards: at least four letters or digits that are not all the same."""
    families = _Labels.of(texts[0])
    foreign = np.array([family in reading.local_cards for family in families.texts], dtype=bool)[families.codes]
    found = _labelled(families, texts[-1], 4)
    keep = ~foreign[found.at]
    return Plain(found.at[keep], {name: array[keep] for name, array in found.arrays.items()}, found.nothing | foreign)


def read_local_numbers(texts: Texts, reading: Reading) -> Plain:
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
    word = is_among(upper, words)
    at, full = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.uint64)]
    for rows, letters in rows_by_length(upper):
        usual = _is_capital(letters).all(axis=1) & (letters != letters[:, :1]).any(axis=1) & ~word[rows]
        usual &= (letters.shape[1] >= shortest) & (letters.shape[1] <= room[labels.codes[rows]])
        rows = rows[usual]
        at.append(rows)
        full.append(hash_rows(letters[usual], starts[labels.codes[rows]]))
    places = np.concatenate(at)
    return Plain(places, {"full": np.concatenate(full), "family": family[labels.codes[places]]}, is_empty(numbers))


def _digits(letters: U8) -> U8:
    """Digits as numbers; every other letter is above 9."""
    return letters - np.uint8(ord("0"))


def _is_capital(letters: U8) -> Flags:
    """Digits and capital Latin letters."""
    return np.asarray((_digits(letters) <= 9) | (letters - np.uint8(ord("A")) < 26))
