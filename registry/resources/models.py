"""The table of health resources."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, PrimaryKey, Text_


class Resource(DivisionScoped, Base):
    """So many of some kind at an institution, from ``valid_from`` until before ``valid_to``."""

    __tablename__ = "reg_resource"
    __table_args__ = (Index("ix_reg_resource_unit", "institution_id", "kind"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    department_code: Mapped[str | None] = mapped_column(Text_(32))
    kind: Mapped[str] = mapped_column(Text_(12))
    category: Mapped[str | None] = mapped_column(Text_(64))
    name: Mapped[str] = mapped_column(Text_(128))
    quantity: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str | None] = mapped_column(Text_(64))
