"""The table of submissions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.crypto import EncryptedText
from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, LongText, PrimaryKey, Text_


class Submission(DivisionScoped, Base):
    """What a provider wants registered. States: faulty, submitted, accepted, rejected.

    A faulty one is kept with its faults for the provider to read and replace. ``secret`` holds, as JSON, the fields of the
    payload that are not for everybody to read (an identity number); the payload then shows that they were given.
    """

    __tablename__ = "reg_submission"
    __table_args__ = (
        Index("ix_reg_submission_state", "state", "submitted_at"),
        Index("uq_reg_submission_ref", "provider_id", "reference", unique=True),
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(Text_(16))
    institution_id: Mapped[int | None]
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    secret: Mapped[str | None] = mapped_column(EncryptedText("submission.secret"), deferred=True)
    identifiers: Mapped[list[Any]] = mapped_column(Json)
    provider_id: Mapped[int]
    provider_name: Mapped[str | None] = mapped_column(Text_(64))
    reference: Mapped[str] = mapped_column(Text_(64))
    state: Mapped[str] = mapped_column(Text_(10))
    faults: Mapped[list[Any]] = mapped_column(Json)
    entity_id: Mapped[int | None] = mapped_column(index=True)
    submitted_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[str | None] = mapped_column(Text_(64))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str | None] = mapped_column(LongText)
