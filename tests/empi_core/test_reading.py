"""Normalisation of Chinese identity: names, documents, days, telephones, addresses."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from empi.matching import RawIdentity, load_rules, normalise
from empi.matching.contacts import read_address, read_phone
from empi.matching.days import read_day
from empi.matching.documents import lengthen, read_document
from empi.matching.names import read_name

pytestmark = pytest.mark.system("A10")
RULES = load_rules()
VALID = "11010519491231002X"  # the example of GB 11643


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("张伟", "张伟"),
        (" 张 伟 ", "张伟"),
        ("張偉", "张伟"),
        ("张伟(门诊)", "张伟"),
        ("张伟1", "张伟"),
        ("张伟*", "张伟□"),
        ("张志伟*", "张志伟"),
        ("古丽·买买提", "古丽买买提"),
        ("古丽•买买提", "古丽买买提"),
        ("古丽 买买提", "古丽买买提"),
        ("SMITH  JOHN", "JOHN SMITH"),
        ("John Smith", "JOHN SMITH"),
    ],
)
def test_spellings_of_one_name_read_alike(raw: str, text: str) -> None:
    value = read_name(raw)
    assert value is not None
    assert value.text == text


@pytest.mark.parametrize(
    ("raw", "mother", "order"),
    [
        ("黄小红之女", "黄小红", 0),
        ("李娟之大双", "李娟", 1),
        ("李娟之小双", "李娟", 2),
        ("王艺涵之长女", "王艺涵", 1),
        ("许欣怡之次子", "许欣怡", 2),
        ("段丽玲之宝", "段丽玲", 0),
        ("黄小红婴", "黄小红", 0),
        ("阿不都·卡德尔之女", "阿不都卡德尔", 0),
    ],
)
def test_newborn_placeholders_name_the_mother(raw: str, mother: str, order: int) -> None:
    value = read_name(raw)
    assert value is not None
    assert (value.newborn, value.mother, value.order, value.text) == (True, mother, order, "")


@pytest.mark.parametrize("raw", ["王峰宝", "张子", "李婴子", "陈小男", "王大双一"])
def test_real_names_are_not_taken_for_newborns(raw: str) -> None:
    value = read_name(raw)
    assert value is not None
    assert not value.newborn


@pytest.mark.parametrize("raw", ["无名氏", "三无人员", "未知", "无名氏1"])
def test_unknown_persons_have_no_name(raw: str) -> None:
    identity = normalise(RawIdentity(name=raw), RULES)
    assert identity.value(RULES, "name").unknown


@pytest.mark.parametrize("raw", [VALID, " " + VALID, VALID.lower(), "110105-19491231-002X", "110105194912310０2X", "ID:" + VALID])
def test_formats_of_one_number_read_alike(raw: str) -> None:
    value = read_document("01", raw)
    assert value is not None
    assert (value.number, value.valid, value.day, value.sex) == (VALID, True, 19491231, 2)


def test_fifteen_digits_become_eighteen() -> None:
    assert lengthen("110105491231002") == VALID
    assert read_document("01", "110105491231002") == read_document("01", VALID)


@given(st.integers(0, 999), st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(0, 17), st.integers(0, 9))
def test_one_wrong_digit_is_never_valid(order: int, born: date, place: int, digit: int) -> None:
    base = f"370783{born:%Y%m%d}{order:03d}"
    number = base + str(ric.calc_check_digit(base + "0"))
    wrong = number[:place] + str(digit) + number[place + 1 :]
    value = read_document("01", wrong)
    assert value is not None
    assert value.valid == (wrong == number)


@pytest.mark.parametrize("raw", ["", "无", "不详", "000000000000000000", "111111111111111111", "123456789012345678"])
def test_dummy_numbers_say_nothing(raw: str) -> None:
    assert normalise(RawIdentity(id_type="01", id_no=raw), RULES).value(RULES, "document") is None


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("1980-05-15", 19800515),
        ("1980/5/15", 19800515),
        ("19800515", 19800515),
        ("1980年5月15日", 19800515),
        ("1980-05-15T08:30:00", 19800515),
        ("1980", 19800101),
        ("1980-02-30", None),
        ("", None),
    ],
)
def test_days(raw: str, day: int | None) -> None:
    assert read_day(raw) == day


@pytest.mark.parametrize("raw", ["1900-01-01", "1970-01-01", "9999-12-31"])
def test_dummy_days_say_nothing(raw: str) -> None:
    assert normalise(RawIdentity(birth_date=raw), RULES).value(RULES, "birth") is None


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("13612345679", 13612345679),
        ("+86 136-1234-5679", 13612345679),
        ("00000000000", None),
        ("13000000000", None),
        ("无", None),
        ("12345678901", None),
    ],
)
def test_phones(raw: str, number: int | None) -> None:
    dummies = frozenset(("12345678901", "13800138000"))
    assert read_phone(raw, dummies) == number


def test_spellings_of_one_address_read_alike() -> None:
    spellings = (
        "山东省潍坊市寿光市稻田镇锦绣城35号楼4单元201室",
        "寿光市稻田镇锦绣城35栋4单元201",
        "潍坊市寿光市稻田镇锦绣城35-4-201",
    )
    assert len({read_address(text) for text in spellings}) == 1
    village = read_address("寿光市稻田镇前沟村村民小组148号")
    assert village is not None
    assert (village.county, village.town, village.place, village.house) == ("寿光市", "稻田镇", "前沟村", "148")
