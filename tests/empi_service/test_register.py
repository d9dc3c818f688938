"""An identity arrives: certain, possible or new; repeated, revised, overlaid."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from empi.api import PersonLinked, pairs, persons_of, register
from empi.models import DecisionRow, IdentityRow, ReviewRow, RevisionRow
from health_platform.kernel.errors import Invalid
from health_platform.kernel.outbox import OutboxEvent, decode
from tests.empi_service.people import LI, WANG, ZHAO, at

pytestmark = pytest.mark.system("A10")


def count(session: Session, model: type) -> int:
    return int(session.scalar(select(func.count()).select_from(model)) or 0)


def test_the_same_person_at_two_hospitals_is_one_person(session: Session) -> None:
    first = register(session, [WANG])[0]
    second = register(session, [at(WANG, "H2", "A-9", phone="13703761234", address="浉河区新华路12号院")])[0]
    assert (first.outcome, second.outcome) == ("new", "certain")
    assert second.person_id == first.person_id == first.shelf == second.shelf
    assert pairs(session, first.person_id) == sorted([(first.shelf, first.patient_key), (first.shelf, second.patient_key)])


def test_different_persons_stay_different(session: Session) -> None:
    results = register(session, [WANG, LI, ZHAO])
    assert len({one.person_id for one in results}) == 3
    assert {one.outcome for one in results} == {"new"}


def test_a_repeated_statement_changes_nothing(session: Session) -> None:
    first = register(session, [WANG])[0]
    decisions, events = count(session, DecisionRow), count(session, OutboxEvent)
    again = register(session, [WANG, replace(WANG, source_time="2025-01-01")])
    assert {one.outcome for one in again} == {"unchanged"}
    assert {one.person_id for one in again} == {first.person_id}
    assert (count(session, DecisionRow), count(session, OutboxEvent)) == (decisions, events)


def test_a_batch_gives_one_answer_per_identity_in_order(session: Session) -> None:
    given = [LI, WANG, at(WANG, "H2", "5"), LI, at(LI, "H3", "6")]
    results = register(session, given)
    assert [one.patient_key for one in results] == [raw.patient_key for raw in given]
    persons = [one.person_id for one in results]
    assert persons[0] == persons[3] == persons[4] and persons[1] == persons[2] and persons[0] != persons[1]
    assert persons_of(session, [results[0].patient_key]) == {results[0].patient_key: persons[0]}


def test_an_equal_id_number_alone_never_links(session: Session) -> None:
    """A borrowed id: the same number, another name, another birth date."""
    first = register(session, [WANG])[0]
    borrowed = register(session, [at(ZHAO, "H2", "77", id_no=WANG.id_no)])[0]
    assert borrowed.person_id != first.person_id
    assert borrowed.outcome == "possible"
    review = session.get(ReviewRow, borrowed.review_ids[0])
    assert review is not None and review.kind == "conflict" and review.state == "open"


def test_a_correction_is_taken_over_and_the_old_statement_kept(session: Session) -> None:
    first = register(session, [WANG])[0]
    revised = register(session, [replace(WANG, phone="13999990000", source_time="2025-03-03")])[0]
    assert (revised.person_id, revised.shelf, revised.outcome) == (first.person_id, first.shelf, "new")
    row = session.get(IdentityRow, first.patient_key)
    assert row is not None and row.revision == 2 and "13999990000" in row.facts
    kept = session.scalars(select(RevisionRow)).one()
    assert "13703761234" in kept.facts and kept.revision == 1


def test_an_older_statement_never_overwrites_a_newer_one(session: Session) -> None:
    register(session, [WANG])
    stale = register(session, [replace(WANG, phone="13111111112", source_time="2020-01-01")])[0]
    assert stale.outcome == "unchanged"
    assert "13703761234" in session.scalars(select(IdentityRow.facts)).one()


def test_a_number_that_suddenly_speaks_of_another_person_waits_for_a_steward(session: Session) -> None:
    first = register(session, [WANG])[0]
    other = replace(ZHAO, institution="H1", local_id="1001", source_time="2025-06-01")
    result = register(session, [other])[0]
    assert (result.outcome, result.person_id) == ("overlay", first.person_id)
    assert "王建国" in session.scalars(select(IdentityRow.facts)).one()
    review = session.get(ReviewRow, result.review_ids[0])
    assert review is not None and review.kind == "overlay" and "赵鹏飞" in (review.proposed or "")


def test_a_revision_can_bring_a_link(session: Session) -> None:
    first = register(session, [WANG])[0]
    bare = register(session, [at(WANG, "H3", "9", id_no="", phone="", address="", card_no="", birth_date="")])[0]
    assert bare.person_id != first.person_id
    full = register(session, [at(WANG, "H3", "9", source_time="2025-01-01")])[0]
    assert (full.person_id, full.outcome, full.shelf) == (first.person_id, "certain", bare.shelf)


def test_every_link_tells_others_and_leaves_its_evidence(session: Session) -> None:
    register(session, [WANG])
    second = register(session, [at(WANG, "H2", "5")])[0]
    decision = session.scalars(select(DecisionRow).where(DecisionRow.patient_key == second.patient_key)).one()
    assert decision.kind == "link" and decision.by_kind == "rule" and decision.rule_version
    assert decision.contributions and decision.contributions["document"] > 10
    assert decision.evidence_key == WANG.patient_key
    events = [decode(row) for row in session.scalars(select(OutboxEvent).order_by(OutboxEvent.id))]
    links = [link for event in events if isinstance(event, PersonLinked) for link in event.each()]
    assert [(link.patient_key, link.person_before) for link in links] == [(WANG.patient_key, None), (second.patient_key, None)]


def test_an_identity_without_number_is_refused(session: Session) -> None:
    with pytest.raises(Invalid, match=r"empi\.no_institution"):
        register(session, [replace(WANG, local_id=" ")])


def test_nothing_of_the_person_stands_in_the_database_in_the_clear(session: Session, tmp_path: Path) -> None:
    register(session, [WANG, at(WANG, "H2", "5")])
    session.commit()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("platform.db*"))
    assert WANG.institution.encode() in content
    for secret in (WANG.name, WANG.id_no, WANG.phone, WANG.card_no):
        assert secret.encode() not in content
