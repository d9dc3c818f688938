"""A synthetic city for matching benchmarks: households, twins, namesakes, newborns, and records with clerks' errors.

Invented persons only. Seeds and the noise level are free, so that weights are never judged on what they were
looked at with: ``python -m benchmarks.city_corpus OUT_DIR --persons 20000 --seed 7 --noise 1.5``.
Writes records.csv, truth.csv and negatives.csv (same columns as the matching evaluation data). A large city is drawn
district by district, each written before the next is drawn, so that ten million records need no more memory than one.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

from stdnum.cn import ric

from benchmarks.city_words import (
    COUNTIES,
    DUMMY_IDS,
    DUMMY_PHONES,
    ESTATES,
    GIVEN,
    HOMOPHONES,
    LATIN,
    SHAPES,
    SURNAMES,
    TOWNS,
    TRADITIONAL,
    UYGUR,
    VILLAGES,
)

DISTRICT = 250_000
COLUMNS = (
    "rec_id",
    "domain_id",
    "local_id",
    "source_time",
    "name",
    "gender",
    "birth_date",
    "id_type",
    "id_no",
    "phone",
    "address",
    "card_type",
    "card_no",
    "mother_name",
    "mother_id_no",
    "nation",
)


@dataclass
class Person:
    """One invented resident."""

    number: int
    name: str
    sex: int
    born: date
    identity: str
    phone: str
    household: int
    nation: str = "汉"
    id_type: str = "01"
    mother: Person | None = None
    twin_order: int = 0
    cards: dict[str, str] = field(default_factory=dict)
    locals: dict[str, str] = field(default_factory=dict)
    former: str = ""


@dataclass
class Corpus:
    """Records with truth and hard negatives."""

    records: list[dict[str, str]] = field(default_factory=list)
    truth: list[tuple[str, str, str]] = field(default_factory=list)
    negatives: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class Taken:
    """What earlier districts of a city have used up: identity numbers, and how many persons and records there are."""

    identities: set[str] = field(default_factory=set)
    persons: int = 0
    records: int = 0


class City:
    """Draws persons and their records from one seed; a district of a larger city when something is taken already."""

    def __init__(self, persons: int, seed: int, noise: float, taken: Taken | None = None) -> None:
        self.draw = random.Random(seed)
        self.taken = taken or Taken()
        self.noise = noise
        self.today = date(2026, 6, 30)
        self.domains = [
            f"{code}.{kind}{n}" for code in COUNTIES for kind in ("H3A", "H2B", "PHC", "MCH", "VIL") for n in range(12)
        ]
        self.addresses: list[tuple[str, str, str, str, str]] = []
        self.persons: list[Person] = []
        self.namesakes: list[tuple[Person, Person]] = []
        self.twins: list[tuple[Person, Person]] = []
        while len(self.persons) < persons:
            self._household()
        self._namesakes(max(4, persons // 700))

    def chance(self, share: float) -> bool:
        """True with a probability that grows with the noise level."""
        return self.draw.random() < min(0.9, share * self.noise)

    def identity(self, born: date, sex: int, near: str = "") -> str:
        """A valid, unused resident identity number."""
        while True:
            region = near[:6] or (
                self.draw.choice(list(COUNTIES))
                if self.draw.random() < 0.85
                else self.draw.choice(("110105", "310104", "420106", "610113", "653101"))
            )
            order = int(near[14:17]) + self.draw.choice((1, 2, 3)) * 2 if near else self.draw.randrange(1, 999)
            order = order % 999 or 1
            order = order if order % 2 == sex % 2 else (order + 1) % 1000 or 2
            base = f"{region}{born:%Y%m%d}{order:03d}"
            number = base + str(ric.calc_check_digit(base + "0"))
            if number not in self.taken.identities:
                self.taken.identities.add(number)
                return number

    def given(self, sex: int, two: float = 0.75) -> str:
        """A given name."""
        pool = GIVEN[sex]
        first = pool[min(int(self.draw.expovariate(1 / 18)), len(pool) - 1)]
        return first + self.draw.choice(pool) if self.draw.random() < two else first

    def surname(self) -> str:
        """A surname with the usual steep distribution."""
        return SURNAMES[min(int(self.draw.expovariate(1 / 16)), len(SURNAMES) - 1)]

    def phone(self) -> str:
        """A mobile number."""
        return (
            self.draw.choice(("136", "138", "139", "150", "152", "159", "176", "186", "187", "199"))
            + f"{self.draw.randrange(10**8):08d}"
        )

    def _household(self) -> None:
        draw = self.draw
        county = draw.choice(list(COUNTIES))
        estate = draw.random() < 0.5
        place = (
            draw.choice(ESTATES)
            if estate
            else draw.choice(VILLAGES) + draw.choice(VILLAGES) + draw.choice(("村", "庄村", "营村"))
        )
        house = (
            f"{draw.randrange(1, 40)}-{draw.randrange(1, 5)}-{draw.randrange(1, 19) * 100 + draw.randrange(1, 5)}"
            if estate
            else str(draw.randrange(1, 400))
        )
        self.addresses.append(
            (COUNTIES[county], draw.choice(TOWNS) + draw.choice(("镇", "街道")), place, house, "estate" if estate else "village")
        )
        surname = self.surname()
        older = date(1940, 1, 1) + timedelta(days=draw.randrange(22000))
        father = self._person(surname, 1, older + timedelta(days=draw.randrange(-1500, 1500)))
        if draw.random() < 0.15:
            return
        mother = self._person(self.surname(), 2, older)
        for _ in range(draw.choice((0, 1, 1, 2))):
            born = older + timedelta(days=draw.randrange(8000, 13500))
            if born < self.today:
                self._children(father, mother, born)

    def _children(self, father: Person, mother: Person, born: date) -> None:
        twins = self.draw.random() < 0.06
        first: Person | None = None
        for order in (1, 2) if twins else (0,):
            sex = self.draw.choice((1, 2))
            child = self._person(father.name[0], sex, born, near=first.identity if first and first.id_type == "01" else "")
            child.mother, child.twin_order = mother, order
            if self.today.year - born.year < 14:
                child.phone = mother.phone
            if first:
                if len(first.name) == 3 and self.draw.random() < 0.7:
                    child.name = first.name[:2] + self.draw.choice(GIVEN[sex])
                if child.name == first.name:
                    child.name = first.name[0] + self.given(sex, two=1.0)
                self.twins.append((first, child))
            first = child

    def _person(self, surname: str, sex: int, born: date, near: str = "") -> Person:
        draw = self.draw
        nation, id_type, name = "汉", "01", surname + self.given(sex)
        number = self.identity(born, sex, near)
        if draw.random() < 0.012 and not near:
            nation, name = "维吾尔", draw.choice(UYGUR) + "·" + draw.choice(UYGUR)
        elif draw.random() < 0.005 and not near:
            nation, id_type = "", "03"
            name, number = f"{draw.choice(LATIN)} {draw.choice(LATIN)}", f"E{draw.randrange(10**8):08d}"
        person = Person(len(self.persons), name, sex, born, number, self.phone(), len(self.addresses) - 1, nation, id_type)
        person.cards = {"SSC": number[:6] + f"{draw.randrange(10**6):06d}", "EHC": f"{draw.getrandbits(128):032x}"}
        if draw.random() < 0.01:
            person.former = surname + self.given(sex)
        self.persons.append(person)
        return person

    def _namesakes(self, count: int) -> None:
        for _ in range(count):
            model = self.draw.choice(self.persons)
            if model.id_type != "01" or model.mother:
                continue
            twin = self._person(model.name[0], model.sex, model.born)
            twin.name, twin.household, twin.nation, twin.id_type = (
                model.name,
                self.draw.randrange(len(self.addresses)),
                model.nation,
                "01",
            )
            if not twin.identity[:1].isdigit():
                twin.identity = self.identity(twin.born, twin.sex)
            self.namesakes.append((model, twin))

    def corpus(self, mean_records: float = 5.0) -> Corpus:
        """All records, shuffled, with truth and negatives."""
        out = Corpus()
        by_person: dict[int, list[str]] = defaultdict(list)
        wrong: list[tuple[str, int, str]] = []
        for person in self.persons:
            for _ in range(1 + min(int(self.draw.expovariate(1 / max(mean_records - 1, 0.1))), 40)):
                row, tags, owner = self.record(person)
                row["rec_id"] = self._next_id(out)
                out.records.append(row)
                out.truth.append((row["rec_id"], f"P{self.taken.persons + person.number:08d}", "|".join(tags)))
                by_person[person.number].append(row["rec_id"])
                if owner is not None:
                    wrong.append((row["rec_id"], owner, "parent_id" if "parent_id" in tags else "borrowed_id"))
        self._unknown(out)
        pick = self.draw.choice
        out.negatives += [(rec, pick(by_person[owner]), kind) for rec, owner, kind in wrong]
        for pairs, kind in ((self.twins, "twin"), (self.namesakes, "namesake")):
            out.negatives += [(pick(by_person[a.number]), pick(by_person[b.number]), kind) for a, b in pairs]
        self.draw.shuffle(out.records)
        self.taken.persons += len(self.persons)
        self.taken.records += len(out.records)
        return out

    def _next_id(self, out: Corpus) -> str:
        return f"T{self.taken.records + len(out.records):08d}"

    def _unknown(self, out: Corpus) -> None:
        ids = []
        for _ in range(max(4, len(self.persons) // 300)):
            row = dict.fromkeys(COLUMNS, "")
            row |= {
                "rec_id": self._next_id(out),
                "domain_id": self.draw.choice(self.domains),
                "local_id": f"{self.draw.randrange(10**8):08d}",
                "source_time": "2024-01-15",
                "gender": self.draw.choice("12"),
                "name": self.draw.choice(("无名氏", "三无人员", "未知")),
                "birth_date": self.draw.choice(("", "1900-01-01")),
            }
            out.records.append(row)
            out.truth.append((row["rec_id"], "U" + row["rec_id"], "unknown"))
            ids.append(row["rec_id"])
        out.negatives += [(a, b, "unknown_person") for a, b in combinations(ids[:12], 2)]

    def record(self, person: Person) -> tuple[dict[str, str], list[str], int | None]:
        """One record of a person with errors; the tags name them; the owner of a foreign number, if any."""
        draw, tags = self.draw, []
        young = (self.today - person.born).days < 3000
        seen = max(person.born, date(2004, 1, 1)) + timedelta(
            days=draw.randrange(1, max(2, (self.today - max(person.born, date(2004, 1, 1))).days))
        )
        domain = draw.choice(self.domains[person.household % 40 :: 40] or self.domains)
        local = person.locals.setdefault(domain, f"{draw.randrange(10**8):08d}")
        row = dict.fromkeys(COLUMNS, "")
        row |= {
            "domain_id": domain,
            "local_id": local,
            "name": person.name,
            "gender": str(person.sex),
            "birth_date": person.born.isoformat(),
            "id_type": person.id_type,
            "id_no": person.identity,
            "phone": person.phone,
            "address": self.address(person),
            "nation": person.nation,
        }
        kind = draw.choice(("SSC", "EHC", "MRC", ""))
        row["card_type"], row["card_no"] = kind, person.cards.get(kind, domain[:6] + local if kind else "")
        if person.mother and young and draw.random() < 0.6:
            row["mother_name"] = person.mother.name
            row["mother_id_no"] = person.mother.identity if draw.random() < 0.6 else ""
        if person.mother and young and draw.random() < 0.25:
            seen = self._newborn(person, row)
            tags.append("newborn")
        row["source_time"] = seen.isoformat()
        owner = self._spoil(person, row, tags)
        return row, tags, owner

    def _newborn(self, person: Person, row: dict[str, str]) -> date:
        mother = person.mother
        if mother is None:
            raise ValueError("a newborn needs a mother")
        ending = ("之子" if person.sex == 1 else "之女") if self.draw.random() < 0.8 else self.draw.choice(("之宝", "婴", "之婴"))
        if person.twin_order and self.draw.random() < 0.7:
            ending = ("之大双", "之小双")[person.twin_order - 1]
        row |= {
            "name": mother.name + ending,
            "id_no": "",
            "id_type": "",
            "phone": mother.phone,
            "card_type": "",
            "card_no": "",
            "mother_name": mother.name,
            "mother_id_no": mother.identity if self.draw.random() < 0.85 else "",
        }
        return person.born + timedelta(days=int(self.draw.expovariate(1 / 30)))

    def address(self, person: Person) -> str:
        """One of the ways the household's address is written."""
        county, town, place, house, kind = self.addresses[person.household]
        lead = self.draw.choice(("河南省郑州市", "郑州市", "河南省", "")) + county
        town = town if self.draw.random() < 0.8 else ""
        if kind == "village":
            return lead + town + place + self.draw.choice((house + "号", "", f"{int(house) % 9 + 1}组", f"村民小组{house}号"))
        building, unit, room = house.split("-")
        return (
            lead + town + place + self.draw.choice((f"{building}号楼{unit}单元{room}室", f"{building}栋{unit}单元{room}", house))
        )

    def _spoil(self, person: Person, row: dict[str, str], tags: list[str]) -> int | None:
        owner = None
        if "newborn" not in tags:
            self._spoil_name(person, row, tags)
            owner = self._spoil_identity(person, row, tags)
        self._spoil_birth(row, tags)
        self._spoil_contact(row, tags)
        if self.chance(0.006):
            row["gender"] = self.draw.choice(("0", "9", "2" if row["gender"] == "1" else "1"))
            tags.append("gender")
        return owner

    def _spoil_name(self, person: Person, row: dict[str, str], tags: list[str]) -> None:
        draw, name = self.draw, row["name"]
        if person.former and draw.random() < 0.3:
            row["name"] = person.former
            tags.append("formername")
        elif self.chance(0.012):
            for group in HOMOPHONES:
                for letter in group:
                    if letter in name[1:]:
                        row["name"] = name[0] + name[1:].replace(letter, draw.choice(group.replace(letter, "")), 1)
                        tags.append("homophone")
                        return
        elif self.chance(0.004):
            row["name"] = "".join(SHAPES.get(c, c) for c in name)
            tags.append("shape")
        elif self.chance(0.005):
            row["name"] = name.translate(TRADITIONAL)
            tags.append("trad")
        elif self.chance(0.004) and "·" in name:
            row["name"] = name.replace("·", draw.choice(("•", ".", " ", "-", "")))
        elif self.chance(0.003) and len(name) == 3:
            row["name"] = name[0] + name[2] + name[1]
            tags.append("swap")
        elif self.chance(0.003) and len(name) == 3:
            row["name"] = draw.choice((name[:2], name[0] + name[2]))
            tags.append("dropchar")
        elif self.chance(0.004):
            row["name"] = name[:-1] + draw.choice("?□")
            tags.append("rare")
        elif self.chance(0.008):
            row["name"] = name + draw.choice(("(门诊)", "1", "A", "*"))
            tags.append("suffix")
        elif self.chance(0.006) and person.nation == "汉":
            row["name"] = name[0] + draw.choice((" ", "\u3000")) + name[1:]
            tags.append("space")

    def _spoil_identity(self, person: Person, row: dict[str, str], tags: list[str]) -> int | None:
        draw, number = self.draw, row["id_no"]
        if self.chance(0.13):
            row["id_no"] = ""
            tags.append("id_missing")
        elif person.id_type != "01":
            return None
        elif self.chance(0.02):
            place = draw.randrange(18)
            typo = draw.choice(
                (
                    number[:place] + draw.choice("0123456789") + number[place + 1 :],
                    number[:place] + number[place + 1 : place + 2] + number[place : place + 1] + number[place + 2 :],
                    number[:place] + number[place + 1 :],
                )
            )
            row["id_no"] = typo
            tags.append("id_typo")
        elif self.chance(0.01) and number[6:8] == "19":
            row["id_no"] = number[:6] + number[8:17]
            tags.append("id15")
        elif self.chance(0.01):
            row["id_no"] = draw.choice(
                (
                    " " + number,
                    number[:6] + "********" + number[14:],
                    number.lower(),
                    number[:6] + "-" + number[6:14] + "-" + number[14:],
                )
            )
            tags.append("id_fmt")
        elif self.chance(0.006):
            row["id_no"] = draw.choice(DUMMY_IDS)
            tags.append("id_dummy")
        elif person.mother and (self.today - person.born).days < 5000 and self.chance(0.03):
            row["id_no"] = person.mother.identity
            tags.append("parent_id")
            return person.mother.number
        elif self.chance(0.002):
            owner = draw.choice(self.persons)
            if owner.number != person.number and owner.id_type == "01":
                row["id_no"] = owner.identity
                if draw.random() < 0.5:
                    row["card_type"], row["card_no"] = "SSC", owner.cards["SSC"]
                tags.append("borrowed_id")
                return owner.number
        return None

    def _spoil_birth(self, row: dict[str, str], tags: list[str]) -> None:
        draw = self.draw
        born = date.fromisoformat(row["birth_date"])
        if self.chance(0.022):
            row["birth_date"] = ""
            tags.append("dob_missing")
        elif self.chance(0.006):
            row["birth_date"] = draw.choice(("1900-01-01", "1970-01-01", "9999-12-31"))
            tags.append("dob_dummy")
        elif self.chance(0.011):
            digits = f"{born:%Y%m%d}"
            place = draw.randrange(4, 8)
            row["birth_date"] = "-".join(
                (
                    digits[:4],
                    *(
                        (digits[6:8], digits[4:6])
                        if draw.random() < 0.3
                        else (
                            (digits[:place] + draw.choice("0123456789") + digits[place + 1 :])[4:6],
                            (digits[:place] + draw.choice("0123456789") + digits[place + 1 :])[6:8],
                        )
                    ),
                )
            )
            tags.append("dob_typo")
        elif self.chance(0.009):
            row["birth_date"] = (born - timedelta(days=draw.randrange(19, 50))).isoformat()
            tags.append("dob_lunar")
        elif self.chance(0.009):
            row["birth_date"] = f"{born.year + draw.choice((-1, 1))}{born:-%m-%d}"
            tags.append("dob_year")
        elif self.chance(0.008):
            row["birth_date"] = f"{born.year}-01-01"
            tags.append("dob_jan1")

    def _spoil_contact(self, row: dict[str, str], tags: list[str]) -> None:
        draw = self.draw
        if self.chance(0.17):
            row["phone"] = ""
            tags.append("phone_missing")
        elif self.chance(0.025):
            row["phone"] = draw.choice(DUMMY_PHONES)
            tags.append("phone_dummy")
        elif self.chance(0.012):
            place = draw.randrange(3, 11)
            row["phone"] = row["phone"][:place] + draw.choice("0123456789") + row["phone"][place + 1 :]
            tags.append("phone_typo")
        elif self.chance(0.15):
            row["phone"] = draw.choice(self.persons).phone if draw.random() < 0.2 else self.phone()
            tags.append("phone_other")
        if self.chance(0.13):
            row["address"] = ""
            tags.append("addr_missing")
        elif self.chance(0.04):
            row["address"] = self.address(draw.choice(self.persons))
            tags.append("addr_other")


def districts(persons: int, seed: int, noise: float) -> Iterator[Corpus]:
    """A city of any size, some quarter of a million persons at a time; up to that many are one district."""
    taken = Taken()
    for place, start in enumerate(range(0, persons, DISTRICT)):
        yield City(min(DISTRICT, persons - start), seed + place * 1_000_003, noise, taken).corpus()


def write(corpora: Iterable[Corpus], folder: Path) -> int:
    """Write records.csv, truth.csv and negatives.csv; returns how many records there are."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (
        (folder / "records.csv").open("w", newline="", encoding="utf-8") as records,
        (folder / "truth.csv").open("w", newline="", encoding="utf-8") as truth,
        (folder / "negatives.csv").open("w", newline="", encoding="utf-8") as negatives,
    ):
        rows, persons, pairs = csv.DictWriter(records, COLUMNS), csv.writer(truth), csv.writer(negatives)
        rows.writeheader()
        persons.writerow(("rec_id", "entity_id", "tags"))
        pairs.writerow(("rec_id_l", "rec_id_r", "kind"))
        for corpus in corpora:
            rows.writerows(corpus.records)
            persons.writerows(corpus.truth)
            pairs.writerows(corpus.negatives)
            count += len(corpus.records)
            del corpus  # the next district is drawn in its place
    return count


def main() -> None:
    """Write a corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--persons", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--noise", type=float, default=1.0)
    options = parser.parse_args()
    count = write(districts(options.persons, options.seed, options.noise), options.folder)
    print(f"{count} records of {options.persons} persons in {options.folder}")


if __name__ == "__main__":
    main()
