"""Which questions remain for people after evidence was settled."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.evidence import edges_about
from empi.judges import Judge
from empi.judging import Edge
from empi.linking import Settled
from empi.models import AssertionRow
from empi.plain import among, plainly, table_of
from empi.review import Kind, Question, open_questions
from empi.storing import facts_of, known
from empi.wide import whole_index

Pair = tuple[int, int]


def ask(session: Session, judge: Judge, edges: Sequence[Edge], settled: Settled) -> dict[int, list[int]]:
    """Open the questions that remain after settling; returns review ids by patient key.

    Asked are possible and conflicting pairs, and certain ones that had to be cut, as long as the two are different persons
    and nobody has decided that they stay so. Two that are one person or twins are asked about while one of them is alone.
    """
    cut = {(parting.left, parting.right) for parting in settled.cuts}
    alone = {group[0] for group in settled.groups if len(group) == 1}
    asked = [edge for edge in edges if _is_open(edge, alone) or (edge.left, edge.right) in cut]
    asked += _stored(session, cut - {(edge.left, edge.right) for edge in asked})
    if not asked:
        return {}
    questions = _questions(session, judge, asked)
    reviews = open_questions(session, questions)
    found: dict[int, list[int]] = {}
    for question in questions:
        for key in (question.left.patient_key, question.right.patient_key):
            review = reviews[question.kind, question.persons]
            if review not in found.setdefault(key, []):
                found[key].append(review)
    return found


def _stored(session: Session, pairs: Collection[Pair]) -> list[Edge]:
    if not pairs:
        return []
    about = edges_about(session, {key for pair in pairs for key in pair})
    return [edge for edge in about if (edge.left, edge.right) in pairs]


def _is_open(edge: Edge, alone: Collection[int]) -> bool:
    if edge.grade == "twin":
        return edge.left in alone or edge.right in alone
    return edge.grade in ("possible", "conflict")


def _questions(session: Session, judge: Judge, edges: Sequence[Edge]) -> list[Question]:
    rows = known(session, {key for edge in edges for key in (edge.left, edge.right)})
    apart = _kept_apart(session, {edge.left for edge in edges})
    open_ = [edge for edge in edges if rows[edge.left].person_id != rows[edge.right].person_id]
    facts = {key: facts_of(session, rows[key]) for edge in open_ for key in (edge.left, edge.right) if edge.contributions is None}
    questions = []
    for edge in judge.explained(facts, open_):
        # The younger identity asks about the older one: the question belongs to who brought it.
        left, right = sorted((rows[edge.left], rows[edge.right]), key=lambda row: row.shelf or 0, reverse=True)
        if (edge.left, edge.right) not in apart:
            questions.append(Question(_kind(edge), left, right, left.person_id or 0, right.person_id or 0, edge, judge.version))
    return questions


def _kind(edge: Edge) -> Kind:
    if edge.grade == "conflict":
        return "conflict"
    return "cut" if edge.grade == "certain" else "possible"


_ASSERTIONS = table_of(AssertionRow)
_APART = select(_ASSERTIONS.c.left_key, _ASSERTIONS.c.right_key).where(
    among(_ASSERTIONS.c.left_key), _ASSERTIONS.c.same.is_(False)
)


def _kept_apart(session: Session, lefts: Collection[int]) -> set[Pair]:
    with whole_index(session, "pairs kept apart"):
        return {(left, right) for left, right in plainly(session, _APART, lefts)}
