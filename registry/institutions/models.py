"""Tables of institutions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Float, Index
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, PrimaryKey, Text_

ACTIVE, CLOSED, MERGED = "active", "closed", "merged"


class Institution(DivisionScoped, Base):
    """A health institution where it lies (``division_code``).

    ``manager_code`` is the division whose administrators keep the entry: by default the county it lies in. ``parent_id``
    is the institution that runs it (the township hospital of a village clinic). ``revision`` grows with every change.
    """

    __tablename__ = "reg_institution"
    __table_args__ = (Index("ix_reg_institution_name", "name"),)

    id: Mapped[PrimaryKey]
    code: Mapped[str | None] = mapped_column(Text_(18), unique=True)
    code22: Mapped[str | None] = mapped_column(Text_(22), unique=True)
    cdc_code: Mapped[str | None] = mapped_column(Text_(9))
    name: Mapped[str] = mapped_column(Text_(128))
    short_name: Mapped[str | None] = mapped_column(Text_(64))
    initials: Mapped[str | None] = mapped_column(Text_(128))
    category: Mapped[str] = mapped_column(Text_(4))
    grade: Mapped[str | None] = mapped_column(Text_(4))
    ownership: Mapped[str | None] = mapped_column(Text_(2))
    profit: Mapped[str | None] = mapped_column(Text_(1))
    address: Mapped[str | None] = mapped_column(Text_(256))
    longitude: Mapped[float | None] = mapped_column(Float)
    latitude: Mapped[float | None] = mapped_column(Float)
    phone: Mapped[str | None] = mapped_column(Text_(32))
    head: Mapped[str | None] = mapped_column(Text_(64))
    parent_id: Mapped[int | None] = mapped_column(index=True)
    manager_code: Mapped[str] = mapped_column(Text_(12))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text_(8))
    merged_into: Mapped[int | None]
    revision: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str | None] = mapped_column(Text_(64))


class InstitutionEvent(DivisionScoped, Base):
    """One change of an institution: created, changed, delegated, merged or closed, with what it was before."""

    __tablename__ = "reg_institution_event"
    __table_args__ = (Index("ix_reg_institution_event", "institution_id", "at"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text_(12))
    at: Mapped[datetime] = mapped_column(Instant)
    by_name: Mapped[str | None] = mapped_column(Text_(64))
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)


class Department(DivisionScoped, Base):
    """A department: the institution's own code and name beside the standard department code."""

    __tablename__ = "reg_department"
    __table_args__ = (Index("uq_reg_department", "institution_id", "code", unique=True),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    code: Mapped[str] = mapped_column(Text_(32))
    name: Mapped[str] = mapped_column(Text_(64))
    standard_code: Mapped[str | None] = mapped_column(Text_(16))
    parent_code: Mapped[str | None] = mapped_column(Text_(32))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
