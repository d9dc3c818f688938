"""People in every register of a capability, by the engine's own demonstration: some under care, somebody proposed."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from demonstration.programmes import DEATHS, KNOWN, THINGS
from health_platform.engine.api import (
    Application,
    Desk,
    Move,
    Newcomer,
    PersonCard,
    Place,
    Register,
    demonstrate,
    enrol,
    open_case,
    propose,
    system_desk,
)
from health_platform.kernel import clock
from health_platform.kernel.scope import system_scope
from tests.applications.referral.test_referral import REQUEST
from tests.support.clinic import Clinic, Region, id_number

DIVISION, UNIT, NAME = "411525100202", "小塘村卫生室", "钱小塘"
DAYS = 345  # long enough ago that contracts of a year may be renewed
_SERIAL, _LETTERS = itertools.count(1), "甲乙丙丁戊己庚辛壬癸"
_FILLED: set[tuple[int, str]] = set()


def clinic_of(region: Region, application: Application) -> Clinic:
    """The doctor whose registers are filled, once for a region and capability."""
    clinic = replace(region.clinic(DIVISION, UNIT), application=application.code)
    if (key := (id(region), application.code)) not in _FILLED:
        _FILLED.add(key)
        people(region, clinic, application)
        region.work()
    return clinic


def people(region: Region, clinic: Clinic, application: Application) -> None:
    """In each register somebody under care and somebody proposed; a case of each workflow."""
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        desk = replace(system_desk(session, region.platform), principal=clinic.who)
        place = Place(clinic.who.institution_id, DIVISION, worker=clinic.who.id, worker_name=clinic.who.name)
        for register in application.registers:
            for answers in THINGS.get(register.code, ()):
                enrol(desk, register, Newcomer(answers, clock.today() - timedelta(days=DAYS), place=place))
        for register in application.registers:
            if register.subject == "person":
                under_care(desk, register, place)
        for workflow in application.workflows:
            other = region.unit("411525", "固始县人民医院")
            open_case(desk, workflow, somebody(desk, 67), Move({**REQUEST, "to_unit": str(other)}))


def under_care(desk: Desk, register: Register, place: Place) -> None:
    """Some members since almost a year, with what was done of what fell due, and one proposal."""
    today = clock.today()
    days = (today - timedelta(days=DAYS), today)
    age = 1 if register.code == "vaccination" else 67
    known: dict[str, Any] = dict(KNOWN.get(register.code, ({},))[0])
    if register.code == DEATHS:
        known |= {"number": "4115252600001", "family_name": "钱某", "reported_on": days[0].isoformat()}
    taken = [demonstrate(desk, register, somebody(desk, age), place, days, random.Random(turn), known) for turn in range(3)]
    assert any(taken), "the demonstration enrols nobody"
    assert propose(desk, register, somebody(desk, age), place, "住院诊断推送")


def somebody(desk: Desk, age: int) -> PersonCard:
    """A new person of the village, whom the index takes for nobody else: name, birth and telephone are his own."""
    today, serial = clock.today(), next(_SERIAL)
    born = date(today.year - age, today.month, 1)
    facts = (f"{NAME}{_LETTERS[serial % 10]}", "1", born, id_number(born), f"139{serial:08d}", f"小塘村{serial}组")
    return desk.persons.admit(desk.session, desk.principal, PersonCard(None, *facts))
