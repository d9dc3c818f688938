"""What a registration finds out before the writer's place is taken changes nothing of what it decides there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.api import RawIdentity, register
from empi.foreseeing import foresee
from empi.judges import Judge, judge_of
from empi.judging import Compared
from empi.models import EdgeRow
from empi.storing import Facts, stated_facts
from health_platform.kernel.db import Database, MustWrite
from health_platform.kernel.scope import system_scope
from tests.empi_service.people import LI, WANG, ZHAO, at
from tests.empi_service.state import clusters
from tests.empi_service.worlds import WORLD, throw_away

pytestmark = pytest.mark.system("A10")

LATER = (
    at(WANG, "H1", "1001", phone="13999990000", source_time="2025-03-03"),
    at(LI, "H1", "1002", name="李秀蘭", phone="", source_time="2025-03-03"),
    at(ZHAO, "H5", "borrowed", source_time="2025-03-03"),
)
"""Corrections of statements of the world: what was compared with the old ones holds no longer."""


def looked_at(session: Session, identities: Iterable[RawIdentity]) -> None:
    facts = {raw.patient_key: stated_facts(session, raw.facts(), raw.division_code, raw.patient_key) for raw in identities}
    foresee(session, judge_of(session), facts)


def decided(session: Session) -> tuple[Any, Any]:
    """The persons, and all evidence there is."""
    columns = [getattr(EdgeRow, name) for name in ("left_key", "right_key", "grade", "weight", "apart")]
    return clusters(session), sorted(tuple(row) for row in session.execute(select(*columns)))


@settings(max_examples=25)
@given(order=st.permutations((*WORLD, *LATER)), data=st.data())
def test_whatever_was_foreseen_when_the_decisions_are_the_same(
    index: Database, order: list[RawIdentity], data: st.DataObject
) -> None:
    with throw_away(index) as session:
        for raw in order:
            register(session, [raw])
        wanted = decided(session)
    with throw_away(index) as session:
        for raw in order:
            looked_at(session, data.draw(st.lists(st.sampled_from(order), max_size=3, unique_by=lambda one: one.patient_key)))
            register(session, [raw])
        assert decided(session) == wanted


def test_in_the_writers_place_only_what_nobody_knew_is_compared(index: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else arrives between the look and the act: he alone is compared there."""
    asked: list[set[tuple[int, int]]] = []
    really = Judge.compare

    def compare(self: Judge, facts: Mapping[int, Facts], pairs: Collection[tuple[int, int]]) -> Compared:
        asked.append(set(pairs))
        return really(self, facts, pairs)

    monkeypatch.setattr(Judge, "compare", compare)
    scope, arrived, late = system_scope("test"), at(WANG, "H3", "x"), at(WANG, "H4", "late")
    with index.unit_of_work(scope) as session:
        before = [one.patient_key for one in register(session, [WANG, at(WANG, "H2", "a")])]
    asked.clear()
    with pytest.raises(MustWrite), index.unit_of_work(scope, writes_later=True) as session:
        register(session, [arrived])
    assert asked == [{_pair(arrived.patient_key, key) for key in before}]
    with index.unit_of_work(scope) as session:
        register(session, [late])
    asked.clear()
    with index.unit_of_work(scope) as session:
        (linked,) = register(session, [arrived])
        assert clusters(session) == {frozenset({("H1", "1001"), ("H2", "a"), ("H3", "x"), ("H4", "late")})}
    assert (linked.outcome, asked) == ("certain", [{_pair(arrived.patient_key, late.patient_key)}])


def test_a_look_writes_nothing_and_keeps_nobody_from_writing(index: Database) -> None:
    scope = system_scope("test")
    with pytest.raises(MustWrite), index.unit_of_work(scope, writes_later=True) as looking:
        clusters(looking)  # its snapshot begins
        with index.unit_of_work(scope) as session:
            register(session, [LI])
        register(looking, [WANG])
    assert index.read_first(scope, lambda session: register(session, [WANG]))[0].outcome == "new"
    with index.unit_of_work(scope) as session:
        assert len(clusters(session)) == 2


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)
