"""The norm, as tables: who is served, points of self-care, the nine constitutions, what is due once a year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.elderly.constitution import BIASED, QUESTIONS
from applications.elderly.definition import APPLICATION, REGISTER
from applications.elderly.forms import CONSTITUTION, ENTRY, EXAMINATION, ITEMS, SELF_CARE
from health_platform.engine.answers import Setting, fill, raised
from health_platform.engine.api import Catalogue, Form
from health_platform.engine.scheduling import Past, due
from tests.applications.tables import rows

pytestmark = pytest.mark.system("D04")

PARAMETERS = {param.code: Decimal(str(param.default)) for param in APPLICATION.params}
CATALOGUE = Catalogue()
CATALOGUE.add(APPLICATION)


def setting(form: Form, **facts: Any) -> Setting:
    return Setting(CATALOGUE.form_environment(form), {"day": date(2025, 6, 1), **facts}, PARAMETERS)


@pytest.mark.parametrize(("age", "served"), [(64, False), (65, True), (99, True), (None, False)])
def test_people_of_65_and_more_are_served(age: int | None, served: bool) -> None:
    assert setting(ENTRY, age=age).holds(REGISTER.admit, {}) is served


# degrees of eating, washing, dressing, toilet, moving | points by the norm's table | result
SELF_CARE_TABLE = """
    degrees   | points | degree
    1 1 1 1 1 | 0      | 1
    2 2 2 2 2 | 3      | 1
    3 1 1 1 2 | 4      | 2
    3 1 1 3 1 | 8      | 2
    3 2 1 3 1 | 9      | 3
    3 3 3 3 2 | 15     | 3
    1 3 3 4 2 | 17     | 3
    4 3 1 4 2 | 19     | 4
    4 4 4 4 4 | 37     | 4
"""


@pytest.mark.parametrize("row", rows(SELF_CARE_TABLE), ids=lambda row: row["degrees"])
def test_self_care_points_and_degree(row: dict[str, str]) -> None:
    filled = fill(SELF_CARE, setting(SELF_CARE), dict(zip(ITEMS, row["degrees"].split(), strict=True)))
    assert filled.findings == []
    assert (filled.answers["points"], filled.answers["degree"]) == (Decimal(row["points"]), row["degree"])
    prompts = [one for one in APPLICATION.prompts if one.form is SELF_CARE]
    told = [one.code for one in raised(prompts, setting(SELF_CARE), filled.answers)]
    assert told == (["dependent"] if row["degree"] == "4" else [])


def identified(**changed: int) -> dict[str, Any]:
    answers = {f"q{place}": 1 for place in range(1, len(QUESTIONS) + 1)} | {"q1": 5} | changed
    filled = fill(CONSTITUTION, setting(CONSTITUTION), {**answers, "advice": ["2"]})
    assert filled.findings == []
    return filled.answers


# answers that differ from 1 (q1 from 5) | constitutions with 1 是 / 2 倾向是 | balanced
CONSTITUTIONS = """
    answers                | biased      | balanced
                           |             | 1
    q14=5                  |             | 1
    q14=5 q3=2             | qi=2        | 2
    q14=5 q3=4             | qi=1        | 0
    q1=1                   |             | 1
    q1=1 q2=2 q4=2 q5=2 q13=3 |          | 0
    q11=4 q12=4 q29=2      | yang=1      | 0
    q10=3 q21=3 q26=2      | yin=2       | 2
    q9=5 q16=3 q28=2       | phlegm=1    | 0
    q19=5 q22=5 q15=5 q17=5 | stasis=1 special=1 | 0
"""


@pytest.mark.parametrize("row", rows(CONSTITUTIONS), ids=lambda row: row["answers"] or "calm")
def test_constitutions(row: dict[str, str]) -> None:
    found = identified(**{key: int(value) for key, value in (part.split("=") for part in row["answers"].split())})
    biased = dict(part.split("=") for part in row["biased"].split())
    assert {code: found[code] for code in BIASED if found[code] != "0"} == biased
    assert found["balanced"] == row["balanced"]


@given(st.lists(st.integers(1, 5), min_size=33, max_size=33))
def test_a_balanced_person_is_of_no_other_constitution(answers: list[int]) -> None:
    found = identified(**{f"q{place}": value for place, value in enumerate(answers, 1)})
    if found["balanced"] == "1":
        assert {found[code] for code in BIASED} == {"0"}
    for code in BIASED:
        assert (found[code] == "1") == (found[f"{code}_score"] >= 11)


def test_everything_is_due_once_in_a_calendar_year() -> None:
    for plan in REGISTER.schedules:
        around = setting(plan.form, enrolled_on=date(2024, 12, 31), birth_date=date(1950, 2, 28))
        assert [(one.opens_on, one.due_on) for one in due(plan, [], around)] == [(date(2024, 1, 1), date(2024, 12, 31))]
        done = [Past(date(2024, 2, 29), {})]
        assert [(one.opens_on, one.due_on) for one in due(plan, done, around)] == [(date(2025, 1, 1), date(2025, 12, 31))]


def test_an_examination_without_its_blood_tests_is_refused() -> None:
    filled = fill(EXAMINATION, setting(EXAMINATION), {})
    assert {"haemoglobin", "alt", "creatinine", "glucose", "ldl", "ecg", "ultrasound", "guidance"} <= {
        one.field for one in filled.findings
    }
