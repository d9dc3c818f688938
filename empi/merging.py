"""What people decide about links: merge, unmerge, split, link, unlink, do not link.

A decision is an assertion about identities; settling then draws the consequences, so that recomputation can never take them
back. A merge records the exact state it found, and unmerge restores it byte by byte.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from empi import history
from empi.asking import ask
from empi.assertions import across, assert_pairs, assertions_about, forget_pairs, severed, star
from empi.connecting import Start, connected, lock_persons
from empi.events import PersonSplit, PersonUnmerged
from empi.evidence import edges_about
from empi.goldening import forget_golden, write_golden
from empi.history import Decision
from empi.identity import Actor, pair
from empi.judges import judge_of
from empi.linking import UNSETTLED, Cause, Settled, groups_around, settle
from empi.models import DecisionRow, IdentityRow, PersonRow
from empi.querying import chunks
from empi.review import answer_led_nowhere, close_between, follow_moves, reopen_parted
from empi.snapshots import changes, restore, snapshot
from empi.storing import Known, known, members_of
from empi.wide import whole_index
from health_platform.kernel.errors import Conflict, Invalid, NotFound, register_messages
from health_platform.kernel.outbox import publish

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


def merge(session: Session, left: int, right: int, ruling: Ruling) -> Outcome:
    """Two persons are one. The id with most history stays; undone by ``unmerge(decision_id)``.

    Raises:
        NotFound: one of the persons is unknown or not in use.
        Conflict: a person decided earlier that they must not be linked, and ``ruling.overrule`` is not set.
    """
    with whole_index(session, "merge persons"):
        rows = _identities_of(session, [left, right])
        if left == right:
            raise Conflict("empi.same_person", person_id=str(left))
        sides = [{key for key, row in rows.items() if row.person_id == person} for person in (left, right)]
        _check_not_apart(session, sides[0], sides[1], ruling)
        area = connected(session, Start(rows)).members.keys()
        before = snapshot(session, area)
        decision_id = history.Decision("merge", 0, ruling.actor).id
        forget_pairs(session, across(sides[0], sides[1]))
        assert_pairs(session, star(rows), True, decision_id)
        settled = _settle(session, rows, ruling, decision_id)
        close_between(session, across(sides[0], sides[1]), "same", ruling.actor.name)
        kept = settled.persons[min(rows)]
        gone = left if kept == right else right
        undo = {"rows": changes(before, snapshot(session, area)), "area": [str(key) for key in sorted(area)]}
        _record(
            session,
            Decision("merge", kept, ruling.actor, person_before=gone, reason=ruling.reason, before=undo, id=decision_id),
            rows,
        )
    return Outcome(decision_id, kept, (gone,))


def unmerge(session: Session, decision_id: int, ruling: Ruling, keep_apart: bool = False) -> Outcome:
    """Undo a merge. The state before it comes back exactly, except for what arrived since, which is settled anew.

    The questions the merge closed are open again as they were, unless the undoing itself answers them: the two are also
    kept apart for the future when asked, when the rules had merged them (they would again), or when identities that arrived
    since would tie them together again.

    Raises:
        NotFound: no such merge.
        Conflict: it was undone before, or later decisions build on it.
    """
    with whole_index(session, "unmerge persons"):
        decision = session.get(DecisionRow, decision_id)
        if decision is None or decision.kind != "merge":
            raise NotFound("empi.merge_unknown", decision_id=str(decision_id))
        if decision.undone_by:
            raise Conflict("empi.already_undone", decision_id=str(decision_id), undone_by=str(decision.undone_by))
        if "rows" not in (decision.before or {}):
            return _separate(session, decision, ruling)
        return _restore(session, decision, ruling, keep_apart)


def merged_person(session: Session, decision_id: int) -> int:
    """The person that now stands for what a merge joined.

    Raises:
        NotFound: no such merge.
    """
    decision = session.get(DecisionRow, decision_id)
    if decision is None or decision.kind != "merge" or decision.person_id is None:
        raise NotFound("empi.merge_unknown", decision_id=str(decision_id))
    return current_person(session, decision.person_id)


def _separate(session: Session, decision: DecisionRow, ruling: Ruling) -> Outcome:
    """Undo a merge by the rules: what it moved leaves again, for good.

    Who came with the merge or since goes where its own evidence points; it may have been what tied the two together.
    """
    before = decision.before or {}
    moved = {int(key) for key in before["moved"]}
    persons = {row.person_id for row in known(session, moved).values()}
    if len(persons) != 1 or None in persons:
        raise Conflict("empi.later_decision", decision_id=str(decision.id))
    person = next(person for person in persons if person is not None)
    rows = _identities_of(session, [person])
    rest = rows.keys() - moved
    stayed = rest & {int(key) for key in before.get("kept", rest)} or rest
    undoing = Decision("split", person, ruling.actor, reason=ruling.reason, before={"moved": before["moved"]})
    _part(session, moved, stayed, undoing.id)
    close_between(session, across(moved, stayed), "different", ruling.actor.name, linked_too=True)
    newcomers = frozenset(rest - stayed)
    settled = _settle(session, rows, ruling, undoing.id, newcomers)
    reopen_parted(session, newcomers, across(moved, stayed))
    _ask_again(session, newcomers, settled)
    _record(session, undoing, rows)
    history.mark_undone(session, decision.id, undoing.id)
    others = tuple(sorted({settled.persons[key] for key in rows} - {person}))
    publish(session, PersonSplit(person, list(others)))
    publish(session, PersonUnmerged(person, settled.persons[min(moved)], undoing.id))
    return Outcome(undoing.id, person, others)


def _ask_again(session: Session, keys: Collection[int], settled: Settled) -> None:
    """Open the questions about these identities that nobody asked while those they resemble were one person."""
    ask(session, judge_of(session), edges_about(session, keys), settled)


def _restore(session: Session, decision: DecisionRow, ruling: Ruling, keep_apart: bool) -> Outcome:
    undo = decision.before or {}
    kept, gone = int(decision.person_id or 0), int(decision.person_before or 0)
    area = {int(key) for key in undo["area"]}
    lock_persons(session, {kept, gone})
    present = members_of(session, [kept])
    _check_last(session, decision, area | present.keys())
    restore(session, undo["rows"])
    undoing = Decision("unmerge", kept, ruling.actor, person_before=gone, reason=ruling.reason)
    rows = known(session, area)
    sides = [{key for key, row in rows.items() if row.person_id == person} for person in (kept, gone)]
    newcomers = present.keys() - area
    _golden_again(session, area)
    follow_moves(session, {key: row.person_id for key, row in rows.items() if row.person_id is not None})
    answer_led_nowhere(session, decision.id)
    apart = across(sides[0], sides[1])
    if keep_apart or (newcomers and _tied_again(session, area | newcomers, apart)):
        assert_pairs(session, apart, False, undoing.id)
        close_between(session, apart, "different", ruling.actor.name)
    settled = UNSETTLED
    if newcomers or keep_apart:
        settled = _settle(session, known(session, area | newcomers), ruling, undoing.id, frozenset(newcomers))
    _ask_again(session, newcomers | _arrived_since(session, area, decision.decided_at), settled)
    _record(session, undoing, rows)
    history.mark_undone(session, decision.id, undoing.id)
    publish(session, PersonUnmerged(kept, gone, undoing.id))
    return Outcome(undoing.id, kept, (gone,))


def _tied_again(session: Session, keys: Collection[int], pairs: Collection[tuple[int, int]]) -> bool:
    """Whether the evidence alone, as it stands now, would make one person of some pair."""
    groups = groups_around(session, judge_of(session), keys)
    home = {key: place for place, group in enumerate(groups) for key in group}
    return any(home[left] == home[right] for left, right in pairs)


def _arrived_since(session: Session, area: Collection[int], when: datetime) -> set[int]:
    """Identities that resemble some of the area and were not there yet."""
    resembling = {end for edge in edges_about(session, area) for end in (edge.left, edge.right)} - set(area)
    found: set[int] = set()
    for some in chunks(resembling):
        later = select(IdentityRow.patient_key).where(IdentityRow.patient_key.in_(some), IdentityRow.arrived_at > when)
        found.update(session.scalars(later))
    return found


def _check_last(session: Session, decision: DecisionRow, keys: Collection[int]) -> None:
    """Only the last decision about these identities can be undone; an earlier one has later ones standing on it."""
    later = [row for row in assertions_about(session, keys) if row.decision_id > decision.id]
    mine = known(session, keys)
    links = _link_decisions(session, mine)
    moved = [int(key) for key in (decision.before or {})["rows"]["identities"]]
    if later or any(links.get(key) != decision.id for key in moved):
        raise Conflict("empi.later_decision", decision_id=str(decision.id))


def _link_decisions(session: Session, rows: Collection[int]) -> dict[int, int | None]:
    return {key: values["link_decision"] for key, values in snapshot(session, rows)["identities"].items()}


def _golden_again(session: Session, area: Collection[int]) -> None:
    """Golden records of all persons in the area, made anew from their identities."""
    rows = known(session, area)
    members = members_of(session, {row.person_id for row in rows.values() if row.person_id is not None})
    by_person: dict[int, list[Known]] = {}
    for _, row in sorted(members.items()):
        by_person.setdefault(row.person_id or 0, []).append(row)
    forget_golden(session, by_person)
    write_golden(session, judge_of(session), by_person, frozenset(by_person))


def split(session: Session, person_id: int, keys: Collection[int], ruling: Ruling) -> Outcome:
    """Some identities of a person are somebody else. They leave and can never come back by computation.

    Raises:
        Invalid: no identity, all identities, or identities of other persons were named.
    """
    with whole_index(session, "split person"):
        rows = _identities_of(session, [person_id])
        side = set(keys)
        if not side or not side < rows.keys():
            raise Invalid("empi.split_empty", person_id=str(person_id))
        decision = Decision(
            "split", person_id, ruling.actor, reason=ruling.reason, before={"moved": [str(key) for key in sorted(side)]}
        )
        _part(session, side, rows.keys() - side, decision.id)
        settled = _settle(session, rows, ruling, decision.id)
        persons = {settled.persons[key] for key in rows}
        others = tuple(sorted(persons - {person_id}))
        _record(session, decision, rows)
        publish(session, PersonSplit(person_id, list(others)))
    return Outcome(decision.id, person_id, others)


def _part(session: Session, side: Collection[int], rest: Collection[int], decision_id: int) -> None:
    """Assert that no identity of one side belongs with any of the other."""
    same = {(row.left_key, row.right_key) for row in assertions_about(session, side) if row.same}
    removed, added = severed(same, side)
    forget_pairs(session, removed)
    assert_pairs(session, added, True, decision_id)
    assert_pairs(session, across(side, rest), False, decision_id)


def link(session: Session, patient_key: int, person_id: int, ruling: Ruling) -> Outcome:
    """An identity belongs to this person and not to the one it is with.

    Raises:
        NotFound: the identity or the person is unknown.
        Conflict: it is with this person already, or was declared not to belong there.
    """
    with whole_index(session, "link identity"):
        row = _identity(session, patient_key)
        target = _identities_of(session, [person_id])
        if patient_key in target:
            raise Conflict("empi.same_person", person_id=str(person_id))
        _check_not_apart(session, {patient_key}, target.keys(), ruling)
        left_behind = members_of(session, [row.person_id or 0]).keys() - {patient_key}
        decision = Decision(
            "join", person_id, ruling.actor, patient_key=patient_key, person_before=row.person_id, reason=ruling.reason
        )
        if left_behind:
            _part(session, {patient_key}, left_behind, decision.id)
        forget_pairs(session, across({patient_key}, target.keys()))
        assert_pairs(session, star({patient_key, *target}), True, decision.id)
        touched = {patient_key: row, **target, **known(session, left_behind)}
        settled = _settle(session, touched, ruling, decision.id)
        _record(session, decision, touched)
    return Outcome(decision.id, settled.persons[patient_key])


def unlink(session: Session, patient_key: int, ruling: Ruling) -> Outcome:
    """An identity does not belong to its person; it becomes a person of its own.

    Raises:
        NotFound: the identity is unknown.
        Invalid: it is the only identity of its person.
    """
    with whole_index(session, "unlink identity"):
        return split(session, _identity(session, patient_key).person_id or 0, [patient_key], ruling)


def do_not_link(session: Session, left_key: int, right_key: int, ruling: Ruling) -> Outcome:
    """Two identities are different persons; with them all identities of their persons, now and later.

    When they are one person now, only the two are declared different and the rest goes with the better evidence.
    """
    with whole_index(session, "do not link"):
        left, right = _identity(session, left_key), _identity(session, right_key)
        decision = Decision(
            "apart", left.person_id or 0, ruling.actor, patient_key=left_key, evidence_key=right_key, reason=ruling.reason
        )
        rows = _identities_of(session, {left.person_id or 0, right.person_id or 0})
        if left.person_id == right.person_id:
            _part(session, {left_key}, {right_key}, decision.id)
        else:
            sides = [{key for key, row in rows.items() if row.person_id == one.person_id} for one in (left, right)]
            assert_pairs(session, across(sides[0], sides[1]), False, decision.id)
            close_between(session, across(sides[0], sides[1]), "different", ruling.actor.name)
        settled = _settle(session, rows, ruling, decision.id)
        _record(session, decision, rows)
    return Outcome(decision.id, settled.persons[left_key], (settled.persons[right_key],))


def allow_link(session: Session, left_person: int, right_person: int, ruling: Ruling) -> Outcome:
    """Take back "do not link" between two persons; the evidence decides again."""
    with whole_index(session, "allow link"):
        rows = _identities_of(session, [left_person, right_person])
        decision = Decision("allow", left_person, ruling.actor, reason=ruling.reason)
        apart = {
            (row.left_key, row.right_key)
            for row in assertions_about(session, rows)
            if not row.same and {row.left_key, row.right_key} <= rows.keys()
        }
        forget_pairs(session, apart)
        settled = _settle(session, rows, ruling, decision.id)
        _ask_again(session, rows, settled)
        _record(session, decision, rows)
    return Outcome(decision.id, settled.persons[min(rows)])


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


def _settle(
    session: Session, rows: Collection[int], ruling: Ruling, decision_id: int, newcomers: frozenset[int] = frozenset()
) -> Settled:
    cause = Cause(ruling.actor, ruling.reason, newcomers=newcomers, decision_id=decision_id)
    settled = settle(session, judge_of(session), rows, cause)
    follow_moves(session, settled.assignment.moves)
    return settled


def _record(session: Session, decision: Decision, rows: Collection[int]) -> None:
    division = next((row.division_code for _, row in sorted(known(session, rows).items())), None)
    history.record(session, [history.with_division(decision, division)])


def _identities_of(session: Session, persons: Collection[int]) -> dict[int, Known]:
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


def _identity(session: Session, patient_key: int) -> Known:
    row = known(session, [patient_key]).get(patient_key)
    if row is None:
        raise NotFound("empi.identity_unknown", patient_key=str(patient_key))
    return row


def _check_not_apart(session: Session, left: Collection[int], right: Collection[int], ruling: Ruling) -> None:
    if ruling.overrule:
        return
    apart = {(row.left_key, row.right_key) for row in assertions_about(session, left) if not row.same}
    if any(pair(one, other) in apart for one in left for other in right):
        raise Conflict("empi.kept_apart")
