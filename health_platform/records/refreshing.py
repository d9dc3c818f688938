"""Keeping summary rows current: events mark the persons concerned, and a job makes their summaries anew.

Marking is one cheap statement inside the event's own transaction. Making reads the warehouse, so it is done once for many
marks and outside any transaction. A reader who comes in between builds the summary itself and keeps it for the next; a mark
is never lost to a summary that was begun before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.giving_way import give_way
from health_platform.kernel.outbox import OutboxDelivery
from health_platform.kernel.platform import Job, Platform
from health_platform.kernel.scope import system_scope
from health_platform.records.models import STALE, RecordSummary
from health_platform.records.ports import PersonIndex
from health_platform.records.stored import keep
from health_platform.records.summarising import build_all
from health_platform.records.tables import ensure_tables

_CONSUMER = "records.summary"
_TOGETHER = 500
_ON_THE_WAY = 20
"""Marks that still wait for delivery: with more of them a summary made now would most likely be made again."""
_JOB_EVERY, _JOB_SECONDS, _JOB_PERSONS = timedelta(seconds=5), 4.0, 1_000
_MADE_TOGETHER = 50

Pairs = tuple[tuple[int, int], ...]


def mark(session: Session, persons: Iterable[int]) -> None:
    """Say that the summaries of these persons no longer hold."""
    wanted = sorted(set(persons))
    for chunk in _chunks(wanted):
        known = set(session.scalars(select(RecordSummary.person_id).where(RecordSummary.person_id.in_(chunk))))
        again = update(RecordSummary).where(RecordSummary.person_id.in_(known))
        session.execute(again.values(pairs_digest=STALE, marks=RecordSummary.marks + 1))
        session.add_all(_unmade(person) for person in chunk if person not in known)
        session.flush()


def _unmade(person_id: int) -> RecordSummary:
    return RecordSummary(person_id=person_id, pairs_digest=STALE, marks=1, built_at=clock.now(), content={})


def _chunks(values: Sequence[int], size: int = _TOGETHER) -> Iterator[Sequence[int]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def refresh(platform: Platform, persons: Iterable[int]) -> int:
    """Make the summary rows of these persons anew; of persons without identities they are removed. Returns how many.

    Safe to repeat and to interrupt: each row is a function of what the warehouse and the index hold.
    """
    ensure_tables(platform.warehouse)
    wanted = sorted(set(persons))
    with _unit(platform) as session:
        mark(session, wanted)
    for chunk in _chunks(wanted, _MADE_TOGETHER):
        _make(platform, chunk)
    return len(wanted)


def refresh_stale(platform: Platform) -> int:
    """Make a number of summaries that no longer hold, oldest first, for a few seconds. The scheduled job.

    None while a large load is on its way: it would take most of a machine to make each person's summary again and again.
    """
    with _unit(platform, reading=True) as session:
        if _marks_on_the_way(session) > _ON_THE_WAY:
            return 0
        stale = select(RecordSummary.person_id).where(RecordSummary.pairs_digest == STALE)
        persons = session.scalars(stale.order_by(RecordSummary.built_at).limit(_JOB_PERSONS)).all()
    if persons:
        ensure_tables(platform.warehouse)
    ends = time.monotonic() + _JOB_SECONDS
    made = 0
    for chunk in _chunks(persons, _MADE_TOGETHER):
        if time.monotonic() > ends:
            break
        _make(platform, chunk)
        made += len(chunk)
        give_way()
    return made


def _marks_on_the_way(session: Session) -> int:
    mine = (OutboxDelivery.consumer == _CONSUMER, OutboxDelivery.state == "waiting")
    return session.scalar(select(func.count()).where(*mine)) or 0


def _make(platform: Platform, persons: Sequence[int]) -> None:
    """Read for all of them at once, then store; a person marked meanwhile keeps its mark."""
    with _unit(platform, reading=True) as session:
        plan = _whose(session, platform.service(PersonIndex), persons)
    whole = list(dict.fromkeys(pairs for pairs, _ in plan.values()))
    made = dict(zip(whole, build_all(platform.warehouse, whole), strict=True))
    with _unit(platform) as session:
        for person_id, (pairs, marks) in plan.items():
            keep(session, person_id, marks, pairs, made[pairs])


def _whose(session: Session, index: PersonIndex, persons: Sequence[int]) -> dict[int, tuple[Pairs, int | None]]:
    """Pairs and marks of each person; of two that a merge in progress lets share some pairs, the first only."""
    marks: dict[int, int] = dict(
        session.execute(select(RecordSummary.person_id, RecordSummary.marks).where(RecordSummary.person_id.in_(persons))).all()
    )
    plan: dict[int, tuple[Pairs, int | None]] = {}
    owner: dict[int, Pairs] = {}
    for person_id in persons:
        pairs = tuple(sorted(index.pairs(session, person_id)))
        if all(owner.setdefault(key, pairs) == pairs for _, key in pairs):
            plan[person_id] = (pairs, marks.get(person_id))
    return plan


def _unit(platform: Platform, *, reading: bool = False) -> Any:
    return platform.database.unit_of_work(system_scope("record summaries"), reading=reading)


def follow(platform: Platform) -> None:
    """Mark by the events of the pipeline and of the person index; make regularly."""
    listen: dict[str, Callable[..., None]] = {
        "etl.rows_loaded": partial(_on_rows_loaded, platform),
        "person.linked": _on_linked,
        "person.merged": _on_merged,
        "person.unmerged": _on_unmerged,
        "person.split": _on_split,
    }
    for event, handler in listen.items():
        platform.consume(event, _CONSUMER, handler, from_above=True, wants=partial(_has_persons, platform))
    platform.schedule(Job("records.summaries", _JOB_EVERY, refresh_stale, "更新健康档案摘要"))


def _has_persons(platform: Platform, event: Any) -> bool:
    """A hospital's front end has no person index, and so nobody whose summary could be kept."""
    return PersonIndex.__qualname__ in platform.services


def _on_rows_loaded(platform: Platform, session: Session, event: Any) -> None:
    index: PersonIndex = platform.service(PersonIndex)
    keys = sorted({key for _, key in event.pairs})
    mark(session, {person for chunk in _chunks(keys) for person in index.persons_of(session, chunk).values()})


def _on_linked(session: Session, event: Any) -> None:
    """A new identity has no rows yet; one that moved changes two persons."""
    moved = [link for link in event.links if link[3] is not None and link[3] != link[2]]
    mark(session, {person for link in moved for person in link[2:4] if person})


def _on_merged(session: Session, event: Any) -> None:
    mark(session, (event.kept, event.gone))


def _on_unmerged(session: Session, event: Any) -> None:
    mark(session, (event.kept, event.restored))


def _on_split(session: Session, event: Any) -> None:
    mark(session, (event.person_id, *event.others))
