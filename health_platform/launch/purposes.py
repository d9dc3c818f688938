"""Why a record is opened: by the ticket, or stated by a console user before the record is shown."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Invalid
from health_platform.kernel.scope import Principal
from health_platform.launch.definitions import PURPOSE_LIFE, PURPOSES, STATED_PURPOSES
from health_platform.launch.models import StatedPurpose


def purpose_label(session: Session, principal: Principal, person_id: int, at: datetime) -> str | None:
    """The reason in words, or ``None`` when the caller has to state one first."""
    if principal.purpose:
        visit = principal.facts.get("visit_no")
        label = {**STATED_PURPOSES, **PURPOSES}.get(principal.purpose, principal.purpose)
        return f"{label}（就诊号 {visit}）" if visit else label
    stated = session.scalar(
        select(StatedPurpose)
        .where(
            StatedPurpose.actor_id == principal.id,
            StatedPurpose.person_id == person_id,
            StatedPurpose.expires_at > at,
        )
        .order_by(StatedPurpose.expires_at.desc())
        .limit(1)
    )
    return STATED_PURPOSES.get(stated.purpose, stated.purpose) if stated else None


def state_purpose(
    session: Session, principal: Principal, person_id: int, words: tuple[str, str | None], at: datetime
) -> StatedPurpose:
    """Remember why a console user opens a record. ``words`` is (purpose, note).

    Raises:
        Invalid: the purpose is not on the list.
    """
    purpose, note = words
    if purpose not in STATED_PURPOSES:
        raise Invalid("launch.purpose", purpose=purpose)
    stated = StatedPurpose(
        actor_id=principal.id, person_id=person_id, division_code=principal.division_code, purpose=purpose, note=note,
        stated_at=at, expires_at=at + PURPOSE_LIFE,
    )  # fmt: skip
    session.add(stated)
    return stated
