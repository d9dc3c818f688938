"""The norm, as tables: when the next follow-up is due (国家基本公共卫生服务规范第三版，高血压)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from applications.hypertension.definition import APPLICATION, FOLLOW_UP, REGISTER
from health_platform.engine.answers import Setting, fill
from health_platform.engine.api import Catalogue
from health_platform.engine.scheduling import Past, age_on, due

VISITS = REGISTER.schedules[0]
pytestmark = pytest.mark.system("D03")

PARAMETERS = {param.code: Decimal(str(param.default)) for param in APPLICATION.params}
CALM = {"way": "1", "adherence": "1", "adverse": False, "new_complication": False}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    made = Catalogue()
    made.add(APPLICATION)
    return made


def setting(catalogue: Catalogue, day: date | None, birth: date, enrolled: date) -> Setting:
    facts = {"birth_date": birth, "enrolled_on": enrolled, "day": day, "age": age_on(birth, day) if day else None, "sex": "1"}
    return Setting(catalogue.form_environment(FOLLOW_UP), facts, PARAMETERS)


def answers(catalogue: Catalogue, day: date, birth: date, written: Mapping[str, Any]) -> dict[str, Any]:
    filled = fill(FOLLOW_UP, setting(catalogue, day, birth, day), written)
    assert filled.findings == []
    return filled.answers


VISIT_TABLE = """
    born       | systolic | diastolic | also                     | class | next
    1970-01-01 |      139 |        89 |                          | 1     | 2025-04-10
    1970-01-01 |      140 |        89 |                          | 2     | 2025-01-24
    1970-01-01 |      139 |        90 |                          | 2     | 2025-01-24
    1960-01-10 |      149 |        89 |                          | 1     | 2025-04-10
    1960-01-11 |      149 |        89 |                          | 2     | 2025-01-24
    1950-01-01 |      149 |        90 |                          | 2     | 2025-01-24
    1950-01-01 |      150 |        80 |                          | 2     | 2025-01-24
    1970-01-01 |      130 |        80 | adverse=是 adverse_note=咳 | 3     | 2025-01-24
    1970-01-01 |      130 |        80 | new_complication=是       | 4     | 2025-01-24
    1970-01-01 |      130 |        80 | danger=2                 | 1     | 2025-01-24
    1970-01-01 |      180 |        85 |                          | 2     | 2025-01-24
    1970-01-01 |      130 |        80 | referred=是 referral=心内 | 1     | 2025-01-24
"""


def rows(table: str) -> list[dict[str, str]]:
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


@pytest.mark.parametrize("row", rows(VISIT_TABLE), ids=lambda row: f"{row['systolic']}/{row['diastolic']} {row['also']}")
def test_class_and_next_visit_of_a_visit_on_10_january_2025(catalogue: Catalogue, row: dict[str, str]) -> None:
    day, born = date(2025, 1, 10), date.fromisoformat(row["born"])
    also = dict(part.split("=") for part in row["also"].split())
    written = {**CALM, "systolic": row["systolic"], "diastolic": row["diastolic"], **also}
    given = answers(catalogue, day, born, written)
    assert given["classification"] == row["class"]
    (found,) = due(VISITS, [Past(day, given)], setting(catalogue, None, born, date(2024, 5, 1)))
    assert found.due_on == date.fromisoformat(row["next"])


def test_the_first_visit_is_due_three_months_after_enrolment(catalogue: Catalogue) -> None:
    (found,) = due(VISITS, [], setting(catalogue, None, date(1960, 1, 1), date(2024, 11, 30)))
    assert found.due_on == date(2025, 2, 28)


def test_who_was_not_met_is_still_due(catalogue: Catalogue) -> None:
    born, day, later = date(1960, 1, 1), date(2025, 1, 10), date(2025, 4, 9)
    met = answers(catalogue, day, born, {**CALM, "systolic": 130, "diastolic": 80})
    missed = answers(catalogue, later, born, {"way": "9", "missed_reason": "外出务工"})
    (found,) = due(VISITS, [Past(day, met), Past(later, missed)], setting(catalogue, None, born, date(2024, 5, 1)))
    assert found.due_on == date(2025, 4, 10)
