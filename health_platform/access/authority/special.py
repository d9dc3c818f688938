"""Special authorisations: rows beyond the role, for a purpose, until a day; asked by one person, approved by another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.accounts.models import User
from health_platform.access.accounts.service import get_user, touched
from health_platform.access.authority import store
from health_platform.access.authority.models import SpecialGrant
from health_platform.access.residents import ResidentDirectory
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound, register_messages
from health_platform.kernel.scope import Principal, scope_of

register_messages(
    {
        "access.special.unknown": "未找到该特殊授权",
        "access.special.empty": "请指明居民、区划、条线或文档类别之一",
        "access.special.purpose": "请写明用途,至少 10 个字",
        "access.special.validity": "有效期须晚于现在且不超过 {days} 天",
        "access.special.two": "申请人和被授权人不能审批",
        "access.special.decided": "该申请已处理",
        "access.special.beyond": "超出审批人的管辖范围",
    }
)

LONGEST_DAYS = 180


@dataclass(frozen=True)
class SpecialRequest:
    """What is asked for: a person, or a cell of division prefix, line and document class."""

    grantee_id: int
    purpose: str
    valid_to: datetime
    person_id: int | None = None
    prefix: str | None = None
    line: str | None = None
    document_class: str | None = None


def request_special(session: Session, principal: Principal, wanted: SpecialRequest) -> SpecialGrant:
    """Ask for a special authorisation; it counts for nothing until another person approves it."""
    if not any((wanted.person_id, wanted.prefix, wanted.line, wanted.document_class)):
        raise Invalid("access.special.empty")
    if len(wanted.purpose.strip()) < 10:
        raise Invalid("access.special.purpose")
    if not clock.now() < wanted.valid_to <= clock.now() + timedelta(days=LONGEST_DAYS):
        raise Invalid("access.special.validity", days=LONGEST_DAYS)
    grantee = get_user(session, wanted.grantee_id)
    row = SpecialGrant(
        grantee_id=grantee.id,
        subject_id=wanted.person_id,
        prefix=wanted.prefix,
        extra_line=wanted.line,
        extra_class=wanted.document_class,
        purpose=wanted.purpose.strip(),
        requested_by=principal.id,
        requested_at=clock.now(),
        valid_to=wanted.valid_to,
        division_code=grantee.division_code,
        state="requested",
    )
    session.add(row)
    session.flush()
    return row


def decide_special(
    session: Session, principal: Principal, special_id: int, approve: bool, persons: ResidentDirectory
) -> SpecialGrant:
    """Approve or refuse; the approver is neither who asked nor who gains, and rules over what is opened.

    Raises:
        Denied: the approver asked, gains, or does not rule over the person, division, line or document class opened.
        Conflict: it was decided before.
    """
    row = _get(session, special_id)
    if principal.id in (row.requested_by, row.grantee_id):
        raise Denied("access.special.two")
    if row.state != "requested":
        raise Conflict("access.special.decided")
    if approve and not _rules_over(session, row, persons):
        raise Denied("access.special.beyond")
    row.state, row.approver_id, row.decided_at = "approved" if approve else "refused", principal.id, clock.now()
    _seal(session, row)
    return row


def _rules_over(session: Session, row: SpecialGrant, persons: ResidentDirectory) -> bool:
    """Whether all that is opened lies within the session's scope. A division is opened with all its institutions."""
    scope = scope_of(session)
    return (
        (row.subject_id is None or persons.rules_over(session, row.subject_id))
        and (not row.prefix or (scope.covers_division(row.prefix) and scope.institutions is None))
        and scope.covers_line(row.extra_line)
        and (not row.extra_class or scope.covers_class(row.extra_class))
    )


def end_special(session: Session, special_id: int) -> SpecialGrant:
    """End a special authorisation before its day."""
    row = _get(session, special_id)
    row.state = "ended"
    _seal(session, row)
    return row


def _seal(session: Session, row: SpecialGrant) -> None:
    store.seal(session, row)
    with widened(session, "special"):
        touched(session, session.get_one(User, row.grantee_id))


def _get(session: Session, special_id: int) -> SpecialGrant:
    row = session.scalar(select(SpecialGrant).where(SpecialGrant.id == special_id))
    if row is None:
        raise NotFound("access.special.unknown", special_id=str(special_id))
    return row


def specials(session: Session, state: str = "") -> list[tuple[SpecialGrant, str]]:
    """Special authorisations in scope with the grantee's name, newest first."""
    query = select(SpecialGrant, User.real_name).join(User, User.id == SpecialGrant.grantee_id)
    if state:
        query = query.where(SpecialGrant.state == state)
    rows = session.execute(query.order_by(SpecialGrant.requested_at.desc()).limit(500))
    return [(row, name) for row, name in rows]


def running_specials(session: Session, grantee_id: int) -> list[SpecialGrant]:
    """The approved, genuine, unexpired ones of an account (under a scope that sees all)."""
    query = select(SpecialGrant).where(
        SpecialGrant.grantee_id == grantee_id, SpecialGrant.state == "approved", SpecialGrant.valid_to > clock.now()
    )
    return [row for row in session.scalars(query) if store.genuine(session, row)]
