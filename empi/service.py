"""Registering identities: certain, possible or new, in the caller's transaction.

One way for one identity and for a batch: store, find candidates, compare, settle, ask. All work on the index sees the whole
region, whatever the caller's own scope: a duplicate in another county is still a duplicate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from empi.asking import ask
from empi.candidates import forget_blocks, search, store_blocks
from empi.events import GoldenChanged
from empi.evidence import edges_about, forget_edges, store_edges
from empi.foreseeing import compare_foreseen, foresee
from empi.identity import Outcome, RawIdentity, Registered
from empi.judges import Judge, judge_of
from empi.judging import TYING, Block, Compared, Edge
from empi.keyed import keyed_all
from empi.linking import Cause, Settled, settle
from empi.locking import lock_blocks
from empi.models import IdentityRow, RevisionRow
from empi.overlay import is_overlay
from empi.plain import write
from empi.review import Question, drop_overlays, follow_moves, open_questions
from empi.storing import Facts, Known, facts_of, facts_text, fingerprint_of, known, stated_facts
from empi.tokens import texts_of
from empi.tokenstore import change_tokens, store_tokens
from empi.wide import whole_index
from health_platform.kernel import clock
from health_platform.kernel.db import about_to_write, reads_so_far
from health_platform.kernel.errors import Conflict, Invalid, register_messages
from health_platform.kernel.outbox import publish

register_messages(
    {
        "empi.no_institution": "缺少机构代码或机构内患者编号",
        "empi.key_collision": "患者标识冲突,请联系平台运维",
    }
)


@dataclass(frozen=True)
class Arrival:
    """One identity on its way into the index; ``stored`` is what is known under its number."""

    raw: RawIdentity
    facts: Facts
    fingerprint: str
    stored: Known | None = None

    @property
    def key(self) -> int:
        return self.raw.patient_key


@dataclass
class _Batch:
    """Identities sorted by what must happen to them."""

    fresh: list[Arrival] = field(default_factory=list)
    revised: list[Arrival] = field(default_factory=list)
    overlaid: list[Arrival] = field(default_factory=list)
    settled: dict[int, Registered] = field(default_factory=dict)


def register(session: Session, identities: Sequence[RawIdentity], evidence: Sequence[Edge] | None = None) -> list[Registered]:
    """Find or make the person of each identity; the answers are in the order of the identities.

    A repeated identical statement changes nothing. Call once per transaction with everything at hand: the locks of two
    calls could wait for each other.

    Args:
        evidence: when a bulk run has compared these identities with everything, what it found; nothing is compared again.

    Raises:
        Invalid: an identity names no institution or no local id.
    """
    if not identities:
        return []
    if not all(raw.institution.strip() and raw.local_id.strip() for raw in identities):
        raise Invalid("empi.no_institution")
    with whole_index(session, "register identities"):
        arrivals = _newest(session, identities)
        stored = known(session, arrivals)
        results = {key: answer(row, "unchanged") for key, row in stored.items() if _repeats(row, arrivals[key])}
        if waiting := [replace(arrival, stored=stored.get(key)) for key, arrival in arrivals.items() if key not in results]:
            judge = judge_of(session)
            if reads_so_far(session) and evidence is None:
                foresee(session, judge, {arrival.key: arrival.facts for arrival in waiting})
            about_to_write(session)
            results |= _register(session, judge, waiting, evidence)
    return [results[raw.patient_key] for raw in identities]


def register_unknown(session: Session, identities: Sequence[RawIdentity], evidence: Sequence[Edge]) -> list[Registered]:
    """``register`` of identities that nobody knows, whose keys are stored elsewhere, by all the evidence there is about them."""
    with whole_index(session, "register identities"):
        judge, arrivals = judge_of(session), _newest(session, identities)
        batch, compared = _Batch(fresh=list(arrivals.values())), Compared(edges=tuple(evidence))
        store_edges(session, compared.edges, judge.version)
        settled = _settle(session, judge, batch, _Findings(compared, {}, set()))
    return [settled[raw.patient_key] for raw in identities]


def _newest(session: Session, identities: Sequence[RawIdentity]) -> dict[int, Arrival]:
    """The last word of each patient number in the batch."""
    newest: dict[int, RawIdentity] = {}
    for raw in identities:
        before = newest.get(raw.patient_key)
        if before is None or _rank(raw) >= _rank(before):
            newest[raw.patient_key] = raw
    arrivals = {}
    for key, raw in newest.items():
        facts = stated_facts(session, raw.facts(), raw.division_code, key)
        arrivals[key] = Arrival(raw, facts, fingerprint_of(session, facts))
    return arrivals


def _rank(raw: RawIdentity) -> tuple[bool, str]:
    """Orders what is said of one number: a statement of the register outranks every mention, then the later counts."""
    return not raw.mention, raw.source_time


def answer(row: Known, outcome: Outcome, reviews: Sequence[int] = ()) -> Registered:
    """The answer about an identity that stands in the index."""
    return Registered(row.patient_key, row.shelf or 0, row.person_id or 0, outcome, tuple(reviews))


def _register(session: Session, judge: Judge, waiting: list[Arrival], evidence: Sequence[Edge] | None) -> dict[int, Registered]:
    blocks = judge.blocks(session, {arrival.key: arrival.facts for arrival in waiting})
    known_before = {arrival.key: facts_of(session, arrival.stored) for arrival in waiting if arrival.stored}
    before = judge.blocks(session, known_before) if known_before else {}
    waited = lock_blocks(session, (block.key for of_key in (*blocks.values(), *before.values()) for block in of_key))
    if waited:
        stored = known(session, (arrival.key for arrival in waiting))
        waiting = [replace(arrival, stored=stored.get(arrival.key)) for arrival in waiting]
    return _take_in(session, judge, _sort(session, judge, waiting), blocks, evidence)


def revise(session: Session, patient_key: int, facts: Facts) -> Registered:
    """Take over new facts of a known identity by a person's decision, whether or not they contradict the old ones."""
    with whole_index(session, "revise identity"):
        judge = judge_of(session)
        blocks = judge.blocks(session, {patient_key: facts})
        lock_blocks(session, (block.key for block in blocks[patient_key]))
        row = known(session, [patient_key])[patient_key]
        raw = RawIdentity(row.institution, row.local_id, facts.get("source_time", ""))
        arrival = Arrival(raw, facts, fingerprint_of(session, facts), row)
        return _take_in(session, judge, _Batch(revised=[arrival]), blocks)[patient_key]


def _take_in(
    session: Session, judge: Judge, batch: _Batch, blocks: Mapping[int, Sequence[Block]], evidence: Sequence[Edge] | None = None
) -> dict[int, Registered]:
    changed = [*batch.fresh, *batch.revised]
    neighbours = _certain_neighbours(session, [arrival.key for arrival in batch.revised])
    for arrival in batch.revised:
        _revise(session, judge, arrival)
    store_blocks(session, {arrival.key: blocks[arrival.key] for arrival in changed})
    store_tokens(session, {arrival.key: keyed_all(session, texts_of(arrival.facts)) for arrival in batch.fresh})
    seen: dict[int, Known] = {}
    compared = _compare(session, judge, changed, blocks, seen) if evidence is None else _given(changed, evidence)
    store_edges(session, compared.edges, judge.version)
    settled = _settle(session, judge, batch, _Findings(compared, seen, neighbours))
    return batch.settled | settled | _overlaid(session, judge, batch.overlaid)


def _sort(session: Session, judge: Judge, waiting: list[Arrival]) -> _Batch:
    """What is new, what changed, what contradicts."""
    batch = _Batch()
    for arrival in waiting:
        row = arrival.stored
        if row is None:
            batch.fresh.append(arrival)
            continue
        if (row.institution, row.local_id) != (arrival.raw.institution.strip(), arrival.raw.local_id.strip()):
            raise Conflict("empi.key_collision", patient_key=str(arrival.key))
        if _stands(row, arrival):
            batch.settled[arrival.key] = answer(row, "unchanged")
        elif is_overlay(judge.compare_facts(facts_of(session, row), arrival.facts)):
            batch.overlaid.append(arrival)
        else:
            batch.revised.append(arrival)
    return batch


def _stands(row: Known, arrival: Arrival) -> bool:
    """Whether what is known outlasts the arrival, which says the same or is older; a mention never outlasts a statement."""
    older = arrival.raw.source_time < (row.source_time or "")
    return _repeats(row, arrival) or (older and not _confirms(row, arrival))


def _repeats(row: Known, arrival: Arrival) -> bool:
    return row.fingerprint == arrival.fingerprint and not _confirms(row, arrival)


def _confirms(row: Known, arrival: Arrival) -> bool:
    """Whether the register speaks of whom there were only mentions."""
    return bool(row.mention) and not arrival.raw.mention


def _revise(session: Session, judge: Judge, arrival: Arrival) -> None:
    """Take over new facts; what was said before is kept as a revision."""
    row = arrival.stored
    assert row is not None  # noqa: S101 - only revised arrivals come here
    before = facts_of(session, row)
    session.execute(
        insert(RevisionRow),
        [
            {
                "patient_key": row.patient_key,
                "revision": row.revision,
                "facts": facts_text(before),
                "source_time": row.source_time,
                "replaced_at": clock.now(),
                "person_id": row.person_id,
                "division_code": row.division_code,
                "line_code": row.line_code,
            }
        ],
    )
    session.execute(
        update(IdentityRow),
        [
            {
                "patient_key": row.patient_key,
                "facts": facts_text(arrival.facts),
                "fingerprint": arrival.fingerprint,
                "source_time": arrival.raw.source_time,
                "mention": arrival.raw.mention,
                "revision": row.revision + 1,
                "rule_version": judge.version,
                **_visible(arrival.facts),
            }
        ],
    )
    forget_blocks(session, row.patient_key, judge.blocks(session, {row.patient_key: before})[row.patient_key])
    forget_edges(session, [row.patient_key])
    change_tokens(session, row.patient_key, keyed_all(session, texts_of(before)), keyed_all(session, texts_of(arrival.facts)))
    drop_overlays(session, row.patient_key)


def _certain_neighbours(session: Session, keys: list[int]) -> set[int]:
    """Identities tied to these by evidence that is about to be dropped: their clusters may change as well."""
    edges = edges_about(session, keys) if keys else []
    return {end for edge in edges if edge.grade in TYING for end in (edge.left, edge.right)}


def _visible(facts: Mapping[str, str]) -> dict[str, object]:
    """The two facts kept in the clear, because lookups narrow by them: year of birth and sex."""
    year, sex = facts.get("birth_date", "")[:4], facts.get("gender", "")
    return {"birth_year": int(year) if year.isdecimal() and year.isascii() else None, "sex": sex if sex in ("1", "2") else None}


def _compare(
    session: Session, judge: Judge, changed: list[Arrival], blocks: Mapping[int, Sequence[Block]], seen: dict[int, Known]
) -> Compared:
    """Evidence about what changed; the identities it was compared with are left in ``seen``."""
    found = search(session, {arrival.key: blocks[arrival.key] for arrival in changed}, judge.block_cap)
    facts: dict[int, Facts] = {arrival.key: arrival.facts for arrival in changed}
    seen |= known(session, {key for pair in found.pairs for key in pair} - facts.keys())
    facts |= {key: facts_of(session, row) for key, row in seen.items()}
    return compare_foreseen(judge, facts, [pair for pair in found.pairs if set(pair) <= facts.keys()])


def _given(changed: list[Arrival], evidence: Sequence[Edge]) -> Compared:
    """The part of a bulk run's evidence that touches these identities."""
    keys = {arrival.key for arrival in changed}
    return Compared(edges=tuple(edge for edge in evidence if edge.left in keys or edge.right in keys))


@dataclass(frozen=True)
class _Findings:
    """Evidence about the changed identities, whom they were compared with, and who was tied to them before."""

    compared: Compared
    seen: Mapping[int, Known]
    neighbours: set[int]


def _settle(session: Session, judge: Judge, batch: _Batch, found: _Findings) -> dict[int, Registered]:
    fresh = {arrival.key: _as_known(arrival) for arrival in batch.fresh}
    revised = frozenset(arrival.key for arrival in batch.revised)
    if not fresh and not revised:
        return {}
    cause = Cause(fresh=fresh, revised=revised, compared=found.compared, seen=found.seen)
    settled = settle(session, judge, {*fresh, *revised, *found.neighbours}, cause)
    _insert(session, judge, batch.fresh, settled)
    if moved := {key: person for key, person in settled.assignment.moves.items() if key not in fresh}:
        follow_moves(session, moved)
    if revised:
        publish(session, GoldenChanged(sorted({settled.persons[key] for key in revised})))
    asked = ask(session, judge, found.compared.edges, settled)
    return _answers(session, settled, {**fresh, **{one.key: one.stored for one in batch.revised if one.stored}}, asked)


def _answers(
    session: Session, settled: Settled, rows: Mapping[int, Known], asked: Mapping[int, list[int]]
) -> dict[int, Registered]:
    company = {key: len(group) > 1 for group in settled.groups for key in group}
    answers = {}
    for key, row in rows.items():
        person = settled.persons[key]
        outcome: Outcome = "certain" if company[key] else "possible" if asked.get(key) else "new"
        answers[key] = Registered(key, row.shelf or person, person, outcome, tuple(asked.get(key, ())))
    return answers


def _as_known(arrival: Arrival) -> Known:
    raw = arrival.raw
    return Known(
        arrival.key,
        None,
        None,
        raw.institution.strip(),
        raw.institution_id,
        raw.local_id.strip(),
        raw.division_code or None,
        raw.line_code or None,
        raw.source_time,
        arrival.fingerprint,
        1,
        raw.mention,
        facts=arrival.facts,
    )


def _insert(session: Session, judge: Judge, fresh: list[Arrival], settled: Settled) -> None:
    if not fresh:
        return
    now = clock.now()
    write(
        session,
        IdentityRow,
        [
            {
                "patient_key": arrival.key,
                "institution": arrival.raw.institution.strip(),
                "institution_id": arrival.raw.institution_id,
                "local_id": arrival.raw.local_id.strip(),
                "division_code": arrival.raw.division_code,
                "line_code": arrival.raw.line_code,
                "person_id": settled.persons[arrival.key],
                "shelf": settled.persons[arrival.key],
                "linked_by": "rule",
                "linked_at": now,
                "link_decision": settled.decisions.get(arrival.key),
                "facts": facts_text(arrival.facts),
                "fingerprint": arrival.fingerprint,
                "source_time": arrival.raw.source_time,
                "mention": arrival.raw.mention,
                "rule_version": judge.version,
                "revision": 1,
                "arrived_at": now,
                **_visible(arrival.facts),
            }
            for arrival in fresh
        ],
    )


def _overlaid(session: Session, judge: Judge, overlaid: list[Arrival]) -> dict[int, Registered]:
    """Statements that contradict what is known under their number wait for a steward; nothing is overwritten."""
    answers = {}
    for arrival in overlaid:
        row = arrival.stored
        assert row is not None  # noqa: S101 - only known numbers can be overlaid
        drop_overlays(session, row.patient_key)
        comparison = judge.compare_facts(facts_of(session, row), arrival.facts)
        edge = Edge(
            row.patient_key, row.patient_key, comparison.grade, comparison.weight, comparison.apart, comparison.contributions
        )
        person = row.person_id or 0
        question = Question("overlay", row, row, person, person, edge, judge.version, facts_text(arrival.facts))
        answers[row.patient_key] = answer(row, "overlay", list(open_questions(session, [question]).values()))
    return answers
