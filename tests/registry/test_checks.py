"""Numbers of institutions and people hold or do not hold, as the standards say."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.checks import (
    cdc_code_holds,
    credit_code_holds,
    identity_number_holds,
    identity_sex,
    organisation_check,
    organisation_code_holds,
    parse_institution_22,
)

pytestmark = pytest.mark.system("B06", "B07")

TODAY = date(2026, 1, 1)


def test_the_stored_example_of_a_22_character_code() -> None:
    code = parse_institution_22("47033256033018311A2221")
    assert code is not None
    assert (code.organisation, code.division, code.economic_type) == ("470332560", "330183", "11")
    assert (code.class_code, code.profit_class) == ("A222", "1")
    assert parse_institution_22("47033256133018311A2221") is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("91350100M000100Y43", True),
        ("91350100M000100Y44", False),
        ("91350100M000100Y4", False),
        ("", False),
        ("9135O100M000100Y43", False),
        ("９１350100M000100Y43", False),
    ],
)
def test_credit_codes(code: str, expected: bool) -> None:
    assert credit_code_holds(code) is expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("34032319910605637X", True),
        ("11010519491231002X", True),
        ("110105194912310021", False),
        ("11010519490231002X", False),
        ("110105491231002", False),
        ("３４０３２３１９９１０６０５６３７X", False),
        ("34032319910229637X", False),
    ],
)
def test_identity_numbers(number: str, expected: bool) -> None:
    assert identity_number_holds(number, TODAY) is expected


def test_a_birth_date_in_the_future_is_refused() -> None:
    assert not identity_number_holds("34032319910605637X", date(1990, 1, 1))
    assert identity_sex("34032319910605637X") == "1"


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8), st.integers(0, 7))
def test_one_wrong_character_of_an_organisation_code_is_noticed(first8: str, at: int) -> None:
    code = first8 + organisation_check(first8)
    assert organisation_code_holds(code)
    other = "1" if code[at] == "0" else "0"
    wrong = code[:at] + other + code[at + 1 :]
    # Letters count 10..35, so two characters 11 apart weigh the same; digits never do.
    if code[at].isdigit():
        assert not organisation_code_holds(wrong)


@pytest.mark.parametrize(("code", "expected"), [("310105018", True), ("31010501", False), ("31010501A", False)])
def test_cdc_codes(code: str, expected: bool) -> None:
    assert cdc_code_holds(code) is expected
