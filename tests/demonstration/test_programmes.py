"""The demonstration's programmes: every register finds residents it is for, and what is written of them could be true."""

from __future__ import annotations

import random
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from demonstration.city.institutions import TOUR_COUNTY
from demonstration.city.people import Resident
from demonstration.programmes import DEATHS, FEWEST, THINGS, candidates, known_of
from demonstration.referrals import BACK, DOWN, REPORT, TAKEN, UP
from demonstration.remembered import Remembered
from health_platform.engine.answers import Filled, Setting, fill, prefixed
from health_platform.engine.api import Catalogue, Pick, Register
from health_platform.engine.demonstrating import sample
from health_platform.engine.scheduling import age_on
from tests.applications.every import APPLICATIONS
from tests.demonstration.conftest import LAST, city

pytestmark = pytest.mark.system("A12")

REGISTERS = [(one, part) for one in APPLICATIONS for part in one.registers if part.subject == "person" and part.schedules]
CATALOGUE = Catalogue()
for application in APPLICATIONS:
    CATALOGUE.add(application)


@cache
def of(code: str) -> tuple[Resident, ...]:
    """The first residents a city of the default size has for a register."""
    made = city(count=30_000)
    one = Remembered(made.seed, made.count, LAST, made.towns, (), ())
    return tuple(candidates(one, CATALOGUE.register(code)))[:40]


def thing(code: str) -> dict[str, Any]:
    """What the first team or package says of itself."""
    form = CATALOGUE.register(code).entry
    return fill(form, Setting(CATALOGUE.form_environment(form), {"day": LAST}, {}), THINGS[code][0]).answers


def entry(register: Register, resident: Resident, turn: int) -> tuple[dict[str, Any], Filled, Setting]:
    """The entry form of a resident as the demonstration fills it in."""
    chance, home = random.Random(turn), CATALOGUE.home("register", register.code)
    first = resident.died or LAST
    known = known_of(register, resident, first, chance)
    picks = [field for field in register.entry.fields if isinstance(field, Pick)]
    known |= {field.code: "1" for field in picks}
    facts: dict[str, Any] = {"day": first, "birth_date": resident.born, "sex": resident.gender}
    facts |= {"age": age_on(resident.born, first), "enrolled_on": first}
    for field in picks:
        facts |= prefixed(f"{field.code}_", thing(field.register))
    parameters = {param.code: Decimal(str(param.default)) for param in home.params}
    setting = Setting(CATALOGUE.form_environment(register.entry), facts, parameters)
    answers = sample(register.entry, setting, chance, known)
    return answers, fill(register.entry, setting, answers), setting


@pytest.mark.parametrize(("home", "register"), REGISTERS, ids=lambda one: one.code)
def test_every_register_has_members_its_entry_form_accepts(home: object, register: Register) -> None:
    residents = of(register.code)
    assert len(residents) >= 5
    accepted = [resident for turn, resident in enumerate(residents) if not entry(register, resident, turn)[1].findings]
    assert len(accepted) > len(residents) / 2


def test_the_dead_are_registered_once_and_under_nobody_s_care() -> None:
    dead = of(DEATHS)
    assert all(one.died and one.county == TOUR_COUNTY for one in dead)
    for _, register in REGISTERS:
        if register.code != DEATHS:
            assert all(one.died is None for one in of(register.code)), register.code


def test_a_small_city_borrows_its_patients_and_never_its_dead() -> None:
    made = city(count=300)
    one = Remembered(made.seed, made.count, LAST, made.towns, (), ())
    found = list(candidates(one, CATALOGUE.register("hypertension")))
    assert len(found) >= FEWEST and {person.county for person in found} > {TOUR_COUNTY}
    assert all(person.county == TOUR_COUNTY for person in candidates(one, CATALOGUE.register(DEATHS)))


def test_the_referrals_of_the_tour_are_forms_as_their_workflow_asks() -> None:
    flow = CATALOGUE.workflow("referral")
    accept, arrive, report = (flow.transition(code).form for code in ("accept", "arrive", "feedback"))
    arrival = {"arrived_on": LAST.isoformat(), "visit_no": "ZY0417", "doctor": "陈医生"}
    appointed = {"appointment": LAST.isoformat()}
    for form, answers in (
        (flow.opening, UP | {"to_unit": "1"}), (flow.opening, DOWN | {"to_unit": "1"}), (accept, TAKEN | appointed),
        (accept, BACK | appointed), (arrive, arrival), (report, REPORT),
    ):  # fmt: skip
        assert form
        facts = {"day": LAST}
        filled = fill(form, Setting(CATALOGUE.form_environment(form), facts, {}), answers)
        assert not filled.findings and set(answers) == {code for code, value in filled.answers.items() if value is not None}


def test_causes_of_death_are_causes() -> None:
    register = CATALOGUE.register(DEATHS)
    found = [entry(register, one, turn)[1].answers for turn, one in enumerate(of(DEATHS))]
    assert {answers["garbage"] for answers in found} == {False}
    assert {answers["cause_class"] for answers in found} <= {"1", "2", "3"}
    assert len({answers["underlying"] for answers in found}) > 1
    assert all(answers["reported_on"] == one.died for answers, one in zip(found, of(DEATHS), strict=True))


def test_a_programme_s_members_have_its_disease() -> None:
    for code, condition in (("hypertension", "I10"), ("diabetes", "E11"), ("mental", "F20"), ("tumour", "C34")):
        assert all(condition in one.conditions for one in of(code)), code
    assert all(one.age_on(LAST) < 3 for one in of("vaccination"))


def test_teams_and_packages_pass_their_own_forms() -> None:
    for code, rows in THINGS.items():
        form = CATALOGUE.register(code).entry
        setting = Setting(CATALOGUE.form_environment(form), {"day": LAST}, {})
        assert [fill(form, setting, row).findings for row in rows] == [[], []]
