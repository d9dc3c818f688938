"""Tables of the ranking: editions kept by a division, what of them is public, and objections of institutions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, LongText, PrimaryKey, Text_, Unscoped


class RankingEdition(DivisionScoped, Base):
    """A ranking of the units under ``division_code`` over some months. ``standings`` is what was computed when it was made.

    ``funding_group`` is the group the ``pool`` is divided among; none is all.
    """

    __tablename__ = "quality_edition"

    id: Mapped[PrimaryKey]
    title: Mapped[str] = mapped_column(Text_(100))
    first: Mapped[date] = mapped_column(Date)
    last: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text_(12))
    weights: Mapped[dict[str, str]] = mapped_column(Json)
    standings: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    formula: Mapped[str | None] = mapped_column(Text_(500))
    pool: Mapped[int] = mapped_column(default=0)
    funding_group: Mapped[str | None] = mapped_column(Text_(16))
    funding: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[str | None] = mapped_column(Text_(64))
    objections_until: Mapped[datetime | None] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)


class RankingNotice(Unscoped, Base):
    """What everybody who may read rankings sees of an edition: from the day it is open to objections."""

    __tablename__ = "quality_notice"

    edition_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(Text_(100))
    first: Mapped[date] = mapped_column(Date)
    last: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text_(12))
    division_code: Mapped[str] = mapped_column(Text_(12))
    objections_until: Mapped[datetime | None] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    standings: Mapped[list[dict[str, Any]]] = mapped_column(Json)


class RankingObjection(DivisionScoped, Base):
    """An institution objects to its place; the keeper of the edition answers."""

    __tablename__ = "quality_objection"
    __table_args__ = (Index("ix_quality_objection", "edition_id", "state"),)

    id: Mapped[PrimaryKey]
    edition_id: Mapped[int]
    institution_id: Mapped[int]
    text: Mapped[str] = mapped_column(LongText)
    state: Mapped[str] = mapped_column(Text_(10))
    answer: Mapped[str | None] = mapped_column(LongText)
    raised_at: Mapped[datetime] = mapped_column(Instant)
    raised_by: Mapped[str | None] = mapped_column(Text_(64))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by: Mapped[str | None] = mapped_column(Text_(64))
