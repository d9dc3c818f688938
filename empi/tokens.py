"""Search tokens: what an identity can be found by.

Stored as keyed hashes (``empi.keyed``), so that a lookup is a join of short integer lists and the database holds neither names
nor numbers in the clear. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from empi.matching.contacts import read_address, read_phone
from empi.matching.documents import read_document
from empi.matching.names import read_name
from empi.matching.text import is_han, squeeze, syllable

_TAIL_DIGITS = 4
_REMEMBERED = 20_000  # the identities of a person say mostly the same


@lru_cache(maxsize=_REMEMBERED)
def number_text(number: str) -> str:
    """One spelling for a credential's number: a 15-digit resident id and its 18-digit form are the same number."""
    read = read_document("", number)
    return read.number if read and read.valid else squeeze(number)


def number_token(number: str) -> str:
    """Any credential's number, whatever its kind."""
    return f"number:{number_text(number)}"


def phone_token(phone: str) -> str:
    return f"phone:{read_phone(phone) or squeeze(phone)}"


def tail_token(digits: str) -> str:
    """The last four digits of a telephone number."""
    return f"tail:{digits[-_TAIL_DIGITS:]}"


def name_part_tokens(part: str) -> list[str]:
    """Tokens that every name containing these characters carries."""
    return [f"han:{letter}" for letter in squeeze(part) if is_han(letter)]


def pinyin_tokens(text: str) -> list[str]:
    """Tokens for toneless pinyin: syllables apart by spaces, or one word of initials."""
    words = text.lower().split()
    if len(words) == 1 and words[0].isalpha() and not any(letter in "aeiouv" for letter in words[0]):
        return [f"initials:{words[0]}"]
    return [f"syllable:{word}" for word in words]


def place_token(place: str) -> str:
    return f"place:{squeeze(place)}"


def texts_of(facts: Mapping[str, str]) -> set[str]:
    """Every token an identity with these facts can be found by, in the clear."""
    return {text for column, texts in TEXTS.items() if (stated := facts.get(column)) for text in texts(stated)}


def _number_texts(number: str) -> tuple[str, ...]:
    return (number_token(number),)


def _credential_texts(listed: str) -> tuple[str, ...]:
    return tuple(number_token(number) for _, number in json.loads(listed))


@lru_cache(maxsize=_REMEMBERED)
def _phone_texts(number: str) -> tuple[str, ...]:
    phone = read_phone(number)
    return (f"phone:{phone}", tail_token(str(phone))) if phone else ()


@lru_cache(maxsize=_REMEMBERED)
def _place_texts(text: str) -> tuple[str, ...]:
    address = read_address(text)
    parts = (address.county, address.town, address.place) if address else ()
    return tuple(place_token(part) for part in parts if part)


@lru_cache(maxsize=_REMEMBERED)
def _name_texts(name: str) -> frozenset[str]:
    read = read_name(name)
    if read is None or read.unknown:
        return frozenset()
    letters = read.letters or tuple(read.mother)
    syllables = [syllable(letter) for letter in letters]
    initials = "".join(one[0] for one in syllables if one)
    han = (f"han:{letter}" for letter in letters if is_han(letter))
    return frozenset(
        (f"name:{read.text or read.mother}", *han, *(f"syllable:{one}" for one in syllables), f"initials:{initials}")
    )


TEXTS: Mapping[str, Callable[[str], Iterable[str]]] = {
    "id_no": _number_texts,
    "card_no": _number_texts,
    "credentials": _credential_texts,
    "name": _name_texts,
    "phone": _phone_texts,
    "address": _place_texts,
}
"""What a column of an identity's facts makes it found by."""
