"""A registered death ends every programme's care for the person, and is told to the health file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from applications.collaboration.deaths import cause_told
from health_platform.engine.api import Enrolment, Newcomer, PersonCard, Place, enrol, system_desk
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.records.filing.api import Act, NewFile, file_of, open_file
from tests.applications.death.test_certificate import PLAIN

pytestmark = pytest.mark.system("D05", "A08")

PLACE = Place(7, "411525100000")
PERSON = PersonCard(4001, "王某", "1", date(1950, 1, 1), division_code="411525100201")


def take_in(platform: Platform, register: str, answers: dict[str, object], day: date) -> int:
    with platform.database.unit_of_work(system_scope("test")) as session:
        desk = system_desk(session, platform)
        newcomer = Newcomer(answers, day, PERSON, PLACE)
        return enrol(desk, desk.catalogue.register(register), newcomer).id


def test_care_ends_with_the_death(platform: Platform, person_file: Callable[[int], None]) -> None:
    person_file(4001)
    care = take_in(platform, "hypertension", {"essential": True}, date(2025, 1, 10))
    certificate = {**PLAIN, "icd_a": "I61.9", "name_a": "脑出血"}
    death = take_in(platform, "death", certificate, date(2026, 3, 2))
    Worker(platform).drain()
    with platform.database.unit_of_work(system_scope("test")) as session:
        left = session.get_one(Enrolment, care)
        assert (left.state, left.close_reason, left.closed_on) == ("closed", "died", date(2026, 3, 2))
        assert session.get_one(Enrolment, death).state == "active"
        sealed = file_of(session, 4001)
        assert (sealed.state, sealed.died_on) == ("sealed", date(2026, 3, 2))
        assert session.scalars(select(Enrolment).where(Enrolment.state == "active")).all() == [session.get_one(Enrolment, death)]


@pytest.mark.parametrize(
    ("cause", "code", "told"),
    [
        ("脑出血", "I61.9", "脑出血（I61.9）"), ("急性心衰", "", "急性心衰"), ("", "", "死因未填"),
        ("机会性感染", "B20.8", "死因见死亡记录"), ("艾滋病晚期", "", "死因见死亡记录"),
        ("抑郁发作，自缢", "X70", "死因见死亡记录"),
    ],
)  # fmt: skip
def test_a_proposal_tells_no_protected_cause(cause: str, code: str, told: str) -> None:
    assert cause_told(cause, code) == told


@pytest.fixture
def person_file(platform: Platform) -> Callable[[int], None]:
    """Opens a health file for a person."""

    def make(person_id: int) -> None:
        with platform.database.unit_of_work(system_scope("test")) as session:
            open_file(session, NewFile(person_id, "411525100201", date(2020, 1, 1)), Act("建档"))

    return make
