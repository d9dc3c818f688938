"""What every decision of a person about links shares: who decides, the persons it locks, settling and the record of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from empi import history
from empi.asking import ask
from empi.assertions import across, assert_pairs, assertions_about, forget_pairs, severed
from empi.connecting import lock_persons
from empi.evidence import edges_about
from empi.history import Decision
from empi.identity import Actor, pair
from empi.judges import judge_of
from empi.linking import Cause, Settled, settle
from empi.models import PersonRow
from empi.review import follow_moves
from empi.storing import Known, known, members_of
from health_platform.kernel.errors import Conflict, NotFound, register_messages

register_messages(
    {
        "empi.person_unknown": "未找到该居民",
        "empi.identity_unknown": "未找到该身份记录",
        "empi.same_person": "两条记录已属于同一居民",
        "empi.kept_apart": "已有人工决定:不得关联。如确需合并,请先解除",
        "empi.merge_unknown": "未找到该合并记录",
        "empi.already_undone": "该合并已被撤销",
        "empi.later_decision": "之后还有涉及这些记录的决定,请先撤销后来的决定",
        "empi.split_empty": "请选择要拆出的记录,且不能全部拆出",
    }
)


@dataclass(frozen=True)
class Outcome:
    """What a decision of a person led to.

    ``decision_id`` names it in the history, ``person_id`` the person that remains, ``others`` the persons that were made,
    revived or retired by it.
    """

    decision_id: int
    person_id: int
    others: tuple[int, ...] = ()


@dataclass(frozen=True)
class Ruling:
    """Who decides, why, and whether an earlier "do not link" is overruled."""

    actor: Actor
    reason: str = ""
    overrule: bool = False


_MERGED_INTO = select(PersonRow.merged_into).where(PersonRow.person_id == bindparam("person_id"))


def current_person(session: Session, person_id: int) -> int:
    """The id in use for a person id that may have been merged away; itself when it is unknown."""
    seen: set[int] = set()
    while person_id not in seen:
        seen.add(person_id)
        into = session.scalar(_MERGED_INTO, {"person_id": person_id})
        if into is None:
            return person_id
        person_id = into
    return person_id


def settle_ruled(
    session: Session, rows: Collection[int], ruling: Ruling, decision_id: int, newcomers: frozenset[int] = frozenset()
) -> Settled:
    cause = Cause(ruling.actor, ruling.reason, newcomers=newcomers, decision_id=decision_id)
    settled = settle(session, judge_of(session), rows, cause)
    follow_moves(session, settled.assignment.moves)
    return settled


def record_ruled(session: Session, decision: Decision, rows: Collection[int]) -> None:
    division = next((row.division_code for _, row in sorted(known(session, rows).items())), None)
    history.record(session, [history.with_division(decision, division)])


def identities_in_use(session: Session, persons: Collection[int]) -> dict[int, Known]:
    """The identities of persons in use, with their persons locked.

    Raises:
        NotFound: a person holds no identity.
    """
    lock_persons(session, persons)
    rows = members_of(session, persons)
    held = {row.person_id for row in rows.values()}
    if missing := [person for person in persons if person not in held]:
        raise NotFound("empi.person_unknown", person_id=str(missing[0]))
    return rows


def identity_known(session: Session, patient_key: int) -> Known:
    row = known(session, [patient_key]).get(patient_key)
    if row is None:
        raise NotFound("empi.identity_unknown", patient_key=str(patient_key))
    return row


def check_not_apart(session: Session, left: Collection[int], right: Collection[int], ruling: Ruling) -> None:
    if ruling.overrule:
        return
    apart = {(row.left_key, row.right_key) for row in assertions_about(session, left) if not row.same}
    if any(pair(one, other) in apart for one in left for other in right):
        raise Conflict("empi.kept_apart")


def part_for_good(session: Session, side: Collection[int], rest: Collection[int], decision_id: int) -> None:
    """Assert that no identity of one side belongs with any of the other."""
    same = {(row.left_key, row.right_key) for row in assertions_about(session, side) if row.same}
    removed, added = severed(same, side)
    forget_pairs(session, removed)
    assert_pairs(session, added, True, decision_id)
    assert_pairs(session, across(side, rest), False, decision_id)


def ask_again(session: Session, keys: Collection[int], settled: Settled) -> None:
    """Open the questions about these identities that nobody asked while those they resemble were one person."""
    ask(session, judge_of(session), edges_about(session, keys), settled)
