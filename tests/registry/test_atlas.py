"""Divisions change by rules that keep every code traceable."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.divisions.atlas import (
    Change,
    ChangeKind,
    Division,
    apply,
    backward,
    between,
    faults,
    forward,
    orphans,
)
from registry.divisions.codes import Level, common_parent, holds, level_of, lineage, pad, parent_of, prefix_of

pytestmark = pytest.mark.system("B05")

CITY, EAST, WEST = "411500000000", "411502000000", "411503000000"
DAY = date(2024, 5, 1)


def atlas_of(*codes: str) -> dict[str, Division]:
    return {code: Division(code, f"区划{code}") for code in codes}


BASE = atlas_of(CITY, EAST, WEST, "411502001000", "411502002000", "411502001001", "411502001002", "411502002001", "411503001000")


def test_codes_know_their_level_and_parents() -> None:
    assert [level_of(pad(code)) for code in ("41", "4115", "411502", "411502001", "411502001001")] == list(Level)
    assert lineage("411502001001") == ("410000000000", CITY, EAST, "411502001000", "411502001001")
    assert parent_of("411503M01000") == WEST
    assert common_parent((EAST, "411502001000")) == CITY
    assert common_parent(("411502001000", "411502002000")) == EAST


@pytest.mark.parametrize("code", ["411502", "411502000001", "011502001000", "41150200100", "411502M01001", ""])
def test_malformed_codes_are_refused(code: str) -> None:
    assert not holds(code)


def test_a_merge_keeps_the_survivors_villages_and_renumbers_the_others() -> None:
    merge = Change(ChangeKind.MERGE, DAY, ("411502001000", "411502002000"), (Division("411502001000", "新城街道"),))
    outcome = apply(BASE, merge)
    assert outcome.step.links == {
        "411502001000": ("411502001000",),  # it takes in another, so it is one of its own predecessors
        "411502002000": ("411502001000",),
        "411502002001": ("411502001003",),
    }
    assert outcome.atlas["411502001003"].name == "区划411502002001"


def test_a_split_sends_unassigned_villages_to_the_heir() -> None:
    split = Change(
        ChangeKind.SPLIT,
        DAY,
        ("411502001000",),
        (Division("411502001000", "甲街道"), Division("411502003000", "乙街道")),
        {"411502001002": "411502003001"},
    )
    outcome = apply(BASE, split)
    assert outcome.step.links["411502001000"] == ("411502001000", "411502003000")
    assert "411502001001" in outcome.atlas and "411502003001" in outcome.atlas
    assert "411502001002" not in outcome.atlas


def test_a_moved_county_takes_its_towns_and_villages_along() -> None:
    move = Change(ChangeKind.MOVE, DAY, ("411502001000",), (Division("411503001000", "老城街道"),))
    assert faults(BASE, move) == ["code_taken:411503001000"]
    free = Change(ChangeKind.MOVE, DAY, ("411502001000",), (Division("411503002000", "老城街道"),))
    assert faults(BASE, free) == []
    assert apply(BASE, free).step.links["411502001002"] == ("411503002002",)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (Change(ChangeKind.MERGE, DAY, (EAST,), (Division(EAST, "甲"),)), "sources_count"),
        (Change(ChangeKind.RENAME, DAY, ("419900000000",), (Division("419900000000", "甲"),)), "source_unknown"),
        (Change(ChangeKind.RENAME, DAY, (EAST,), (Division(EAST, " "),)), "name_missing"),
        (Change(ChangeKind.CREATE, DAY, (), (Division("411599001000", "甲"),)), "parent_unknown"),
        (Change(ChangeKind.MOVE, DAY, (EAST,), (Division("411503009000", "甲"),)), "level_differs"),
        (Change(ChangeKind.RENAME, DAY, (EAST,), (Division(EAST, "甲"),), {"411502001000": "411503001000"}), "child_code"),
    ],
)
def test_a_wrong_change_is_named(change: Change, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults(BASE, change))


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Any plausible and implausible changes, in order of time; the test applies those that hold."""
    places = [*sorted(BASE), "411502003000", "411502004000", "411503002000", "411504000000", "411502001005"]
    some = st.lists(st.sampled_from(places), min_size=1, max_size=3, unique=True)
    changes, day = [], DAY
    for _ in range(draw(st.integers(1, 8))):
        day += timedelta(days=draw(st.integers(0, 400)))
        kind = draw(st.sampled_from(ChangeKind))
        sources = () if kind is ChangeKind.CREATE else draw(some)
        targets = draw(some)
        changes.append(Change(kind, day, tuple(sources), tuple(Division(code, "名") for code in targets)))
    return changes


@given(histories())
def test_every_chain_ends_in_the_shape_of_its_year(changes: list[Change]) -> None:
    shapes, steps = [BASE], []
    for change in changes:
        if faults(shapes[-1], change):
            continue
        outcome = apply(shapes[-1], change)
        shapes.append(dict(outcome.atlas))
        steps.append(outcome.step)
    for index, shape in enumerate(shapes):
        assert orphans(shape) == []
        for code in shape:
            heirs = forward(code, steps[index:])
            assert heirs and set(heirs) <= shapes[-1].keys()
            assert set(backward(code, steps[:index])) <= BASE.keys()
            assert all(code in backward(heir, steps[index:]) for heir in heirs)


def test_a_town_that_takes_in_another_is_among_its_own_predecessors() -> None:
    taken_in, kept = "411503001000", "411502001000"
    change = Change(ChangeKind.MERGE, date(2024, 5, 1), (kept, taken_in), (Division(kept, "名"),))
    assert faults(BASE, change) == []
    step = apply(BASE, change).step
    assert set(backward(kept, [step])) == {kept, taken_in}
    assert (forward(kept, [step]), forward(taken_in, [step])) == ((kept,), (kept,))


@given(histories())
def test_the_order_of_steps_does_not_depend_on_how_they_are_kept(changes: list[Change]) -> None:
    shape, steps = dict(BASE), []
    for change in changes:
        if not faults(shape, change):
            outcome = apply(shape, change)
            shape, steps = dict(outcome.atlas), [*steps, outcome.step]
    assert between(steps, date(2000, 1, 1), date(2100, 1, 1)) == tuple(steps)


def test_prefixes_have_no_padding() -> None:
    assert prefix_of(CITY) == "4115" and prefix_of("411502001001") == "411502001001"
