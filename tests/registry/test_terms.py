"""Code systems: checks, differences, value sets, search, suggestions and the mapping used by the pipeline."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.standards.lookup import CodeMapper, TableMap
from registry.standards.packing import Columns, pack, unpack
from registry.standards.pinyin import initials
from registry.standards.search import SearchIndex
from registry.standards.suggest import Candidates, LocalCode, Suggester, opposed
from registry.standards.terms import Term, ValueSetRule, compare, faults, members

pytestmark = pytest.mark.system("B04", "J07")

RH = (Term("1", "阴性"), Term("2", "阳性"), Term("3", "不详"))
ICD = (
    Term("I10", "特发性(原发性)高血压"),
    Term("I10.x00", "特发性高血压", "I10"),
    Term("I10.x01", "良性高血压", "I10"),
    Term("E11", "2型糖尿病"),
    Term("E11.900", "2型糖尿病不伴有并发症", "E11"),
    Term("A23", "布鲁氏菌病"),
)


def known(terms: tuple[Term, ...]) -> Candidates:
    return Candidates(Columns.of(terms))


def test_initials_of_mixed_names() -> None:
    assert initials("2型糖尿病") == "2xtnb" and initials("CT检查") == "ctjc"


@pytest.mark.parametrize(
    ("text", "first"),
    [("I10", "I10"), ("gxy", "I10.x01"), ("糖尿病", "E11"), ("e11.9", "E11.900"), ("糖尿 并发", "E11.900"), ("blsj", "A23")],
)
def test_search_by_code_name_and_initials(text: str, first: str) -> None:
    found = SearchIndex(Columns.of(ICD)).search(text)
    codes = [term.code for term in found]
    assert codes[0] == first or (text == "gxy" and first in codes)


def test_search_without_a_hit_is_empty() -> None:
    assert SearchIndex(Columns.of(ICD)).search("肺癌") == []


def test_faults_name_the_row() -> None:
    terms = [Term("A", "甲", "B"), Term("B", "乙", "A"), Term("C", ""), Term("C", "丙", "Z")]
    assert [(fault.row, fault.rule) for fault in faults(terms)] == [
        (1, "parent_circle"),
        (2, "parent_circle"),
        (3, "name_missing"),
        (3, "code_repeated"),
        (4, "code_repeated"),
        (4, "parent_unknown"),
    ]


def test_a_value_set_is_a_selection_of_subtrees() -> None:
    rule = ValueSetRule(include=("I10",), exclude=("I10.x01",))
    assert [term.code for term in members(ICD, rule)] == ["I10", "I10.x00"]
    leaves = members(ICD, ValueSetRule(leaves_only=True))
    assert [term.code for term in leaves] == ["I10.x00", "I10.x01", "E11.900", "A23"]


names = st.text("甲乙丙", min_size=1, max_size=3)
terms_strategy = st.dictionaries(st.text("ABC123", min_size=1, max_size=3), names).map(
    lambda codes: [Term(code, name) for code, name in codes.items()]
)


@given(terms_strategy, terms_strategy)
def test_a_difference_leads_from_the_old_list_to_the_new(old: list[Term], new: list[Term]) -> None:
    change = compare(old, new)
    result = {term.code: term for term in old}
    for term in change.removed:
        del result[term.code]
    for term in (*change.added, *(after for _, after in change.changed)):
        result[term.code] = term
    assert result == {term.code: term for term in new}


def test_rh_is_mapped_by_meaning_never_by_digit() -> None:
    found = Suggester(known(RH)).suggest(LocalCode("1", "Rh阳性"))
    assert found[0].target.code == "2" and all(one.target.code != "1" for one in found)
    exact = Suggester(known(RH)).suggest(LocalCode("1", "阳性"))
    assert (exact[0].target.code, exact[0].reason) == ("2", "name")


def test_a_code_without_a_name_is_only_a_weak_hint() -> None:
    (only,) = Suggester(known(RH)).suggest(LocalCode("1"))
    assert (only.reason, only.score) == ("code", 0.3)


@pytest.mark.parametrize(
    ("local", "target", "reason"),
    [
        (LocalCode("E11", "2型糖尿病"), "E11", "name"),
        (LocalCode("X", "二型糖尿病"), "E11", "past"),
        (LocalCode("Y", "布鲁氏军病"), "A23", "sound"),
        (LocalCode("I10.x00", "特发性高血压病"), "I10.x00", "code_name"),
        (LocalCode("Z", "良性 高血压病"), "I10.x01", "similar"),
    ],
)
def test_every_suggestion_has_its_reason(local: LocalCode, target: str, reason: str) -> None:
    best = Suggester(known(ICD), {"二型糖尿病": ("E11", 3)}).suggest(local)[0]
    assert (best.target.code, best.reason) == (target, reason)


def test_opposites_are_not_similar() -> None:
    assert opposed("急性肝炎", "慢性肝炎") and opposed("未见异常", "异常")
    assert not opposed("男性", "男") and not opposed("阴性", "阴")


@given(st.lists(st.one_of(st.none(), st.sampled_from(["1", "2", "9", ""]))))
def test_mapping_keeps_order_and_counts_every_miss(codes: list[str | None]) -> None:
    table = TableMap("CV04.50.020_RhD", "2011", {"1": "2", "2": "1"})
    mapped = table.batch(codes)
    assert len(mapped) == len(codes)
    misses = table.misses(codes, mapped)
    assert misses == Counter(code for code in codes if code == "9")
    assert sum(one is not None for one in mapped) + misses.total() == sum(bool(code) for code in codes)


def test_an_unknown_table_maps_nothing() -> None:
    table = CodeMapper("his", 1).table("none")
    assert table.batch(["1"]) == [None] and table.misses(["1"], [None]) == Counter({"1": 1})


codes_and_names = st.text(min_size=1, max_size=20)


@given(st.lists(st.builds(Term, codes_and_names, codes_and_names, st.none() | codes_and_names, st.none() | codes_and_names)))
def test_packed_terms_come_out_as_they_went_in(terms: list[Term]) -> None:
    columns = unpack(pack(Columns.of(terms)))
    assert columns.terms() == terms
    assert list(columns.letters) == [initials(term.name) for term in terms]


def test_a_name_with_a_line_break_is_found() -> None:
    index = SearchIndex(Columns.of([Term("A1", "肺炎\n(社区获得性)")]))
    assert [term.code for term in index.search("社区")] == ["A1"]


def test_only_one_way_to_read_a_name_is_sure() -> None:
    terms = known((Term("1", "阴性"), Term("2", "阳性"), Term("8", "其他"), Term("9", "其他")))
    suggester = Suggester(terms, {"阳": ("2", 3), "弱阳": ("2", 2)}, {"弱阳"})
    assert [one and one.target.code for one in map(suggester.sure, (LocalCode("a", "阳性"), LocalCode("b", "阳")))] == ["2", "2"]
    unsure = (LocalCode("c", "其他"), LocalCode("d", "弱阳"), LocalCode("e", "阳 性?"), LocalCode("1"), LocalCode("f", "阴姓"))
    assert [suggester.sure(one) for one in unsure] == [None] * 5
