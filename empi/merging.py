"""What people decide about links: merge, split, link, unlink, do not link; :mod:`empi.unmerging` undoes a merge.

A decision is an assertion about identities; settling then draws the consequences, so that recomputation can never take them
back. A merge records the exact state it found, so that it can be restored.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from empi import history
from empi.assertions import across, assert_pairs, assertions_about, forget_pairs, star
from empi.connecting import Start, connected
from empi.events import PersonSplit
from empi.history import Decision
from empi.review import close_between
from empi.ruling import (
    Outcome,
    Ruling,
    ask_again,
    check_not_apart,
    identities_in_use,
    identity_known,
    part_for_good,
    record_ruled,
    settle_ruled,
)
from empi.snapshots import changes, snapshot
from empi.storing import known, members_of
from empi.wide import whole_index
from health_platform.kernel.errors import Conflict, Invalid
from health_platform.kernel.outbox import publish


def merge(session: Session, left: int, right: int, ruling: Ruling) -> Outcome:
    """Two persons are one. The id with most history stays; undone by ``unmerge(decision_id)``.

    Raises:
        NotFound: one of the persons is unknown or not in use.
        Conflict: a person decided earlier that they must not be linked, and ``ruling.overrule`` is not set.
    """
    with whole_index(session, "merge persons"):
        rows = identities_in_use(session, [left, right])
        if left == right:
            raise Conflict("empi.same_person", person_id=str(left))
        sides = [{key for key, row in rows.items() if row.person_id == person} for person in (left, right)]
        check_not_apart(session, sides[0], sides[1], ruling)
        area = connected(session, Start(rows)).members.keys()
        before = snapshot(session, area)
        decision_id = history.Decision("merge", 0, ruling.actor).id
        forget_pairs(session, across(sides[0], sides[1]))
        assert_pairs(session, star(rows), True, decision_id)
        settled = settle_ruled(session, rows, ruling, decision_id)
        close_between(session, across(sides[0], sides[1]), "same", ruling.actor.name)
        kept = settled.persons[min(rows)]
        gone = left if kept == right else right
        undo = {"rows": changes(before, snapshot(session, area)), "area": [str(key) for key in sorted(area)]}
        record_ruled(
            session,
            Decision("merge", kept, ruling.actor, person_before=gone, reason=ruling.reason, before=undo, id=decision_id),
            rows,
        )
    return Outcome(decision_id, kept, (gone,))


def split(session: Session, person_id: int, keys: Collection[int], ruling: Ruling) -> Outcome:
    """Some identities of a person are somebody else. They leave and can never come back by computation.

    Raises:
        Invalid: no identity, all identities, or identities of other persons were named.
    """
    with whole_index(session, "split person"):
        rows = identities_in_use(session, [person_id])
        side = set(keys)
        if not side or not side < rows.keys():
            raise Invalid("empi.split_empty", person_id=str(person_id))
        decision = Decision(
            "split", person_id, ruling.actor, reason=ruling.reason, before={"moved": [str(key) for key in sorted(side)]}
        )
        part_for_good(session, side, rows.keys() - side, decision.id)
        settled = settle_ruled(session, rows, ruling, decision.id)
        persons = {settled.persons[key] for key in rows}
        others = tuple(sorted(persons - {person_id}))
        record_ruled(session, decision, rows)
        publish(session, PersonSplit(person_id, list(others)))
    return Outcome(decision.id, person_id, others)


def link(session: Session, patient_key: int, person_id: int, ruling: Ruling) -> Outcome:
    """An identity belongs to this person and not to the one it is with.

    Raises:
        NotFound: the identity or the person is unknown.
        Conflict: it is with this person already, or was declared not to belong there.
    """
    with whole_index(session, "link identity"):
        row = identity_known(session, patient_key)
        target = identities_in_use(session, [person_id])
        if patient_key in target:
            raise Conflict("empi.same_person", person_id=str(person_id))
        check_not_apart(session, {patient_key}, target.keys(), ruling)
        left_behind = members_of(session, [row.person_id or 0]).keys() - {patient_key}
        decision = Decision(
            "join", person_id, ruling.actor, patient_key=patient_key, person_before=row.person_id, reason=ruling.reason
        )
        if left_behind:
            part_for_good(session, {patient_key}, left_behind, decision.id)
        forget_pairs(session, across({patient_key}, target.keys()))
        assert_pairs(session, star({patient_key, *target}), True, decision.id)
        touched = {patient_key: row, **target, **known(session, left_behind)}
        settled = settle_ruled(session, touched, ruling, decision.id)
        record_ruled(session, decision, touched)
    return Outcome(decision.id, settled.persons[patient_key])


def unlink(session: Session, patient_key: int, ruling: Ruling) -> Outcome:
    """An identity does not belong to its person; it becomes a person of its own.

    Raises:
        NotFound: the identity is unknown.
        Invalid: it is the only identity of its person.
    """
    with whole_index(session, "unlink identity"):
        return split(session, identity_known(session, patient_key).person_id or 0, [patient_key], ruling)


def do_not_link(session: Session, left_key: int, right_key: int, ruling: Ruling) -> Outcome:
    """Two identities are different persons; with them all identities of their persons, now and later.

    When they are one person now, only the two are declared different and the rest goes with the better evidence.
    """
    with whole_index(session, "do not link"):
        left, right = identity_known(session, left_key), identity_known(session, right_key)
        decision = Decision(
            "apart", left.person_id or 0, ruling.actor, patient_key=left_key, evidence_key=right_key, reason=ruling.reason
        )
        rows = identities_in_use(session, {left.person_id or 0, right.person_id or 0})
        if left.person_id == right.person_id:
            part_for_good(session, {left_key}, {right_key}, decision.id)
        else:
            sides = [{key for key, row in rows.items() if row.person_id == one.person_id} for one in (left, right)]
            assert_pairs(session, across(sides[0], sides[1]), False, decision.id)
            close_between(session, across(sides[0], sides[1]), "different", ruling.actor.name)
        settled = settle_ruled(session, rows, ruling, decision.id)
        record_ruled(session, decision, rows)
    return Outcome(decision.id, settled.persons[left_key], (settled.persons[right_key],))


def allow_link(session: Session, left_person: int, right_person: int, ruling: Ruling) -> Outcome:
    """Take back "do not link" between two persons; the evidence decides again."""
    with whole_index(session, "allow link"):
        rows = identities_in_use(session, [left_person, right_person])
        decision = Decision("allow", left_person, ruling.actor, reason=ruling.reason)
        apart = {
            (row.left_key, row.right_key)
            for row in assertions_about(session, rows)
            if not row.same and {row.left_key, row.right_key} <= rows.keys()
        }
        forget_pairs(session, apart)
        settled = settle_ruled(session, rows, ruling, decision.id)
        ask_again(session, rows, settled)
        record_ruled(session, decision, rows)
    return Outcome(decision.id, settled.persons[min(rows)])
