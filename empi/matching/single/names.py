"""Comparing two names; the same levels as ``empi.matching.kinds.person_name`` gives for columns of them."""

from __future__ import annotations

from functools import lru_cache

from empi.definitions.shape_alikes import SHAPE_ALIKES
from empi.matching.kinds import person_name as levels
from empi.matching.names import WILD
from empi.matching.single.card import Card


@lru_cache(maxsize=1)
def _alike_pairs() -> frozenset[tuple[str, str]]:
    return frozenset((a, b) for group in SHAPE_ALIKES for a in group for b in group if a != b)


def compare_names(left: Card, right: Card) -> int:
    """The level of two names."""
    if left.name is None or right.name is None or left.unknown or right.unknown:
        return levels.MISSING
    if left.newborn or right.newborn:
        return levels.NEWBORN
    if left.name == right.name:
        return levels.EQUAL
    found = _unequal(left, right)
    if len(left.units[:1] and left.units[0]) > 1 and len(right.units[:1] and right.units[0]) > 1:
        return _latin(left.units, right.units, found)
    return found


def _unequal(left: Card, right: Card) -> int:
    pairs = list(zip(left.units, right.units, strict=False))
    same = [a == b for a, b in pairs]
    heard = [a == b for a, b in zip(left.sounds, right.sounds, strict=False)]
    alike = [not equal and pair in _alike_pairs() for equal, pair in zip(same, pairs, strict=True)]
    n = len(left.units)
    if n == len(right.units) and (found := _of_one_length(left, right, pairs, (same, heard, alike))):
        return found
    return _of_any_length(left, right, same, bool(n) and bool(pairs) and (same[0] or heard[0] or alike[0]), heard)


def _of_one_length(
    left: Card, right: Card, pairs: list[tuple[str, str]], agreement: tuple[list[bool], list[bool], list[bool]]
) -> int:
    """A level that needs names of one length, or 0."""
    same, heard, alike = agreement
    n = len(pairs)
    if all(heard):
        return levels.HOMOPHONE
    if sum(alike) <= 1 and all(map(max, same, heard, alike)):
        return levels.SHAPE
    wild = [WILD in pair for pair in pairs]
    if all(map(max, same, wild)) and sum(wild) < n:
        return levels.PLACEHOLDER
    surname = same[0] or heard[0] or alike[0]
    if n >= 3 and surname and sorted(left.units) == sorted(right.units):
        return levels.SWAPPED
    if n >= 3 and not surname and all(map(max, same[1:], heard[1:])):
        return levels.SURNAME_DIFFERS
    return 0


def _of_any_length(left: Card, right: Card, same: list[bool], surname: bool, heard: list[bool]) -> int:
    shorter, longer = sorted((left.units, right.units), key=len)
    uneven = len(shorter) != len(longer)
    if uneven and len(shorter) >= 2:
        if sum(same) == len(shorter):
            return levels.PARTIAL
        if surname and len(longer) - len(shorter) <= 1 and set(shorter) <= set(longer):
            return levels.PARTIAL
    if not surname:
        return levels.DIFFER
    given = any(map(max, same[1:], heard[1:])) or not set(left.units[1:4]).isdisjoint(right.units[1:4])
    return levels.GIVEN_DIFFERS if given else levels.SURNAME_ONLY


def _latin(left: tuple[str, ...], right: tuple[str, ...], found: int) -> int:
    """Latin words have no order: one shared word is a shared part, none is a difference."""
    if found <= levels.PARTIAL:
        return found
    return levels.DIFFER if set(left).isdisjoint(right) else levels.PARTIAL
