"""From evidence to links: everything a change touches is looked at together, clustered, and given person ids.

Whatever arrives in whatever order, the clusters are a function of the identities, the evidence between them and what people
decided; only the number of a person depends on who came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi import history
from empi.assigning import Assignment, Member, assign
from empi.connecting import Component, Start, connected
from empi.events import PersonLinked, PersonMerged
from empi.goldening import forget_golden, write_golden
from empi.history import Decision
from empi.identity import RULES_ACTOR, Actor
from empi.judges import Judge
from empi.judging import TYING, Compared, Edge, Parted, Parting
from empi.models import IdentityRow, PersonRow
from empi.plain import among, change, plainly, table_of, write
from empi.storing import Known, facts_of
from health_platform.kernel import clock
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish

_PERSONS = table_of(PersonRow)
_ACTIVE = select(_PERSONS.c.person_id).where(among(_PERSONS.c.person_id), _PERSONS.c.state == "active")


@dataclass(frozen=True)
class Settled:
    """What settling did: person of every identity, the assignment, the history entry of every link that changed, the
    evidence that was cut, and the persons as groups."""

    persons: dict[int, int]
    assignment: Assignment
    decisions: dict[int, int]
    cuts: tuple[Parting, ...]
    groups: tuple[tuple[int, ...], ...]


UNSETTLED = Settled({}, Assignment({}, (), (), {}, ()), {}, (), ())
"""Nothing was looked at."""


@dataclass(frozen=True)
class Cause:
    """Why links are looked at again; goes into the history of every link that changes.

    Attributes:
        fresh: identities that are not yet stored.
        revised: identities whose facts changed.
        newcomers: identities that came to a person by a merge that is being undone.
        compared: evidence just found.
        seen: identities as they were read in this transaction.
        decision_id: the ruling of a person that all changes follow from.
    """

    actor: Actor = RULES_ACTOR
    reason: str = ""
    fresh: Mapping[int, Known] = field(default_factory=dict)
    revised: frozenset[int] = frozenset()
    newcomers: frozenset[int] = frozenset()
    compared: Compared = field(default_factory=Compared)
    seen: Mapping[int, Known] = field(default_factory=dict)
    decision_id: int | None = None


def settle(session: Session, judge: Judge, touched: Iterable[int], cause: Cause) -> Settled:
    """Bring the links of everything connected to ``touched`` in line with evidence and assertions.

    ``cause.fresh`` are identities that are not yet stored; the caller inserts them with the person ids returned.
    """
    component = connected(session, Start(touched, cause.fresh, cause.compared.edges, cause.seen))
    parted = _joins_one(judge, component, cause) or _clustered(session, judge, component)
    groups = [[_member(component.members[key], cause) for key in group] for group in parted.groups]
    assignment = assign(groups, new_id, _in_use(session, component))
    decisions = _apply(session, judge, component, assignment, cause)
    persons = {key: assignment.moves.get(key) or row.person_id or 0 for key, row in component.members.items()}
    _write_golden(session, judge, component, assignment, persons, cause)
    return Settled(persons, assignment, decisions, parted.cuts, parted.groups)


def _member(row: Known, cause: Cause) -> Member:
    return Member(row.patient_key, row.person_id, row.shelf, row.patient_key not in cause.newcomers)


def _joins_one(judge: Judge, component: Component, cause: Cause) -> Parted | None:
    """The everyday case: one new identity that nobody knows, or that fits every identity of one person.

    A person that was clustered before and has nobody beside it holds no contradiction, so there is nothing to cluster;
    only a newborn's placeholder may be one of twins.
    """
    if len(cause.fresh) != 1 or cause.revised or component.assertions.same or component.assertions.different:
        return None
    if any(edge.grade == "twin" for edge in component.edges.values()):
        return None
    arrived, row = next(iter(cause.fresh.items()))
    if row.facts is None or judge.is_placeholder(row.facts):
        return None
    others = component.members.keys() - {arrived}
    pairs = {(min(arrived, other), max(arrived, other)) for other in others}
    if len({component.members[other].person_id for other in others}) > 1:
        return None
    if not pairs <= cause.compared.pairs or pairs & cause.compared.apart:
        return None
    return Parted((tuple(sorted(component.members)),), ())


def _clustered(session: Session, judge: Judge, component: Component) -> Parted:
    facts = {key: facts_of(session, row) for key, row in component.members.items()}
    return judge.cluster(facts, component.edges.values(), component.assertions)


def groups_around(session: Session, judge: Judge, touched: Iterable[int]) -> tuple[tuple[int, ...], ...]:
    """The persons that settling would find around some identities; nothing is changed."""
    return _clustered(session, judge, connected(session, Start(touched))).groups


def _in_use(session: Session, component: Component) -> frozenset[int]:
    """Persons outside the component that live on a shelf of one of its identities: their ids are not free."""
    inside = {row.person_id for row in component.members.values()}
    shelves = {row.shelf for row in component.members.values() if row.shelf is not None} - inside
    if not shelves:
        return frozenset()
    return frozenset(row[0] for row in plainly(session, _ACTIVE, shelves))


def _write_golden(
    session: Session, judge: Judge, component: Component, assignment: Assignment, persons: Mapping[int, int], cause: Cause
) -> None:
    """Golden records of the persons whose identities or their facts changed; the component holds all their identities."""
    changed = {persons[key] for key in cause.revised if key in persons} | set(assignment.moves.values())
    changed |= {before for key in assignment.moves if (before := component.members[key].person_id) is not None}
    members: dict[int, list[Known]] = {person: [] for person in sorted(changed - assignment.retired.keys())}
    for key, person in sorted(persons.items()):
        if person in members:
            members[person].append(component.members[key])
    forget_golden(session, assignment.retired)
    write_golden(session, judge, members, frozenset((*assignment.born, *assignment.revived)))


def _apply(session: Session, judge: Judge, component: Component, assignment: Assignment, cause: Cause) -> dict[int, int]:
    decisions = _link_decisions(session, judge, component, assignment, cause)
    merges = {gone: _merge_decision(component, gone, kept, cause) for gone, kept in assignment.retired.items()}
    entries = {key: cause.decision_id or decision.id for key, decision in decisions.items()}
    # A person's ruling is recorded once by who made it; what the rules merge on their own is recorded here.
    history.record(session, [*decisions.values(), *(() if cause.decision_id else merges.values())])
    _write_persons(session, component, assignment)
    _write_links(session, component, assignment, entries, cause)
    _tell(session, component, assignment, merges, cause)
    return entries


def _link_decisions(
    session: Session, judge: Judge, component: Component, assignment: Assignment, cause: Cause
) -> dict[int, Decision]:
    """One decision for every identity that moves, with the evidence that speaks strongest for its new place."""
    persons = {key: assignment.moves.get(key, row.person_id) for key, row in component.members.items()}
    best: dict[int, Edge] = {}
    told = {(edge.left, edge.right): edge for edge in cause.compared.edges}
    for edge in component.edges.values():
        if edge.grade in TYING and persons[edge.left] == persons[edge.right]:
            for end in (edge.left, edge.right):
                if end in assignment.moves and (end not in best or best[end].weight < edge.weight):
                    best[end] = told.get((edge.left, edge.right), edge)
    best = _explained(session, judge, component, best)
    decisions = {}
    for key, person in assignment.moves.items():
        row, evidence = component.members[key], best.get(key)
        decisions[key] = Decision(
            kind="link" if row.person_id is None else "move",
            person_id=person,
            actor=cause.actor,
            patient_key=key,
            evidence_key=_other_end(evidence, key),
            weight=evidence.weight if evidence else None,
            contributions=evidence.contributions if evidence else None,
            rule_version=judge.version,
            person_before=row.person_id,
            reason=cause.reason,
            division_code=row.division_code,
        )
    return decisions


def _other_end(edge: Edge | None, key: int) -> int | None:
    if edge is None:
        return None
    return edge.right if edge.left == key else edge.left


def _explained(session: Session, judge: Judge, component: Component, best: Mapping[int, Edge]) -> dict[int, Edge]:
    bare = {end for edge in best.values() if edge.contributions is None for end in (edge.left, edge.right)}
    facts = {key: facts_of(session, component.members[key]) for key in bare}
    return dict(zip(best, judge.explained(facts, best.values()), strict=True))


def _merge_decision(component: Component, gone: int, kept: int, cause: Cause) -> Decision:
    moved, stayed = (sorted(k for k, row in component.members.items() if row.person_id == person) for person in (gone, kept))
    division = component.members[moved[0]].division_code
    return Decision(
        "merge",
        kept,
        cause.actor,
        person_before=gone,
        reason=cause.reason,
        division_code=division,
        before={"moved": [str(key) for key in moved], "kept": [str(key) for key in stayed]},
    )


def _write_persons(session: Session, component: Component, assignment: Assignment) -> None:
    divisions = {person: component.members[key].division_code for key, person in sorted(assignment.moves.items())}
    born = [
        {
            "person_id": person,
            "state": "active",
            "merged_into": None,
            "born_at": clock.now(),
            "division_code": divisions[person],
            "line_code": None,
        }
        for person in assignment.born
    ]
    write(session, PersonRow, born)
    changes = [{"person_id": person, "state": "merged", "merged_into": heir} for person, heir in assignment.retired.items()]
    changes += [{"person_id": person, "state": "active", "merged_into": None} for person in assignment.revived]
    change(session, PersonRow, "person_id", changes)


def _write_links(
    session: Session, component: Component, assignment: Assignment, entries: Mapping[int, int], cause: Cause
) -> None:
    moved = [
        {
            "patient_key": key,
            "person_id": person,
            "shelf": component.members[key].shelf or person,
            "linked_by": cause.actor.kind,
            "linked_at": clock.now(),
            "link_decision": entries[key],
        }
        for key, person in assignment.moves.items()
        if key not in cause.fresh
    ]
    change(session, IdentityRow, "patient_key", moved)


def _tell(session: Session, component: Component, assignment: Assignment, merges: Mapping[int, Decision], cause: Cause) -> None:
    if assignment.moves:
        links = [
            [key, component.members[key].shelf or person, person, component.members[key].person_id]
            for key, person in sorted(assignment.moves.items())
        ]
        publish(session, PersonLinked(links, cause.actor.name))
    for gone, decision in merges.items():
        publish(session, PersonMerged(decision.person_id, gone, cause.decision_id or decision.id, cause.actor.name))
