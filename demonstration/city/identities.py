"""How institutions register a resident: mostly right, sometimes as in real life."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from demonstration.city.institutions import Unit
from demonstration.city.names import misheard
from demonstration.city.people import Resident


@dataclass(frozen=True)
class Registered:
    """One registration of a resident at an institution, with what was written down and the fault planted in it.

    ``fault`` is the truth for the checkers: "" or the name of the error.
    """

    resident: int
    unit: Unit
    local_id: str
    name: str
    gender: str
    birth_date: str
    id_type: str
    id_number: str
    phone: str
    address: str
    nation: str
    fault: str = ""

    def reference(self) -> dict[str, Any]:
        """The patient columns every regional dataset carries."""
        return {
            "patient_id": self.local_id,
            "patient_name": self.name,
            "id_type": self.id_type or None,
            "id_number": self.id_number or None,
            "gender": self.gender,
            "birth_date": self.birth_date,
            "phone": self.phone,
        }

    def front_reference(self) -> dict[str, Any]:
        """The patient columns the front-end datasets carry."""
        return {
            "patient_id": self.local_id,
            "patient_name": self.name,
            "id_card_type_code": self.id_type or None,
            "id_card": self.id_number or None,
        }


def register(resident: Resident, unit: Unit, seed: int, relatives: Mapping[int, Resident]) -> Registered:
    """The registration of a resident at a unit; the same for the same arguments."""
    chance = random.Random(f"identity-{seed}-{unit.key}-{resident.number}")  # noqa: S311 - must be repeatable
    clean = Registered(
        resident.number,
        unit,
        f"{unit.key[5:]}{resident.number:08d}",
        resident.name,
        resident.gender,
        resident.born.isoformat(),
        "01",
        resident.id_number,
        resident.phone,
        resident.address,
        resident.nation,
    )
    if chance.random() >= unit.habits.identity:
        return clean
    return _FAULTS[chance.choice(sorted(_FAULTS))](clean, resident, chance, relatives)


def _homophone(clean: Registered, resident: Resident, chance: random.Random, relatives: Mapping[int, Resident]) -> Registered:
    return replace(clean, name=misheard(chance, clean.name), fault="homophone")


def _no_id(clean: Registered, resident: Resident, chance: random.Random, relatives: Mapping[int, Resident]) -> Registered:
    return replace(clean, id_type="", id_number="", fault="no id number")


def _birthday(clean: Registered, resident: Resident, chance: random.Random, relatives: Mapping[int, Resident]) -> Registered:
    wrong = resident.born + timedelta(days=chance.choice((-1, 1, 30, 365)))
    return replace(clean, birth_date=wrong.isoformat(), fault="birth date")


def _borrowed(clean: Registered, resident: Resident, chance: random.Random, relatives: Mapping[int, Resident]) -> Registered:
    """A child registered under the mother's card: the id number is hers, the name and birth date the child's."""
    mother = relatives.get(resident.mother or 0)
    if mother is None:
        return _homophone(clean, resident, chance, relatives)
    return replace(clean, id_number=mother.id_number, fault="parent's id number")


def _digit(clean: Registered, resident: Resident, chance: random.Random, relatives: Mapping[int, Resident]) -> Registered:
    place = chance.randint(14, 16)
    other = str((int(clean.id_number[place]) + chance.randint(1, 9)) % 10)
    wrong = clean.id_number[:place] + other + clean.id_number[place + 1 :]
    return replace(clean, id_number=wrong, fault="id digit")


def _phone(clean: Registered, resident: Resident, chance: random.Random, relatives: Mapping[int, Resident]) -> Registered:
    return replace(clean, phone="13800000000", fault="dummy phone")


_FAULTS = {
    "homophone": _homophone,
    "no id": _no_id,
    "birthday": _birthday,
    "borrowed": _borrowed,
    "digit": _digit,
    "phone": _phone,
}
