"""The norm, as tables: class and next follow-up of type 2 diabetes (国家基本公共卫生服务规范第三版)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from applications.diabetes.definition import APPLICATION, FOLLOW_UP, REGISTER
from health_platform.engine.answers import Setting, fill
from health_platform.engine.api import Catalogue
from health_platform.engine.scheduling import Past, age_on, due
from tests.applications.tables import rows

VISITS = REGISTER.schedules[0]
pytestmark = pytest.mark.system("D03")

PARAMETERS = {param.code: Decimal(str(param.default)) for param in APPLICATION.params}
BORN, ENROLLED = date(1962, 3, 1), date(2024, 5, 1)
CALM = {"way": "1", "adherence": "1", "adverse": False, "new_complication": False, "hypoglycaemia": "1"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    made = Catalogue()
    made.add(APPLICATION)
    return made


def setting(catalogue: Catalogue, day: date | None) -> Setting:
    age = age_on(BORN, day) if day else None
    facts = {"birth_date": BORN, "enrolled_on": ENROLLED, "day": day, "age": age, "sex": "2"}
    return Setting(catalogue.form_environment(FOLLOW_UP), facts, PARAMETERS)


def answers(catalogue: Catalogue, day: date, written: Mapping[str, Any]) -> dict[str, Any]:
    filled = fill(FOLLOW_UP, setting(catalogue, day), written)
    assert filled.findings == []
    return filled.answers


VISIT_TABLE = """
    glucose | systolic | diastolic | also                         | class | next
    6.9     |      130 |        80 |                              | 1     | 2025-04-10
    7.0     |      130 |        80 |                              | 2     | 2025-01-24
    16.6    |      130 |        80 |                              | 2     | 2025-01-24
    16.7    |      130 |        80 |                              | 2     | 2025-01-24
    4.0     |      130 |        80 |                              | 1     | 2025-04-10
    3.9     |      130 |        80 |                              | 1     | 2025-01-24
    6.0     |      180 |        80 |                              | 1     | 2025-01-24
    6.0     |      130 |       110 |                              | 1     | 2025-01-24
    6.0     |      130 |        80 | danger=2                     | 1     | 2025-01-24
    6.0     |      130 |        80 | adverse=是 adverse_note=腹泻 | 3     | 2025-01-24
    6.0     |      130 |        80 | new_complication=是          | 4     | 2025-01-24
    6.0     |      130 |        80 | referred=是 referral=内分泌  | 1     | 2025-01-24
"""


@pytest.mark.parametrize("row", rows(VISIT_TABLE), ids=lambda row: f"{row['glucose']} {row['also']}")
def test_class_and_next_visit_of_a_visit_on_10_january_2025(catalogue: Catalogue, row: dict[str, str]) -> None:
    day = date(2025, 1, 10)
    also = dict(part.split("=") for part in row["also"].split())
    measured = {name: row[name] for name in ("glucose", "systolic", "diastolic")}
    given = answers(catalogue, day, {**CALM, **measured, **also})
    assert given["classification"] == row["class"]
    (found,) = due(VISITS, [Past(day, given)], setting(catalogue, None))
    assert found.due_on == date.fromisoformat(row["next"])


def test_the_first_visit_is_due_three_months_after_enrolment(catalogue: Catalogue) -> None:
    (found,) = due(VISITS, [], setting(catalogue, None))
    assert found.due_on == date(2024, 8, 1)


def test_a_visit_without_a_measured_glucose_is_refused(catalogue: Catalogue) -> None:
    day = date(2025, 1, 10)
    filled = fill(FOLLOW_UP, setting(catalogue, day), {**CALM, "systolic": 130, "diastolic": 80})
    assert [finding.field for finding in filled.findings] == ["glucose"]


def test_it_counts_the_seventeen_indicators_of_the_norm() -> None:
    assert len(APPLICATION.indicators) == 17 and {one.over for one in APPLICATION.indicators} == {REGISTER}
