"""Exports of whole counties, with their progress."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, PrimaryKey, Text_


class CountyExport(DivisionScoped, Base):
    """One export: ordered, running, done or failed. ``folder`` is its name under ``HP_HOME/exports``."""

    __tablename__ = "county_export"

    id: Mapped[PrimaryKey]
    state: Mapped[str] = mapped_column(Text_(8))
    folder: Mapped[str] = mapped_column(Text_(80))
    files_total: Mapped[int] = mapped_column(default=0)
    files_done: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    ordered_by: Mapped[str] = mapped_column(Text_(64))
    reason: Mapped[str] = mapped_column(Text_(400))
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    problem: Mapped[str | None] = mapped_column(Text_(400))
