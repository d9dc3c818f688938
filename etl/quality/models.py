"""Bookkeeping of quality control: administrators' rules, runs, days to check, declared counts, monthly scores."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, LongText, PrimaryKey, Text_, Unscoped

DRAFT, ACTIVE, RETIRED, REFUSED = "draft", "active", "retired", "refused"
"""States of an administrator's rule version: waits for review, in force, replaced or switched off, refused by the reviewer."""


class StoredRule(Unscoped, Base):
    """One version of a rule an administrator wrote, or of his changes to a rule that came with the platform."""

    __tablename__ = "quality_rule"
    __table_args__ = (UniqueConstraint("code", "version", name="uq_quality_rule_version"),)

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(Text_(120))
    version: Mapped[int]
    dataset: Mapped[str] = mapped_column(Text_(40))
    label: Mapped[str] = mapped_column(Text_(200))
    mend: Mapped[str] = mapped_column(Text_(500))
    dimension: Mapped[str] = mapped_column(Text_(16))
    severity: Mapped[int]
    weight: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    tolerance: Mapped[Decimal] = mapped_column(Numeric(6, 4), default=Decimal(0))
    applies: Mapped[str | None] = mapped_column(LongText)
    fails: Mapped[str] = mapped_column(LongText)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text_(10))
    disabled: Mapped[bool] = mapped_column(default=False)
    written_by: Mapped[str] = mapped_column(Text_(64))
    written_at: Mapped[datetime] = mapped_column(Instant)
    reviewed_by: Mapped[str | None] = mapped_column(Text_(64))
    reviewed_at: Mapped[datetime | None] = mapped_column(Instant)
    remark: Mapped[str | None] = mapped_column(Text_(200))


class QualityRun(Unscoped, Base):
    """One run: what it checked, how long it took, and which rules could not be run."""

    __tablename__ = "quality_run"

    id: Mapped[PrimaryKey]
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text_(40))
    days: Mapped[int] = mapped_column(default=0)
    rules: Mapped[int] = mapped_column(default=0)
    errors: Mapped[dict[str, str] | None] = mapped_column(Json)


class DirtyDay(Unscoped, Base):
    """Rows of this dataset and local day changed since it was checked."""

    __tablename__ = "quality_dirty"

    dataset: Mapped[str] = mapped_column(Text_(40), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    marked_at: Mapped[datetime] = mapped_column(Instant)


class RuleError(Unscoped, Base):
    """A rule that could not be run last time, and why. The row goes away when it runs again."""

    __tablename__ = "quality_rule_error"

    code: Mapped[str] = mapped_column(Text_(120), primary_key=True)
    message: Mapped[str] = mapped_column(LongText)
    run_id: Mapped[int]


class DeclaredCount(DivisionScoped, Base):
    """What an institution says it did on a day, against which its uploads are counted."""

    __tablename__ = "quality_declared"
    __table_args__ = (UniqueConstraint("institution_id", "day", "kind", name="uq_quality_declared"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    day: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(Text_(16))
    amount: Mapped[int]
    declared_by: Mapped[str] = mapped_column(Text_(64))
    declared_at: Mapped[datetime] = mapped_column(Instant)


class MonthScore(DivisionScoped, Base):
    """The score of an institution for a month, as computed after the last run that touched the month."""

    __tablename__ = "quality_score"
    __table_args__ = (
        UniqueConstraint("institution_id", "month", name="uq_quality_score"),
        Index("ix_quality_score_month", "month"),
    )

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    month: Mapped[date] = mapped_column(Date)
    total: Mapped[Decimal] = mapped_column(Numeric(7, 4))
    coverage: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    row_count: Mapped[int]
    dimensions: Mapped[dict[str, Any]] = mapped_column(Json)
    computed_at: Mapped[datetime] = mapped_column(Instant)
