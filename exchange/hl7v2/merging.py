"""What senders say about their numbers reaches the person index, also when a number becomes known only later."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from empi.api import PersonLinked, patient_key
from exchange.hl7v2.events import IdentityMerged
from exchange.hl7v2.models import Hl7Merge
from exchange.identity import merge_numbers
from health_platform.kernel import clock
from health_platform.kernel.errors import PlatformError
from health_platform.kernel.platform import Job, Platform
from health_platform.kernel.scope import system_scope
from health_platform.records.api import PersonIndex

_CHUNK: Final = 400
log = logging.getLogger(__name__)


def install(platform: Platform) -> None:
    """Listen to merges, and to persons whose numbers merges wait for."""
    known = partial(_has_persons, platform)
    platform.consume("hl7v2.identity_merged", "hl7v2.merging", apply_merge, wants=known)
    platform.consume("person.linked", "hl7v2.merging", follow_links, wants=known)
    platform.schedule(Job("hl7v2.merges", timedelta(hours=1), try_waiting, "合并等待中的患者标识"))


def _has_persons(platform: Platform, event: Any) -> bool:
    """Without a person index, as on a hospital's front end, there is nobody to merge; the message itself is kept."""
    return PersonIndex.__qualname__ in platform.services


def apply_merge(session: Session, event: IdentityMerged) -> None:
    """Merge two numbers of one sender. A merge of a number that is not known yet waits for it, however long."""
    if merge_numbers(session, event.institution, event.kept, event.gone, f"message {event.message}"):
        return
    keys = {"kept_key": patient_key(event.institution, event.kept), "gone_key": patient_key(event.institution, event.gone)}
    if session.scalar(select(Hl7Merge.id).filter_by(**keys)) is None:
        numbers = {"institution": event.institution, "kept": event.kept, "gone": event.gone}
        session.add(Hl7Merge(**numbers, **keys, message=event.message, told_at=clock.now()))


def follow_links(session: Session, event: PersonLinked) -> None:
    """Carry out the merges that waited for the numbers that are known now."""
    keys = [key for key, *_ in event.links if key is not None]
    for start in range(0, len(keys), _CHUNK):
        some = keys[start : start + _CHUNK]
        about = or_(Hl7Merge.kept_key.in_(some), Hl7Merge.gone_key.in_(some))
        _try(session, session.scalars(select(Hl7Merge).where(about).order_by(Hl7Merge.id)).all())


def try_waiting(platform: Platform) -> None:
    """Try every waiting merge: one may have been told in the very moment in which its number became known."""
    with platform.database.unit_of_work(system_scope("hl7v2 merges")) as session:
        _try(session, session.scalars(select(Hl7Merge).order_by(Hl7Merge.id)).all())


def _try(session: Session, waiting: Sequence[Hl7Merge]) -> None:
    for row in waiting:
        try:
            with session.begin_nested():
                done = merge_numbers(session, row.institution, row.kept, row.gone, f"message {row.message}")
        except PlatformError as error:  # one that the index refuses must not hold up the others
            log.warning("a waiting merge was refused", extra={"facts": {"merge": row.id, "code": error.code}})
            continue
        if done:
            session.delete(row)
            session.flush()
