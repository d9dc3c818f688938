"""Numbers that grow with a change, so that every process drops what it keeps of the rows behind them.

A request reads all of them at once: what is kept for one number is as new as a reading of the rows themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from health_platform.kernel.db import Base, Unscoped
from health_platform.kernel.plain import columns

ROLE_EPOCH, MENU_EPOCH, POLICY_EPOCH = 1, 2, 3
Epochs = Mapping[int, int]


class Epoch(Unscoped, Base):
    """Grows with every change of what it stands for: the roles, the menus, the security settings."""

    __tablename__ = "access_epoch"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


_EPOCHS = select(Epoch.id, Epoch.value)


def epochs_of(session: Session) -> Epochs:
    """The epochs by id, in one read; one that never grew is missing and counts as 0."""
    return {row.id: row.value for row in columns(session, _EPOCHS)}


def advance(session: Session, epoch: int) -> None:
    """Make every process drop what it keeps for this epoch."""
    session.flush()
    if session.execute(update(Epoch).where(Epoch.id == epoch).values(value=Epoch.value + 1)).rowcount == 0:  # type: ignore[attr-defined]
        session.add(Epoch(id=epoch, value=1))
        session.flush()
