"""One pair at a time or a whole city at once: the same levels, weights, outcomes and blocking keys."""

from __future__ import annotations

import random
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.city_corpus import City
from empi.definitions.guess import rules_for_header
from empi.matching import Identity, Model, RawIdentity, load_rules, model_of_priors, normalise, train
from empi.matching.blocking import candidate_pairs, pass_keys, tokens_of
from empi.matching.scoring import frame_of, score
from empi.matching.single import single_of

pytestmark = pytest.mark.system("A10")
RULES = load_rules()


@cache
def city() -> tuple[list[Identity], Model]:
    """A small, very dirty city and the model it teaches."""
    rows = City(400, seed=77, noise=3.0).corpus().records
    identities = [normalise(row, RULES) for row in rows]
    return identities, train(identities, RULES)


def assert_same(identities: list[Identity], model: Model, left: np.ndarray, right: np.ndarray) -> None:
    """Judge the pairs both ways and compare everything."""
    single = single_of(model)
    assert single is not None
    frame = frame_of(identities, model)
    scores = score(frame, model, left, right, keep_bits=True)
    cards = [single.card(identity) for identity in identities]
    for place, (a, b) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        found = single.score(cards[a], cards[b])
        levels = tuple(int(scores.levels[name][place]) for name in scores.levels)
        context = (identities[a].values, identities[b].values)
        assert found.levels == levels, context
        assert found.weight == scores.weight[place], context
        assert found.bits == {name: float(scores.bits[name][place]) for name in scores.bits if scores.levels[name][place]}
        assert (found.outcome, found.apart, found.hits) == (scores.outcome[place], scores.apart[place], scores.hits[place]), (
            context
        )
        assert single.score(cards[b], cards[a]) == found, "symmetric"


@pytest.mark.parametrize("trained", [True, False])
def test_candidates_are_judged_alike(trained: bool) -> None:
    identities, learned = city()
    model = learned if trained else model_of_priors(RULES)
    pairs = [(left, right) for _, left, right in candidate_pairs(frame_of(identities, model), RULES, [])]
    left, right = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    assert len(left) > 3_000
    chosen = np.random.default_rng(3).choice(len(left), 3_000, replace=False)
    assert_same(identities, model, left[chosen], right[chosen])


def test_strangers_are_judged_alike() -> None:
    identities, model = city()
    draw = random.Random(5)
    left, right = (np.array([draw.randrange(len(identities)) for _ in range(1_500)]) for _ in range(2))
    assert_same(identities, model, left, right)


def test_blocking_keys_are_the_same() -> None:
    identities, model = city()
    single = single_of(model)
    assert single is not None
    frame = frame_of(identities, model)
    tokens = tokens_of(frame, RULES)
    keys = [pass_keys(frame, RULES, place) for place in range(len(RULES.passes))]
    for position, identity in enumerate(identities):
        wanted = []
        for place, rule in enumerate(RULES.passes):
            if key := int(keys[place][position]):
                finer = [int(tokens[token][position]) for token in rule.finer[:2]] + [0, 0]
                wanted.append((rule, key, (finer[0], finer[1])))
        assert single.keys(single.card(identity)) == wanted


NAMES = st.one_of(
    st.text(alphabet="王玉兰蘭李丽芳方建健国圀□?*·.,买尼沙古丽阿卜杜", max_size=9),
    st.text(alphabet="ABC WX·", max_size=9),
    st.sampled_from(
        ["张丽之子", "张丽之长女", "张丽大双", "无名氏", "王*", "古丽·买买提", "古丽买买提", "CHEN WEI", "WEI CHEN", "无", ""]
    ),
)
SCRIPTS = st.text(st.one_of(st.characters(categories=["Nd", "No", "Nl"]), st.sampled_from("0123456789-Xx")), max_size=18)
"""Digits and numbers of every script: what ``str.isdigit`` takes, ``int`` often does not."""
DAYS = st.one_of(
    SCRIPTS,
    st.dates().map(str),
    st.sampled_from(["1980-05-15", "1980-05-16", "1980-15-05", "1980-01-01", "1981-05-15", "1980-06-14", "19000101", "", "1980"]),
)
NUMBERS = st.one_of(
    SCRIPTS,
    st.sampled_from(
        [
            "",
            "411502198005150018",
            "41150219800515001X",
            "411502800515001",
            "411502********0018",
            "411502198005150019",
            "E12345678",
            "无",
        ]
    ),
)
PHONES = st.one_of(
    SCRIPTS,
    st.sampled_from(["13703761234", "13703761243", "13703761235", "0376-6321234", "6321234", ""]),
    st.from_regex(r"\d{7,12}", fullmatch=True),
)


@st.composite
def people(draw: st.DrawFn) -> RawIdentity:
    return RawIdentity(
        rec_id=str(draw(st.integers(0, 999))),
        domain_id=draw(st.sampled_from(["H1", "H2"])),
        local_id=draw(st.sampled_from(["1", "2", ""])),
        source_time=draw(st.sampled_from(["2024-05-01", "1980-05-20", ""])),
        name=draw(NAMES),
        gender=draw(st.sampled_from(["1", "2", "0", "", "²", "፩"])),
        birth_date=draw(DAYS),
        id_type=draw(st.sampled_from(["01", "03", ""])),
        id_no=draw(NUMBERS),
        phone=draw(PHONES),
        address=draw(
            st.sampled_from(["", "浉河区老城街道胜利路5号", "浉河区老城街道胜利路6号", "平桥区羊山街道", "新县新集镇李家湾村3组"])
        ),
        card_type=draw(st.sampled_from(["SSC", "EHC", ""])),
        card_no=draw(st.one_of(SCRIPTS, st.sampled_from(["", "A1234567", "B7654321"]))),
        mother_name=draw(st.sampled_from(["", "张丽", "李芳"])),
        mother_id_no=draw(NUMBERS),
    )


@settings(max_examples=400)
@given(people(), people())
@example(RawIdentity(name="·"), RawIdentity(name="王"))
@example(RawIdentity(birth_date="፩፱፰፬፩፪፩፪"), RawIdentity(birth_date="፩፱፰፬"))
@example(RawIdentity(name="A A"), RawIdentity(name="A AA"))
def test_any_two_statements_are_judged_alike(left: RawIdentity, right: RawIdentity) -> None:
    identities = [normalise(one, RULES) for one in (left, right)]
    assert_same(identities, city()[1], np.array([0]), np.array([1]))


def test_other_registries_are_left_to_columns() -> None:
    rules = rules_for_header(["rec_id", "given_name", "surname", "date_of_birth", "postcode"])
    assert single_of(model_of_priors(rules)) is None
