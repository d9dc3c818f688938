"""One identity with everything its comparison needs, as plain values."""

from __future__ import annotations

from typing import NamedTuple

from empi.definitions.schema import Rules
from empi.matching.arrays import hash_number
from empi.matching.contacts import AddressValue
from empi.matching.days import DIFFER, SAME_YEAR
from empi.matching.documents import DocumentValue
from empi.matching.frequencies import Frequencies
from empi.matching.identity import Identity
from empi.matching.marks import BABY_DAYS
from empi.matching.names import NameValue
from empi.matching.single.days import compare_day, gap_of

WIDTH = 8


class Card(NamedTuple):
    """What is read from one identity, and what its fields say of each other (``empi.matching.marks``).

    ``units`` are the compared parts of the name, ``sounds`` their syllables; ``born`` is the birth day best believed (yyyymmdd,
    0 unknown), ``own_day`` the one stated; ``sex`` the one best believed; ``mother`` her name and number ("" unknown);
    ``users`` the persons on the telephone; ``tenant`` the place of its tenant's settings (``Rules.limits``).
    """

    name: NameValue | None
    units: tuple[str, ...]
    sounds: tuple[str, ...]
    document: DocumentValue | None
    doubted: bool
    own_day: int
    born: int
    seen: int
    sex: str | None
    phone: int | None
    users: int
    address: AddressValue | None
    card: tuple[str, str] | None
    local: tuple[str, str] | None
    mother: tuple[str, str]
    tenant: int

    @property
    def newborn(self) -> bool:
        return self.name is not None and self.name.newborn

    @property
    def unknown(self) -> bool:
        return self.name is not None and self.name.unknown

    @property
    def order(self) -> int:
        return self.name.order if self.name else 0


def card_of(identity: Identity, rules: Rules, frequencies: Frequencies) -> Card:
    """Derive the card of an identity that was read under the rules."""
    by_kind = {rule.kind: value for rule, value in zip(rules.fields, identity.values, strict=True)}
    name: NameValue | None = by_kind["person_name"]
    document: DocumentValue | None = by_kind["document"]
    phone: int | None = by_kind["phone"]
    mother = _mother(by_kind["mother"], name)
    own = _possible(by_kind["birth"] or 0, identity.seen, name)
    doubted = _doubted(document, own, identity.seen, name, mother[1])
    trusted = document if document and document.day and not doubted else None
    return Card(
        name,
        name.letters[:WIDTH] if name else (),
        name.syllables[:WIDTH] if name else (),
        document,
        doubted,
        own,
        trusted.day if trusted else own,
        identity.seen,
        str(trusted.sex) if trusted and trusted.sex else by_kind["sex"],
        phone,
        _users(phone, frequencies),
        by_kind["address"],
        by_kind["card"],
        by_kind["local_number"],
        mother,
        rules.tenant_place(identity.division),
    )


def _possible(own: int, seen: int, name: NameValue | None) -> int:
    """The stated birth day; none for a newborn placeholder that was written before it."""
    unborn = name is not None and name.newborn and own and seen and gap_of(own, seen) > 1
    return 0 if unborn else own


def _mother(stated: tuple[str, str] | None, name: NameValue | None) -> tuple[str, str]:
    """Her name and number; where no name is stated, the one inside a newborn placeholder."""
    known, number = stated or ("", "")
    return known or (name.mother if name else ""), number


def _doubted(document: DocumentValue | None, own: int, seen: int, name: NameValue | None, mothers: str) -> bool:
    if document is None:
        return False
    if mothers and document.number == mothers:
        return True
    if not document.day:
        return False
    if compare_day(own, document.day) in (DIFFER, SAME_YEAR):
        return True
    if not seen:
        return False
    age = gap_of(seen, document.day)
    return age < -1 or (name is not None and name.newborn and age > BABY_DAYS)


def _users(phone: int | None, frequencies: Frequencies) -> int:
    if phone is None or not len(frequencies.phone_keys):
        return 1
    key, keys = hash_number(phone), frequencies.phone_keys
    at = min(int(keys.searchsorted(keys.dtype.type(key))), len(keys) - 1)
    return int(frequencies.phone_users[at]) if int(keys[at]) == key else 1
