"""Tables of staff."""

from datetime import date, datetime

from sqlalchemy import Date, Index
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.crypto import BlindIndexText, EncryptedText
from health_platform.kernel.db import Base, DivisionScoped, Instant, PrimaryKey, Text_

WORKING, LEFT = "working", "left"


class Staff(DivisionScoped, Base):
    """A person who works for an institution. One identity number has at most one entry, which moves with the person."""

    __tablename__ = "reg_staff"
    __table_args__ = (Index("ix_reg_staff_unit", "institution_id", "state"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    department_code: Mapped[str | None] = mapped_column(Text_(32))
    name: Mapped[str] = mapped_column(Text_(40))
    initials: Mapped[str | None] = mapped_column(Text_(40))
    id_number: Mapped[str | None] = mapped_column(EncryptedText("staff.id_number"), deferred=True)
    id_index: Mapped[str | None] = mapped_column(BlindIndexText("staff.id_number"), unique=True)
    sex: Mapped[str | None] = mapped_column(Text_(1))
    born_on: Mapped[date | None] = mapped_column(Date)
    phone: Mapped[str | None] = mapped_column(EncryptedText("staff.phone"), deferred=True)
    category: Mapped[str] = mapped_column(Text_(16))
    title: Mapped[str | None] = mapped_column(Text_(16))
    education: Mapped[str | None] = mapped_column(Text_(4))
    licence_no: Mapped[str | None] = mapped_column(Text_(32))
    specialty: Mapped[str | None] = mapped_column(Text_(64))
    employed_on: Mapped[date] = mapped_column(Date)
    left_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text_(8))
    registered_by: Mapped[int | None]
    account: Mapped[str | None] = mapped_column(Text_(40))
    revision: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str | None] = mapped_column(Text_(64))


class StaffPost(DivisionScoped, Base):
    """A time a person worked for one institution."""

    __tablename__ = "reg_staff_post"
    __table_args__ = (Index("ix_reg_staff_post_staff", "staff_id", "started_on"),)

    id: Mapped[PrimaryKey]
    staff_id: Mapped[int]
    institution_id: Mapped[int]
    department_code: Mapped[str | None] = mapped_column(Text_(32))
    started_on: Mapped[date] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)


class StaffTransfer(DivisionScoped, Base):
    """A wish to move a person to another unit. It belongs to the receiving unit, which accepts or refuses it.

    States: requested, accepted, refused, withdrawn.
    """

    __tablename__ = "reg_staff_transfer"
    __table_args__ = (Index("ix_reg_staff_transfer_st", "staff_id", "state"),)

    id: Mapped[PrimaryKey]
    staff_id: Mapped[int]
    staff_name: Mapped[str] = mapped_column(Text_(40))
    from_id: Mapped[int] = mapped_column(index=True)
    from_name: Mapped[str] = mapped_column(Text_(128))
    institution_id: Mapped[int]
    effective_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text_(10))
    reason: Mapped[str | None] = mapped_column(Text_(255))
    requested_by: Mapped[str | None] = mapped_column(Text_(64))
    requested_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[str | None] = mapped_column(Text_(64))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str | None] = mapped_column(Text_(255))
