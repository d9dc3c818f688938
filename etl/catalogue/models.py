"""Tables of the catalogue: entries with their editions, measured volumes, requests for data, and what was handed out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, LongText, PrimaryKey, Text_, Unscoped

ASKED, GRANTED, REFUSED, READY, FAILED, EXPIRED, REVOKED = (
    *("asked", "granted", "refused", "ready", "failed", "expired", "revoked"),
)
"""States of a request: waits for a decision; granted, the extract is being made; refused; can be fetched; could not be made;
its time has passed; taken back. The last three hold no data."""


class CatalogueEntry(Unscoped, Base):
    """A dataset in the catalogue. The columns are the working copy; ``published`` is the last edition as it was published."""

    __tablename__ = "cat_entry"

    dataset: Mapped[str] = mapped_column(Text_(40), primary_key=True)
    item: Mapped[str] = mapped_column(Text_(20))
    share: Mapped[str] = mapped_column(Text_(16))
    share_condition: Mapped[str | None] = mapped_column(Text_(500))
    open_to_public: Mapped[bool] = mapped_column(default=False)
    provider: Mapped[str | None] = mapped_column(Text_(128))
    summary: Mapped[str | None] = mapped_column(Text_(1000))
    keywords: Mapped[str | None] = mapped_column(Text_(200))
    cycle: Mapped[str] = mapped_column(Text_(12))
    state: Mapped[str] = mapped_column(Text_(12))
    edition: Mapped[int]
    submitted_by: Mapped[int | None]
    published: Mapped[dict[str, Any] | None] = mapped_column(Json)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str | None] = mapped_column(Text_(64))


class CatalogueStep(Unscoped, Base):
    """One act on an entry: who did what, when, with which remark."""

    __tablename__ = "cat_step"
    __table_args__ = (Index("ix_cat_step_dataset", "dataset", "at"),)

    id: Mapped[PrimaryKey]
    dataset: Mapped[str] = mapped_column(Text_(40))
    edition: Mapped[int]
    act: Mapped[str] = mapped_column(Text_(12))
    note: Mapped[str | None] = mapped_column(Text_(500))
    actor_id: Mapped[int]
    actor_name: Mapped[str | None] = mapped_column(Text_(64))
    at: Mapped[datetime] = mapped_column(Instant)


class DatasetVolume(DivisionScoped, Base):
    """Rows in force of one dataset from one institution by one way in, as last measured."""

    __tablename__ = "cat_volume"
    __table_args__ = (UniqueConstraint("dataset", "institution_id", "source", name="uq_cat_volume"),)

    id: Mapped[PrimaryKey]
    dataset: Mapped[str] = mapped_column(Text_(40))
    institution_id: Mapped[int]
    source: Mapped[str] = mapped_column(Text_(16))
    row_count: Mapped[int]
    first_event: Mapped[datetime | None] = mapped_column(Instant)
    last_event: Mapped[datetime | None] = mapped_column(Instant)
    last_received: Mapped[datetime | None] = mapped_column(Instant)
    measured_at: Mapped[datetime] = mapped_column(Instant)


class DataRequest(DivisionScoped, Base):
    """Somebody asks for data. ``asked`` is what was asked for, ``granted`` what was allowed; only that is ever read."""

    __tablename__ = "cat_request"
    __table_args__ = (Index("ix_cat_request_state", "state", "expires_at"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int | None]
    requester_id: Mapped[int] = mapped_column(index=True)
    requester_name: Mapped[str | None] = mapped_column(Text_(64))
    requester_unit: Mapped[str | None] = mapped_column(Text_(128))
    dataset: Mapped[str] = mapped_column(Text_(40))
    purpose: Mapped[str] = mapped_column(LongText)
    asked: Mapped[dict[str, Any]] = mapped_column(Json)
    granted: Mapped[dict[str, Any] | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(Text_(8))
    decided_by: Mapped[int | None]
    decider_name: Mapped[str | None] = mapped_column(Text_(64))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str | None] = mapped_column(Text_(500))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    report: Mapped[dict[str, Any] | None] = mapped_column(Json)


class Extract(Unscoped, Base):
    """The bytes of a made extract, encrypted; removed when the time has passed. Reached only through its request."""

    __tablename__ = "cat_extract"

    request_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Instant)


class Download(DivisionScoped, Base):
    """One handing out of an extract."""

    __tablename__ = "cat_download"
    __table_args__ = (Index("ix_cat_download_request", "request_id", "at"),)

    id: Mapped[PrimaryKey]
    request_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int]
    actor_name: Mapped[str | None] = mapped_column(Text_(64))
    address: Mapped[str | None] = mapped_column(Text_(45))
    digest: Mapped[str] = mapped_column(Text_(64))
