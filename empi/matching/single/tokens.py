"""Blocking tokens of one card; the same numbers as ``empi.matching.blocking.tokens_of`` gives for columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from empi.matching.arrays import combine_one, hash_number, hash_text
from empi.matching.single.card import WIDTH, Card


def _name(card: Card) -> dict[str, int]:
    name = card.name
    if name is None:
        return {}
    sounds = [hash_text(sound) for sound in card.sounds]
    sounds += [0] * (WIDTH - len(sounds))
    return {
        "exact": hash_text(name.text),
        "pinyin": _joined(sounds),
        "sorted": _joined(sorted(sounds, reverse=True)),
        "surname": sounds[0],
        "segment": hash_text(name.segment if len(name.segment) > 1 else ""),
    }


def _joined(units: Sequence[int]) -> int:
    return combine_one(3, [unit or 1 for unit in units]) if units[0] else 0


def _document(card: Card) -> dict[str, int]:
    document = card.document
    if document is None:
        return {}
    number, long = document.number, len(document.number) == 18 and document.family == "resident"
    plain = number if long and not document.masked else ""
    ends = number[:6] + number[14:] if long else ""
    return {
        "full": hash_text(number),
        "head": hash_text(plain[:14]),
        "tail": hash_text(plain[10:]),
        "ends": hash_text("" if "*" in ends else ends),
        "day": hash_number(document.day),
    }


def _birth(card: Card) -> dict[str, int]:
    day = card.born
    return {
        "day": hash_number(day),
        "year": hash_number(day // 10000),
        "month_day": hash_number(day % 10000),
        "month": hash_number(day // 100),
    }


def _address(card: Card) -> dict[str, int]:
    if card.address is None:
        return {}
    place, house = hash_text(card.address.place), hash_text(card.address.house)
    return {"place": place, "house": combine_one(7, (place, house)), "town": hash_text(card.address.town)}


def _numbered(value: tuple[str, str] | None) -> dict[str, int]:
    return {"full": hash_text(":".join(value))} if value else {}


TOKENS_OF: dict[str, Callable[[Card], dict[str, int]]] = {
    "person_name": _name,
    "document": _document,
    "birth": _birth,
    "sex": lambda card: {"full": hash_text(card.sex or "")},
    "phone": lambda card: {"full": hash_number(card.phone or 0)},
    "card": lambda card: _numbered(card.card),
    "local_number": lambda card: _numbered(card.local),
    "address": _address,
    "mother": lambda card: {"number": hash_text(card.mother[1]), "name": hash_text(card.mother[0])},
}
"""Token -> hash (0 or missing: none) of a card, by the kind of the field."""
