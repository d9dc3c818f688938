"""Tables of the resident portal."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.crypto import BlindIndexText, EncryptedText
from health_platform.kernel.db import Base, DivisionScoped, Instant, LongText, PersonScoped, PrimaryKey, Text_, Unscoped


class ResidentAccount(PersonScoped, Base):
    """One real person who may sign in. Made at the first successful login."""

    __tablename__ = "resident_account"

    id: Mapped[PrimaryKey]
    person_id: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(Text_(64))
    phone: Mapped[str | None] = mapped_column(EncryptedText("resident.phone"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    signed_in_at: Mapped[datetime] = mapped_column(Instant)


class LoginCode(Unscoped, Base):
    """A code that was sent. ``person_id`` is empty when nobody fitted: the caller cannot tell the difference."""

    __tablename__ = "resident_code"
    __table_args__ = (Index("ix_resident_code_who", "who_index", "sent_at"),)

    id: Mapped[PrimaryKey]
    who_index: Mapped[str] = mapped_column(BlindIndexText("resident.id_no"))
    person_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(Text_(64))
    phone: Mapped[str | None] = mapped_column(EncryptedText("resident.phone"))
    code_hash: Mapped[str] = mapped_column(Text_(64))
    sent_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class ResidentSession(Unscoped, Base):
    """A signed-in resident. ``acting_for`` is whose record is open: the own one or a family member's."""

    __tablename__ = "resident_session"

    id: Mapped[PrimaryKey]
    token_hash: Mapped[str] = mapped_column(Text_(64), unique=True)
    account_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int]
    acting_for: Mapped[int]
    by_cookie: Mapped[bool]
    started_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class FamilyProxy(PersonScoped, Base):
    """``holder_id`` may see the record of ``person_id``. Adults consent themselves; a minor's basis is custody."""

    __tablename__ = "family_proxy"
    __table_args__ = (UniqueConstraint("holder_id", "person_id", name="uq_family_proxy"),)

    id: Mapped[PrimaryKey]
    person_id: Mapped[int]
    holder_id: Mapped[int]
    holder_name: Mapped[str] = mapped_column(Text_(64))
    member_name: Mapped[str] = mapped_column(Text_(64))
    relation: Mapped[str] = mapped_column(Text_(16))
    state: Mapped[str] = mapped_column(Text_(12))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)


class AccessObjection(PersonScoped, Base):
    """A resident doubts that somebody had a reason to look."""

    __tablename__ = "access_objection"
    __table_args__ = (UniqueConstraint("person_id", "audit_id", name="uq_access_objection"),)

    id: Mapped[PrimaryKey]
    person_id: Mapped[int] = mapped_column()  # the unique constraint begins with it
    audit_id: Mapped[int]
    institution_id: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text_(500))
    state: Mapped[str] = mapped_column(Text_(12))
    raised_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text_(500))
    answered_by: Mapped[str | None] = mapped_column(Text_(64))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)


class ResultRelease(PersonScoped, Base):
    """A doctor has spoken with the resident about a critical result; the number may be shown now."""

    __tablename__ = "result_release"
    __table_args__ = (UniqueConstraint("person_id", "result_ref", name="uq_result_release"),)

    id: Mapped[PrimaryKey]
    person_id: Mapped[int] = mapped_column()  # the unique constraint begins with it
    result_ref: Mapped[str] = mapped_column(Text_(400))
    released_by: Mapped[str] = mapped_column(Text_(64))
    released_at: Mapped[datetime] = mapped_column(Instant)


class NewsArticle(DivisionScoped, Base):
    """Health information by the city or a county for residents. ``shown_at`` is set while residents may read it.

    ``body`` is plain text, paragraphs parted by blank lines: no markup, so nothing a writer pastes can run in a page.
    """

    __tablename__ = "news_article"
    __table_args__ = (Index("ix_news_article_shown", "state", "shown_at"),)

    id: Mapped[PrimaryKey]
    division_code: Mapped[str] = mapped_column(Text_(12))
    kind: Mapped[str] = mapped_column(Text_(12))
    title: Mapped[str] = mapped_column(Text_(80))
    body: Mapped[str] = mapped_column(LongText)
    publisher: Mapped[str] = mapped_column(Text_(80))
    state: Mapped[str] = mapped_column(Text_(12))
    written_by: Mapped[str] = mapped_column(Text_(64))
    changed_at: Mapped[datetime] = mapped_column(Instant)
    shown_at: Mapped[datetime | None] = mapped_column(Instant)
