"""Causes of death as coders see them: lowest line, broad class, codes that say nothing, sex and pregnancy; review in time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from applications.death.causes import MAIN
from applications.death.certificate import CERTIFICATE
from applications.death.definition import APPLICATION, REGISTER
from health_platform.engine.answers import Filled, Setting, fill
from health_platform.engine.api import Catalogue
from health_platform.engine.scheduling import age_on, due
from tests.applications.tables import rows

pytestmark = pytest.mark.system("D05")

PARAMETERS = {param.code: Decimal(str(param.default)) for param in APPLICATION.params}
DIED = date(2026, 3, 2)
PLAIN = {
    "number": "4115252600001", "place": "1", "family_name": "王某",
    "diagnosed_by": "2", "evidence": "4", "reported_on": "2026-03-05",
}  # fmt: skip


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    made = Catalogue()
    made.add(APPLICATION)
    return made


def certify(catalogue: Catalogue, written: Mapping[str, Any], sex: str = "1", born: date = date(1950, 1, 1)) -> Filled:
    facts = {"birth_date": born, "enrolled_on": DIED, "day": DIED, "age": age_on(born, DIED), "sex": sex}
    names = {f"name_{letter}": "诊断" for letter in "abcd" if f"icd_{letter}" in written}
    return fill(CERTIFICATE, Setting(catalogue.form_environment(CERTIFICATE), facts, PARAMETERS), {**PLAIN, **names, **written})


CAUSES = """
    a     | b     | c     | d     | underlying | class | garbage
    I61.9 |       |       |       | I61.9      | 2     | 否
    J96.0 | J44.1 |       |       | J44.1      | 2     | 否
    I46.9 | I21.9 | I25.1 | E11.9 | E11.9      | 2     | 否
    A41.9 | A16.2 |       |       | A16.2      | 1     | 否
    R57.9 | V89.2 |       |       | V89.2      | 3     | 否
    I50.9 |       |       |       | I50.9      | 2     | 是
    R99   |       |       |       | R99        | 9     | 是
    R95   |       |       |       | R95        | 2     | 否
    J18.9 |       |       |       | J18.9      | 1     | 否
    X68   |       |       |       | X68        | 3     | 否
    Y20   |       |       |       | Y20        | 3     | 是
"""


@pytest.mark.parametrize("row", rows(CAUSES), ids=lambda row: row["underlying"])
def test_the_lowest_line_is_proposed_classed_and_judged(catalogue: Catalogue, row: dict[str, str]) -> None:
    found = certify(catalogue, {f"icd_{letter}": row[letter] for letter in "abcd" if row[letter]})
    assert found.answers["underlying"] == row["underlying"] and found.answers["cause_class"] == row["class"]
    assert found.answers["garbage"] is (row["garbage"] == "是")
    assert bool(found.questions) is (row["garbage"] == "是"), "a code that says nothing must be confirmed"


def test_the_coder_may_decide_otherwise(catalogue: Catalogue) -> None:
    found = certify(catalogue, {"icd_a": "J18.9", "icd_b": "I63.9", "underlying": "I69.3", "underlying_name": "脑梗死后遗症"})
    assert found.answers["underlying"] == "I69.3" and not found.findings


REFUSED = """
    a     | sex | pregnancy | field
    S06.9 | 1   |           | underlying
    T14.9 | 2   | 2         | underlying
    C61   | 2   | 2         | underlying
    C53.9 | 1   |           | underlying
    O72.1 | 2   | 2         | pregnancy
    感冒  | 1   |           | underlying
"""


@pytest.mark.parametrize("row", rows(REFUSED), ids=lambda row: f"{row['a']} {row['sex']}")
def test_what_cannot_be_is_refused(catalogue: Catalogue, row: dict[str, str]) -> None:
    written = {"icd_a": row["a"], **({"pregnancy": row["pregnancy"]} if row["pregnancy"] else {})}
    found = certify(catalogue, written, row["sex"], date(1990, 1, 1))
    assert [finding.field for finding in found.findings] == [row["field"]]


@pytest.mark.parametrize(("reported", "timely"), [("2026-03-02", True), ("2026-03-09", True), ("2026-03-10", False)])
def test_a_report_is_timely_within_seven_days(catalogue: Catalogue, reported: str, timely: bool) -> None:
    assert certify(catalogue, {"icd_a": "I61.9", "reported_on": reported}).answers["timely"] is timely


def test_the_county_reviews_within_seven_days_of_the_report(catalogue: Catalogue) -> None:
    answers = certify(catalogue, {"icd_a": "I61.9"}).answers
    facts = {"birth_date": date(1950, 1, 1), "enrolled_on": DIED, "sex": "1", "entry_reported_on": answers["reported_on"]}
    (plan,) = REGISTER.schedules
    (found,) = due(plan, [], Setting(catalogue.form_environment(plan.form), facts, PARAMETERS))
    assert found.due_on == date(2026, 3, 12)


@given(code=st.from_regex(r"\A([A-RV-Y][0-9]{2}|U07)(\.[0-9])?\Z"))
def test_every_cause_stands_in_one_line_of_the_yearly_statistics(code: str) -> None:
    """ICD-10 leaves D90–D99, I14, I16–I19, I29 and I53–I59 free; S and T are no underlying cause."""
    assume(not re.match(r"D9|I1[46-9]|I29|I5[3-9]", code))
    assert len([label for _, label, pattern in MAIN if re.fullmatch(pattern, code)]) == 1


@pytest.mark.parametrize("typed", ["", "A", "A1", "I6", "I63.", "感冒", "S06.9"])
def test_nothing_is_said_of_a_cause_that_is_not_there_yet(catalogue: Catalogue, typed: str) -> None:
    """A code typed in half would be told as a chronic disease and turn into an infection at the next key."""
    found = certify(catalogue, {"icd_a": typed} if typed else {})
    assert (found.answers["cause_class"], found.answers["garbage"]) == (None, None)
