"""Tables of the reports: each as it was delivered, and what the institution said."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, LongText, PrimaryKey, Text_

DELIVERED, READ, ANSWERED, CLOSED = "delivered", "read", "answered", "closed"


class QualityReport(DivisionScoped, Base):
    """The report of an institution over a period in one edition. ``content`` never changes; values of rows are not in it."""

    __tablename__ = "quality_report"
    __table_args__ = (UniqueConstraint("institution_id", "first", "last", "edition", name="uq_quality_report"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    first: Mapped[date] = mapped_column(Date)
    last: Mapped[date] = mapped_column(Date)
    edition: Mapped[int]
    state: Mapped[str] = mapped_column(Text_(10))
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    made_at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    read_by: Mapped[str | None] = mapped_column(Text_(64))


class ReportAnswer(DivisionScoped, Base):
    """What somebody wrote to a report: the institution how it mends, the administrator whether that is enough."""

    __tablename__ = "quality_report_answer"

    id: Mapped[PrimaryKey]
    report_id: Mapped[int] = mapped_column(index=True)
    institution_id: Mapped[int]
    text: Mapped[str] = mapped_column(LongText)
    closes: Mapped[bool] = mapped_column(default=False)
    by_name: Mapped[str | None] = mapped_column(Text_(64))
    by_unit: Mapped[str | None] = mapped_column(Text_(128))
    at: Mapped[datetime] = mapped_column(Instant)
