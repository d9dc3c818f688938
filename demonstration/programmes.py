"""The programmes at work in the county of the tour: residents under care, what was done with them, and what was left undone.

Written by the engine's own verbs as the doctors of the tour would, so that their lists, forms and indicators show something.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from demonstration.city.institutions import TOUR_COUNTY
from demonstration.city.people import Resident
from demonstration.remembered import Remembered, made_from
from demonstration.setup import Placed
from empi.api import by_credential
from health_platform.access.api import UserSearch, find_users
from health_platform.engine.api import (
    Catalogue,
    Desk,
    Enrolment,
    Newcomer,
    PersonCard,
    Place,
    Register,
    demonstrate,
    enrol,
    system_desk,
)
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope

FEWEST, MOST, PER_RESIDENT = 6, 40, 300
"""Members of a register: one for so many residents of the city, never more than 40. In a city so small that the county of the
tour has not 6 with a condition, some of the neighbouring counties come to its doctors."""
RECENT = 380
"""Days before today in which a death is still registered."""

CONDITIONS = {"hypertension": "I10", "diabetes": "E11", "mental": "F20", "tumour": "C34"}
"""Registers whose members have a long-term condition; the others take whom they admit."""

DEATHS = "death"
"""The register of the dead: its members are the residents who died, on the day they died. All others live."""

CONTRACTS = "family_contract"
"""The register of contracts: its groups go by age."""

KNOWN: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    DEATHS: (
        {"icd_a": "I63.9", "name_a": "脑梗死", "place": "3", "evidence": "5", "inquiry": "偏瘫卧床，家属诉近三日昏睡、不能进食"},
        {"icd_a": "I21.9", "name_a": "急性心肌梗死", "place": "1", "evidence": "4"},
        {"icd_a": "J96.0", "name_a": "急性呼吸衰竭", "icd_b": "J44.1", "name_b": "慢性阻塞性肺疾病急性加重", "place": "1",
         "evidence": "4"},
        {"icd_a": "C34.9", "name_a": "支气管或肺恶性肿瘤", "place": "3", "evidence": "2", "inquiry": "肺癌晚期，居家照护"},
        {"icd_a": "I61.9", "name_a": "脑出血", "place": "1", "evidence": "4"},
    ),
    "tumour": ({"icd": "C34.9", "diagnosis": "支气管或肺恶性肿瘤", "site": "肺", "diagnosed_at": "信阳市中心医院"},),
    "mental": ({"disorder": "1", "diagnosed_at": "信阳市中心医院"},),
}  # fmt: skip
"""What the entry forms of some registers say and no generator could guess."""

THINGS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "doctor_team": (
        {"called": "大塘村第一团队", "leader": "冯村医", "members": "郑公卫、何护士", "service_phone": "0376-0000001",
         "area": "大塘村"},
        {"called": "城关镇第二团队", "leader": "郑公卫", "members": "陈医生、何护士", "service_phone": "0376-0000002",
         "area": "城关镇"},
    ),
    "service_package": (
        {"called": "基础包", "grade": "1", "contents": "健康档案、健康教育、预约转诊", "times": 4, "price": 40, "insurance": 20,
         "public_fund": 20},
        {"called": "老年人包", "grade": "2", "contents": "年度体检、每季血压血糖、中医体质辨识", "times": 10, "price": 120,
         "insurance": 60, "public_fund": 40},
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Post:
    """A doctor of the tour and where he works."""

    login: str
    kind: str

    def desk(self, whole: Desk, placed: Placed) -> tuple[Desk, Place]:
        """His desk, and the place of those he takes into care."""
        (user, *_), _ = find_users(whole.session, UserSearch(text=self.login))
        who = replace(SYSTEM, id=user.id, name=user.real_name, institution_id=placed.institution_id)
        place = Place(placed.institution_id, placed.unit.division, worker=user.id, worker_name=user.real_name)
        return Desk(whole.session, who, whole.platform), place


POSTS = (Post("village", "clinic"), Post("publichealth", "township"))


def under_care(platform: Platform, city: Remembered) -> int:
    """Fill the registers of the tour's county; gives how many were enrolled. Who is in a register already stays as he is."""
    catalogue: Catalogue = platform.service(Catalogue)
    registers = [one for application in catalogue.applications.values() for one in application.registers]
    with platform.database.unit_of_work(system_scope("demonstration")) as session:
        for register in registers:
            _things(system_desk(session, platform), register, city)
    wanted = min(MOST, max(FEWEST, city.count // PER_RESIDENT))
    return sum(_fill(platform, city, one, wanted) for one in registers if one.subject == "person" and one.schedules)


def _things(desk: Desk, register: Register, city: Remembered) -> None:
    """Teams and packages, of the institution that has the contracts."""
    known = desk.session.scalar(select(Enrolment.id).where(Enrolment.register == register.code).limit(1))
    if known is not None:
        return
    for answers in THINGS.get(register.code, ()):
        _, place = POSTS[0].desk(desk, placed_of(city, POSTS[0]))
        enrol(desk, register, Newcomer(answers, city.last - timedelta(days=400), place=place))


def placed_of(city: Remembered, post: Post) -> Placed:
    """The institution of a doctor of the tour, as the accounts have it: one of the county, else the first of its kind."""
    fitting = [one for one in city.placed if one.unit.kind == post.kind]
    return next((one for one in fitting if one.unit.county == TOUR_COUNTY), fitting[0])


def _fill(platform: Platform, city: Remembered, register: Register, wanted: int) -> int:
    """Members of one register, in turn at the clinic and the township hospital; one transaction each."""
    chance = random.Random(f"{city.seed}-{register.code}")  # noqa: S311 - a demonstration must be repeatable
    made = _take_in(platform, city, register, (0, wanted), chance)
    return made if made >= FEWEST else _take_in(platform, city, register, (made, FEWEST), chance, proposed=True)


def _take_in(
    platform: Platform, city: Remembered, register: Register, span: tuple[int, int], chance: random.Random, proposed: bool = False
) -> int:
    """Members from so many to so many; with ``proposed`` those too whom a hospital has proposed: a small city has no others."""
    made, wanted = span
    for resident in candidates(city, register):
        with platform.database.unit_of_work(system_scope("demonstration")) as session:
            post = POSTS[made % len(POSTS)]
            desk, place = post.desk(system_desk(session, platform), placed_of(city, post))
            card = card_of_resident(desk, resident, place)
            if card is not None and not _known(desk, register, card, proposed):
                first = resident.died or city.last - timedelta(days=chance.randint(100, 380))
                known = known_of(register, resident, first, chance)
                made += demonstrate(desk, register, card, place, (first, city.last), chance, known)
        if made >= wanted:
            break
    return made


def known_of(register: Register, resident: Resident, first: date, chance: random.Random) -> dict[str, Any]:
    """What is known of somebody on the first day, for the entry form of a register."""
    known = dict(chance.choice(KNOWN.get(register.code, ({},))))
    if register.code == DEATHS:
        known |= {"number": f"{TOUR_COUNTY}{chance.randint(0, 10**7 - 1):07d}", "family_name": f"{resident.name[0]}家属"}
        known |= {"reported_on": first.isoformat(), "pregnancy": "2", "lived_at": resident.address}
    if register.code == CONTRACTS:
        age = resident.age_on(first)
        known["groups"] = ["3" if age < 7 else "1" if age >= 65 else "0"]
    return known


def candidates(city: Remembered, register: Register) -> Iterator[Resident]:
    """Residents of the county who have what the register is for, the first few hundred of them; for long-term conditions then
    those of a small city's other counties."""
    tried, elsewhere = 0, list[Resident]()
    for family in made_from(city).families():
        for resident in family:
            if not _fits(register, resident, city.last):
                continue
            if resident.county == TOUR_COUNTY:
                tried += 1
                yield resident
            elif register.code in CONDITIONS and len(elsewhere) < 2 * FEWEST:
                elsewhere.append(resident)
        if tried > 10 * MOST:
            return
    if tried < FEWEST:
        yield from elsewhere


def _fits(register: Register, resident: Resident, last: date) -> bool:
    """Whether somebody is one of those a register is for. The dead are in the register of deaths and in no other."""
    if register.code == DEATHS:
        return resident.died is not None and resident.died > last - timedelta(days=RECENT)
    if resident.died is not None:
        return False
    if register.code == "vaccination":
        return resident.age_on(last) < 3
    condition = CONDITIONS.get(register.code)
    return condition is None or condition in resident.conditions


def card_of_resident(desk: Desk, resident: Resident, place: Place) -> PersonCard | None:
    """The person the index made of a resident, if any hospital has reported him."""
    found = by_credential(desk.session, "id", resident.id_number)
    if not found:
        return None
    facts = (resident.name, resident.gender, resident.born, resident.id_number, resident.phone, resident.address)
    return PersonCard(found[0].person_id, *facts, place.division_code)


def _known(desk: Desk, register: Register, card: PersonCard, proposed: bool) -> bool:
    """Whether somebody stands in a register already, be it as a hospital's proposal, unless ``proposed`` ones are wanted."""
    mine = (Enrolment.register == register.code, Enrolment.person_id == card.person_id)
    states = set(desk.session.scalars(select(Enrolment.state).where(*mine)))
    return bool(states - {"proposed"} if proposed else states)
