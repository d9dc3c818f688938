"""A physician's own layout of the record browser. Allergies and critical values are no cards and cannot be hidden."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel.scope import Principal
from health_platform.launch.models import RecordLayout


@dataclass(frozen=True)
class Layout:
    """``view`` is the role or disease view; ``hidden`` are the cards this physician does not want."""

    view: str = "general"
    hidden: frozenset[str] = frozenset()


def owner_of(principal: Principal) -> str:
    """Whose layout it is: a doctor of a hospital keeps it over launches; a console user by account."""
    doctor = principal.facts.get("doctor_no")
    return f"{principal.institution_id}/{doctor}" if doctor else f"user/{principal.id}"


def layout_of(session: Session, owner: str) -> Layout | None:
    """The saved layout, or ``None`` when the person never changed anything."""
    found = session.scalar(select(RecordLayout).where(RecordLayout.owner == owner))
    return Layout(found.view, frozenset(found.hidden)) if found else None


def save_layout(session: Session, owner: str, layout: Layout, at: datetime) -> None:
    """Keep a layout for the next time."""
    found = session.scalar(select(RecordLayout).where(RecordLayout.owner == owner))
    row = found or RecordLayout(owner=owner)
    row.view, row.hidden, row.changed_at = layout.view, sorted(layout.hidden), at
    session.add(row)
