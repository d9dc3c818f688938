"""Landing and bookkeeping of the pipeline. Everything here is small; the rows themselves live in the warehouse."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.crypto import EncryptedText
from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, LongText, PrimaryKey, Text_, Unscoped

LANDED, RUNNING, LOADED, REFUSED, FAILED = "landed", "running", "loaded", "refused", "failed"
"""States of a batch: waiting; in a load; done (perhaps with rows in quarantine); unreadable as a whole; poison, laid
aside after repeated failures. Refused and failed batches can be replayed."""

SPLIT = "split"
"""State of a load whose batches were separated into loads of their own."""

MESSAGE_STANDARDS = {"hl7v2": "HL7 v2 消息", "fhir": "FHIR 资源", "cda": "共享文档 (CDA)"}
"""Channels whose messages fill several datasets."""

OPEN, WAITING, CORRECTED, REPLAYED, DISCARDED = "open", "waiting", "corrected", "replayed", "discarded"
OVERTAKEN = "overtaken"
"""States of a quarantined row: to be looked at; waits for its parent row; a correction was uploaded; went through when its
batch was replayed; given up by a person; its sender uploaded the row anew since."""


class Batch(DivisionScoped, Base):
    """One upload of one sender under the sender's message id; also its receipt.

    ``again`` asks that the batch be sent through once more when the load it is in has ended: what the load goes by changed
    under it.
    """

    __tablename__ = "etl_batch"
    __table_args__ = (
        UniqueConstraint("institution_id", "message_id", name="uq_etl_batch_message"),
        Index("ix_etl_batch_queue", "institution_id", "state", "id"),
        Index("ix_etl_batch_received", "received_at"),
    )

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    message_id: Mapped[str] = mapped_column(Text_(120))
    digest: Mapped[str] = mapped_column(Text_(64))
    channel: Mapped[str] = mapped_column(Text_(40))
    format: Mapped[str] = mapped_column(Text_(16))
    operation: Mapped[str] = mapped_column(Text_(8))
    source: Mapped[str] = mapped_column(Text_(16))
    version: Mapped[int]
    size: Mapped[int]
    state: Mapped[str] = mapped_column(Text_(8))
    load_id: Mapped[int | None] = mapped_column(index=True)
    again: Mapped[bool] = mapped_column(default=False)
    row_count: Mapped[int] = mapped_column(default=0)
    loaded_count: Mapped[int] = mapped_column(default=0)
    deleted_count: Mapped[int] = mapped_column(default=0)
    superseded_count: Mapped[int] = mapped_column(default=0)
    rejected_count: Mapped[int] = mapped_column(default=0)
    late_count: Mapped[int] = mapped_column(default=0)
    figures: Mapped[dict[str, list[int]] | None] = mapped_column(Json)
    warnings: Mapped[dict[str, Any] | None] = mapped_column(Json)
    error: Mapped[str | None] = mapped_column(LongText)
    received_at: Mapped[datetime] = mapped_column(Instant)
    first_received_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class BatchBody(Unscoped, Base):
    """The bytes of an upload as sent, compressed and encrypted, until the configured time has passed."""

    __tablename__ = "etl_body"

    batch_id: Mapped[int] = mapped_column(ForeignKey("etl_batch.id"), primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Load(Unscoped, Base):
    """Batches that are processed together. A load that was begun is finished as the same set of batches.

    ``institution_id``: the sender whose batches waited longest. Those of others may go along with them; who works on the load
    holds the leases of all.
    """

    __tablename__ = "etl_load"
    __table_args__ = (Index("ix_etl_load_sender", "institution_id", "state"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    state: Mapped[str] = mapped_column(Text_(8))
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(LongText)
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class SenderLease(Unscoped, Base):
    """Which worker processes an institution's uploads now: one at a time, so that a row that moves is withdrawn where it was."""

    __tablename__ = "etl_sender"

    institution_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leased_by: Mapped[str | None] = mapped_column(Text_(80))
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    wanted: Mapped[bool] = mapped_column(default=False)


class Channel(DivisionScoped, Base):
    """One institution's stream of one dataset or message standard."""

    __tablename__ = "etl_channel"
    __table_args__ = (UniqueConstraint("institution_id", "channel", name="uq_etl_channel"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    channel: Mapped[str] = mapped_column(Text_(40))
    paused: Mapped[bool] = mapped_column(default=False)
    paused_reason: Mapped[str | None] = mapped_column(Text_(200))
    last_received_at: Mapped[datetime | None] = mapped_column(Instant)
    last_loaded_at: Mapped[datetime | None] = mapped_column(Instant)
    last_event_at: Mapped[datetime | None] = mapped_column(Instant)


class DayFigures(DivisionScoped, Base):
    """What one channel brought on one local day, counted as loads finish."""

    __tablename__ = "etl_day"
    __table_args__ = (UniqueConstraint("institution_id", "dataset", "day", name="uq_etl_day"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    dataset: Mapped[str] = mapped_column(Text_(40))
    day: Mapped[date] = mapped_column(Date)
    batches: Mapped[int] = mapped_column(default=0)
    loaded: Mapped[int] = mapped_column(default=0)
    deleted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    late: Mapped[int] = mapped_column(default=0)
    unmapped: Mapped[int] = mapped_column(default=0)
    delay_seconds: Mapped[int] = mapped_column(default=0)


class QuarantinedRow(DivisionScoped, Base):
    """A row that was not loaded: what it said, and every fault with field, value, rule and problem.

    ``forgotten_at``: what it said was removed then, because it had been dealt with for as long as uploads are kept.
    """

    __tablename__ = "etl_quarantine"
    __table_args__ = (
        UniqueConstraint("batch_id", "dataset", "position", name="uq_etl_quarantine_row"),
        Index("ix_etl_quarantine_state", "institution_id", "state"),
        Index("ix_etl_quarantine_wait", "institution_id", "waits_for", "waits_on"),
        Index("ix_etl_quarantine_key", "institution_id", "row_key"),
    )

    id: Mapped[PrimaryKey]
    batch_id: Mapped[int]
    institution_id: Mapped[int]
    dataset: Mapped[str] = mapped_column(Text_(40))
    position: Mapped[int]
    operation: Mapped[str] = mapped_column(Text_(8))
    version: Mapped[int]
    row_key: Mapped[str | None] = mapped_column(Text_(200))
    state: Mapped[str] = mapped_column(Text_(10))
    rule: Mapped[str] = mapped_column(Text_(40))
    field: Mapped[str | None] = mapped_column(Text_(60))
    faults: Mapped[str] = mapped_column(EncryptedText("etl.faults"))
    raw: Mapped[str] = mapped_column(EncryptedText("etl.raw"))
    waits_for: Mapped[str | None] = mapped_column(Text_(40))
    waits_on: Mapped[str | None] = mapped_column(Text_(80))
    correction_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    resolved_by: Mapped[str | None] = mapped_column(Text_(64))
    forgotten_at: Mapped[datetime | None] = mapped_column(Instant)


class StoredDocument(DivisionScoped, Base):
    """Which record row a stored file belongs to; the file itself lies in the document store under its digest."""

    __tablename__ = "etl_document"
    __table_args__ = (
        UniqueConstraint("institution_id", "dataset", "row_key", "field", name="uq_etl_document_row"),
        Index("ix_etl_document_digest", "digest"),
        Index("ix_etl_document_patient", "patient_key"),
    )

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    dataset: Mapped[str] = mapped_column(Text_(40))
    row_key: Mapped[str] = mapped_column(Text_(200))
    field: Mapped[str] = mapped_column(Text_(60))
    digest: Mapped[str] = mapped_column(Text_(64))
    media_type: Mapped[str | None] = mapped_column(Text_(100))
    size: Mapped[int]
    shelf: Mapped[int]
    patient_key: Mapped[int]
    class_code: Mapped[str | None] = mapped_column(Text_(1))
    stored_at: Mapped[datetime] = mapped_column(Instant)


class LooseFile(Unscoped, Base):
    """A file of the document store that may belong to no row: a load is about to store it, or its row has let go of it.

    ``since``: when either happened last; the file stays for the configured time from then on. A row is written before the
    bytes of a file are, so that no file is ever forgotten.
    """

    __tablename__ = "etl_loose_file"
    __table_args__ = (UniqueConstraint("digest", name="uq_etl_loose_file"), Index("ix_etl_loose_file_since", "since"))

    id: Mapped[PrimaryKey]
    digest: Mapped[str] = mapped_column(Text_(64))
    since: Mapped[datetime] = mapped_column(Instant)
