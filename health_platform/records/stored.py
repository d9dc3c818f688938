"""The stored summary of a person: kept by the job that makes summaries anew, and by a reader who came before it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from health_platform.records.models import RecordSummary
from health_platform.records.summary import Pair, Summary, pairs_digest


def keep(session: Session, person_id: int, marks: int | None, pairs: Sequence[Pair], made: Summary) -> None:
    """Store what was made of a person's pairs after the row had so many marks; a person marked meanwhile keeps the mark."""
    mine = (RecordSummary.person_id == person_id, RecordSummary.marks == marks)
    if not pairs:
        session.execute(delete(RecordSummary).where(*mine))
        return
    values = {"pairs_digest": pairs_digest(pairs), "built_at": made.built_at, "content": made.content()}
    session.execute(update(RecordSummary).where(*mine).values(**values))
