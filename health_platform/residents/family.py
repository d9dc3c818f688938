"""Family members: an adult consents in person, a child is added by the parent and leaves at 18."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.scope import Principal
from health_platform.residents.definitions import ADULT_AGE, PROXY_LIFE
from health_platform.residents.models import FamilyProxy, ResidentSession
from health_platform.residents.ports import RealPerson


@dataclass(frozen=True)
class Wish:
    """Whose record a resident would like to see, and why."""

    member: RealPerson
    relation: str


def own_person(principal: Principal) -> int:
    """The resident's own person id, whoever's record is open."""
    return int(principal.facts.get("own_person") or principal.person_id or 0)


def adult_at(born: date) -> date:
    """The day somebody comes of age; born on 29 February: the first of March."""
    try:
        return born.replace(year=born.year + ADULT_AGE)
    except ValueError:
        return date(born.year + ADULT_AGE, 3, 1)


def ask(session: Session, principal: Principal, wish: Wish, at: datetime) -> FamilyProxy:
    """Ask for a family member's record. A minor's opens at once and ends at 18 (the caller has
    had the custody confirmed: ``is_minor``); an adult must agree first.

    Raises:
        Invalid: oneself. Conflict: asked before.
    """
    holder = own_person(principal)
    if wish.member.person_id == holder:
        raise Invalid("resident.self_member")
    found = session.scalar(
        select(FamilyProxy).where(FamilyProxy.holder_id == holder, FamilyProxy.person_id == wish.member.person_id)
    )
    if found and found.state in ("asked", "active"):
        raise Conflict("resident.known_member")
    proxy = found or FamilyProxy(holder_id=holder, person_id=wish.member.person_id)
    comes_of_age = _comes_of_age(wish.member, wish.relation, at)
    proxy.member_name, proxy.holder_name = wish.member.name, principal.name
    proxy.relation, proxy.asked_at = wish.relation, at
    proxy.state = "active" if comes_of_age else "asked"
    proxy.decided_at, proxy.expires_at = (at if comes_of_age else None), comes_of_age
    session.add(proxy)
    session.flush()
    return proxy


def is_minor(wish: Wish, at: datetime) -> bool:
    """Whether the record would open at once: somebody else has to confirm the custody first."""
    return _comes_of_age(wish.member, wish.relation, at) is not None


def _comes_of_age(member: RealPerson, relation: str, at: datetime) -> datetime | None:
    if relation not in ("child", "ward") or member.born is None:
        return None
    day = adult_at(member.born)
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)
    return end if end > at else None


def decide(session: Session, principal: Principal, proxy_id: int, agreed: bool, at: datetime) -> FamilyProxy:
    """The person concerned agrees or refuses; only their own session can.

    Raises:
        NotFound: no open request of this id about the caller.
    """
    proxy = _own(session, proxy_id, FamilyProxy.person_id == own_person(principal), FamilyProxy.state == "asked")
    proxy.state, proxy.decided_at = ("active" if agreed else "refused"), at
    proxy.expires_at = at + PROXY_LIFE if agreed else None
    return proxy


def end(session: Session, principal: Principal, proxy_id: int, at: datetime) -> FamilyProxy:
    """Either side ends it, at any time.

    Raises:
        NotFound: the caller is neither side.
    """
    mine = own_person(principal)
    proxy = _own(session, proxy_id, or_(FamilyProxy.person_id == mine, FamilyProxy.holder_id == mine))
    proxy.state, proxy.decided_at = "ended", at
    return proxy


def _own(session: Session, proxy_id: int, *which: Any) -> FamilyProxy:
    found: FamilyProxy | None = session.scalar(select(FamilyProxy).where(FamilyProxy.id == proxy_id, *which))
    if found is None:
        raise NotFound("request.not_found")
    return found


def members(session: Session, principal: Principal) -> list[FamilyProxy]:
    """Records the resident may see or has asked for."""
    statement = select(FamilyProxy).where(FamilyProxy.holder_id == own_person(principal))
    return list(session.scalars(statement.order_by(FamilyProxy.asked_at)))


def requests_about(session: Session, principal: Principal) -> list[FamilyProxy]:
    """Who may see, or asks to see, the resident's own record."""
    statement = select(FamilyProxy).where(
        FamilyProxy.person_id == own_person(principal), FamilyProxy.state.in_(("asked", "active"))
    )
    return list(session.scalars(statement.order_by(FamilyProxy.asked_at)))


def standing_proxy(session: Session, holder_id: int, person_id: int, at: datetime) -> FamilyProxy | None:
    """The consent in force at this moment."""
    return session.scalar(
        select(FamilyProxy).where(
            FamilyProxy.holder_id == holder_id,
            FamilyProxy.person_id == person_id,
            FamilyProxy.state == "active",
            or_(FamilyProxy.expires_at.is_(None), FamilyProxy.expires_at > at),
        )
    )


def act_for(session: Session, principal: Principal, person_id: int, at: datetime) -> None:
    """Open the own record or a family member's in this session.

    Raises:
        NotFound: no consent in force. Conflict: the session was opened with a password account.
    """
    mine = own_person(principal)
    if person_id != mine and not standing_proxy(session, mine, person_id, at):
        raise NotFound("request.not_found")
    running = session.get(ResidentSession, int(principal.session_id or 0))
    if running is None:  # signed in with a console account, whose session belongs to one person
        raise Conflict("resident.fixed_session")
    running.acting_for = person_id
