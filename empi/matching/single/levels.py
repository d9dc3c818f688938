"""The level of each field for two cards; codes and meanings as in ``empi.matching.kinds``."""

from __future__ import annotations

from collections.abc import Callable

from rapidfuzz.distance import OSA

from empi.matching.days import WINDOW
from empi.matching.documents import DocumentValue
from empi.matching.kinds import document as papers
from empi.matching.single.card import Card
from empi.matching.single.days import compare_day, gap_of
from empi.matching.single.names import compare_names

_WINDOW_BEFORE, _WINDOW_AFTER = 400, 3
_CROWD = (1, 1, 2, 2, 2, 3)
_POWERS = tuple(10**place for place in range(10, -1, -1))


def _document(left: Card, right: Card) -> int:
    a, b = left.document, right.document
    if a is None or b is None:
        return papers.MISSING
    doubted = left.doubted or right.doubted
    if a == b:
        return (papers.EQUAL_DOUBTED if doubted else papers.EQUAL) if a.valid else papers.EQUAL_OTHER
    level = _unequal_documents(a, b)
    return papers.DIFFER_DOUBTED if doubted and level == papers.DIFFER else level


def _unequal_documents(a: DocumentValue, b: DocumentValue) -> int:
    if a.family != b.family:
        return papers.MISSING
    if a.masked or b.masked:
        return papers.MASKED if papers.covers(a.number, b.number) else papers.DIFFER_WEAK
    if a.valid and b.valid:
        return papers.DIFFER
    distance = OSA.distance(a.number, b.number, score_cutoff=3)
    return papers.NEAR if distance <= 1 else papers.NEAR_TWO if distance == 2 else papers.DIFFER_WEAK


def _birth(left: Card, right: Card) -> int:
    if left.document is not None and left.document == right.document:
        level = compare_day(left.own_day, right.own_day)
    else:
        level = compare_day(left.born, right.born)
    if level == 0 and (_in_window(left, right) or _in_window(right, left)):
        return WINDOW
    return level


def _in_window(baby: Card, other: Card) -> bool:
    """A newborn placeholder without a birth day was seen within a year or so after the other's birth day."""
    if not baby.newborn or baby.born or not other.born or not baby.seen:
        return False
    return -_WINDOW_AFTER <= gap_of(baby.seen, other.born) <= _WINDOW_BEFORE


def _sex(left: Card, right: Card) -> int:
    if left.sex is None or right.sex is None:
        return 0
    return 1 if left.sex == right.sex else 2


def _phone(left: Card, right: Card) -> int:
    a, b = left.phone, right.phone
    if a is None or b is None:
        return 0
    if a == b:
        return 4 if left.users > 20 else _CROWD[min(left.users, 5)]
    return 5 if _near(a, b) else 6


def _near(a: int, b: int) -> bool:
    """One digit different or two neighbouring digits exchanged: the difference is k·10^p, or k·9·10^p."""
    gap = abs(a - b)
    for power in _POWERS:
        step, rest = divmod(gap, power)
        if step and not rest and (_one_digit(a, b, step, power) or _exchanged(a, b, step, power)):
            return True
    return False


def _one_digit(a: int, b: int, step: int, power: int) -> bool:
    return step <= 9 and a // (power * 10) == b // (power * 10)


def _exchanged(a: int, b: int, step: int, power: int) -> bool:
    if step % 9 or not 9 <= step <= 81 or a // (power * 100) != b // (power * 100):
        return False
    return a // (power * 10) % 10 == b // power % 10 and b // (power * 10) % 10 == a // power % 10


def _address(left: Card, right: Card) -> int:
    a, b = left.address, right.address
    if a is None or b is None:
        return 0
    level = 6
    elsewhere = bool(a.county and b.county) and a.county != b.county
    if a.county and a.county == b.county:
        level = 5
    if not elsewhere:
        if a.town and a.town == b.town:
            level = 4
        if a.place and a.place == b.place:
            level = 3 if a.house and b.house and a.house != b.house else 2
            if (a.house and a.house == b.house) or (a.group and a.group == b.group):
                level = 1
    return 2 if level > 2 and a == b else level


def _card(left: Card, right: Card) -> int:
    return _numbered(left.card, right.card)


def _local(left: Card, right: Card) -> int:
    return _numbered(left.local, right.local)


def _numbered(a: tuple[str, str] | None, b: tuple[str, str] | None) -> int:
    if a is None or b is None:
        return 0
    if a == b:
        return 1
    return 2 if (a[0] or "?") == (b[0] or "?") else 0


def _mother(left: Card, right: Card) -> int:
    (name_a, number_a), (name_b, number_b) = left.mother, right.mother
    level = 0
    if name_a and name_b:
        level = 2 if name_a == name_b else 4
    if number_a and number_b:
        if number_a == number_b:
            return 1
        return 3 if level != 2 else level
    return level


def _birth_order(left: Card, right: Card) -> int:
    a, b = left.order, right.order
    if a and b:
        return 1 if a == b else 2
    return 3 if a or b else 0


def _known(left: Card, right: Card) -> int:
    return 1 if left.unknown or right.unknown else 0


LEVEL_OF: dict[str, Callable[[Card, Card], int]] = {
    "person_name": compare_names,
    "document": _document,
    "birth": _birth,
    "sex": _sex,
    "phone": _phone,
    "card": _card,
    "local_number": _local,
    "address": _address,
    "mother": _mother,
    "birth_order": _birth_order,
    "known": _known,
}
"""How two cards are compared, by the kind of the field."""
