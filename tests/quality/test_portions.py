"""Days are judged in few statements when they hold few rows, and never in one that memory does not bear."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.quality.portions import DAYS_PER_SCAN, FEW_ROWS, portions
from etl.quality.rulebook import delivered
from etl.quality.rules import Rule

pytestmark = pytest.mark.system("G10")

FIRST = date(2024, 1, 1)
RULE = next(iter(delivered().values()))
YEAR = [FIRST + timedelta(days=number) for number in range(366)]


def lengths(rows: int, *rules: Rule) -> list[int]:
    return [len(each) for each in portions(YEAR, DAYS_PER_SCAN, dict.fromkeys(YEAR, rows), rules)]


def test_a_year_of_a_small_place_is_one_statement_and_of_a_city_twelve() -> None:
    assert lengths(0) == [366]
    assert lengths(FEW_ROWS // 366) == [366]
    assert lengths(FEW_ROWS) == [31] * 11 + [25]


def test_days_under_other_rules_and_rules_that_speak_of_today_are_judged_apart() -> None:
    later = replace(RULE, valid_from=date(2024, 7, 1))
    assert lengths(1, later) == [182, 184]
    assert lengths(1, replace(RULE, fails="birth_date > today()")) == [31] * 11 + [25]


@given(st.dictionaries(st.integers(0, 2000), st.integers(0, FEW_ROWS), max_size=60), st.integers(1, 60))
def test_every_day_is_judged_once_and_long_portions_hold_few_rows(found: dict[int, int], most: int) -> None:
    rows = {FIRST + timedelta(days=number): count for number, count in found.items()}
    made = list(portions(list(rows), most, rows, ()))
    assert [day for each in made for day in each] == sorted(rows)
    for each in made:
        assert (each[-1] - each[0]).days < most or sum(rows[day] for day in each) <= FEW_ROWS
    for one, following in pairwise(made):
        assert (following[0] - one[0]).days >= most
