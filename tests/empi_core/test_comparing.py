"""Judging pairs: the situations a registrar knows, and what must hold for any two identities."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric

from empi.matching import (
    Outcome,
    RawIdentity,
    blocking_keys,
    compare,
    compare_many,
    decide,
    load_rules,
    model_of_priors,
    normalise,
)

pytestmark = pytest.mark.system("A10")
RULES = load_rules()
MODEL = model_of_priors(RULES, persons=200_000)


def number(base: str) -> str:
    return base + str(ric.calc_check_digit(base + "0"))


ZHANG = {
    "name": "张志伟",
    "gender": "1",
    "birth_date": "1980-05-15",
    "id_type": "01",
    "id_no": number("37078319800515113"),
    "phone": "13612345679",
    "address": "山东省潍坊市寿光市稻田镇锦绣城35号楼4单元201室",
    "card_type": "SSC",
    "card_no": "370783123456",
}
MOTHER = number("37078319900302204")
BABY = {
    "name": "李娟之子",
    "gender": "1",
    "birth_date": "2024-01-20",
    "mother_name": "李娟",
    "mother_id_no": MOTHER,
    "phone": "13961426371",
    "address": "寿光市稻田镇前沟村148号",
    "source_time": "2024-02-01",
}


def judge(one: dict[str, str], two: dict[str, str]):  # type: ignore[no-untyped-def]
    return compare(normalise(RawIdentity(**one), RULES), normalise(RawIdentity(**two), RULES), MODEL)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"name": "张志玮"},
        {"name": "張志偉"},
        {"name": "张 志伟"},
        {"name": "张志伟(门诊)"},
        {"id_no": ""},
        {"id_no": "370783800515113"},
        {"birth_date": "1980-05-05", "phone": ""},
        {"birth_date": "1980-01-01"},
        {"birth_date": "1980-04-01"},
        {"gender": "9"},
        {"id_no": ZHANG["id_no"][:16] + ("0" if ZHANG["id_no"][16] != "0" else "1") + ZHANG["id_no"][17]},
        {"phone": "13800138000", "address": ""},
    ],
)
def test_one_person_written_differently_is_certain(change: dict[str, str]) -> None:
    assert judge(ZHANG, ZHANG | change).outcome is Outcome.CERTAIN


def test_an_equal_number_alone_never_links() -> None:
    borrowed = ZHANG | {"name": "王丽", "gender": "2", "birth_date": "1991-11-02", "phone": "", "address": "", "card_no": ""}
    found = judge(ZHANG, borrowed)
    assert found.outcome is Outcome.CONFLICT
    assert "M03" in found.rules
    assert found.apart
    without_birth = borrowed | {"birth_date": ""}
    assert judge(ZHANG, without_birth).outcome is Outcome.CONFLICT


def test_a_parents_number_does_not_link_parent_and_child() -> None:
    mother = {"name": "李娟", "gender": "2", "birth_date": "1990-03-02", "id_type": "01", "id_no": MOTHER, "phone": "13961426371"}
    child = {"name": "王明", "gender": "1", "birth_date": "2018-06-01", "id_type": "01", "id_no": MOTHER, "phone": "13961426371"}
    assert judge(mother, child).outcome is Outcome.CONFLICT
    assert judge(mother, child | {"birth_date": "1900-01-01"}).outcome is not Outcome.CERTAIN


def test_twins_stay_apart() -> None:
    one = {
        "name": "邓奕辰",
        "gender": "1",
        "birth_date": "2012-05-04",
        "id_type": "01",
        "id_no": number("37078320120504397"),
        "phone": "13881562436",
        "address": "寿光市稻田镇锦绣城11-1-802",
        "mother_name": "余丽敏",
    }
    two = one | {"name": "邓奕超", "id_no": number("37078320120504399")}
    assert judge(one, two).outcome is not Outcome.CERTAIN
    assert judge(one, two | {"id_no": ""}).outcome is not Outcome.CERTAIN
    assert judge(BABY | {"name": "李娟之大双"}, BABY | {"name": "李娟之小双"}).outcome is Outcome.NO


def test_a_newborn_finds_its_later_name() -> None:
    named = {
        "name": "王浩然",
        "gender": "1",
        "birth_date": "2024-01-20",
        "id_type": "01",
        "id_no": number("37078320240120111"),
        "mother_name": "李娟",
        "phone": "13961426371",
        "address": "寿光市稻田镇前沟村",
    }
    assert judge(BABY, named).outcome is Outcome.CERTAIN
    mother = {"name": "李娟", "gender": "2", "birth_date": "1990-03-02", "id_type": "01", "id_no": MOTHER, "phone": "13961426371"}
    assert judge(BABY, mother).outcome is Outcome.NO
    sister = named | {"gender": "2", "name": "王浩月", "birth_date": "2021-03-03", "id_no": number("37078320210303122")}
    assert judge(BABY, sister).outcome is Outcome.NO


def test_namesakes_born_on_one_day_elsewhere_are_a_question() -> None:
    bare = {k: ZHANG[k] for k in ("name", "gender", "birth_date", "address")}
    assert judge(ZHANG, bare | {"address": "河南省郑州市中原区官渡镇金水花园1栋1单元101"}).outcome is not Outcome.CERTAIN


def test_unknown_persons_are_never_linked() -> None:
    nobody = {"name": "无名氏", "gender": "1", "birth_date": "1900-01-01"}
    assert judge(nobody, nobody).outcome is Outcome.NO


def test_contributions_add_up() -> None:
    found = judge(ZHANG, ZHANG | {"id_no": "", "phone": "13612345697"})
    assert found.weight == pytest.approx(sum(c.bits for c in found.contributions), abs=0.01)
    assert found.posterior == pytest.approx(found.weight + MODEL.prior_bits, abs=0.01)
    assert decide(found, RULES) is found.outcome


NAMES = st.sampled_from(
    [
        "张志伟",
        "张志玮",
        "张伟",
        "李娟之子",
        "李娟之大双",
        "无名氏",
        "古丽·买买提",
        "古丽",
        "JOHN SMITH",
        "ZHANG志伟",
        "张志□",
        "",
    ]
)
NUMBERS = st.sampled_from(
    ["", ZHANG["id_no"], MOTHER, ZHANG["id_no"][:-1], "370783********113" + ZHANG["id_no"][-1], "E1234567", "370783800515113"]
)
IDENTITIES = st.builds(
    RawIdentity,
    rec_id=st.uuids().map(str),
    domain_id=st.sampled_from(["A", "B"]),
    local_id=st.sampled_from(["1", "2", ""]),
    source_time=st.sampled_from(["2024-02-01", "2020-01-01", ""]),
    name=NAMES,
    gender=st.sampled_from(["1", "2", "9"]),
    birth_date=st.sampled_from(
        ["1980-05-15", "1980-05-51", "1980-04-10", "1981-05-15", "1980-01-01", "2024-01-20", "1990-03-02", ""]
    ),
    id_type=st.sampled_from(["01", "03", ""]),
    id_no=NUMBERS,
    phone=st.sampled_from(["13612345679", "13612345697", "13961426371", ""]),
    address=st.sampled_from(
        [ZHANG["address"], "寿光市稻田镇锦绣城35-4-201", "寿光市稻田镇前沟村6组", "青州市王府街道小沟村", ""]
    ),
    card_type=st.sampled_from(["SSC", "EHC", "MRC"]),
    card_no=st.sampled_from(["370783123456", "abcdef0123", ""]),
    mother_name=st.sampled_from(["李娟", "王红", ""]),
    mother_id_no=st.sampled_from([MOTHER, ""]),
)


@settings(max_examples=150, deadline=None)
@given(IDENTITIES, IDENTITIES)
def test_comparison_is_symmetric(one: RawIdentity, two: RawIdentity) -> None:
    a, b = normalise(one, RULES), normalise(two, RULES)
    assert compare(a, b, MODEL) == compare(b, a, MODEL)


@settings(max_examples=60, deadline=None)
@given(st.lists(IDENTITIES, min_size=2, max_size=8))
def test_company_changes_nothing(raws: list[RawIdentity]) -> None:
    first, *rest = [normalise(raw, RULES) for raw in raws]
    assert compare_many(first, rest, MODEL) == [compare(first, other, MODEL) for other in rest]


@settings(max_examples=60, deadline=None)
@given(IDENTITIES)
def test_keys_are_stable_and_fit_a_signed_column(raw: RawIdentity) -> None:
    keys = blocking_keys(normalise(raw, RULES), RULES)
    assert keys == blocking_keys(normalise(raw, RULES), RULES)
    assert all(0 < key < 2**63 for key in keys)
