"""The composite and the order: explained, never flattering silence; the funding table divides to the last yuan."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.quality.ranking.composing import Facts, Standing, Unit, compose, county_standings, ranked
from etl.quality.ranking.definitions import PARTS, group_of, level_of
from etl.quality.ranking.funding import divide, formula_of
from health_platform.kernel.errors import Invalid

pytestmark = pytest.mark.system("G10")

WEIGHTS = {"quality": Decimal(70), "coverage": Decimal(15), "mending": Decimal(10), "progress": Decimal(5)}
points = st.decimals(0, 100, places=2)
facts = st.builds(
    lambda quality, coverage, rows, quarantined, mended, before: Facts(
        quality if rows else Decimal(0), coverage, rows, quarantined, min(mended, quarantined), before
    ),
    points, st.decimals(0, 1, places=4), st.integers(0, 10**6), st.integers(0, 50), st.integers(0, 50), st.none() | points,
)  # fmt: skip


def unit(number: int, group: str = "hospital", level: str = "2", county: str = "浉河区") -> Unit:
    return Unit(number, f"第{number}医院", group, level, "411502000000", county)


def standings_of(found: list[Facts]) -> tuple[Standing, ...]:
    return ranked([compose(unit(number), each, WEIGHTS) for number, each in enumerate(found, 1)])


@given(st.lists(facts, min_size=1, max_size=12))
def test_an_empty_institution_stands_behind_every_one_that_uploads(found: list[Facts]) -> None:
    order = standings_of(found)
    active = [each.rank for each in order if each.rows]
    empty = [each.rank for each in order if not each.rows]
    assert not active or not empty or max(active) < min(empty)
    assert all(each.score == 0 for each in order if not each.rows)


@given(facts)
def test_the_parts_explain_the_score(one: Facts) -> None:
    standing = compose(unit(1), one, WEIGHTS)
    assert abs(sum(part.points for part in standing.parts) - standing.score) <= Decimal("0.02")
    assert 0 <= standing.score <= 100
    assert [part.name for part in standing.parts] == list(PARTS)


@given(st.lists(facts, min_size=1, max_size=12))
def test_a_higher_score_never_has_a_worse_place_and_equal_ones_share_it(found: list[Facts]) -> None:
    order = standings_of(found)
    for one in order:
        for other in order:
            if (one.score, one.rows > 0) == (other.score, other.rows > 0):
                assert one.rank == other.rank
            elif one.score > other.score:
                assert one.rank < other.rank


def test_places_are_compared_with_the_period_before() -> None:
    good, bad = Facts(Decimal(90), Decimal(1), 100), Facts(Decimal(50), Decimal(1), 100)
    before = ranked([compose(unit(1), good, WEIGHTS), compose(unit(2), bad, WEIGHTS)])
    now = ranked([compose(unit(1), bad, WEIGHTS), compose(unit(2), good, WEIGHTS), compose(unit(3), bad, WEIGHTS)], before)
    moved = {each.unit.institution_id: (each.rank, each.moved) for each in now}
    assert moved == {2: (1, 1), 1: (2, -1), 3: (2, None)}


def test_a_county_is_the_mean_of_its_institutions_the_silent_ones_counted_as_nothing() -> None:
    good = compose(unit(1), Facts(Decimal(100), Decimal(1), 10, before=Decimal(100)), WEIGHTS)
    silent = compose(unit(2), Facts(), WEIGHTS)
    (county,) = county_standings([good, silent])
    assert county.score == good.score / 2
    assert "2 家机构的平均，其中 1 家有数据" in county.parts[0].how


@given(st.lists(facts, min_size=1, max_size=8), st.integers(0, 10_000_000))
def test_the_funding_table_divides_to_the_last_yuan(found: list[Facts], pool: int) -> None:
    shares = divide(standings_of(found), formula_of("if(score < 60, 0, score - 60)"), pool)
    total = sum(share.amount for share in shares)
    assert total == (pool if any(share.points for share in shares) else 0)
    assert all(share.amount >= 0 for share in shares)
    assert all(not share.amount for share in shares if share.standing.score < 60)


def test_the_formula_is_checked_before_money_is_divided() -> None:
    with pytest.raises(Invalid):
        formula_of("score >")
    with pytest.raises(Invalid):
        formula_of("rank > 3")
    with pytest.raises(Invalid):
        formula_of("unknown_field * 2")


@pytest.mark.parametrize(
    ("category", "group"),
    [("A100", "hospital"), ("C210", "primary"), ("G100", "public_health"), ("J", "public_health"), ("P", None)],
)
def test_institutions_are_ranked_with_their_like(category: str, group: str | None) -> None:
    assert group_of(category) == group
    assert (level_of("3A"), level_of("9"), level_of(None)) == ("3", "", "")
