"""The table of opened counties."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, LongText, PrimaryKey, Text_


class CountySite(DivisionScoped, Base):
    """A county on this platform: what its people see at the top of every page, and which menus they have."""

    __tablename__ = "county_site"

    id: Mapped[PrimaryKey]
    division_code: Mapped[str] = mapped_column(Text_(12), unique=True)
    name: Mapped[str] = mapped_column(Text_(80))
    logo: Mapped[str | None] = mapped_column(LongText)
    menus: Mapped[list[str]] = mapped_column(Json)
    active: Mapped[bool] = mapped_column(default=True)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[int]
