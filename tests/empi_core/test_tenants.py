"""Thresholds and optional rules of single tenants: the more cautious side decides, one by one as by column."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empi.bulk.city import Gathered, compare_city
from empi.definitions.schema import Outcome, Rules, Tenant
from empi.matching import Identity, InvalidRules, Model, RawIdentity, checked, compare, load_rules, model_of_priors, normalise
from empi.matching.blocking import candidate_pairs
from empi.matching.scoring import frame_of
from tests.empi_core.test_single import assert_same, city

pytestmark = pytest.mark.system("A10")
RULES = load_rules()
DIVISIONS = ("411502000000", "411523000000", "411600000000", "")
WANG = RawIdentity("1", name="王建国", gender="1", birth_date="1956-03-04", phone="13703761234", address="浉河区新华路12号院")


def with_tenants(model: Model, *tenants: Tenant) -> Model:
    return replace(model, rules=replace(model.rules, tenants=tenants))


def at(raw: RawIdentity, division: str, rules: Rules = RULES, **changes: str) -> Identity:
    return replace(normalise(replace(raw, **changes), rules), division=division)


def test_both_engines_judge_tenants_alike() -> None:
    identities, model = city()
    model = with_tenants(model, Tenant("4115", 14.0, 0.0), Tenant("411523", switched_on=("T01", "T02")), Tenant("4116", 4.0))
    placed = [replace(one, division=DIVISIONS[place % 4]) for place, one in enumerate(identities)]
    pairs = [(left, right) for _, left, right in candidate_pairs(frame_of(placed, model), model.rules, [])]
    left, right = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    chosen = np.random.default_rng(9).choice(len(left), 2_000, replace=False)
    assert_same(placed, model, left[chosen], right[chosen])


def test_the_more_cautious_side_decides() -> None:
    model = model_of_priors(RULES)
    weight = compare(at(WANG, ""), at(WANG, "", name="王健国", rec_id="2"), model).posterior
    strict = with_tenants(model, Tenant("411502", certain=weight + 1))
    homophone = {"name": "王健国", "rec_id": "2"}

    def outcome(one: str, other: str) -> Outcome:
        return compare(at(WANG, one), at(WANG, other, **homophone), strict).outcome

    assert outcome("411523000000", "411523000000") is Outcome.CERTAIN
    assert outcome("411502000000", "411523000000") is outcome("411523000000", "411502000000") is Outcome.POSSIBLE
    assert outcome("411502000000", "411502000000") is Outcome.POSSIBLE


def test_an_optional_rule_holds_only_where_it_is_switched_on() -> None:
    model = with_tenants(model_of_priors(RULES), Tenant("411502", switched_on=("T02",)))
    pair = at(WANG, "411523000000"), at(WANG, "411523000000", name="王健国", rec_id="2")
    assert "T02" not in compare(*pair, model).rules
    found = compare(replace(pair[0], division="411502000000"), pair[1], model)
    assert found.outcome is Outcome.POSSIBLE
    assert "T02" in found.rules


@settings(max_examples=60, deadline=None)
@given(st.floats(-20, 40), st.sampled_from(["", "T01", "T02", "T03"]), st.sampled_from(DIVISIONS), st.integers(0, 10_000))
def test_more_caution_never_makes_a_link(certain: float, rule: str, division: str, place: int) -> None:
    identities, model = city()
    a, b = identities[place % len(identities)], identities[place * 7 % len(identities)]
    pair = replace(a, division=division), replace(b, division=division)
    before = compare(*pair, model).outcome
    limit = max(certain, model.rules.thresholds.certain)
    after = compare(*pair, with_tenants(model, Tenant(division[:4], limit, switched_on=(rule,) if rule else ())))
    assert after.outcome is not Outcome.CERTAIN or before is Outcome.CERTAIN


def test_bulk_knows_tenants_too() -> None:
    model = model_of_priors(RULES)
    weight = compare(at(WANG, ""), at(WANG, "", name="王健国", rec_id="2"), model).posterior
    strict = with_tenants(model, Tenant("411502", certain=weight + 1))
    for division, expected in (("411502000000", Outcome.POSSIBLE), ("411523000000", Outcome.CERTAIN)):
        gathered = Gathered((*[c for rule in RULES.fields for c in rule.columns], "source_time", "division_code"))
        for key, name in ((1, "王建国"), (2, "王健国")):
            gathered.add(key, {**replace(WANG, name=name).columns(), "division_code": division} | {"rec_id": str(key)})
        assert compare_city(gathered.table(), strict).edges.outcome.tolist() == [expected]


def test_tenants_that_contradict_themselves_are_refused() -> None:
    for tenant in (Tenant("4115", certain=1.0, possible=2.0), Tenant("4115", switched_on=("M01",))):
        with pytest.raises(InvalidRules, match="EM12"):
            checked(replace(RULES, tenants=(tenant,)))


def test_longest_prefix_wins() -> None:
    rules = replace(RULES, tenants=(Tenant("41", 7.0), Tenant("411502", 9.0), Tenant("4115", 8.0)))
    places = [rules.tenant_place(division) for division in ("411502000000", "411523000000", "410000000000", "")]
    certain = [rules.limits[place].certain for place in places]
    assert certain == [9.0, 8.0, 7.0, RULES.thresholds.certain]
