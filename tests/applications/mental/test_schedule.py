"""The norm, as tables: how stable a patient is, and when the next follow-up is due (规范第三版，严重精神障碍)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from applications.mental.definition import APPLICATION, VISITS
from applications.mental.forms import FOLLOW_UP
from health_platform.engine.answers import Setting, fill, raised
from health_platform.engine.api import Catalogue
from health_platform.engine.scheduling import Past, due
from tests.applications.tables import rows

pytestmark = pytest.mark.system("D03")

PARAMETERS = {param.code: Decimal(str(param.default)) for param in APPLICATION.params}
CATALOGUE = Catalogue()
CATALOGUE.add(APPLICATION)
CALM = {
    "way": "2", "danger": "0", "symptoms": "1", "insight": "1", "social": "1", "locked": False, "adherence": "1",
    "adverse": False, "illness_serious": False,
}  # fmt: skip
ENROLLED = date(2025, 1, 31)


def setting(**more: Any) -> Setting:
    return Setting(CATALOGUE.form_environment(FOLLOW_UP), {"enrolled_on": ENROLLED, "sex": "1", **more}, PARAMETERS)


def visit(written: str, previous: str = "") -> dict[str, Any]:
    answers = {**CALM, **dict(part.split("=") for part in written.split())}
    around = setting(day=date(2025, 3, 10), **({"previous_classification": previous} if previous else {}))
    filled = fill(FOLLOW_UP, around, answers)
    assert filled.findings == []
    return filled.answers


CLASSES = """
    written                          | before | class | next       | prompts
                                     |        | 3     | 2025-06-10 |
    social=2                         |        | 3     | 2025-06-10 |
    social=3                         |        | 2     | 2025-03-24 |
    insight=2                        |        | 2     | 2025-03-24 |
    symptoms=2                       |        | 2     | 2025-03-24 |
    danger=1                         |        | 2     | 2025-03-24 |
    danger=2                         | 2      | 2     | 2025-04-10 |
    danger=2                         | 1      | 2     | 2025-03-24 |
    danger=3                         |        | 1     | 2025-03-24 | danger
    danger=5                         | 2      | 1     | 2025-03-24 | danger
    symptoms=3                       |        | 1     | 2025-03-24 | unstable
    insight=3                        |        | 1     | 2025-03-24 | unstable
    illness_serious=是               |        | 1     | 2025-03-24 | unstable
    adverse=是 adverse_serious=是    |        | 1     | 2025-03-24 | unstable
    adverse=是 adverse_serious=否    |        | 3     | 2025-06-10 |
    locked=是                        |        | 3     | 2025-06-10 | locked
    adherence=3                      |        | 3     | 2025-06-10 | stopped
"""


@pytest.mark.parametrize("row", rows(CLASSES), ids=lambda row: f"{row['written']} {row['before']}")
def test_class_rhythm_and_prompts(row: dict[str, str]) -> None:
    answers = visit(row["written"], row["before"])
    assert answers["classification"] == row["class"]
    history = [Past(date(2025, 3, 10), answers)]
    if row["before"]:
        history.insert(0, Past(date(2025, 2, 24), {**visit(""), "classification": row["before"]}))
    (following,) = due(VISITS, history, setting())
    assert following.due_on == date.fromisoformat(row["next"])
    told = raised(APPLICATION.prompts, setting(day=date(2025, 3, 10)), answers)
    assert [one.code for one in told] == row["prompts"].split()


def test_the_first_visit_and_one_where_nobody_was_met() -> None:
    assert due(VISITS, [], setting())[0].due_on == date(2025, 4, 30), "three months after 31 January is the last of April"
    missed = fill(FOLLOW_UP, setting(day=date(2025, 4, 20)), {"way": "9", "missed_reason": "外出"}).answers
    assert due(VISITS, [Past(date(2025, 4, 20), missed)], setting())[0].due_on == date(2025, 4, 30), "it was no follow-up"


def test_a_missed_visit_between_two_unstable_ones_changes_nothing() -> None:
    basic = {**visit("danger=1")}
    missed = fill(FOLLOW_UP, setting(day=date(2025, 3, 24)), {"way": "9", "missed_reason": "外出"}).answers
    history = [Past(date(2025, 3, 10), basic), Past(date(2025, 3, 24), missed), Past(date(2025, 3, 26), basic)]
    assert due(VISITS, history, setting())[0].due_on == date(2025, 4, 26), "basically stable twice: monthly"
