"""Tables that exist only in tests: one scoped by division, line, unit and class, one by person."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from health_platform.kernel.db import Base, DivisionScoped, PersonScoped, PrimaryKey, Text_


class Clinic(DivisionScoped, Base):
    """A row of a unit."""

    __tablename__ = "test_clinic"

    id: Mapped[PrimaryKey]
    name: Mapped[str | None] = mapped_column(Text_(40))
    institution_id: Mapped[int | None]
    class_code: Mapped[str | None] = mapped_column(Text_(16))
    notes: Mapped[list["Note"]] = relationship(back_populates="clinic")


class Note(PersonScoped, Base):
    """A row about a person."""

    __tablename__ = "test_note"

    id: Mapped[PrimaryKey]
    text: Mapped[str | None] = mapped_column(Text_(200))
    clinic_id: Mapped[int | None] = mapped_column(ForeignKey("test_clinic.id"))
    clinic: Mapped[Clinic | None] = relationship(back_populates="notes")
