"""Whether the whole city is linked by the rules now in force.

Arrivals are judged by the rules of their day. After an upgrade, a new model or new settings, links made earlier stand as they
were until the city is linked again; an operator must not have to remember that.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from empi.judges import judge_of
from empi.models import IdentityRow, WholeLinkingRow
from empi.wide import whole_index
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

_LOADING = "loading: "
log = logging.getLogger("empi")


@dataclass(frozen=True)
class Due:
    """The city was linked last at ``linked_at`` under rules of another version; ``None``: never as a whole."""

    linked_at: datetime | None


def relinking_due(session: Session) -> Due | None:
    """Whether ``relink`` would judge by other rules than those the stored links were made by; None when it would not."""
    last = session.execute(
        select(WholeLinkingRow.version, WholeLinkingRow.linked_at).order_by(WholeLinkingRow.id.desc()).limit(1)
    ).first()
    if last is not None and last.version == judge_of(session).version:
        return None
    return None if is_empty(session) else Due(last.linked_at if last else None)


def note_whole_linking(session: Session, version: str) -> None:
    """Everything in the index is linked by the rules of this version."""
    session.execute(delete(WholeLinkingRow).where(WholeLinkingRow.version.startswith(_LOADING)))
    last = session.scalar(select(func.max(WholeLinkingRow.id))) or 0
    session.add(WholeLinkingRow(id=last + 1, version=version, linked_at=clock.now()))
    session.flush()


def loading(session: Session) -> str | None:
    """How far a first load is that has not ended (``note_loading``); None when there is none."""
    last = session.scalar(select(WholeLinkingRow.version).order_by(WholeLinkingRow.id.desc()).limit(1)) or ""
    return last.removeprefix(_LOADING) if last.startswith(_LOADING) else None


def note_loading(session: Session, state: str) -> None:
    """A first load has come so far; until it ends the city is linked by no rules as a whole."""
    note_whole_linking(session, f"{_LOADING}{state}")


def is_empty(session: Session) -> bool:
    """Whether nobody is in the index yet."""
    with whole_index(session, "is anybody in the index"):
        return session.scalar(select(IdentityRow.patient_key).limit(1)) is None


def watch(platform: Platform) -> None:
    """Say in the log, day by day, that the city should be linked again; an empty index is linked by any rules."""
    with platform.database.unit_of_work(system_scope("rules of the links")) as session:
        if is_empty(session):
            if session.scalar(select(func.count()).select_from(WholeLinkingRow)) == 0:
                note_whole_linking(session, judge_of(session).version)
        elif relinking_due(session) is not None:
            log.warning("links were made by other rules than those now in force: run 'health-platform empi relink'")
