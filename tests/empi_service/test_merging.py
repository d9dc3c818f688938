"""Decisions of people: they win over every computation, and a merge is taken back byte by byte."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.api import (
    Actor,
    PersonMerged,
    PersonUnmerged,
    Ruling,
    allow_link,
    answer,
    do_not_link,
    golden_of,
    history_of,
    link,
    merge,
    pairs,
    persons_of,
    register,
    relink,
    split,
    unlink,
    unmerge,
    value_of,
)
from empi.models import DecisionRow, PersonRow, ReviewRow
from health_platform.kernel.db import Database
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.outbox import OutboxEvent, decode
from health_platform.kernel.scope import system_scope
from tests.empi_service.people import LI, WANG, ZHAO, at, resident_id
from tests.empi_service.state import clusters, state
from tests.empi_service.worlds import WORLD, arrivals, arrive, throw_away

pytestmark = pytest.mark.system("A10")

STEWARD = Ruling(Actor("person", "陈志强", 7), "核对户口簿")


def person_of(session: Session, raw: object) -> int:
    return persons_of(session, [raw.patient_key])[raw.patient_key]  # type: ignore[attr-defined]


def merge_and_back(database: Database, batches: list, data: st.DataObject) -> None:
    with throw_away(database) as session:
        arrive(session, batches)
        persons = sorted(session.scalars(select(PersonRow.person_id).where(PersonRow.state == "active")))
        left, right = data.draw(st.permutations(persons))[:2]
        before = state(session)
        merged = merge(session, left, right, STEWARD)
        assert pairs(session, merged.person_id) and pairs(session, merged.others[0]) == pairs(session, merged.person_id)
        assert state(session) != before
        unmerge(session, merged.decision_id, STEWARD)
        assert state(session) == before


@settings(max_examples=12)
@given(batches=arrivals(), data=st.data())
def test_merge_then_unmerge_restores_every_byte(index: Database, batches: list, data: st.DataObject) -> None:
    merge_and_back(index, batches, data)


@settings(max_examples=5)
@given(batches=arrivals(), data=st.data())
def test_merge_then_unmerge_on_postgresql(postgres_index: Database, batches: list, data: st.DataObject) -> None:
    merge_and_back(postgres_index, batches, data)


def test_nested_merges_unwind_in_reverse_and_only_in_reverse(session: Session) -> None:
    register(session, [WANG, LI, ZHAO])
    before = state(session)
    first = merge(session, person_of(session, WANG), person_of(session, LI), STEWARD)
    between = state(session)
    second = merge(session, first.person_id, person_of(session, ZHAO), STEWARD)
    with pytest.raises(Conflict, match=r"empi\.later_decision"):
        unmerge(session, first.decision_id, STEWARD)
    unmerge(session, second.decision_id, STEWARD)
    assert state(session) == between
    unmerge(session, first.decision_id, STEWARD)
    assert state(session) == before
    with pytest.raises(Conflict, match=r"empi\.already_undone"):
        unmerge(session, first.decision_id, STEWARD)


def test_a_merge_keeps_the_id_with_most_history_and_says_so(session: Session) -> None:
    register(session, [ZHAO, WANG, at(WANG, "H2", "5")])
    big, small = person_of(session, WANG), person_of(session, ZHAO)
    outcome = merge(session, small, big, STEWARD)
    assert (outcome.person_id, outcome.others) == (big, (small,))
    assert person_of(session, ZHAO) == big
    events = [decode(row) for row in session.scalars(select(OutboxEvent))]
    assert PersonMerged(big, small, outcome.decision_id, "陈志强") in events
    undone = unmerge(session, outcome.decision_id, STEWARD)
    events = [decode(row) for row in session.scalars(select(OutboxEvent))]
    assert PersonUnmerged(big, small, undone.decision_id) in events
    kinds = [row.kind for row in history_of(session, small)]
    assert {"merge", "unmerge", "link"} <= set(kinds)


def test_who_arrived_after_a_merge_goes_where_its_evidence_points(session: Session) -> None:
    register(session, [WANG, ZHAO])
    wang, zhao = person_of(session, WANG), person_of(session, ZHAO)
    merged = merge(session, wang, zhao, STEWARD)
    newcomer = at(ZHAO, "H6", "late")
    assert register(session, [newcomer])[0].person_id == merged.person_id
    unmerge(session, merged.decision_id, STEWARD)
    assert (person_of(session, WANG), person_of(session, ZHAO)) == (wang, zhao)
    assert person_of(session, newcomer) == zhao


def test_a_merge_by_the_rules_can_be_undone_for_good(session: Session) -> None:
    register(session, [at(WANG, "H2", "x", id_no="", card_no="", birth_date="")])
    register(session, [at(WANG, "H3", "y", birth_date="", phone="", address="", card_no="")])
    assert len(clusters(session)) == 2
    register(session, [WANG])
    assert len(clusters(session)) == 1
    decision = session.scalars(select(DecisionRow).where(DecisionRow.kind == "merge")).one()
    unmerge(session, decision.id, STEWARD)
    assert len(clusters(session)) == 2
    register(session, [at(WANG, "H4", "z")])
    assert len(clusters(session)) == 2


def questions(session: Session) -> set[tuple[frozenset[int], str, str]]:
    """(patient keys, state, verdict) of every question."""
    session.expire_all()
    return {
        (frozenset((row.left_key, row.right_key)), row.state, row.verdict or "") for row in session.scalars(select(ReviewRow))
    }


SPARSE = at(WANG, "H2", "x", id_no="", card_no="", birth_date="")
OTHER = at(WANG, "H3", "y", birth_date="", phone="", address="", card_no="", id_no=resident_id("411502", "1956-03-04", "133"))


def test_undoing_a_merge_opens_its_questions_again(session: Session) -> None:
    register(session, [WANG, OTHER])
    asked = questions(session)
    (pair,) = {keys for keys, state, _ in asked if state == "open"}
    review = session.scalars(select(ReviewRow)).one()
    before = state(session)
    answer(session, review.id, "same", STEWARD)
    (decision,) = session.scalars(select(DecisionRow).where(DecisionRow.kind == "merge"))
    assert questions(session) == {(pair, "closed", "same")}
    unmerge(session, decision.id, STEWARD)
    assert state(session) == before, "the question is as it was, and names no merge"
    kept = merge(session, person_of(session, WANG), person_of(session, OTHER), STEWARD)
    unmerge(session, kept.decision_id, STEWARD, keep_apart=True)
    assert questions(session) == {(pair, "closed", "different")}, "nobody is asked what the undoing has answered"


def test_a_question_answered_meanwhile_stays_answered(session: Session) -> None:
    """Undoing a merge takes the questions of other people back to the right person, but not to before their answers."""
    register(session, [WANG, ZHAO])
    register(session, [replace(LI, institution="H2", local_id="77", source_time="2026-03-03")])
    merged = merge(session, person_of(session, WANG), person_of(session, ZHAO), STEWARD)
    overlay = session.scalars(select(ReviewRow).where(ReviewRow.kind == "overlay")).one()
    answer(session, overlay.id, "reject", STEWARD)
    unmerge(session, merged.decision_id, STEWARD)
    session.refresh(overlay)
    assert (overlay.state, overlay.verdict, overlay.person_id) == ("closed", "reject", person_of(session, ZHAO))


def test_undoing_a_merge_asks_what_nobody_asked_meanwhile(session: Session) -> None:
    """A newcomer that may be either of two was asked about once, while they were one person."""
    register(session, [WANG, OTHER])
    merged = merge(session, person_of(session, WANG), person_of(session, OTHER), STEWARD)
    newcomer = replace(OTHER, institution="H6", local_id="n", id_no=resident_id("411502", "1956-03-04", "137"))
    register(session, [newcomer])
    mine = {keys for keys, state, _ in questions(session) if state == "open" and newcomer.patient_key in keys}
    assert len(mine) == 1
    unmerge(session, merged.decision_id, STEWARD)
    mine = {keys for keys, state, _ in questions(session) if state == "open" and newcomer.patient_key in keys}
    assert mine == {frozenset((newcomer.patient_key, other.patient_key)) for other in (WANG, OTHER)}


def test_undoing_a_merge_by_the_rules_leaves_no_question_about_it(session: Session) -> None:
    """The rules had closed the question because both became one person; the steward answers it by undoing the merge."""
    first, second = SPARSE, at(WANG, "H3", "y", birth_date="", phone="", address="", card_no="")
    register(session, [first])
    register(session, [second])
    register(session, [WANG])
    decision = session.scalars(select(DecisionRow).where(DecisionRow.kind == "merge")).one()
    pair = frozenset((first.patient_key, second.patient_key))
    linked = {row for row in questions(session) if row[0] == pair}
    assert linked <= {(pair, "closed", "linked")}
    unmerge(session, decision.id, STEWARD)
    assert {row for row in questions(session) if row[0] == pair} == ({(pair, "closed", "different")} if linked else set())
    assert person_of(session, first) != person_of(session, second)
    assert person_of(session, WANG) in (person_of(session, first), person_of(session, second)), "with whom it fits better"


def test_do_not_link_survives_what_arrives_later(session: Session) -> None:
    """A record that resembles both halves of a broken match must not glue them together again."""
    a, b = WANG, at(WANG, "H2", "b")
    register(session, [a, b])
    assert person_of(session, a) == person_of(session, b)
    split(session, person_of(session, a), [b.patient_key], STEWARD)
    for number in range(4):
        register(session, [at(WANG, f"H{number + 3}", f"later{number}")])
    assert person_of(session, a) != person_of(session, b)
    assert len(clusters(session)) == 2


def test_decisions_of_people_survive_relinking(index: Database) -> None:
    with index.unit_of_work(system_scope("test")) as session:
        arrive(session, [WORLD])
        split(session, person_of(session, WANG), [at(WANG, "H2", "a").patient_key], STEWARD)
        merge(session, person_of(session, LI), person_of(session, ZHAO), STEWARD)
        before, persons = clusters(session), dict(session.execute(select(PersonRow.person_id, PersonRow.state)).all())
    relink(index)
    with index.unit_of_work(system_scope("test")) as session:
        assert clusters(session) == before
        assert dict(session.execute(select(PersonRow.person_id, PersonRow.state)).all()) == persons


def test_link_and_unlink_one_identity(session: Session) -> None:
    register(session, [WANG, LI, at(LI, "H2", "d")])
    li = person_of(session, LI)
    link(session, at(LI, "H2", "d").patient_key, person_of(session, WANG), STEWARD)
    assert person_of(session, at(LI, "H2", "d")) == person_of(session, WANG)
    assert person_of(session, LI) == li
    register(session, [at(LI, "H3", "e")])
    assert person_of(session, LI) == li != person_of(session, at(LI, "H2", "d"))
    unlink(session, at(LI, "H2", "d").patient_key, STEWARD)
    assert len({person_of(session, LI), person_of(session, WANG), person_of(session, at(LI, "H2", "d"))}) == 3


def test_do_not_link_refuses_a_merge_until_it_is_overruled_or_taken_back(session: Session) -> None:
    register(session, [WANG, LI])
    wang, li = person_of(session, WANG), person_of(session, LI)
    do_not_link(session, WANG.patient_key, LI.patient_key, STEWARD)
    with pytest.raises(Conflict, match=r"empi\.kept_apart"):
        merge(session, wang, li, STEWARD)
    before = state(session)
    overruled = merge(session, wang, li, Ruling(STEWARD.actor, "公安核实", overrule=True))
    unmerge(session, overruled.decision_id, STEWARD)
    assert state(session) == before
    allow_link(session, wang, li, STEWARD)
    merge(session, wang, li, STEWARD)


def test_impossible_decisions_are_refused(session: Session) -> None:
    register(session, [WANG, LI])
    with pytest.raises(Conflict):
        merge(session, person_of(session, WANG), person_of(session, WANG), STEWARD)
    with pytest.raises(NotFound):
        merge(session, person_of(session, WANG), 12345, STEWARD)
    with pytest.raises(Invalid):
        split(session, person_of(session, WANG), [WANG.patient_key], STEWARD)
    with pytest.raises(NotFound):
        unmerge(session, 999, STEWARD)


def test_the_golden_record_follows_merge_and_unmerge(session: Session) -> None:
    register(session, [WANG, at(LI, "H2", "d", source_time="2026-01-01")])
    wang = person_of(session, WANG)
    outcome = merge(session, wang, person_of(session, at(LI, "H2", "d")), STEWARD)
    golden = golden_of(session, [outcome.person_id])[outcome.person_id]
    assert value_of(golden, "phone") == LI.phone, "the most recent phone survives"
    assert golden["phone"]["institution"] == "H2" and golden["phone"]["others"][0][0] == WANG.phone
    unmerge(session, outcome.decision_id, STEWARD)
    assert value_of(golden_of(session, [wang])[wang], "phone") == WANG.phone
