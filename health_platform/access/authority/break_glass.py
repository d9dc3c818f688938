"""Emergency access to one person: second factor and reason, an hour at most, an alarm at once, a review within 72 hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.accounts.models import User
from health_platform.access.authority.models import BreakGlass
from health_platform.access.authority.relations import NewRelation, relate, unrelate
from health_platform.access.policy import access_policy
from health_platform.access.signin import totp
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound, register_messages
from health_platform.kernel.outbox import event, publish
from health_platform.kernel.scope import Principal

REASONS = {"unconscious": "患者昏迷或无法表达", "rescue": "危重抢救", "outbreak": "突发公共卫生事件", "other": "其他紧急情况"}
VERDICTS = {"justified": "理由成立", "unjustified": "理由不成立"}

register_messages(
    {
        "access.break_glass.reason": "请选择原因并写明情况,至少 10 个字",
        "access.break_glass.factor": "紧急调阅须先启用并验证动态口令",
        "access.break_glass.blocked": "本单位有超期未复核的紧急调阅,复核完成前不能再次使用",
        "access.break_glass.unknown": "未找到该紧急调阅",
        "access.break_glass.own": "不能复核自己的紧急调阅",
        "access.break_glass.reviewed": "该紧急调阅已复核",
        "access.break_glass.verdict": "请给出复核结论",
    }
)


@event("access.break_glass_opened")
@dataclass(frozen=True)
class BreakGlassOpened:
    """An alarm: somebody opened a person's record without a relation."""

    break_glass_id: int
    actor_id: int
    person_id: int
    institution_id: int | None
    reason_code: str


@dataclass(frozen=True)
class Emergency:
    """Whose record and why. ``code`` is a fresh one-time code of the actor."""

    person_id: int
    reason_code: str
    reason: str
    code: str


def open_break_glass(session: Session, principal: Principal, emergency: Emergency) -> BreakGlass:
    """Open one person's record for the actor, including what the person has hidden.

    The caller makes sure that the person exists. The relation counts from the actor's next request on.

    Raises:
        Invalid: no reason, or the one-time code is wrong.
        Denied: the unit left an earlier emergency access unreviewed beyond its time.
    """
    if emergency.reason_code not in REASONS or len(emergency.reason.strip()) < 10:
        raise Invalid("access.break_glass.reason")
    with widened(session, "break glass"):
        _check_factor(session, principal, emergency.code)
        _check_reviews(session, principal)
        return _open(session, principal, emergency)


def _check_factor(session: Session, principal: Principal, code: str) -> None:
    user = session.get(User, principal.id)
    if user is None or user.totp_since is None:
        raise Invalid("access.break_glass.factor")
    totp.check(session, user, code)


def _check_reviews(session: Session, principal: Principal) -> None:
    """An unreviewed access beyond its time blocks the unit; platform accounts without a unit are judged alone."""
    overdue = select(BreakGlass.id).where(BreakGlass.reviewed_at.is_(None), BreakGlass.review_due < clock.now())
    if principal.institution_id is None:
        overdue = overdue.where(BreakGlass.actor_id == principal.id)
    else:
        overdue = overdue.where(BreakGlass.institution_id == principal.institution_id)
    if session.scalar(overdue.limit(1)):
        raise Denied("access.break_glass.blocked")


def _open(session: Session, principal: Principal, emergency: Emergency) -> BreakGlass:
    policy, now = access_policy(session), clock.now()
    row = BreakGlass(
        actor_id=principal.id,
        actor_name=principal.name,
        person_id=emergency.person_id,
        institution_id=principal.institution_id,
        division_code=principal.division_code,
        reason_code=emergency.reason_code,
        reason=emergency.reason.strip(),
        opened_at=now,
        expires_at=now + timedelta(minutes=policy.break_glass_minutes),
        review_due=now + timedelta(hours=policy.review_hours),
    )
    session.add(row)
    session.flush()
    until = NewRelation(
        principal.id,
        emergency.person_id,
        "break_glass",
        f"break_glass:{row.id}",
        row.expires_at,
        "emergency",
        principal.division_code,
    )
    relate(session, until)
    publish(
        session,
        BreakGlassOpened(row.id, principal.id, emergency.person_id, principal.institution_id, row.reason_code),
    )
    return row


def review_break_glass(session: Session, principal: Principal, break_glass_id: int, verdict: str, note: str) -> BreakGlass:
    """Judge an emergency access in scope. An unjustified one ends at once.

    Raises:
        Denied: the reviewer is the actor.
        Conflict: it was reviewed before.
    """
    row = session.scalar(select(BreakGlass).where(BreakGlass.id == break_glass_id))
    if row is None:
        raise NotFound("access.break_glass.unknown", break_glass_id=str(break_glass_id))
    if row.actor_id == principal.id:
        raise Denied("access.break_glass.own")
    if row.reviewed_at is not None:
        raise Conflict("access.break_glass.reviewed")
    if verdict not in VERDICTS:
        raise Invalid("access.break_glass.verdict")
    row.reviewer_id, row.reviewed_at, row.verdict, row.review_note = principal.id, clock.now(), verdict, note.strip()
    if verdict == "unjustified":
        row.expires_at = min(row.expires_at, clock.now())
        unrelate(session, "break_glass", f"break_glass:{row.id}")
    session.flush()
    return row


def break_glass_list(session: Session, only_open: bool = False) -> list[BreakGlass]:
    """Emergency accesses in scope, unreviewed first, then newest."""
    query = select(BreakGlass)
    if only_open:
        query = query.where(BreakGlass.reviewed_at.is_(None))
    order = BreakGlass.reviewed_at.is_not(None), BreakGlass.opened_at.desc()
    return list(session.scalars(query.order_by(*order).limit(500)))


def opened_persons(session: Session, actor_id: int) -> frozenset[int]:
    """Persons whose hidden documents the actor may see now."""
    query = select(BreakGlass.person_id).where(BreakGlass.actor_id == actor_id, BreakGlass.expires_at > clock.now())
    return frozenset(person for person in session.scalars(query) if person is not None)
