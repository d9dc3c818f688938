"""What is handed out hides everybody among at least k persons, whatever the rows are."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.catalogue.deidentify.anonymity import Record, Rule, anonymise, counted, smallest_class
from etl.catalogue.deidentify.ladders import ANY, age_ladder, code_ladder, place_ladder, time_ladder
from etl.catalogue.deidentify.roles import Role, requestable, roles
from health_platform.datasets.api import Sensitivity, catalogue, dataset

pytestmark = pytest.mark.system("G01")

LADDERS = {
    "born": age_ladder(date(2026, 11, 1)), "gender": code_ladder(), "where": place_ladder(), "when": time_ladder("month"),
}  # fmt: skip
quasi = st.fixed_dictionaries(
    {
        "born": st.none() | st.dates(date(1920, 1, 1), date(2026, 10, 1)),
        "gender": st.sampled_from(["1", "2", ""]),
        "where": st.sampled_from(["411502001000", "411502002000", "411525001000", "", "420000000000"]),
        "when": st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    }
)
records = st.lists(
    st.builds(Record, st.integers(1, 12), quasi, st.fixed_dictionaries({"code": st.sampled_from(["A", "B", "C", ""])})),
    max_size=60,
)
rules = st.builds(
    Rule, st.integers(2, 6), st.just(LADDERS), st.booleans(), st.sampled_from([0.0, 0.05, 0.5, 1.0]), st.just(("code",))
)


@given(records, rules)
def test_every_class_of_what_is_handed_out_has_k_persons(rows: list[Record], rule: Rule) -> None:
    made = anonymise(rows, rule)
    smallest = smallest_class(made.rows, rule.linked)
    assert smallest is None or smallest >= rule.k
    assert len(made.rows) + made.suppressed_rows == len(rows)


@given(records, rules)
def test_a_code_held_by_few_persons_is_not_shown(rows: list[Record], rule: Rule) -> None:
    persons: dict[str, set[int]] = defaultdict(set)
    for row in anonymise(rows, rule).rows:
        persons[row.rest["code"]].add(row.person)
    assert all(len(found) >= rule.k for code, found in persons.items() if code not in ("", ANY))


@given(records, rules)
def test_no_more_is_left_out_than_permitted_while_values_can_lose_detail(rows: list[Record], rule: Rule) -> None:
    made = anonymise(rows, rule)
    at_the_top = all(made.levels[name] == ladder.top for name, ladder in LADDERS.items())
    assert made.suppressed_rows <= rule.max_suppressed * len(rows) or at_the_top


@given(records, st.integers(2, 6))
def test_a_small_cell_shows_no_number(rows: list[Record], k: int) -> None:
    cells = counted(rows, Rule(k, LADDERS))
    assert all(cell.persons is None or cell.persons >= k for cell in cells)
    assert all((cell.rows is None) == (cell.persons is None) for cell in cells)


def test_ten_visits_of_one_person_hide_nobody() -> None:
    rows = [Record(1, {"gender": "1"}, {})] * 10 + [Record(2, {"gender": "2"}, {}), Record(3, {"gender": "2"}, {})]
    made = anonymise(rows, Rule(2, {"gender": code_ladder()}, max_suppressed=1.0))
    assert {row.person for row in made.rows} == {2, 3}
    assert (made.suppressed_rows, made.suppressed_persons) == (10, 1)


def test_linked_rows_are_hidden_as_a_whole() -> None:
    """Each row alone hides among two persons; the three rows of person 1 together are those of nobody else."""
    rows = [Record(person, {"when": date(2026, month, 1)}, {}) for person, month in ((1, 1), (1, 2), (2, 1), (3, 2))]
    ladder = {"when": time_ladder("month")}
    assert len(anonymise(rows, Rule(2, ladder)).rows) == 4
    assert anonymise(rows, Rule(2, ladder, linked=True)).levels["when"] > 0


def test_ages_from_ninety_on_are_one_group() -> None:
    ladder = age_ladder(date(2026, 11, 1))
    assert ladder.at(0, date(1936, 11, 1)) == ladder.at(0, date(1920, 1, 1)) == "90+"
    assert ladder.at(0, date(1936, 11, 2)) == "85-89"


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_nothing_that_names_a_person_can_be_asked_for(name: str) -> None:
    definition, known = dataset(name), roles(dataset(name))
    for field in definition.fields:
        if field.sensitivity is not Sensitivity.PLAIN or field.kind in ("text", "document"):
            assert known[field.name] is Role.DROPPED
            assert field.name not in requestable(definition)
