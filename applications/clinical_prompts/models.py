"""Tables of the prompts: rule versions, switches, knowledge tables, checks and what was shown in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, PersonScoped, PrimaryKey, Text_, Unscoped


class RuleVersion(Unscoped, Base):
    """A rule as somebody set it; the highest version counts. ``severity`` None is the definition's."""

    __tablename__ = "prompt_rule"
    __table_args__ = (UniqueConstraint("rule", "version", name="uq_prompt_rule"),)

    id: Mapped[PrimaryKey]
    rule: Mapped[str] = mapped_column(Text_(24))
    version: Mapped[int]
    enabled: Mapped[bool]
    severity: Mapped[str | None] = mapped_column(Text_(8))
    parameters: Mapped[dict[str, int]] = mapped_column(Json)
    note: Mapped[str | None] = mapped_column(Text_(200))
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str] = mapped_column(Text_(64))


class RuleSwitch(DivisionScoped, Base):
    """An institution that does not want a rule, or wants it back."""

    __tablename__ = "prompt_switch"
    __table_args__ = (UniqueConstraint("institution_id", "rule", name="uq_prompt_switch"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    rule: Mapped[str] = mapped_column(Text_(24))
    enabled: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text_(200))
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str] = mapped_column(Text_(64))


class KnowledgeVersion(Unscoped, Base):
    """A knowledge table as it was loaded; one version of each table is in force."""

    __tablename__ = "prompt_knowledge"
    __table_args__ = (UniqueConstraint("table_key", "version", name="uq_prompt_knowledge"),)

    id: Mapped[PrimaryKey]
    table_key: Mapped[str] = mapped_column(Text_(24))
    version: Mapped[int]
    active: Mapped[bool] = mapped_column(index=True)
    note: Mapped[str | None] = mapped_column(Text_(200))
    row_count: Mapped[int]
    content: Mapped[list[dict[str, str]]] = mapped_column("content", Json, deferred=True)
    loaded_at: Mapped[datetime] = mapped_column(Instant)
    loaded_by: Mapped[str] = mapped_column(Text_(64))


class PromptCheck(PersonScoped, Base):
    """One check: who asked about whom, what came out, how long it took (milliseconds).

    ``digest`` is of patient, visit and orders: a check id stands for one question.
    """

    __tablename__ = "prompt_check"
    __table_args__ = (
        UniqueConstraint("institution_id", "check_id", name="uq_prompt_check"),
        Index("ix_prompt_check_at", "checked_at"),
    )

    id: Mapped[PrimaryKey]
    check_id: Mapped[str] = mapped_column(Text_(36))
    digest: Mapped[str] = mapped_column(Text_(32))
    institution_id: Mapped[int]
    channel: Mapped[str] = mapped_column(Text_(8))
    doctor_no: Mapped[str | None] = mapped_column(Text_(32))
    doctor_name: Mapped[str | None] = mapped_column(Text_(64))
    department: Mapped[str | None] = mapped_column(Text_(64))
    visit_no: Mapped[str | None] = mapped_column(Text_(64))
    orders: Mapped[int]
    cards: Mapped[int]
    suppressed: Mapped[int]
    withheld: Mapped[int]
    unknown: Mapped[list[str]] = mapped_column(Json)
    known_patient: Mapped[bool]
    took_ms: Mapped[int]
    checked_at: Mapped[datetime] = mapped_column(Instant)


class PromptShown(PersonScoped, Base):
    """One card shown to a doctor and what became of it: ``outcome`` is accepted, overridden, or None (ignored)."""

    __tablename__ = "prompt_shown"
    __table_args__ = (
        Index("ix_prompt_shown_rule", "rule", "shown_at"),
        Index("ix_prompt_shown_visit", "institution_id", "visit_no"),
        Index("ix_prompt_shown_check", "check_row"),
    )

    id: Mapped[PrimaryKey]
    card_id: Mapped[str] = mapped_column(Text_(36), unique=True)
    check_row: Mapped[int]
    institution_id: Mapped[int]
    visit_no: Mapped[str | None] = mapped_column(Text_(64))
    doctor_no: Mapped[str | None] = mapped_column(Text_(32))
    department: Mapped[str | None] = mapped_column(Text_(64))
    position: Mapped[int]
    rule: Mapped[str] = mapped_column(Text_(24))
    rule_version: Mapped[int]
    severity: Mapped[str] = mapped_column(Text_(8))
    subject: Mapped[str] = mapped_column(Text_(200))
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    shown_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(Text_(10))
    reason: Mapped[str | None] = mapped_column(Text_(20))
    comment: Mapped[str | None] = mapped_column(Text_(200))
    outcome_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome_by: Mapped[str | None] = mapped_column(Text_(64))
