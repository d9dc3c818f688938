"""Clusters: no chains, no dependence on order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.city_corpus import City
from empi.matching import Edge, Outcome, RawIdentity, cluster, compare, compare_many, load_rules, model_of_priors, normalise
from tests.empi_core.test_comparing import ZHANG, number

pytestmark = pytest.mark.system("A10")
RULES = load_rules()
MODEL = model_of_priors(RULES, persons=200_000)


def test_a_bridge_between_two_persons_is_cut_and_reported() -> None:
    one = RawIdentity(**(ZHANG | {"rec_id": "1", "name": "邓奕辰"}))
    other = RawIdentity(
        **(ZHANG | {"rec_id": "2", "name": "邓奕超", "id_no": number("37078319800515115"), "card_no": "370783999999"})
    )
    bridge = RawIdentity(**(ZHANG | {"rec_id": "3", "name": "邓奕□", "id_no": "", "card_no": ""}))
    identities = [normalise(raw, RULES) for raw in (one, other, bridge)]
    certain = [Edge(0, 2), Edge(1, 2)]
    assert all(compare(identities[e.left], identities[e.right], MODEL).outcome is Outcome.CERTAIN for e in certain)
    clusters, cuts = cluster(certain, identities, MODEL)
    assert {0, 1} not in [set(group) & {0, 1} for group in clusters]
    assert cuts
    assert [2] in clusters, "what fits both equally well is left to a person"


def test_a_group_too_large_to_check_is_divided_and_reported() -> None:
    """One record without a number fits hundreds of namesakes born that day: no giant person, and no silence."""
    numbers = [number(f"37078319800515{order:03d}") for order in range(11, 1_000, 2)]
    raws = [RawIdentity(**(ZHANG | {"rec_id": f"{n}{side}", "id_no": n, "card_no": ""})) for n in numbers for side in "ab"]
    bridge = len(raws)
    raws.append(RawIdentity(**(ZHANG | {"rec_id": "bridge", "id_no": "", "card_no": ""})))
    identities = [normalise(raw, RULES) for raw in raws]
    edges = [Edge(place, place + 1) for place in range(0, bridge, 2)] + [Edge(place, bridge) for place in range(0, bridge, 2)]
    clusters, cuts = cluster(edges, identities, MODEL)
    assert sorted(len(group) for group in clusters) == [1] + [2] * len(numbers)
    assert all(len({raws[member].id_no for member in group}) == 1 for group in clusters)
    asked = {end for cut in cuts for end in (cut.left, cut.right)} - {bridge}
    assert len(asked) >= len(numbers) - 1, "everyone it was certainly tied to is named"
    assert cluster(edges[::-1], identities, MODEL)[0] == clusters


def households(seed: int) -> list[RawIdentity]:
    corpus = City(24, seed, noise=3.0).corpus(mean_records=4.0)
    return [RawIdentity(**row) for row in corpus.records]


def partition(raws: list[RawIdentity]) -> tuple[set[frozenset[str]], set[frozenset[str]]]:
    identities = [normalise(raw, RULES) for raw in raws]
    edges = [
        Edge(i, j) if random.random() < 0.5 else Edge(j, i)
        for i, identity in enumerate(identities)
        for j, found in enumerate(compare_many(identity, identities[i + 1 :], MODEL), i + 1)
        if found.outcome is Outcome.CERTAIN and not found.apart
    ]
    random.shuffle(edges)
    clusters, cuts = cluster(edges, identities, MODEL)
    return (
        {frozenset(identities[i].key for i in group) for group in clusters},
        {frozenset((identities[c.left].key, identities[c.right].key)) for c in cuts},
    )


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_clusters_do_not_depend_on_order(seed: int, draw: random.Random) -> None:
    raws = households(seed)
    before = partition(raws)
    draw.shuffle(raws)
    assert partition(raws) == before
