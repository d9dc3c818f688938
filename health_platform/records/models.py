"""The summary row of a person: what the overview needs, read in one step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, Instant, Json, PersonScoped, Text_

STALE = "stale"


class RecordSummary(PersonScoped, Base):
    """Rows of the event index chosen for the overview, in the form of ``records.summary``.

    ``pairs_digest`` tells whose rows went in: after a merge, unmerge or split it no longer fits and the summary is made
    anew, as when it is ``STALE``. ``marks`` counts how often it was declared stale. The content holds
    rows of every division and class; a reader filters them for its caller.
    """

    __tablename__ = "record_summary"
    __table_args__ = (Index("ix_record_summary_stale", "pairs_digest", "built_at"),)

    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    pairs_digest: Mapped[str] = mapped_column(Text_(32))
    marks: Mapped[int] = mapped_column(default=0)
    built_at: Mapped[datetime] = mapped_column(Instant)
    content: Mapped[dict[str, Any]] = mapped_column(Json)
