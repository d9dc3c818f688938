"""Telephones, cards, local patient numbers, addresses and the mother's identity."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np

from empi.definitions.schema import FieldRule
from empi.matching.arrays import I64, U8, Flags, combine, hash_numbers, hash_texts
from empi.matching.contacts import AddressValue, read_address, read_card, read_phone
from empi.matching.documents import read_document
from empi.matching.frame import Frame, Vocabulary
from empi.matching.kinds.base import Maker, Reading
from empi.matching.names import read_name
from empi.matching.text import squeeze


class Phone:
    """Telephone numbers; an equal number weighs less the more persons use it."""

    levels = ("missing", "private", "family", "shared", "common", "near", "differ")

    def read(self, texts: tuple[str, ...], reading: Reading) -> int | None:
        """The number in the first column."""
        return read_phone(texts[0], reading.phones)

    def encode(self, values: Sequence[int]) -> Vocabulary:
        """The number and its hash."""
        numbers = np.array(values, dtype=np.int64)
        return {"number": numbers, "full": hash_numbers(numbers)}

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """The whole number."""
        return {"full": partial(frame.columns[name].per_identity, "full")}

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Level codes; how many persons use a number comes from the mark ``phone_users``."""
        column = frame.columns[rule.name]
        a, b = column.codes[left], column.codes[right]
        out = np.zeros(len(a), dtype=np.uint8)
        known = (a >= 0) & (b >= 0)
        if not known.any():
            return out
        out[known] = 6
        users = frame.marks.get("phone_users")
        crowd = np.array([1, 1, 2, 2, 2, 3], dtype=np.uint8)
        equal = known & (a == b)
        if users is None:
            out[equal] = 1
        else:
            count = users[left[equal]]
            out[equal] = np.where(count > 20, 4, crowd[np.minimum(count, 5)])
        rest = np.flatnonzero(known & (a != b))
        if len(rest):
            numbers = column.arrays["number"]
            out[rest[_near(numbers[a[rest]], numbers[b[rest]])]] = 5
        return out


_POWERS = 10 ** np.arange(10, -1, -1, dtype=np.int64)
_WIDEST_STEP = 81


def _near(a: I64, b: I64) -> Flags:
    """One digit different or two neighbouring digits exchanged: the difference is k·10^p, or k·9·10^p."""
    gap = np.abs(a - b)
    near = np.zeros(len(gap), dtype=bool)
    few = np.flatnonzero((gap <= _WIDEST_STEP) | (gap % 10 == 0))  # of two strangers' numbers one in ten
    near[few] = _one_step(a[few], b[few], gap[few])
    return near


def _one_step(a: I64, b: I64, gap: I64) -> Flags:
    near = np.zeros(len(gap), dtype=bool)
    for power in _POWERS:
        step = gap // power
        whole = step * power == gap
        one = whole & (step >= 1) & (step <= 9) & (a // (power * 10) == b // (power * 10))
        near |= one
        pair = whole & (step % 9 == 0) & (step >= 9) & (step <= _WIDEST_STEP) & (a // (power * 100) == b // (power * 100))
        tens_a, units_a = a // (power * 10) % 10, a // power % 10
        tens_b, units_b = b // (power * 10) % 10, b // power % 10
        near |= pair & (tens_a == units_b) & (units_a == tens_b)
    return near


class Card:
    """Cards that name a person in the whole city: social security card, electronic health card."""

    levels = ("missing", "equal", "differ")

    def read(self, texts: tuple[str, ...], reading: Reading) -> tuple[str, str] | None:
        """Columns: card type, number."""
        return read_card(texts[0], texts[-1], reading.local_cards)

    def encode(self, values: Sequence[tuple[str, str]]) -> Vocabulary:
        """Type and value hashes."""
        return {"full": hash_texts([":".join(v) for v in values]), "family": hash_texts([v[0] or "?" for v in values])}

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """Type and number."""
        return {"full": partial(frame.columns[name].per_identity, "full")}

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Equal or different within one type, else no evidence."""
        column = frame.columns[rule.name]
        a, b = column.codes[left], column.codes[right]
        family = column.arrays["family"]
        out = np.zeros(len(a), dtype=np.uint8)
        known = np.flatnonzero((a >= 0) & (b >= 0))
        a, b = a[known], b[known]
        if len(known):
            out[known] = np.where(a == b, 1, np.where(family[a] == family[b], 2, 0))
        return out


_domain = lru_cache(maxsize=10_000)(squeeze)


class LocalNumber(Card):
    """A patient number within the institution that assigned it (columns: domain, number)."""

    def read(self, texts: tuple[str, ...], reading: Reading) -> tuple[str, str] | None:
        """Columns: assigning domain, number."""
        domain, number = _domain(texts[0]), squeeze(texts[-1])
        return (domain, number) if domain and number and number not in reading.words else None


class Address:
    """Chinese addresses by their parts."""

    levels = ("missing", "full", "place", "house_differs", "town", "county", "differ")

    def read(self, texts: tuple[str, ...], reading: Reading) -> AddressValue | None:
        """The address in the first column."""
        return None if reading.is_word(texts[0]) else read_address(texts[0])

    def encode(self, values: Sequence[AddressValue]) -> Vocabulary:
        """Hashes of the parts."""
        return {part: hash_texts([getattr(v, part) for v in values]) for part in AddressValue._fields}

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """The place (village, estate), the place with its house, and the town."""
        column = frame.columns[name]
        return {
            "place": partial(column.per_identity, "place"),
            "house": lambda: combine(7, [column.per_identity("place"), column.per_identity("house")]),
            "town": partial(column.per_identity, "town"),
        }

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Level codes from the finest part that agrees."""
        column = frame.columns[rule.name]
        a, b = column.codes[left], column.codes[right]
        out = np.zeros(len(a), dtype=np.uint8)
        known = np.flatnonzero((a >= 0) & (b >= 0))
        if not len(known):
            return out
        a, b = a[known], b[known]
        parts = column.arrays

        def agree_and_clash(part: str) -> tuple[Flags, Flags]:
            one, other = parts[part][a], parts[part][b]
            stated, equal = (one != 0) & (other != 0), one == other
            return stated & equal, stated & ~equal

        same_county, elsewhere = agree_and_clash("county")
        same_town, _ = agree_and_clash("town")
        same_place, _ = agree_and_clash("place")
        same_house, other_house = agree_and_clash("house")
        same_group, _ = agree_and_clash("group")
        level = np.full(len(known), 6, dtype=np.uint8)
        level[same_county] = 5
        level[same_town & ~elsewhere] = 4
        place = same_place & ~elsewhere
        level[place] = 2
        level[place & other_house] = 3
        level[place & (same_house | same_group)] = 1
        level[(a == b) & (level > 2)] = 2
        out[known] = level
        return out


class Mother:
    """The mother's identity on a child's record: her number, her name, or the name inside a placeholder."""

    levels = ("missing", "id_equal", "name_equal", "id_differ", "name_differ")

    def read(self, texts: tuple[str, ...], reading: Reading) -> tuple[str, str] | None:
        """Columns: mother's name, mother's number."""
        name = read_name(texts[0], reading.names)
        document = read_document("", texts[1], reading.ids) if len(texts) > 1 else None
        value = (name.text if name else "", document.number if document else "")
        return value if any(value) else None

    def encode(self, values: Sequence[tuple[str, str]]) -> Vocabulary:
        """Hashes of the two."""
        return {"name": hash_texts([v[0] for v in values]), "number": hash_texts([v[1] for v in values])}

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """Her number and her name."""
        return {"number": lambda: frame.marks["mother_number"], "name": lambda: frame.marks["mother_name"]}

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Number first, name where a number is absent or contradicts an equal name."""
        out = np.zeros(len(left), dtype=np.uint8)
        name, number = frame.marks["mother_name"], frame.marks["mother_number"]
        present = (name != 0) | (number != 0)
        known = np.flatnonzero(present[left] & present[right])
        a, b = left[known], right[known]
        named, numbered = (name[a] != 0) & (name[b] != 0), (number[a] != 0) & (number[b] != 0)
        level = np.zeros(len(known), dtype=np.uint8)
        level[named] = np.where(name[a] == name[b], 2, 4)[named]
        level[numbered & (number[a] != number[b]) & (level != 2)] = 3
        level[numbered & (number[a] == number[b])] = 1
        out[known] = level
        return out
