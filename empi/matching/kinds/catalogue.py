"""All comparison kinds by the name rules use."""

from __future__ import annotations

from empi.matching.kinds.base import Kind
from empi.matching.kinds.contact import Address, Card, LocalNumber, Mother, Phone
from empi.matching.kinds.document import Document
from empi.matching.kinds.mark import BirthOrder, Known
from empi.matching.kinds.person_name import PersonName
from empi.matching.kinds.plain import Birth, Category, Identifier, Sex, Words

KINDS: dict[str, Kind] = {
    "person_name": PersonName(),
    "document": Document(),
    "birth": Birth(),
    "sex": Sex(),
    "phone": Phone(),
    "card": Card(),
    "local_number": LocalNumber(),
    "address": Address(),
    "mother": Mother(),
    "birth_order": BirthOrder(),
    "known": Known(),
    "words": Words(),
    "identifier": Identifier(),
    "category": Category(),
}


def kind_of(name: str) -> Kind:
    """The kind called ``name`` (KeyError when there is none)."""
    return KINDS[name]
