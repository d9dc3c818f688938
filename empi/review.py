"""The stewards' work list: questions the rules leave to people, and the answers.

One question per pair of persons, whatever the number of their records. A question whose two sides have become one person
closes by itself. With second approval switched on for the tenant, an answer takes effect when another steward gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, insert, or_, select, union_all, update
from sqlalchemy.orm import Session

from empi.events import ReviewOpened
from empi.judging import Edge
from empi.models import IdentityRow, ReviewRow
from empi.plain import among, plainly, table_of
from empi.querying import chunks
from empi.storing import Known
from empi.wide import whole_index
from health_platform.kernel import clock
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish

Kind = Literal["possible", "conflict", "cut", "overlay"]
Verdict = Literal["same", "different", "skip", "accept", "reject"]

KIND_LABELS: dict[str, str] = {
    "possible": "疑似同一人",
    "conflict": "证件冲突",
    "cut": "自相矛盾",
    "overlay": "号码覆盖",
}
VERDICT_LABELS: dict[str, str] = {
    "same": "同一人",
    "different": "不是同一人",
    "accept": "采用新信息",
    "reject": "保留原信息",
    "linked": "已自动关联",
    "obsolete": "已失效",
}
OPEN_STATES = ("open", "seconding")


@dataclass(frozen=True)
class Question:
    """A question to be opened about two identities, ``left`` the one that arrived or changed."""

    kind: Kind
    left: Known
    right: Known
    left_person: int
    right_person: int
    edge: Edge | None = None
    rule_version: str = ""
    proposed: str | None = None

    @property
    def persons(self) -> tuple[int, int]:
        return _ordered(self.left_person, self.right_person)


Subject = tuple[str, tuple[int, int]]


def open_questions(session: Session, questions: Sequence[Question]) -> dict[Subject, int]:
    """Open the questions not yet asked about the same two persons.

    Returns:
        Review id by (kind, persons) of every question given, whether opened now or open already.
    """
    best: dict[Subject, Question] = {}
    for question in questions:
        known = best.get((question.kind, question.persons))
        if known is None or _weight(question) > _weight(known):
            best[question.kind, question.persons] = question
    asked = _asked(session, {person for _, persons in best for person in persons})
    rows = [_row(question) for key, question in sorted(best.items()) if key not in asked]
    if rows:
        session.execute(insert(ReviewRow), rows)
    for row in rows:
        publish(session, ReviewOpened(row["id"], row["kind"], row["institution"]))
    return {key: asked[key] for key in best if key in asked} | {
        (row["kind"], _ordered(row["person_id"], row["other_person"])): row["id"] for row in rows
    }


def _ordered(left: int, right: int) -> tuple[int, int]:
    return (left, right) if left <= right else (right, left)


def _weight(question: Question) -> tuple[float, int, int]:
    """By what one question stands for several; of equal ones not by which is the younger, which follows the order of arrivals."""
    weight, ends = question.edge.weight if question.edge else 0.0, (question.left.patient_key, question.right.patient_key)
    return weight, -min(ends), -max(ends)


_REVIEWS = table_of(ReviewRow)
_SUBJECTS = select(_REVIEWS.c.id, _REVIEWS.c.kind, _REVIEWS.c.person_id, _REVIEWS.c.other_person, _REVIEWS.c.state)
# Which of them are open is not asked of the database: SQLite would read all open questions of the city instead of these persons'.
_ASKED = union_all(*(_SUBJECTS.where(among(_REVIEWS.c[side])) for side in ("person_id", "other_person")))


def _asked(session: Session, persons: Iterable[int]) -> dict[Subject, int]:
    session.flush()  # questions that follow moved identities are changed as objects
    with whole_index(session, "open questions"):
        rows = plainly(session, _ASKED, persons)
    return {(kind, _ordered(left or 0, right or 0)): review for review, kind, left, right, state in rows if state in OPEN_STATES}


def _row(question: Question) -> dict[str, Any]:
    edge = question.edge
    return {
        "id": new_id(),
        "kind": question.kind,
        "state": "open",
        "left_key": question.left.patient_key,
        "right_key": question.right.patient_key,
        "person_id": question.left_person,
        "other_person": question.right_person,
        "institution": question.left.institution,
        "division_code": question.left.division_code,
        "line_code": None,
        "weight": edge.weight if edge else None,
        "contributions": edge.contributions if edge else None,
        "rule_version": question.rule_version,
        "proposed": question.proposed,
        "opened_at": clock.now(),
    }


def follow_moves(session: Session, persons: Mapping[int, int]) -> None:
    """After identities moved: questions follow them, and those whose sides became one person close.

    Args:
        persons: patient key -> person id after the move, of every identity whose link changed.
    """
    for review in _about(session, persons.keys(), _is_open):
        review.person_id = persons.get(review.left_key, review.person_id)
        review.other_person = persons.get(review.right_key, review.other_person)
        if review.person_id == review.other_person and review.kind != "overlay":
            close(review, "linked", "rules")


def close(review: ReviewRow, verdict: str, by: str, note: str = "") -> None:
    """Take a question off the list."""
    review.state, review.verdict, review.closed_by = "closed", verdict, by
    review.closed_at, review.note = clock.now(), note or review.note


def close_between(session: Session, pairs: Iterable[tuple[int, int]], verdict: str, by: str, *, linked_too: bool = False) -> None:
    """Close open questions about these pairs of identities: a person has answered them elsewhere.

    Args:
        linked_too: answer also those that the rules had closed because the two became one person.
    """
    wanted = {frozenset(pair) for pair in pairs}
    for review in _about(session, {key for pair in wanted for key in pair}, lambda one: one.kind != "overlay"):
        unanswered = _is_open(review) or (linked_too and _was_linked(review))
        if unanswered and frozenset((review.left_key, review.right_key)) in wanted:
            close(review, verdict, by)


def reopen_parted(session: Session, keys: Iterable[int], answered: Iterable[tuple[int, int]]) -> None:
    """Open again, as they were, the questions that the rules had closed because the two became one person, which they no
    longer are; but those a person has answered by parting them."""
    decided = {frozenset(pair) for pair in answered}
    for review in list(_about(session, keys, _was_linked)):
        pair = [review.left_key, review.right_key]
        persons = dict(
            session.execute(select(IdentityRow.patient_key, IdentityRow.person_id).where(IdentityRow.patient_key.in_(pair))).all()
        )
        review.person_id, review.other_person = persons[pair[0]], persons[pair[1]]
        if review.person_id != review.other_person and frozenset(pair) not in decided:
            review.state, review.verdict = "open", None
            review.closed_by, review.closed_at, review.first_by, review.first_name = None, None, None, None
    session.flush()


def answer_led_nowhere(session: Session, decision_id: int) -> None:
    """The merge to which answers had led is undone."""
    session.execute(
        update(ReviewRow)
        .where(ReviewRow.decision_id == decision_id)
        .values(decision_id=None)
        .execution_options(synchronize_session="fetch")
    )


def _about(session: Session, keys: Iterable[int], which: Callable[[ReviewRow], bool]) -> Iterator[ReviewRow]:
    """Questions about two identities of which one is among these; which of them are meant is not asked of the database either."""
    found: dict[int, ReviewRow] = {}
    for some in chunks(keys):
        touches = or_(ReviewRow.left_key.in_(some), ReviewRow.right_key.in_(some))
        found.update((row.id, row) for row in session.scalars(select(ReviewRow).where(touches)) if which(row))
    yield from found.values()


def _is_open(review: ReviewRow) -> bool:
    return review.state in OPEN_STATES


def _was_linked(review: ReviewRow) -> bool:
    """Whether the rules closed it because the two became one person."""
    return (review.state, review.verdict) == ("closed", "linked") and review.kind != "overlay"


def counts(session: Session) -> dict[str, int]:
    """Open questions the caller may see, by kind."""
    statement = select(ReviewRow.kind, func.count()).where(ReviewRow.state.in_(OPEN_STATES)).group_by(ReviewRow.kind)
    return {kind: int(number) for kind, number in session.execute(statement)}


def drop_overlays(session: Session, key: int) -> None:
    """A newer statement of the same number replaces the one that waited for a steward."""
    session.execute(
        update(ReviewRow)
        .where(ReviewRow.kind == "overlay", ReviewRow.left_key == key, ReviewRow.state.in_(OPEN_STATES))
        .values(state="closed", verdict="obsolete", closed_by="rules", closed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
