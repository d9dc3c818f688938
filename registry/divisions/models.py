"""Tables of divisions: rows with a validity, closed years, changes with their links, and migrations with a journal."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, Index
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, LongText, PrimaryKey, Text_, Unscoped


class DivisionRow(Unscoped, Base):
    """A division as it was from ``valid_from`` until the day before ``valid_to`` (open: still is)."""

    __tablename__ = "reg_division"
    __table_args__ = (Index("ix_reg_division_code", "code", "valid_from"),)

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(Text_(12))
    name: Mapped[str] = mapped_column(Text_(64))
    initials: Mapped[str | None] = mapped_column(Text_(64))
    kind: Mapped[str] = mapped_column(Text_(12))
    area: Mapped[str | None] = mapped_column(Text_(12))
    area_unsure: Mapped[bool | None]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class DivisionYear(Unscoped, Base):
    """A closed year. ``digest`` is the SHA-256 of its snapshot, by which a later change of a row is noticed."""

    __tablename__ = "reg_division_year"

    year: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    closed_at: Mapped[datetime] = mapped_column(Instant)
    closed_by: Mapped[str | None] = mapped_column(Text_(64))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(Text_(64))


class DivisionSnap(Unscoped, Base):
    """One division in the snapshot of a closed year. Written once."""

    __tablename__ = "reg_division_snap"
    __table_args__ = (Index("uq_reg_division_snap", "year", "code", unique=True),)

    id: Mapped[PrimaryKey]
    year: Mapped[int]
    code: Mapped[str] = mapped_column(Text_(12))
    name: Mapped[str] = mapped_column(Text_(64))
    kind: Mapped[str] = mapped_column(Text_(12))
    area: Mapped[str | None] = mapped_column(Text_(12))


class DivisionChange(DivisionScoped, Base):
    """A proposed or decided change; ``division_code`` is the lowest division that holds everything it touches.

    States: submitted, approved, rejected, withdrawn. ``payload`` holds sources, targets and children.
    """

    __tablename__ = "reg_division_change"
    __table_args__ = (Index("ix_reg_division_change_st", "state", "effective_on"),)

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(Text_(8))
    effective_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text_(10))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    document: Mapped[str | None] = mapped_column(Text_(128))
    reason: Mapped[str | None] = mapped_column(LongText)
    submitted_by: Mapped[str | None] = mapped_column(Text_(64))
    submitted_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[str | None] = mapped_column(Text_(64))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str | None] = mapped_column(LongText)


class DivisionLink(Unscoped, Base):
    """A predecessor and one of its successors (``position`` 0 is the heir); no predecessor: the division is new."""

    __tablename__ = "reg_division_link"
    __table_args__ = (Index("ix_reg_division_link_ch", "effective_on", "change_id"),)

    id: Mapped[PrimaryKey]
    change_id: Mapped[int]
    effective_on: Mapped[date] = mapped_column(Date)
    predecessor: Mapped[str | None] = mapped_column(Text_(12))
    successor: Mapped[str] = mapped_column(Text_(12))
    position: Mapped[int]


class Migration(DivisionScoped, Base):
    """The rows of other registers following a change of divisions. States: ordered, done, undoing, undone."""

    __tablename__ = "reg_migration"

    id: Mapped[PrimaryKey]
    change_id: Mapped[int] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(Text_(8))
    overrides: Mapped[dict[str, Any]] = mapped_column(Json)
    counts: Mapped[dict[str, Any]] = mapped_column(Json)
    ordered_by: Mapped[str | None] = mapped_column(Text_(64))
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class MigrationMove(DivisionScoped, Base):
    """The journal of a migration: one row per moved record, from which it is undone."""

    __tablename__ = "reg_migration_move"
    __table_args__ = (Index("ix_reg_migration_move_mi", "migration_id", "follower"),)

    id: Mapped[PrimaryKey]
    migration_id: Mapped[int]
    follower: Mapped[str] = mapped_column(Text_(48))
    item_id: Mapped[int]
    from_code: Mapped[str] = mapped_column(Text_(12))
    to_code: Mapped[str] = mapped_column(Text_(12))
