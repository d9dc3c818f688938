"""Tables of menus and buttons."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, PrimaryKey, Text_, Unscoped


class Menu(Unscoped, Base):
    """A menu entry. ``offered`` entries come from a component; administrators may add own ones (links)."""

    __tablename__ = "access_menu"

    id: Mapped[PrimaryKey]
    key: Mapped[str] = mapped_column(Text_(64), unique=True)
    label: Mapped[str] = mapped_column(Text_(40))
    heading: Mapped[str | None] = mapped_column(Text_(40))
    url: Mapped[str] = mapped_column(Text_(200))
    permission: Mapped[str] = mapped_column(Text_(96))
    position: Mapped[int]
    shown: Mapped[bool] = mapped_column(default=True)
    offered: Mapped[bool] = mapped_column(default=True)


class MenuButton(Unscoped, Base):
    """A button of a menu's page: browse, add, change, delete, review ..."""

    __tablename__ = "access_menu_button"
    __table_args__ = (UniqueConstraint("menu_id", "key"),)

    id: Mapped[PrimaryKey]
    menu_id: Mapped[int] = mapped_column(ForeignKey("access_menu.id"))
    key: Mapped[str] = mapped_column(Text_(64))
    label: Mapped[str] = mapped_column(Text_(40))
    permission: Mapped[str] = mapped_column(Text_(96))
    shown: Mapped[bool] = mapped_column(default=True)
