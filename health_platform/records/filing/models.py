"""Tables of file management. A file is the administrative side of a record: its clinical content stays in the warehouse."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, Instant, Json, LongText, PersonScoped, PrimaryKey, Text_, Unscoped


class HealthFile(PersonScoped, Base):
    """One resident's health file. ``origin_person`` is whom it was opened for; ``person_id`` changes when persons merge.

    States: open, archived (kept, not managed any more), sealed (the person died), merged (``merged_into`` goes on).
    ``number`` is the number in force; earlier ones stay findable in ``FileNumber``.
    """

    __tablename__ = "health_file"

    id: Mapped[PrimaryKey]
    person_id: Mapped[int] = mapped_column(index=True)
    origin_person: Mapped[int] = mapped_column(index=True)
    number: Mapped[str] = mapped_column(Text_(17), unique=True)
    state: Mapped[str] = mapped_column(Text_(8))
    merged_into: Mapped[int | None]
    institution_id: Mapped[int | None]
    institution_name: Mapped[str | None] = mapped_column(Text_(128))
    doctor_name: Mapped[str | None] = mapped_column(Text_(64))
    household_no: Mapped[str | None] = mapped_column(Text_(32))
    opened_on: Mapped[date] = mapped_column(Date)
    died_on: Mapped[date | None] = mapped_column(Date)
    changed_at: Mapped[datetime] = mapped_column(Instant)


class FileNumber(PersonScoped, Base):
    """Every number a file has or had."""

    __tablename__ = "health_file_number"

    number: Mapped[str] = mapped_column(Text_(17), primary_key=True)
    file_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int]
    given_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class FileEntry(PersonScoped, Base):
    """One act on a file: who, when, why, and the values before and after. Only ever added."""

    __tablename__ = "health_file_entry"

    id: Mapped[PrimaryKey]
    file_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int]
    action: Mapped[str] = mapped_column(Text_(12))
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None]
    actor_name: Mapped[str | None] = mapped_column(Text_(64))
    institution_name: Mapped[str | None] = mapped_column(Text_(128))
    reason: Mapped[str | None] = mapped_column(Text_(400))
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)


class FilePlace(Unscoped, Base):
    """A village's part of the file number (12 digits) and the last serial given in it."""

    __tablename__ = "health_file_place"

    id: Mapped[PrimaryKey]
    division_code: Mapped[str] = mapped_column(Text_(12), unique=True)
    prefix: Mapped[str] = mapped_column(Text_(12), unique=True)
    serial: Mapped[int] = mapped_column(default=0)


class CorrectionRequest(PersonScoped, Base):
    """Somebody found a reported event wrong; the institution that reported it corrects it at its source, or says why not.

    ``division_code`` is where the event was reported from, so that those who answer see it.
    """

    __tablename__ = "correction_request"
    __table_args__ = (Index("ix_correction_request", "state", "asked_at"),)

    id: Mapped[PrimaryKey]
    person_id: Mapped[int] = mapped_column(index=True)
    institution_id: Mapped[int]
    institution_name: Mapped[str | None] = mapped_column(Text_(128))
    event_ref: Mapped[str] = mapped_column(LongText)
    event_title: Mapped[str] = mapped_column(Text_(300))
    event_time: Mapped[datetime] = mapped_column(Instant)
    problem: Mapped[str] = mapped_column(Text_(500))
    state: Mapped[str] = mapped_column(Text_(8))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    asked_by: Mapped[str] = mapped_column(Text_(64))
    answer: Mapped[str | None] = mapped_column(Text_(500))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by: Mapped[str | None] = mapped_column(Text_(64))
