"""An edition of the ranking: made as a draft, open to objections, published, frozen; with a funding proposal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from etl.quality.ranking.composing import Standing, as_json
from etl.quality.ranking.definitions import (
    DRAFT,
    FROZEN,
    FUNDING_FORMULA,
    OBJECTION_DAYS,
    OBJECTIONS,
    PARTS,
    PUBLISHED,
    STATES,
)
from etl.quality.ranking.funding import divide, formula_of
from etl.quality.ranking.models import RankingEdition, RankingNotice, RankingObjection
from etl.quality.ranking.reading import Months, standings
from health_platform.kernel import clock, parameters
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound, register_messages
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, scope_of

register_messages(
    {
        "ranking.unknown": "未找到该期排名",
        "ranking.state": "该期排名现为{state}，不能进行此操作",
        "ranking.unit": "单位账号不能编制排名",
        "ranking.open": "公示期至 {until}，期满后才能发布",
        "ranking.unanswered": "还有 {count} 条异议未答复",
        "ranking.objection_unknown": "未找到该异议",
        "ranking.not_ranked": "贵单位不在该期排名中",
        "ranking.closed": "公示期已结束，不能再提异议",
        "ranking.answered": "该异议已答复",
        "ranking.empty": "该期间没有任何参评单位",
    }
)
_PUBLIC: Final = ("title", "first", "last", "state", "division_code", "objections_until", "published_at", "standings")


@dataclass(frozen=True)
class NewEdition:
    """What an edition is about; ``pool`` is the sum to divide in yuan, 0 for none."""

    title: str
    months: Months
    pool: int = 0
    formula: str = ""
    group: str = ""


def make(session: Session, platform: Platform, principal: Principal, new: NewEdition) -> RankingEdition:
    """Compute an edition as a draft that only the keeper's area sees.

    Raises:
        Denied: a unit's account. Invalid: nobody to rank, or a formula that cannot be read.
    """
    if scope_of(session).institutions is not None:
        raise Denied("ranking.unit")
    found = standings(platform, session, new.months)
    if not found:
        raise Invalid("ranking.empty")
    formula = new.formula or parameters.value(session, platform, FUNDING_FORMULA.key)
    row = RankingEdition(
        title=new.title, first=new.months.first, last=new.months.last, state=DRAFT, weights=_weights(session, platform),
        standings=[as_json(each) for each in found], formula=formula, pool=new.pool, funding_group=new.group or None,
        funding=proposal(found, formula, new.pool, new.group), made_at=clock.now(), made_by=principal.name,
        division_code=principal.division_code, line_code=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _weights(session: Session, platform: Platform) -> dict[str, str]:
    return {name: str(parameters.value(session, platform, f"ranking.weight.{name}")) for name in PARTS}


def proposal(found: Sequence[Standing], formula: str, pool: int, group: str = "") -> list[dict[str, Any]]:
    """The funding table of institutions (not of counties), of one group or all; empty without a sum."""
    if not pool:
        return []
    units = [each for each in found if each.unit.institution_id and (not group or each.unit.group == group)]
    return [
        {
            "institution_id": str(each.standing.unit.institution_id), "name": each.standing.unit.name,
            "group": each.standing.unit.group, "rank": each.standing.rank, "score": str(each.standing.score),
            "points": str(each.points), "amount": each.amount,
        }
        for each in divide(units, formula_of(formula), pool)
    ]  # fmt: skip


def editions(session: Session) -> Sequence[RankingEdition]:
    """The editions kept in the caller's area, newest first."""
    return session.scalars(select(RankingEdition).order_by(RankingEdition.first.desc(), RankingEdition.made_at.desc())).all()


def edition(session: Session, edition_id: int) -> RankingEdition:
    """
    Raises:
        NotFound: ``ranking.unknown``.
    """
    row = session.scalar(select(RankingEdition).where(RankingEdition.id == edition_id))
    if row is None:
        raise NotFound("ranking.unknown")
    return row


def announce(session: Session, platform: Platform, edition_id: int) -> RankingEdition:
    """Open a draft to objections: from now on every institution sees it."""
    row = _in_state(session, edition_id, DRAFT)
    days = parameters.value(session, platform, OBJECTION_DAYS.key)
    row.state, row.objections_until = OBJECTIONS, clock.now() + timedelta(days=days)
    return _show(session, row)


def withdraw(session: Session, edition_id: int) -> RankingEdition:
    """Take an announced edition back to draft and compute it anew later."""
    row = _in_state(session, edition_id, OBJECTIONS)
    row.state, row.objections_until = DRAFT, None
    notice = session.get(RankingNotice, row.id)
    if notice is not None:
        session.delete(notice)
    session.flush()
    return row


def recompute(session: Session, platform: Platform, edition_id: int) -> RankingEdition:
    """Compute a draft anew, after accepted objections and corrected data, by the weights of today."""
    row = _in_state(session, edition_id, DRAFT)
    count = (row.last.year - row.first.year) * 12 + row.last.month - row.first.month + 1
    found = standings(platform, session, Months(row.first, count))
    row.standings, row.made_at, row.weights = [as_json(each) for each in found], clock.now(), _weights(session, platform)
    row.funding = proposal(found, row.formula or "", row.pool, row.funding_group or "")
    session.flush()
    return row


def publish(session: Session, edition_id: int) -> RankingEdition:
    """Publish after the time for objections, when all are answered.

    Raises:
        Conflict: too early, or an objection waits.
    """
    row = _in_state(session, edition_id, OBJECTIONS)
    if row.objections_until and row.objections_until > clock.now():
        raise Conflict("ranking.open", until=clock.local(row.objections_until).strftime("%Y-%m-%d %H:%M"))
    waiting = session.scalar(
        select(func.count(RankingObjection.id)).where(RankingObjection.edition_id == row.id, RankingObjection.state == "open")
    )
    if waiting:
        raise Conflict("ranking.unanswered", count=waiting)
    row.state, row.published_at = PUBLISHED, clock.now()
    return _show(session, row)


def freeze(session: Session, edition_id: int) -> RankingEdition:
    """Close a published edition for good: nothing of it changes any more."""
    row = _in_state(session, edition_id, PUBLISHED)
    row.state = FROZEN
    return _show(session, row)


def notices(session: Session) -> Sequence[RankingNotice]:
    """What is public, newest first."""
    return session.scalars(select(RankingNotice).order_by(RankingNotice.first.desc(), RankingNotice.edition_id.desc())).all()


def notice(session: Session, edition_id: int) -> RankingNotice:
    """
    Raises:
        NotFound: ``ranking.unknown``.
    """
    row = session.get(RankingNotice, edition_id)
    if row is None:
        raise NotFound("ranking.unknown")
    return row


def raise_objection(session: Session, principal: Principal, edition_id: int, text: str) -> RankingObjection:
    """The caller's institution objects to its place.

    Raises:
        Conflict: the time is over. Invalid: the institution is not ranked there.
    """
    shown = notice(session, edition_id)
    if shown.state != OBJECTIONS or (shown.objections_until and shown.objections_until <= clock.now()):
        raise Conflict("ranking.closed")
    if principal.institution_id is None or not any(
        line["institution_id"] == str(principal.institution_id) for line in shown.standings
    ):
        raise Invalid("ranking.not_ranked")
    row = RankingObjection(
        edition_id=edition_id, institution_id=principal.institution_id, division_code=principal.division_code, line_code=None,
        text=text, state="open", raised_at=clock.now(), raised_by=principal.name,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def objections(session: Session, edition_id: int) -> Sequence[RankingObjection]:
    """Objections to an edition within the caller's area: an institution sees its own."""
    return session.scalars(
        select(RankingObjection).where(RankingObjection.edition_id == edition_id).order_by(RankingObjection.raised_at)
    ).all()


def answer(session: Session, principal: Principal, objection_id: int, accepted: bool, text: str) -> RankingObjection:
    """Decide an objection; units do not decide.

    Raises:
        NotFound: out of scope. Denied: a unit's account. Conflict: already answered.
    """
    row = session.scalar(select(RankingObjection).where(RankingObjection.id == objection_id))
    if row is None:
        raise NotFound("ranking.objection_unknown")
    if scope_of(session).institutions is not None:
        raise Denied("ranking.unit")
    if row.state != "open":
        raise Conflict("ranking.answered")
    row.state, row.answer = ("accepted" if accepted else "rejected"), text
    row.answered_at, row.answered_by = clock.now(), principal.name
    session.flush()
    return row


def _in_state(session: Session, edition_id: int, state: str) -> RankingEdition:
    row = edition(session, edition_id)
    if scope_of(session).institutions is not None:
        raise Denied("ranking.unit")
    if row.state != state:
        raise Conflict("ranking.state", state=STATES[row.state])
    return row


def _show(session: Session, row: RankingEdition) -> RankingEdition:
    shown = session.get(RankingNotice, row.id) or RankingNotice(edition_id=row.id)
    for name in _PUBLIC:
        setattr(shown, name, getattr(row, name))
    session.add(shown)
    session.flush()
    return row
