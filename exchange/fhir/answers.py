"""Answers kept by message id, so that a repeated bundle is answered as the first time and written once."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from exchange.fhir.models import SealedJson
from exchange.fhir.outcome import FhirRefused, Issue
from exchange.fhir.store import Owner
from health_platform.kernel.db import Base, DivisionScoped, Instant, PrimaryKey, Text_


class FhirAnswer(DivisionScoped, Base):
    """The answer given to a message id of an institution."""

    __tablename__ = "fhir_answer"
    __table_args__ = (UniqueConstraint("institution_id", "message_id", name="uq_fhir_answer_message"),)

    id: Mapped[PrimaryKey]
    institution_id: Mapped[int]
    message_id: Mapped[str] = mapped_column(Text_(120))
    digest: Mapped[str] = mapped_column(Text_(64))
    body: Mapped[bytes] = mapped_column(SealedJson)
    answered_at: Mapped[datetime] = mapped_column(Instant)


def earlier(session: Session, owner: Owner, message_id: str, content: bytes) -> bytes | None:
    """The answer given before under this message id, or None.

    Raises:
        FhirRefused: 409, the id was used for other content.
    """
    condition = (FhirAnswer.institution_id == owner.institution_id, FhirAnswer.message_id == message_id)
    found = session.scalar(select(FhirAnswer).where(*condition))
    if found is None:
        return None
    if found.digest != _digest(content):
        raise FhirRefused(409, Issue("duplicate", f"message id {message_id[:60]!r} was used for other content"))
    return found.body


def remember(session: Session, owner: Owner, message_id: str, content: bytes, answer: bytes, at: datetime) -> None:
    """Keep an answer for repeats."""
    division = owner.division_code
    session.add(
        FhirAnswer(
            institution_id=owner.institution_id,
            division_code=division,
            message_id=message_id,
            digest=_digest(content),
            body=answer,
            answered_at=at,
        )
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
