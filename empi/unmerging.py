"""Undoing a merge: a merge by a person is restored byte by byte, one by the rules is parted by its evidence."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi import history
from empi.assertions import across, assert_pairs, assertions_about
from empi.connecting import lock_persons
from empi.events import PersonSplit, PersonUnmerged
from empi.evidence import edges_about
from empi.goldening import forget_golden, write_golden
from empi.history import Decision
from empi.judges import judge_of
from empi.linking import UNSETTLED, groups_around
from empi.models import DecisionRow, IdentityRow
from empi.querying import chunks
from empi.review import answer_led_nowhere, close_between, follow_moves, reopen_parted
from empi.ruling import Outcome, Ruling, ask_again, current_person, identities_in_use, part_for_good, record_ruled, settle_ruled
from empi.snapshots import restore, snapshot
from empi.storing import Known, known, members_of
from empi.wide import whole_index
from health_platform.kernel.errors import Conflict, NotFound
from health_platform.kernel.outbox import publish


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
    rows = identities_in_use(session, [person])
    rest = rows.keys() - moved
    stayed = rest & {int(key) for key in before.get("kept", rest)} or rest
    undoing = Decision("split", person, ruling.actor, reason=ruling.reason, before={"moved": before["moved"]})
    part_for_good(session, moved, stayed, undoing.id)
    close_between(session, across(moved, stayed), "different", ruling.actor.name, linked_too=True)
    newcomers = frozenset(rest - stayed)
    settled = settle_ruled(session, rows, ruling, undoing.id, newcomers)
    reopen_parted(session, newcomers, across(moved, stayed))
    ask_again(session, newcomers, settled)
    record_ruled(session, undoing, rows)
    history.mark_undone(session, decision.id, undoing.id)
    others = tuple(sorted({settled.persons[key] for key in rows} - {person}))
    publish(session, PersonSplit(person, list(others)))
    publish(session, PersonUnmerged(person, settled.persons[min(moved)], undoing.id))
    return Outcome(undoing.id, person, others)


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
        settled = settle_ruled(session, known(session, area | newcomers), ruling, undoing.id, frozenset(newcomers))
    ask_again(session, newcomers | _arrived_since(session, area, decision.decided_at), settled)
    record_ruled(session, undoing, rows)
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
