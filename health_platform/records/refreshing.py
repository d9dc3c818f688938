"""Keeping summary rows current: after rows were loaded, and after identities changed hands."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.records import summary
from health_platform.records.models import RecordSummary
from health_platform.records.ports import PersonIndex
from health_platform.records.tables import ensure_tables

LOG = logging.getLogger(__name__)
_PER_TRANSACTION = 50


def refresh(platform: Platform, persons: Iterable[int]) -> int:
    """Make the summary rows of these persons anew; of persons without identities they are removed. Returns how many.

    Safe to repeat and to interrupt: each row is a function of what the warehouse and the index hold.
    """
    ensure_tables(platform.warehouse)
    waiting = iter(sorted(set(persons)))
    total = 0
    while chunk := list(islice(waiting, _PER_TRANSACTION)):
        with platform.database.unit_of_work(system_scope("record summaries")) as session:
            for person_id in chunk:
                _refresh(platform, session, person_id)
        total += len(chunk)
    return total


def refresh_identities(platform: Platform, patient_keys: Sequence[int]) -> int:
    """Make the summaries of the persons these patient keys belong to anew."""
    index: PersonIndex = platform.service(PersonIndex)
    with platform.database.unit_of_work(system_scope("record summaries")) as session:
        persons = set(index.persons_of(session, patient_keys).values())
    return refresh(platform, persons)


def _refresh(platform: Platform, session: Session, person_id: int) -> None:
    index: PersonIndex = platform.service(PersonIndex)
    pairs = sorted(index.pairs(session, person_id))
    stored = session.get(RecordSummary, person_id)
    if not pairs:
        if stored is not None:
            session.delete(stored)
        return
    if stored is None:
        stored = RecordSummary(person_id=person_id)
        session.add(stored)
    made = summary.build(platform.warehouse, pairs)
    stored.pairs_digest = summary.pairs_digest(pairs)
    stored.built_at = made.built_at
    stored.content = made.content()


def follow(platform: Platform) -> None:
    """Keep summaries current by the events of the pipeline and of the person index."""
    listen = {
        "etl.rows_loaded": _on_rows_loaded,
        "person.linked": _on_linked,
        "person.merged": _on_merged,
        "person.unmerged": _on_unmerged,
        "person.split": _on_split,
    }
    for event, handler in listen.items():
        platform.consume(event, "records.summary", handler, leased=True, from_above=True)


def _on_rows_loaded(platform: Platform, event: Any) -> None:
    if event.pairs:
        refresh_identities(platform, [key for _, key in event.pairs])


def _on_linked(platform: Platform, event: Any) -> None:
    """A new identity has no rows yet; one that moved changes two persons."""
    moved = [link for link in event.links if link[3] is not None and link[3] != link[2]]
    refresh(platform, {person for link in moved for person in link[2:4] if person})


def _on_merged(platform: Platform, event: Any) -> None:
    refresh(platform, (event.kept, event.gone))


def _on_unmerged(platform: Platform, event: Any) -> None:
    refresh(platform, (event.kept, event.restored))


def _on_split(platform: Platform, event: Any) -> None:
    refresh(platform, (event.person_id, *event.others))
