"""What a doctor does with a card: cites it, or goes on all the same and says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from applications.clinical_prompts import shelf
from applications.clinical_prompts.definitions.rules import BY_CODE
from applications.clinical_prompts.models import PromptCheck, PromptShown
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Invalid, NotFound

Outcome = Literal["accepted", "overridden"]


@dataclass(frozen=True)
class Told:
    """An outcome as it was told. ``strict`` demands the reason a rule needs; a CDS client may not be able to give it."""

    card_id: str
    outcome: Outcome
    reason: str
    comment: str
    by: str
    at: datetime
    strict: bool = True


def settle(session: Session, institution_id: int, person_id: int | None, told: Told) -> PromptShown:
    """Write down what became of a card of this institution (and, for a frame, of this patient). The last word counts.

    Raises:
        NotFound: no such card of the caller. Invalid: the reason is missing or not on the list.
    """
    with widened(session, "outcome of a card"):
        query = select(PromptShown).where(PromptShown.card_id == told.card_id, PromptShown.institution_id == institution_id)
        card = session.scalar(query if person_id is None else query.where(PromptShown.person_id == person_id))
        if card is None:
            raise NotFound("prompts.card", card=told.card_id)
        if told.outcome == "overridden":
            _check_reason(session, card, told)
        card.outcome, card.outcome_at, card.outcome_by = told.outcome, told.at, told.by or None
        card.reason, card.comment = told.reason or None, told.comment or None
    return card


def _check_reason(session: Session, card: PromptShown, told: Told) -> None:
    rule = BY_CODE.get(card.rule)
    if not told.reason and not told.comment and told.strict and rule is not None and rule.needs_reason:
        raise Invalid("prompts.reason_needed", rule=rule.label)
    known = {one.code for one in shelf.knowledge(session).reasons}
    if told.reason and told.strict and told.reason not in known:
        raise Invalid("prompts.reason_unknown", reason=told.reason)


def check_of(session: Session, institution_id: int, person_id: int, check_id: str) -> tuple[PromptCheck, Sequence[PromptShown]]:
    """A check the institution's system made of this patient, for its pop-up.

    Raises:
        NotFound: no such check of this institution and patient.
    """
    with widened(session, "check of a visit"):
        found = session.scalar(
            select(PromptCheck).where(
                PromptCheck.institution_id == institution_id,
                PromptCheck.check_id == check_id,
                PromptCheck.person_id == person_id,
            )
        )
        if found is None:
            raise NotFound("prompts.check", check=check_id)
        cards = select(PromptShown).where(PromptShown.check_row == found.id).order_by(PromptShown.position)
        return found, session.scalars(cards).all()
