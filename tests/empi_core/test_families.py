"""Twins: a placeholder that states a birth order is given to a named child only where the family leaves one answer."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from empi.matching import Edge, Outcome, RawIdentity, cluster, compare, load_rules, model_of_priors, normalise
from empi.matching.families import Family
from tests.empi_core.test_comparing import BABY, number

pytestmark = pytest.mark.system("A10")
RULES = load_rules()
MODEL = model_of_priors(RULES, persons=200_000)

ELDER = BABY | {"name": "李娟之大双"}
YOUNGER = BABY | {"name": "李娟之小双"}
NAMED = BABY | {"mother_id_no": "", "id_type": "01", "source_time": "2024-09-01"}
BROTHER = NAMED | {"name": "王浩然", "id_no": number("37078320240120111")}
OTHER_BROTHER = NAMED | {"name": "王浩宇", "id_no": number("37078320240120113")}
SISTER = NAMED | {"name": "王浩月", "gender": "2", "id_no": number("37078320240120112")}
GIRL = {"gender": "2"}


def persons(**statements: dict[str, str]) -> set[frozenset[str]]:
    """Compare everything with everything and cluster."""
    identities = [normalise(RawIdentity(rec_id=key, **facts), RULES) for key, facts in statements.items()]
    found = [(i, j, compare(identities[i], identities[j], MODEL)) for i, j in combinations(range(len(identities)), 2)]
    ties = (Outcome.CERTAIN, Outcome.TWIN)
    edges = [Edge(i, j, one.outcome is Outcome.TWIN) for i, j, one in found if one.outcome in ties]
    names = list(statements)
    return {frozenset(names[place] for place in group) for group in cluster(edges, identities, MODEL)[0]}


def test_the_only_child_seen_may_be_the_other_twin() -> None:
    assert compare_outcome(ELDER, BROTHER) is Outcome.TWIN
    assert persons(elder=ELDER, brother=BROTHER) == {frozenset({"elder"}), frozenset({"brother"})}


def test_a_boy_belongs_to_the_brother_once_the_sister_is_known() -> None:
    found = persons(elder=ELDER, brother=BROTHER, sister=SISTER)
    assert found == {frozenset({"elder", "brother"}), frozenset({"sister"})}


def test_it_is_enough_that_the_sister_is_a_placeholder_herself() -> None:
    found = persons(elder=ELDER, younger=YOUNGER | GIRL, brother=BROTHER)
    assert found == {frozenset({"elder", "brother"}), frozenset({"younger"})}


def test_both_placeholders_find_their_child() -> None:
    found = persons(elder=ELDER | GIRL, younger=YOUNGER, brother=BROTHER, sister=SISTER)
    assert found == {frozenset({"elder", "sister"}), frozenset({"younger", "brother"})}


def test_of_two_brothers_nobody_knows_which() -> None:
    found = persons(elder=ELDER, younger=YOUNGER, brother=BROTHER, other=OTHER_BROTHER)
    assert all(len(group) == 1 for group in found)


def test_three_children_leave_more_than_one_answer() -> None:
    found = persons(elder=ELDER, brother=BROTHER, other=OTHER_BROTHER, sister=SISTER)
    assert frozenset({"elder"}) in found


def test_once_an_order_is_stated_every_placeholder_is_one_of_twins() -> None:
    nameless = BABY | {"name": "李娟之子"}
    assert persons(nameless=nameless, brother=BROTHER) == {frozenset({"nameless", "brother"})}
    assert persons(nameless=nameless, brother=BROTHER, elder=ELDER) == {
        frozenset({"nameless"}),
        frozenset({"brother"}),
        frozenset({"elder"}),
    }
    assert frozenset({"nameless", "brother"}) <= max(
        persons(nameless=nameless, brother=BROTHER, younger=YOUNGER | GIRL), key=len
    ), "the sister's placeholder tells"


def test_a_sister_of_another_birth_proves_nothing() -> None:
    older = SISTER | {"birth_date": "2021-03-03", "id_no": number("37078320210303122")}
    assert frozenset({"elder"}) in persons(elder=ELDER, brother=BROTHER, older=older)


def compare_outcome(left: dict[str, str], right: dict[str, str]) -> Outcome:
    return compare(normalise(RawIdentity(**left), RULES), normalise(RawIdentity(**right), RULES), MODEL).outcome


PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.sampled_from(["apart", "twin", "both"])), max_size=20)


@given(PAIRS)
def test_elimination_never_brings_a_contradiction_together(pairs: list[tuple[int, int, str]]) -> None:
    family = Family()
    for one, other, says in pairs:
        family.add(one, other, apart=says != "twin", twin=says != "apart")
    home = list(range(7))
    for one, other in family.joins((one, other) for one, other, _ in pairs):
        home = [home[one] if at == home[other] else at for at in home]
    contradictions = [(one, other) for one, others in family.apart.items() for other in others]
    assert not any(home[one] == home[other] for one, other in contradictions)


@given(PAIRS, st.randoms(use_true_random=False))
def test_what_is_told_does_not_depend_on_the_order_of_evidence(pairs: list[tuple[int, int, str]], draw) -> None:
    def told(given: list[tuple[int, int, str]]) -> set[tuple[int, int]]:
        family = Family()
        for one, other, says in given:
            family.add(one, other, apart=says != "twin", twin=says != "apart")
        return set(family.joins(sorted((min(p[:2]), max(p[:2])) for p in pairs)))

    before = told(pairs)
    draw.shuffle(pairs)
    assert told(pairs) == before
