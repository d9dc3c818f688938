"""The few tables every application shares. A new application adds definitions, never tables."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.crypto import BlindIndexText, EncryptedText
from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, LongText, PersonScoped, PrimaryKey, Text_, Unscoped


class Enrolment(PersonScoped, Base):
    """A person (or thing) in a register. States: proposed, active, closed, declined.

    ``division_code`` and ``institution_id`` are where it is managed. ``once_key`` is unique while the member is active.
    ``latest`` and ``marks`` are what lists show of the last submissions; ``stamp`` says by which rules tasks were planned.
    """

    __tablename__ = "eng_enrolment"
    __table_args__ = (
        Index("ix_eng_enrol_unit", "register", "state", "institution_id"),
        Index("ix_eng_enrol_area", "register", "state", "division_code"),
    )

    id: Mapped[PrimaryKey]
    register: Mapped[str] = mapped_column(Text_(32))
    state: Mapped[str] = mapped_column(Text_(8))
    origin_person_id: Mapped[int | None]
    once_key: Mapped[str | None] = mapped_column(Text_(64), unique=True)
    institution_id: Mapped[int | None]
    team: Mapped[str | None] = mapped_column(Text_(64))
    worker: Mapped[int | None]
    worker_name: Mapped[str | None] = mapped_column(Text_(64))
    title: Mapped[str | None] = mapped_column(EncryptedText("engine.title"))
    title_index: Mapped[str | None] = mapped_column(BlindIndexText("engine.title"), index=True)
    number_index: Mapped[str | None] = mapped_column(BlindIndexText("engine.number"), index=True)
    card: Mapped[str | None] = mapped_column(EncryptedText("engine.card"))
    sex: Mapped[str | None] = mapped_column(Text_(1))
    birth_date: Mapped[date | None] = mapped_column(Date)
    enrolled_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)
    close_reason: Mapped[str | None] = mapped_column(Text_(32))
    note: Mapped[str | None] = mapped_column(Text_(400))
    latest: Mapped[dict[str, Any]] = mapped_column(Json)
    marks: Mapped[str | None] = mapped_column(Text_(400))
    stamp: Mapped[str | None] = mapped_column(Text_(64))
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str | None] = mapped_column(Text_(64))


class Submission(PersonScoped, Base):
    """A form as filled in on a day. A correction is a new row of the same ``root_id``; only the ``current`` one counts.

    States: current, replaced, void. ``form_version`` tells with which version it is to be read; ``seal`` is the signed text of a
    form that somebody signs.
    """

    __tablename__ = "eng_submission"
    __table_args__ = (
        Index("ix_eng_sub_member", "enrolment_id", "form", "day"),
        Index("ix_eng_sub_unit", "form", "institution_id", "day"),
    )

    id: Mapped[PrimaryKey]
    root_id: Mapped[int] = mapped_column(index=True)
    form: Mapped[str] = mapped_column(Text_(32))
    form_version: Mapped[int]
    state: Mapped[str] = mapped_column(Text_(8))
    enrolment_id: Mapped[int | None]
    case_no: Mapped[int | None] = mapped_column(index=True)
    institution_id: Mapped[int | None]
    team: Mapped[str | None] = mapped_column(Text_(64))
    worker: Mapped[int | None]
    worker_name: Mapped[str | None] = mapped_column(Text_(64))
    day: Mapped[date] = mapped_column(Date)
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    confirmed: Mapped[str | None] = mapped_column(Text_(400))
    reason: Mapped[str | None] = mapped_column(Text_(200))
    submitted_at: Mapped[datetime] = mapped_column(Instant)
    seal: Mapped[str | None] = mapped_column(EncryptedText("engine.seal"), deferred=True)


class Task(PersonScoped, Base):
    """Something to do for a member, planned by a schedule. Only open ones are kept; what was done is in the submissions."""

    __tablename__ = "eng_task"
    __table_args__ = (
        Index("ix_eng_task_unit", "register", "institution_id", "due_on"),
        Index("ix_eng_task_area", "register", "division_code", "due_on"),
    )

    id: Mapped[PrimaryKey]
    enrolment_id: Mapped[int] = mapped_column(index=True)
    register: Mapped[str] = mapped_column(Text_(32))
    schedule: Mapped[str] = mapped_column(Text_(32))
    item: Mapped[str | None] = mapped_column(Text_(32))
    label: Mapped[str] = mapped_column(Text_(80))
    reason: Mapped[str | None] = mapped_column(Text_(120))
    institution_id: Mapped[int | None]
    team: Mapped[str | None] = mapped_column(Text_(64))
    worker: Mapped[int | None]
    opens_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)


class Case(PersonScoped, Base):
    """A case of a workflow as it stands in the book of one party; every party has its own row of the same ``case_no``.

    So each party sees the case by its own division and institution, and a write renews all of them.
    """

    __tablename__ = "eng_case"
    __table_args__ = (
        Index("ix_eng_case_unit", "workflow", "institution_id", "state"),
        Index("ix_eng_case_no", "case_no", "party", unique=True),
        Index("ix_eng_case_due", "due_at"),
    )

    id: Mapped[PrimaryKey]
    case_no: Mapped[int]
    workflow: Mapped[str] = mapped_column(Text_(32))
    party: Mapped[str] = mapped_column(Text_(16))
    origin_person_id: Mapped[int | None]
    institution_id: Mapped[int | None]
    institution_name: Mapped[str | None] = mapped_column(Text_(128))
    state: Mapped[str] = mapped_column(Text_(32))
    title: Mapped[str | None] = mapped_column(EncryptedText("engine.title"))
    title_index: Mapped[str | None] = mapped_column(BlindIndexText("engine.title"), index=True)
    card: Mapped[str | None] = mapped_column(EncryptedText("engine.card"))
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    parties: Mapped[dict[str, Any]] = mapped_column(Json)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    versions: Mapped[dict[str, Any]] = mapped_column(Json)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    moved_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    revision: Mapped[int]


class Alert(PersonScoped, Base):
    """Something a definition found in a submission that a person must deal with. States: open, done, withdrawn."""

    __tablename__ = "eng_alert"
    __table_args__ = (Index("ix_eng_alert_unit", "state", "institution_id", "raised_at"),)

    id: Mapped[PrimaryKey]
    application: Mapped[str] = mapped_column(Text_(32), index=True)
    prompt: Mapped[str] = mapped_column(Text_(32))
    level: Mapped[str] = mapped_column(Text_(8))
    text: Mapped[str] = mapped_column(Text_(400))
    institution_id: Mapped[int | None]
    enrolment_id: Mapped[int | None] = mapped_column(index=True)
    submission_id: Mapped[int | None] = mapped_column(index=True)
    title: Mapped[str | None] = mapped_column(EncryptedText("engine.title"))
    state: Mapped[str] = mapped_column(Text_(12))
    raised_at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by: Mapped[str | None] = mapped_column(Text_(64))
    note: Mapped[str | None] = mapped_column(Text_(400))


class Figure(DivisionScoped, Base):
    """A population figure somebody entered for a division and a year."""

    __tablename__ = "eng_figure"
    __table_args__ = (Index("ix_eng_figure_key", "population", "year", "division_code", unique=True),)

    id: Mapped[PrimaryKey]
    population: Mapped[str] = mapped_column(Text_(32))
    year: Mapped[int]
    value: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str | None] = mapped_column(Text_(64))


class FormVersion(Unscoped, Base):
    """A form as it was when submissions were first written with this version; how old submissions are read."""

    __tablename__ = "eng_form_version"

    form: Mapped[str] = mapped_column(Text_(32), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fingerprint: Mapped[str] = mapped_column(Text_(64))
    content: Mapped[str] = mapped_column(LongText)
    first_used_at: Mapped[datetime] = mapped_column(Instant)
