"""The golden record: which value survives, and where it comes from."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from empi.api import golden_of, register, value_of
from empi.assigning import Member, assign
from empi.estimating import Stratum, estimate
from empi.golden import Claim, as_json, survive
from empi.models import SourceTrustRow
from tests.empi_service.people import LI, WANG, at

pytestmark = pytest.mark.system("A10")


def claim(key: int, time: str = "2024-01-01", trust: int = 50, invalid: frozenset[str] = frozenset(), **facts: str) -> Claim:
    return Claim(key, f"H{key}", time, trust, facts, invalid)


def test_the_newest_phone_survives_and_the_others_are_remembered() -> None:
    claims = [claim(1, "2020-01-01", phone="1"), claim(2, "2024-01-01", phone="2"), claim(3, "2022-01-01", phone="3")]
    phone = survive(claims)["phone"]
    assert (phone.values, phone.institution, phone.decided_by) == ((("phone", "2"),), "H2", "recent")
    assert phone.others == (("3", "H3", "2022-01-01"), ("1", "H1", "2020-01-01"))


def test_a_valid_value_beats_a_newer_invalid_one() -> None:
    wrong = claim(2, "2025-01-01", invalid=frozenset({"id_no"}), id_no="000", id_type="01")
    chosen = survive([claim(1, "2020-01-01", id_no="411", id_type="01"), wrong])["id_no"]
    assert dict(chosen.values) == {"id_no": "411", "id_type": "01"} and chosen.decided_by == "valid"


def test_a_trusted_source_decides_the_name_and_agreement_the_birth_date() -> None:
    golden = survive(
        [
            claim(1, "2025-01-01", name="王建国", birth_date="1956-04-03"),
            claim(2, "2020-01-01", trust=95, name="王健国", birth_date="1956-03-04"),
            claim(3, "2019-01-01", name="王建国", birth_date="1956-03-04"),
        ]
    )
    assert (value_of(as_json(golden), "name"), golden["name"].decided_by) == ("王健国", "trust")
    assert (golden["birth_date"].values[0][1], golden["birth_date"].support) == ("1956-03-04", 2)


FACTS = st.dictionaries(st.sampled_from(["name", "phone", "id_no", "address", "gender"]), st.sampled_from("甲乙丙"), max_size=5)


@given(st.lists(st.tuples(FACTS, st.integers(0, 2), st.sampled_from(["2020", "2021"])), max_size=6), st.randoms())
def test_the_order_of_the_records_does_not_matter(rows: list, shuffle: random.Random) -> None:
    claims = [claim(key, time, trust, **facts) for key, (facts, trust, time) in enumerate(rows)]
    before = as_json(survive(claims))
    shuffle.shuffle(claims)
    assert as_json(survive(claims)) == before
    assert set(before) == {name for facts, _, _ in rows for name in facts}


def test_trust_and_provenance_through_the_index(session: Session) -> None:
    session.add(SourceTrustRow(institution="PSB", trust=100))
    session.flush()
    registered = register(session, [WANG, at(WANG, "PSB", "1", name="王建國", source_time="2001-01-01")])
    golden = golden_of(session, [registered[0].person_id])[registered[0].person_id]
    assert golden["name"]["values"]["name"] == "王建國" and golden["name"]["institution"] == "PSB"
    assert golden["name"]["decided_by"] == "trust"


# ---- person ids


def test_the_id_with_most_history_stays() -> None:
    big = [Member(1, 100, 100), Member(2, 100, 100)]
    small = [Member(3, 50, 50)]
    result = assign([big + small], lambda: 999)
    assert (result.moves, result.retired, result.born) == ({3: 100}, {50: 100}, ())


def test_a_split_leaves_the_id_with_the_larger_part_and_revives_nothing_in_use() -> None:
    result = assign([[Member(1, 100, 100), Member(2, 100, 100)], [Member(3, 100, 100)]], lambda: 999)
    assert (result.moves, result.born, result.kept) == ({3: 999}, (999,), (100,))
    again = assign([[Member(1, 100, 100), Member(2, 100, 100)], [Member(3, 100, 50)]], lambda: 999)
    assert again.moves == {3: 50} and again.revived == (50,)
    busy = assign([[Member(1, 100, 100), Member(2, 100, 100)], [Member(3, 100, 50)]], lambda: 999, frozenset({50}))
    assert busy.moves == {3: 999}


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=14))
def test_ids_are_unique_stable_and_never_change_needlessly(rows: list[tuple[int, int, int]]) -> None:
    groups: dict[int, list[Member]] = {}
    for key, (group, person, shelf) in enumerate(rows):
        groups.setdefault(group, []).append(Member(key, person or None, shelf or None))
    fresh = iter(range(1000, 2000))
    result = assign(groups.values(), lambda: next(fresh))
    owner = {one.patient_key: result.moves.get(one.patient_key, one.person_id) for group in groups.values() for one in group}
    by_group = [{owner[one.patient_key] for one in group} for group in groups.values()]
    assert all(len(persons) == 1 for persons in by_group), "one id per cluster"
    assert len(set.union(*by_group)) == len(by_group), "one cluster per id"
    settled = [[Member(one.patient_key, owner[one.patient_key], one.shelf) for one in group] for group in groups.values()]
    assert assign(settled, lambda: pytest.fail("an id was made needlessly")).moves == {}


# ---- quality


def test_estimates_weigh_strata_by_their_size() -> None:
    quality = estimate(
        [
            Stratum("sure", True, 9_000, 50, 50),
            Stratum("near", True, 1_000, 50, 40),
            Stratum("asked", False, 500, 50, 10),
        ]
    )
    assert quality.precision is not None and quality.recall is not None
    assert quality.precision.value == pytest.approx(0.98)
    assert quality.recall.value == pytest.approx(9_800 / 9_900)
    assert quality.precision.low < 0.98 < quality.precision.high <= 1


def test_nothing_is_estimated_from_nothing() -> None:
    assert estimate([]).precision is None
    half = estimate([Stratum("sure", True, 10, 5, 5), Stratum("asked", False, 10, 0, 0)])
    assert half.precision is not None and half.recall is None


def test_two_persons_keep_two_golden_records(session: Session) -> None:
    wang, li = register(session, [WANG, LI])
    register(session, [at(LI, "H2", "x", phone="13911112222", source_time="2026-01-01")])
    golden = golden_of(session, [wang.person_id, li.person_id])
    assert value_of(golden[wang.person_id], "phone") == WANG.phone
    assert value_of(golden[li.person_id], "phone") == "13911112222"
