"""Who may send HL7 v2 messages and in whose name, and the patient numbers they use."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Flag, Instant, PersonScoped, PrimaryKey, Text_, Unscoped


class Hl7Sender(DivisionScoped, Base):
    """A sending facility (MSH-4) or application (MSH-3), or both, and the institution it is.

    ``address`` and ``fingerprint`` (SHA-256 of the client certificate) bind the sender to a connection: a message in its name
    from elsewhere is refused; empty = not checked. ``authority`` is the assigning authority of its patient numbers, as
    identity queries name it (namespace or OID). ``query_division`` is the division whose persons it may ask for.
    """

    __tablename__ = "hl7_sender"
    __table_args__ = (UniqueConstraint("facility", "application", name="uq_hl7_sender"),)

    id: Mapped[PrimaryKey]
    facility: Mapped[str | None] = mapped_column(Text_(180))
    application: Mapped[str | None] = mapped_column(Text_(180))
    institution_id: Mapped[int]
    authority: Mapped[str | None] = mapped_column(Text_(180))
    address: Mapped[str | None] = mapped_column(Text_(64))
    fingerprint: Mapped[str | None] = mapped_column(Text_(64))
    query_division: Mapped[str | None] = mapped_column(Text_(12))
    active: Mapped[bool] = mapped_column(Flag, default=True)


class Hl7Message(DivisionScoped, Base):
    """A message that was accepted: the proof by which a repeat is recognised, and the batch in which it landed.

    Messages that arrive together land in one batch of the pipeline; that each is taken once is settled here.
    """

    __tablename__ = "hl7_message"
    __table_args__ = (UniqueConstraint("institution_id", "message_id", name="uq_hl7_message"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    message_id: Mapped[str] = mapped_column(Text_(120))
    digest: Mapped[str] = mapped_column(Text_(64))
    kind: Mapped[str] = mapped_column(Text_(16))
    batch_id: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(Instant)


class Hl7Merge(Unscoped, Base):
    """A merge of two numbers of a sender, one of which is not known yet; it is carried out when it is."""

    __tablename__ = "hl7_merge"
    __table_args__ = (
        UniqueConstraint("kept_key", "gone_key", name="uq_hl7_merge"),
        Index("ix_hl7_merge_gone", "gone_key"),
    )

    id: Mapped[PrimaryKey]
    institution: Mapped[str] = mapped_column(Text_(20))
    kept: Mapped[str] = mapped_column(Text_(250))
    gone: Mapped[str] = mapped_column(Text_(250))
    kept_key: Mapped[int] = mapped_column(BigInteger)
    gone_key: Mapped[int] = mapped_column(BigInteger)
    message: Mapped[str] = mapped_column(Text_(16))
    told_at: Mapped[datetime] = mapped_column(Instant)


class Hl7Number(PersonScoped, Base):
    """A patient number an institution has sent, by the patient key made of it, so that queries can name it again."""

    __tablename__ = "hl7_number"
    __table_args__ = (
        UniqueConstraint("patient_key", name="uq_hl7_number"),
        Index("ix_hl7_number_institution", "institution_id"),
    )

    id: Mapped[PrimaryKey]
    patient_key: Mapped[int] = mapped_column(BigInteger)
    institution_id: Mapped[int]
    local_id: Mapped[str] = mapped_column(Text_(80))
