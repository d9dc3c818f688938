"""Tables of code systems with their versions and terms, value sets, source systems and their local codes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, Float, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, PrimaryKey, Text_, Unscoped
from health_platform.kernel.ids import new_id

UNMAPPED, CONFIRMED, IGNORED = "unmapped", "confirmed", "ignored"


class CodeSystem(Unscoped, Base):
    """A list or hierarchy of codes. ``mark``: standard, local or unconfirmed (its wording was not compared yet)."""

    __tablename__ = "std_system"

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(Text_(48), unique=True)
    title: Mapped[str] = mapped_column(Text_(128))
    initials: Mapped[str | None] = mapped_column(Text_(128))
    source: Mapped[str | None] = mapped_column(Text_(128))
    mark: Mapped[str] = mapped_column(Text_(12))
    oid: Mapped[str | None] = mapped_column(Text_(64))
    hierarchical: Mapped[bool] = mapped_column(default=False)


class SystemVersion(Unscoped, Base):
    """One edition of a code system. States: draft, review, published, retired; at most one is published.

    ``content`` names this list of terms: every save of the draft gives it a new number, by which readers keep copies.
    """

    __tablename__ = "std_version"
    __table_args__ = (Index("uq_std_version", "system_id", "label", unique=True),)

    id: Mapped[PrimaryKey]
    system_id: Mapped[int]
    label: Mapped[str] = mapped_column(Text_(32))
    state: Mapped[str] = mapped_column(Text_(10))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    size: Mapped[int]
    content: Mapped[int]
    note: Mapped[str | None] = mapped_column(Text_(255))
    edited_by: Mapped[str | None] = mapped_column(Text_(64))
    edited_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[str | None] = mapped_column(Text_(64))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)


class CodeTerm(Unscoped, Base):
    """One code of one version."""

    __tablename__ = "std_term"
    __table_args__ = (Index("uq_std_term", "version_id", "code", unique=True),)

    id: Mapped[PrimaryKey]
    version_id: Mapped[int]
    position: Mapped[int]
    code: Mapped[str] = mapped_column(Text_(64))
    name: Mapped[str] = mapped_column(Text_(255))
    parent: Mapped[str | None] = mapped_column(Text_(64))
    note: Mapped[str | None] = mapped_column(Text_(512))
    initials: Mapped[str | None] = mapped_column(Text_(200))


class PackedTerms(Unscoped, Base):
    """All terms of a version in one piece (``standards.packing``), written with them; valid for one ``content`` only."""

    __tablename__ = "std_packed"

    version_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    content: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)


class ValueSet(Unscoped, Base):
    """A named selection of a code system: sub-trees to include and to exclude."""

    __tablename__ = "std_value_set"

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(Text_(48), unique=True)
    title: Mapped[str] = mapped_column(Text_(128))
    system_code: Mapped[str] = mapped_column(Text_(48))
    rule: Mapped[dict[str, Any]] = mapped_column(Json)


class SourceSystem(DivisionScoped, Base):
    """A system that sends data with its own codes.

    ``mapping_version`` grows with every change of its mappings; a number is never used twice, so that a copy made in a
    transaction that was rolled back cannot be taken for a later one.
    """

    __tablename__ = "std_source"

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(Text_(48), unique=True)
    name: Mapped[str] = mapped_column(Text_(128))
    institution_id: Mapped[int | None]
    mapping_version: Mapped[int] = mapped_column(default=new_id)


class LocalCode(DivisionScoped, Base):
    """A code a source system sends for one code system, and what it maps to. States: unmapped, confirmed, ignored."""

    __tablename__ = "std_local_code"
    __table_args__ = (
        Index("uq_std_local_code", "source_id", "system_code", "code", unique=True),
        Index("ix_std_local_code_st", "system_code", "state"),
    )

    id: Mapped[PrimaryKey]
    source_id: Mapped[int]
    institution_id: Mapped[int | None]
    system_code: Mapped[str] = mapped_column(Text_(48))
    code: Mapped[str] = mapped_column(Text_(64))
    name: Mapped[str | None] = mapped_column(Text_(255))
    rows_seen: Mapped[int]
    first_seen: Mapped[datetime] = mapped_column(Instant)
    last_seen: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text_(10))
    target: Mapped[str | None] = mapped_column(Text_(64))
    target_version: Mapped[str | None] = mapped_column(Text_(32))
    reason: Mapped[str | None] = mapped_column(Text_(12))
    score: Mapped[float | None] = mapped_column(Float)
    decided_by: Mapped[str | None] = mapped_column(Text_(64))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)


class Adoption(DivisionScoped, Base):
    """A source system that sends the standard codes of a code system themselves; somebody confirmed that it does."""

    __tablename__ = "std_adoption"
    __table_args__ = (Index("uq_std_adoption", "source_id", "system_code", unique=True),)

    id: Mapped[PrimaryKey]
    source_id: Mapped[int]
    institution_id: Mapped[int | None]
    system_code: Mapped[str] = mapped_column(Text_(48))
    decided_by: Mapped[str | None] = mapped_column(Text_(64))
    decided_at: Mapped[datetime] = mapped_column(Instant)


class MappingLog(DivisionScoped, Base):
    """Every decision about a local code, so that a mapping of any day can be found again."""

    __tablename__ = "std_mapping_log"
    __table_args__ = (Index("ix_std_mapping_log_code", "local_id", "at"),)

    id: Mapped[PrimaryKey]
    local_id: Mapped[int]
    institution_id: Mapped[int | None]
    mapping_version: Mapped[int]
    before: Mapped[str | None] = mapped_column(Text_(64))
    after: Mapped[str | None] = mapped_column(Text_(64))
    by_name: Mapped[str | None] = mapped_column(Text_(64))
    at: Mapped[datetime] = mapped_column(Instant)
