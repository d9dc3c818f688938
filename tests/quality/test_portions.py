"""Days are judged in few statements when they hold few rows, and never in one that memory does not bear."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.quality.portions import DAYS_PER_STATEMENT, FEW_ROWS, ROWS_PER_JOIN, ROWS_PER_SET, most_rows, portions
from etl.quality.rulebook import delivered
from etl.quality.rules import Rule

pytestmark = pytest.mark.system("G10")

FIRST = date(2024, 1, 1)
RULE = next(iter(delivered().values()))
YEAR = [FIRST + timedelta(days=number) for number in range(366)]


def lengths(rows: int, *rules: Rule) -> list[int]:
    return [len(each) for each in portions(YEAR, dict.fromkeys(YEAR, rows), rules)]


def test_a_year_of_a_small_place_is_one_statement_and_of_a_city_twelve() -> None:
    assert lengths(0) == [366]
    assert lengths(FEW_ROWS // 366) == [366]
    assert lengths(FEW_ROWS) == [31] * 11 + [25]


def test_days_under_other_rules_and_rules_that_speak_of_today_are_judged_apart() -> None:
    later = replace(RULE, valid_from=date(2024, 7, 1))
    assert lengths(1, later) == [182, 184]
    assert lengths(1, replace(RULE, fails="birth_date > today()")) == [31] * 11 + [25]


def rule_of(code: str) -> Rule:
    return delivered()[code]


ALONE, ASKING, JOINING = RULE, rule_of("visit.duplicate"), rule_of("charge.total.items")


def test_what_is_joined_or_asked_of_others_also_stays_within_what_memory_bears() -> None:
    def lengths_of(rule: Rule, rows: int) -> list[int]:
        return [len(each) for each in portions(YEAR[:31], dict.fromkeys(YEAR[:31], rows), (rule,))]

    assert lengths_of(ALONE, 10**9) == [31]
    assert lengths_of(ASKING, ROWS_PER_SET // 16) == [16, 15]
    assert lengths_of(JOINING, ROWS_PER_JOIN // 31) == [31]
    assert lengths_of(JOINING, ROWS_PER_JOIN // 10) == [10, 10, 10, 1]
    assert lengths_of(JOINING, ROWS_PER_JOIN * 2) == [1] * 31


@given(
    st.dictionaries(st.integers(0, 2000), st.integers(0, ROWS_PER_JOIN), max_size=60), st.sampled_from([ALONE, ASKING, JOINING])
)
def test_every_day_is_judged_once_in_portions_as_large_as_may_be(found: dict[int, int], rule: Rule) -> None:
    rows = {FIRST + timedelta(days=number): count for number, count in found.items()}
    made = list(portions(list(rows), rows, (rule,)))
    assert [day for each in made for day in each] == sorted(rows)

    def fits(days: tuple[date, ...]) -> bool:
        held = sum(rows[day] for day in days)
        short = (days[-1] - days[0]).days < DAYS_PER_STATEMENT
        return held <= FEW_ROWS or (short and held <= most_rows((rule,)))

    assert all(len(each) == 1 or fits(each) for each in made)
    assert not any(fits((*one, following[0])) for one, following in pairwise(made))
