"""The evaluator against independent statements of its meaning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from health_platform.access.authority import evaluate
from health_platform.access.authority.catalogue import matching
from health_platform.access.authority.consent import TARGETS, Rule, Viewer, applies, decide
from health_platform.access.authority.evaluate import Cell, Duty, GrantFact
from health_platform.access.authority.masking import Mask
from health_platform.access.divisions import level_position, padded, prefix_of

pytestmark = pytest.mark.system("A19", "A21")

NOW = datetime(2026, 5, 1, tzinfo=UTC)
PERMISSIONS, DIVISIONS, LINES, UNITS, CLASSES = "pqr", ("4115", "411502", "411503"), ("cdc", "mch"), (1, 2), ("N", "R")
ROWS = list(product(("411502000000", "411503000000", "411600000000"), (*LINES, None), UNITS, CLASSES))


def some(values: tuple[object, ...]) -> st.SearchStrategy[frozenset[object]]:
    return st.frozensets(st.sampled_from(values), min_size=1)


duties = st.builds(
    Duty,
    st.integers(1, 10**6),
    some(tuple(PERMISSIONS)),
    some(DIVISIONS),
    st.none() | some(LINES),
    st.none() | some(UNITS),
    st.none() | some(CLASSES),
)


def allowed(duty: Duty) -> set[tuple[str, tuple[object, ...]]]:
    """The pairs of permission and row a duty allows, said without the evaluator."""
    return {
        (permission, row)
        for permission in duty.permissions
        for row in ROWS
        if any(row[0].startswith(prefix) for prefix in duty.divisions)
        and (duty.lines is None or row[1] is None or row[1] in duty.lines)
        and (duty.units is None or row[2] in duty.units)
        and (duty.classes is None or row[3] in duty.classes)
    }


@given(st.lists(duties, max_size=6, unique_by=lambda duty: duty.key))
@settings(max_examples=80)
def test_merging_duties_neither_adds_nor_loses_a_pair(before: list[Duty]) -> None:
    after = evaluate.merged(before)
    assert set().union(*map(allowed, before)) == set().union(*map(allowed, after))
    assert len(after) <= len(before)


@given(duties, st.sampled_from(ROWS))
def test_the_scope_of_a_duty_covers_exactly_its_rows(duty: Duty, row: tuple[str, str | None, int, str]) -> None:
    scope = duty.scope()
    covered = (
        scope.covers_division(row[0])
        and scope.covers_line(row[1])
        and scope.covers_institution(row[2])
        and scope.covers_class(row[3])
    )
    assert covered == any(one == row for _, one in allowed(duty))


def alone(unit: int) -> frozenset[int]:
    return frozenset({unit, unit * 10})


cells = st.builds(
    Cell,
    st.sampled_from(DIVISIONS),
    st.none() | st.sampled_from(LINES),
    st.none() | st.sampled_from((1, 2, 10)),
    st.booleans(),
    st.none() | some(CLASSES),
)
grants = st.builds(
    GrantFact,
    st.just(1),
    st.just(7),
    st.just(0),
    st.none() | some(tuple(PERMISSIONS)),
    cells,
    st.booleans(),
    st.booleans(),
    st.integers(0, 4),
    st.just(NOW - timedelta(days=1)),
    st.none() | st.just(NOW + timedelta(days=5)),
)
children = st.builds(
    GrantFact,
    st.just(2),
    st.sampled_from((7, 8)),
    st.just(7),
    st.none() | some(tuple(PERMISSIONS)),
    cells,
    st.booleans(),
    st.booleans(),
    st.integers(0, 4),
    st.just(NOW),
    st.none() | st.sampled_from([NOW + timedelta(days=n) for n in (1, 9)]),
    st.just(1),
)


@given(grants, children)
@settings(max_examples=150)
def test_an_accepted_grant_never_exceeds_its_parent(parent: GrantFact, child: GrantFact) -> None:
    if evaluate.refusal(parent, child, {1: parent}, alone, NOW) is not None:
        return
    assert parent.may_grant
    assert child.grantee != child.granted_by
    assert child.depth < parent.depth
    assert parent.permissions is None or (child.permissions or frozenset()) <= parent.permissions
    assert child.permissions is not None or not child.may_use
    assert parent.valid_to is None or (child.valid_to is not None and child.valid_to <= parent.valid_to)
    inner = evaluate.duty_of(child, frozenset("x"), alone)
    outer = evaluate.duty_of(parent, frozenset("x"), alone)
    assert allowed(inner) <= allowed(outer)


@given(st.lists(st.tuples(st.frozensets(st.sampled_from(PERMISSIONS)), st.booleans()), min_size=1, max_size=5))
def test_a_chain_allows_what_all_its_live_links_allow(links: list[tuple[frozenset[str], bool]]) -> None:
    grants = {
        at: GrantFact(
            at,
            at + 1,
            at,
            keys,
            Cell("4115"),
            True,
            True,
            9 - at,
            NOW - timedelta(days=1),
            parent=at - 1 if at else None,
            revoked=revoked,
        )
        for at, (keys, revoked) in enumerate(links)
    }
    last = grants[len(links) - 1]
    expected = frozenset.intersection(*(keys for keys, _ in links))
    expected = frozenset() if any(revoked for _, revoked in links) else expected
    assert evaluate.effective(last, grants, NOW) == expected
    missing = {at: grant for at, grant in grants.items() if at}
    assert len(links) == 1 or evaluate.effective(last, missing, NOW) == frozenset()


def test_a_broken_chain_allows_nothing() -> None:
    circle = {
        1: GrantFact(1, 1, 2, frozenset("p"), Cell("4115"), True, True, 3, NOW, parent=2),
        2: GrantFact(2, 2, 1, frozenset("p"), Cell("4115"), True, True, 3, NOW, parent=1),
    }
    assert evaluate.effective(circle[1], circle, NOW) == frozenset()


rules = st.builds(
    Rule,
    st.sampled_from(("hide", "allow")),
    st.none() | st.sampled_from(("lab", "psy")),
    st.none() | st.sampled_from(("d1", "d2")),
    st.just("everybody"),
    st.none(),
)


def oracle(found: list[Rule], document_class: str, document_id: str) -> str | None:
    """Most specific level first; deny wins within it."""
    levels = (
        [rule for rule in found if rule.document_id == document_id],
        [rule for rule in found if rule.document_id is None and rule.document_class == document_class],
        [rule for rule in found if rule.document_id is None and rule.document_class is None],
    )
    for level in levels:
        if level:
            return "hide" if any(rule.effect == "hide" for rule in level) else "allow"
    return None


@given(st.lists(rules, max_size=6), st.sampled_from(("lab", "psy")), st.sampled_from(("d1", "d2", "d3")))
@settings(max_examples=120)
def test_consent_decides_by_specificity_and_deny_wins(found: list[Rule], document_class: str, document_id: str) -> None:
    assert decide(found, document_class, document_id) == oracle(found, document_class, document_id)


@pytest.mark.parametrize("position", range(3))
def test_a_rule_for_a_narrower_target_beats_a_wider_one(position: int) -> None:
    wide, narrow = TARGETS[position], TARGETS[position + 1]
    found = [Rule("hide", "lab", None, wide, "x"), Rule("allow", "lab", None, narrow, "x")]
    assert decide(found, "lab", None) == "allow"


def test_who_a_consent_rule_speaks_of() -> None:
    viewer = Viewer("5", "12", frozenset({"mch"}))
    assert applies(Rule("hide", target_kind="actor", target="5"), viewer)
    assert not applies(Rule("hide", target_kind="institution", target="13"), viewer)
    assert applies(Rule("allow", target_kind="line", target="mch"), viewer)
    every_line = Viewer("5", "12", None)
    assert applies(Rule("hide", target_kind="line", target="cdc"), every_line)
    assert not applies(Rule("allow", target_kind="line", target="cdc"), every_line)


def test_division_prefixes() -> None:
    codes = {"410000000000": "41", "411500000000": "4115", "411503000000": "411503", "411503101000": "411503101"}
    assert {code: prefix_of(code) for code in codes} == codes
    assert prefix_of("411503101201") == "411503101201"
    assert [level_position(prefix) for prefix in ("41", "4115", "411503", "411503101", "411503101201")] == [0, 1, 2, 3, 4]
    assert padded("411503") == "411503000000"


def test_permission_patterns_give_and_take() -> None:
    keys = {"access.user.read", "access.user.create", "access.menu.edit", "audit.read"}
    assert matching(("access.*", "-access.menu.*"), keys) == {"access.user.read", "access.user.create"}


@given(st.sampled_from(("name", "id_no", "phone", "address")), st.text(min_size=1, max_size=40))
def test_masked_fields_do_not_show_the_value(field: str, value: str) -> None:
    masked = Mask(frozenset())(field, value)
    assert masked is not None
    assert masked != value or set(value) <= {"*"}
    assert Mask(frozenset({field}))(field, value) == value
    assert Mask(frozenset(), own=9)(field, value, person_id=9) == value
