"""What tells how a problem stands is put beside it: the newest value, never half of one, never one the caller may not see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_platform.kernel import clock
from health_platform.kernel.ids import new_id
from health_platform.kernel.scope import Scope
from health_platform.records.api import Event, Problem, Section, refresh
from health_platform.records.gauges import gauged
from tests.records.conftest import EVERYTHING, Clinic
from tests.records.test_shaping import NOW

pytestmark = pytest.mark.system("A07", "C10")


def problem(name: str, code: str = "") -> Problem:
    return Problem(name, code, NOW, NOW, 1, active=True, chronic=True, institutions=(), refs=())


def event(days_ago: float, title: str, value: str, unit: str = "", section: Section = Section.LAB, institution: int = 1) -> Event:
    return Event("", section, "d", NOW - timedelta(days=days_ago), title, value=value, unit=unit, institution_id=institution)


def beside(one: Problem, *events: Event) -> list[str]:
    (made,) = gauged([one], events)
    return [f"{gauge.label} {gauge.point.value}{gauge.unit}" for gauge in made.gauges]


RESULTS = (
    event(3, "糖化血红蛋白", "8.3", "%"), event(90, "HbA1c", "7.9", "%"), event(5, "GLU", "9.4", "mmol/L"),
    event(2, "INR", "4.7"), event(9, "eGFR", "46", "mL/min"), event(9, "肌酐", "112", "μmol/L"),
    event(9, "LDL-C", "1.7", "mmol/L"),
    event(30, "收缩压", "148", "mmHg", Section.OBSERVATION), event(30, "舒张压", "86", "mmHg", Section.OBSERVATION),
)  # fmt: skip


@pytest.mark.parametrize(
    ("named", "code", "expected"),
    [
        ("高血压3级", "I10.x05", ["血压 148/86mmHg"]),
        ("高血压", "", ["血压 148/86mmHg"]),
        ("2型糖尿病", "E11.9", ["HbA1c 8.3%", "血糖 9.4mmol/L"]),
        ("心房颤动", "I48.9", ["INR 4.7"]),
        ("慢性肾脏病", "N18.9", ["eGFR 46mL/min", "肌酐 112μmol/L"]),
        ("冠心病", "I25.1", ["LDL-C 1.7mmol/L", "血压 148/86mmHg"]),
        ("急性鼻咽炎", "J00", []),
        ("高血压视网膜病变", "H35.0", []),  # the code speaks where there is one
    ],
)
def test_what_stands_beside_a_problem(named: str, code: str, expected: list[str]) -> None:
    assert beside(problem(named, code), *RESULTS) == expected


def test_half_a_blood_pressure_tells_nothing_and_halves_of_two_are_never_joined() -> None:
    upper = event(1, "收缩压", "180", "mmHg", Section.OBSERVATION)
    elsewhere = event(1, "舒张压", "70", "mmHg", Section.OBSERVATION, institution=2)
    later = event(0.9, "舒张压", "71", "mmHg", Section.OBSERVATION)
    assert beside(problem("高血压", "I10"), upper, elsewhere, later) == []
    assert beside(problem("高血压", "I10"), upper, later, event(40, "血压", "148/86", "mmHg", Section.OBSERVATION)) == [
        "血压 148/86mmHg"
    ]


@given(st.permutations(RESULTS))
def test_the_order_of_reports_does_not_matter(shuffled: list[Event]) -> None:
    asked = [problem("2型糖尿病", "E11.9"), problem("高血压", "I10"), problem("冠心病", "I25")]
    assert gauged(asked, shuffled) == gauged(asked, RESULTS)


def test_follow_ups_exams_and_measurements_all_give_the_blood_pressure(clinic: Clinic) -> None:
    clinic.write("diagnosis", "2024-01-01", diagnosis="I10", diagnosis_text="高血压", chronic=1)
    shown = []
    with clock.travel(NOW):
        clinic.write("health_exam", "2024-02-01", systolic_left=150, systolic_right=152, diastolic_right=90)
        shown.append(pressure(clinic))
        visit = clinic.write("service_record", "2024-03-01", programme_text="高血压患者随访", systolic=148, diastolic=86)
        shown.append(pressure(clinic))
        for item, value in (("收缩压", 132), ("舒张压", 80)):
            clinic.write("observation", "2024-04-01 08:00", item_text=item, value=value, unit="mmHg", group_no="g1")
        shown.append(pressure(clinic))
        clinic.write("service_record", "2024-03-01", visit, programme_text="高血压患者随访", systolic=148)
        with clinic.record() as record:
            measured = [(one.title, one.value) for one in record.section(Section.OBSERVATION).events]
    assert shown == ["152/90", "148/86", "132/80"]
    assert ("血压", "152/90") in measured and ("血压", "148/86") not in measured, "a corrected row leaves the index"


def pressure(clinic: Clinic) -> str:
    """The same from the summary made now, from the stored one, and on the page of all problems."""
    clinic.index.identities[clinic.person].append((clinic.shelf, new_id(), 1, clinic.division))  # no stored summary fits
    with clinic.record() as record:
        fresh, listed = record.overview().problems, record.problems()
    refresh(clinic.platform, [clinic.person])
    with clinic.record() as record:
        assert [one.gauges for one in record.overview().problems] == [one.gauges for one in fresh]
    assert [one.gauges for one in listed] == [one.gauges for one in fresh]
    return fresh[0].gauges[0].point.value


def test_a_value_the_caller_may_not_see_stands_beside_nothing(clinic: Clinic) -> None:
    clinic.write("diagnosis", "2024-01-01", diagnosis="I10", diagnosis_text="高血压", chronic=1)
    clinic.write("service_record", "2024-03-01", programme_text="高血压患者随访", systolic=148, diastolic=86)
    clinic.at(2, "411503000000").write(
        "service_record", "2024-05-01", programme_text="高血压患者随访", systolic=170, diastolic=99
    )
    clinic.write("service_record", "2024-06-01", programme_text="严重精神障碍患者管理", systolic=120, diastolic=70)
    county = replace(EVERYTHING, scope=Scope(divisions=("411502",), classes=frozenset()))
    with clock.travel(NOW), clinic.record(county) as record:
        values = [one.point.value for found in (record.overview().problems, record.problems()) for one in found[0].gauges]
    assert values == ["148/86", "148/86"]
