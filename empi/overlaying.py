"""Carrying out a steward's answer about an overlaid patient number."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi import history
from empi.history import Decision
from empi.merging import unlink
from empi.models import ReviewRow
from empi.ruling import Ruling
from empi.service import revise
from empi.storing import Facts, known, members_of


def accept_overlay(session: Session, review_id: int, accepted: bool, ruling: Ruling) -> None:
    """Take over the new facts of a number, or keep the old ones.

    Accepting says that the number now stands for whom the new facts describe: the identity leaves a person it shared with
    others, for good, and is linked anew by its new facts.
    """
    review = session.execute(
        select(ReviewRow.left_key, ReviewRow.proposed, ReviewRow.division_code).where(ReviewRow.id == review_id)
    ).one()
    row = known(session, [review.left_key])[review.left_key]
    reason = ruling.reason or ("accepted" if accepted else "rejected")
    history.record(
        session,
        [
            Decision(
                "overlay",
                row.person_id or 0,
                ruling.actor,
                patient_key=row.patient_key,
                reason=reason,
                division_code=review.division_code,
            )
        ],
    )
    if not accepted:
        return
    if len(members_of(session, [row.person_id or 0])) > 1:
        unlink(session, row.patient_key, ruling)
    revise(session, row.patient_key, Facts(json.loads(review.proposed or "{}"), row.division_code or ""))
