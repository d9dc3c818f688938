"""Families and residents of the ten counties."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from demonstration.city.names import full_name, surname

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Resident:
    """A made-up person as the registry office would know her.

    ``number`` is the truth of who she is; it is never sent. ``conditions`` are long-term conditions (ICD-10 stems).
    """

    number: int
    name: str
    male: bool
    born: date
    id_number: str
    phone: str
    county: str
    town: str
    address: str
    family: int
    nation: str = "01"
    blood: str = ""
    allergy: str = ""
    conditions: tuple[str, ...] = ()
    mother: int | None = None
    died: date | None = None

    @property
    def gender(self) -> str:
        return "1" if self.male else "2"

    def age_on(self, day: date) -> int:
        """Completed years."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))


@dataclass(frozen=True)
class Town:
    """A town or street of a county, with its 9-digit code and its share of the population."""

    county: str
    county_name: str
    code: str
    name: str


@dataclass
class Streets:
    """Made-up villages and housing estates of a town."""

    chance: random.Random
    villages: tuple[str, ...] = field(
        default=("前湾村", "沈畈村", "大塘村", "河口村", "北街社区", "新华社区", "胜利社区", "石桥村")
    )

    def address(self, town: Town) -> str:
        place = self.chance.choice(self.villages)
        if place.endswith("社区"):
            stair, floor, door = self.chance.randint(1, 4), self.chance.randint(1, 18), self.chance.randint(1, 4)
            number = f"{self.chance.randint(1, 30)}号楼{stair}单元{floor}0{door}"
        else:
            number = f"{self.chance.randint(1, 12)}组{self.chance.randint(1, 90)}号"
        return f"河南省信阳市{town.county_name}{town.name}{place}{number}"


def id_number(county: str, born: date, sequence: int) -> str:
    """An 18-digit id number with its check character (GB 11643-1999)."""
    body = f"{county}{born:%Y%m%d}{sequence:03d}"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True)) % 11]


@dataclass
class IdNumbers:
    """Hands out id numbers: no two residents of a city share one."""

    given: Counter[tuple[str, int]] = field(default_factory=Counter)

    def next(self, county: str, born: date, male: bool) -> str:
        """The next number of the county for that day of birth; odd sequences are men's."""
        day = born.toordinal()
        place, self.given[county, day] = self.given[county, day], self.given[county, day] + 1
        return id_number(county, born, ((day * 7 + place) % 500) * 2 + male)


def families(seed: int, count: int, towns: Sequence[Town], today: date) -> Iterator[tuple[Resident, ...]]:
    """``count`` residents in families of one to six, the same for the same arguments. Memory does not grow with ``count``."""
    chance = random.Random(f"residents-{seed}")  # noqa: S311 - a demonstration must be repeatable
    made, family, numbers = 0, 0, IdNumbers()
    while made < count:
        family += 1
        members = _family(_Shared.draw(chance, family, towns, today, numbers), made + 1)[: count - made]
        made += len(members)
        yield tuple(members)


def _family(shared: _Shared, first: int) -> list[Resident]:
    chance = shared.chance
    father_born = _birthday(chance, shared.today, 22, 85)
    father = shared.person(first, True, father_born, surname(chance))
    members = [father]
    if chance.random() < 0.8:
        members.append(shared.person(first + 1, False, _near(chance, father_born, 4), surname(chance)))
    if len(members) == 2:
        members += _children(shared, first + 2, father, members[1])
    return members


def _children(shared: _Shared, first: int, father: Resident, mother: Resident) -> list[Resident]:
    chance = shared.chance
    children: list[Resident] = []
    for _ in range(chance.choices((0, 1, 2, 3), (20, 42, 32, 6))[0]):
        born = mother.born + timedelta(days=chance.randint(21 * 365, 38 * 365))
        if born > shared.today:
            continue
        male = chance.random() < 0.52
        children.append(shared.person(first + len(children), male, born, father.name[0], mother.number))
        if chance.random() < 0.015:
            twin = shared.person(first + len(children), chance.random() < 0.5, born, father.name[0], mother.number)
            children.append(twin)
    return children


@dataclass
class _Shared:
    """What the members of a family have in common."""

    chance: random.Random
    family: int
    town: Town
    address: str
    phone: str
    today: date
    numbers: IdNumbers

    @classmethod
    def draw(cls, chance: random.Random, family: int, towns: Sequence[Town], today: date, numbers: IdNumbers) -> _Shared:
        """A family's town, address and telephone."""
        town = chance.choice(towns)
        return cls(chance, family, town, Streets(chance).address(town), _phone(chance), today, numbers)

    def person(self, number: int, male: bool, born: date, family_name: str, mother: int | None = None) -> Resident:
        chance, age = self.chance, (self.today - born).days // 365
        own_phone = age >= 16 and chance.random() < 0.75
        return Resident(
            number=number,
            name=full_name(chance, family_name, male, born.year),
            male=male,
            born=born,
            id_number=self.numbers.next(self.town.county, born, male),
            phone=_phone(chance) if own_phone else self.phone,
            county=self.town.county,
            town=self.town.code,
            address=self.address,
            family=self.family,
            nation="01" if chance.random() < 0.97 else chance.choice(("03", "11", "02")),
            blood=chance.choices(("A", "B", "O", "AB"), (28, 29, 34, 9))[0],
            allergy=chance.choice(_ALLERGENS) if chance.random() < 0.07 else "",
            conditions=_conditions(chance, age, male),
            mother=mother,
            died=_death(chance, age, self.today),
        )


_ALLERGENS = ("青霉素", "头孢曲松", "磺胺类药物", "阿司匹林", "海鲜", "花粉", "碘造影剂")


def _conditions(chance: random.Random, age: int, male: bool) -> tuple[str, ...]:
    """Long-term conditions with rough prevalences by age: hypertension, diabetes, heart, lung, mind, tumour."""
    table = (
        ("I10", 0.008 * max(age - 30, 0)),
        ("E11", 0.0035 * max(age - 35, 0)),
        ("I25", 0.003 * max(age - 45, 0)),
        ("J44", (0.004 if male else 0.002) * max(age - 45, 0)),
        ("F20", 0.004 if age > 18 else 0),
        ("C34", 0.0004 * max(age - 50, 0)),
        ("N18", 0.001 * max(age - 40, 0)),
    )
    return tuple(code for code, likely in table if chance.random() < likely)


def _death(chance: random.Random, age: int, today: date) -> date | None:
    if chance.random() >= min(0.0006 * 1.09 ** max(age - 30, 0), 0.3):
        return None
    return today - timedelta(days=chance.randint(20, 1000))


def _birthday(chance: random.Random, today: date, low: int, high: int) -> date:
    return today - timedelta(days=chance.randint(low * 365, high * 365))


def _near(chance: random.Random, day: date, years: int) -> date:
    return day + timedelta(days=chance.randint(-years * 365, years * 365))


def _phone(chance: random.Random) -> str:
    return chance.choice(("130", "133", "135", "137", "138", "139", "150", "151", "158", "177", "186", "189")) + "".join(
        chance.choice("0123456789") for _ in range(8)
    )
