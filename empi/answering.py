"""Answering the stewards' questions, alone or with a second person's approval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi import merging, unmerging
from empi.identity import Actor
from empi.judges import EVERYONE
from empi.models import PolicyRow, ReviewRow
from empi.overlaying import accept_overlay
from empi.persons import persons_of
from empi.review import OPEN_STATES, close
from empi.ruling import Ruling
from empi.wide import whole_index
from health_platform.kernel.errors import Conflict, Invalid, NotFound, PlatformError, register_messages

register_messages(
    {
        "empi.review_unknown": "未找到该复核事项",
        "empi.review_closed": "该事项已处理",
        "empi.verdict": "该类事项不接受此处理意见",
        "empi.second_person": "该事项须由另一人复核",
        "empi.not_answered": "该事项尚未作出可撤销的判定",
    }
)

VERDICTS = {
    "possible": ("same", "different"),
    "conflict": ("same", "different"),
    "cut": ("same", "different"),
    "overlay": ("accept", "reject"),
}


@dataclass(frozen=True)
class Answer:
    """What became of a question. ``waiting``: it takes effect when another steward gives the same answer."""

    review_id: int
    state: str
    verdict: str
    waiting: bool = False
    error: str = ""


def answer(session: Session, review_id: int, verdict: str, ruling: Ruling) -> Answer:
    """Answer one question.

    Raises:
        NotFound: there is no such question in the caller's scope.
        Conflict: it was answered already, or must be answered by somebody else this time.
        Invalid: the answer does not fit the question.
    """
    review = session.scalar(select(ReviewRow).where(ReviewRow.id == review_id).with_for_update())
    if review is None:
        raise NotFound("empi.review_unknown", review_id=str(review_id))
    if review.state not in OPEN_STATES:
        raise Conflict("empi.review_closed", review_id=str(review_id), verdict=review.verdict)
    if verdict not in VERDICTS[review.kind]:
        raise Invalid("empi.verdict", kind=review.kind, verdict=verdict, allowed=list(VERDICTS[review.kind]))
    if _needs_second(session, review, verdict, ruling.actor):
        return Answer(review.id, review.state, verdict, waiting=True)
    _take_effect(session, review, verdict, ruling)
    return Answer(review_id, "closed", verdict)


def answer_many(session: Session, review_ids: Sequence[int], verdict: str, ruling: Ruling) -> list[Answer]:
    """Answer several questions alike. One that fails is reported and leaves the others alone."""
    answers = []
    for review_id in review_ids:
        try:
            with session.begin_nested():
                answers.append(answer(session, review_id, verdict, ruling))
        except PlatformError as error:
            answers.append(Answer(review_id, "failed", verdict, error=error.message))
    return answers


def _needs_second(session: Session, review: ReviewRow, verdict: str, actor: Actor) -> bool:
    """Note a first answer and whether another person must confirm it.

    A second steward who disagrees starts over with his own answer as the first: only agreement takes effect.
    """
    if not _two_persons(session, review.division_code or ""):
        return False
    if review.state == "seconding" and review.first_by == actor.id:
        raise Conflict("empi.second_person", review_id=str(review.id))
    if review.state == "seconding" and review.verdict == verdict:
        return False
    review.state, review.verdict, review.first_by, review.first_name = "seconding", verdict, actor.id, actor.name
    session.flush()
    return True


def _two_persons(session: Session, division_code: str) -> bool:
    """The setting of the longest tenant prefix of the division; without one, of everyone."""
    rows = session.execute(select(PolicyRow.tenant, PolicyRow.two_persons)).all()
    fitting = [(len(tenant), bool(two)) for tenant, two in rows if division_code.startswith(tenant)]
    fitting += [(0, bool(two)) for tenant, two in rows if tenant == EVERYONE]
    return max(fitting)[1] if fitting else False


def _take_effect(session: Session, review: ReviewRow, verdict: str, ruling: Ruling) -> None:
    review_id, left, right, kind = review.id, review.left_key, review.right_key, review.kind
    session.flush()
    with whole_index(session, "answer review"):
        if kind == "overlay":
            accept_overlay(session, review_id, verdict == "accept", ruling)
        merged = _same(session, left, right, ruling) if verdict == "same" else None
        if verdict == "different":
            merging.do_not_link(session, left, right, ruling)
        row = session.get(ReviewRow, review_id, populate_existing=True)
        if row is not None:
            close(row, verdict, ruling.actor.name, ruling.reason)
            row.decision_id = merged
        session.flush()


def _same(session: Session, left: int, right: int, ruling: Ruling) -> int | None:
    """The decision that made the two one person; None where they were already."""
    persons = persons_of(session, [left, right])
    if persons[left] == persons[right]:
        return None
    return merging.merge(session, persons[left], persons[right], ruling).decision_id


def take_back(session: Session, review_id: int, ruling: Ruling) -> Answer:
    """Undo a steward's answer: the links are as before it, and the question is open again.

    It closes at once when what arrived since speaks for or against (``unmerge``).

    Raises:
        NotFound: there is no such question in the caller's scope.
        Conflict: nobody answered it (or only somebody else who waits for a second), it was an overlay (its facts were taken
            over), or later decisions build on the answer.
    """
    review = session.scalar(select(ReviewRow).where(ReviewRow.id == review_id).with_for_update())
    if review is None:
        raise NotFound("empi.review_unknown", review_id=str(review_id))
    if not can_take_back(review, ruling.actor.id):
        raise Conflict("empi.not_answered", review_id=str(review_id))
    left, right, decision_id, in_force = review.left_key, review.right_key, review.decision_id, review.state == "closed"
    review.state, review.verdict, review.decision_id = "open", None, None
    review.closed_by, review.closed_at, review.first_by, review.first_name = None, None, None, None
    session.flush()
    with whole_index(session, "take back answer"):
        if decision_id is not None:
            unmerging.unmerge(session, decision_id, ruling)
        elif in_force:
            persons = persons_of(session, [left, right])
            merging.allow_link(session, persons[left], persons[right], ruling)
        session.refresh(review)
    return Answer(review_id, review.state, review.verdict or "")


def can_take_back(review: ReviewRow, steward: int) -> bool:
    """Whether a steward can undo the answer: it joined or kept apart two persons, or it is his own and waits for a second."""
    if review.state == "seconding":
        return review.first_by == steward
    return review.state == "closed" and (review.decision_id is not None or review.verdict == "different")
