"""Asking for data: request, decision by somebody else, making, handing out, end.

Nothing beyond the granted terms is ever read, and what has expired is gone: its bytes are removed, and until then refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from etl.catalogue.entries import entry_of, is_public
from etl.catalogue.models import ASKED, EXPIRED, FAILED, GRANTED, READY, REFUSED, REVOKED, DataRequest, Download, Extract
from etl.catalogue.terms import Terms, check_terms, check_within, terms_of
from health_platform.datasets.api import dataset
from health_platform.kernel import clock, parameters
from health_platform.kernel.errors import Conflict, Denied, Gone, Invalid, NotFound, register_messages
from health_platform.kernel.outbox import event, publish
from health_platform.kernel.platform import Parameter, Platform
from health_platform.kernel.scope import Principal, scope_of

register_messages(
    {
        "catalogue.request_unknown": "未找到该数据申请",
        "catalogue.not_shared": "该数据资源未发布或不予共享，不能申请",
        "catalogue.not_personal": "机构数据不含居民信息，请直接查询登记目录",
        "catalogue.own_request": "不能审批自己提交的申请",
        "catalogue.beyond_scope": "申请的区划 {division} 超出审批人的管辖范围",
        "catalogue.k": "k 值 {k} 低于规定的最小值 {least}",
        "catalogue.days": "有效天数 {days} 超过规定的 {most} 天",
        "catalogue.request_state": "该申请现为{state}，不能进行此操作",
        "catalogue.not_ready": "数据尚未生成",
        "catalogue.expired": "数据已过有效期，内容已删除",
        "catalogue.downloads": "下载次数已达上限 {limit} 次",
    }
)

REQUEST_STATES = {
    ASKED: "待审批", GRANTED: "生成中", REFUSED: "未批准", READY: "可下载", FAILED: "生成失败", EXPIRED: "已过期",
    REVOKED: "已收回",
}  # fmt: skip

LEAST_K: Final = Parameter(
    "catalogue.k", "去标识最小 k 值", 5, int, low=3, high=100, help="每个等价类至少包含的人数，小于此数的分组不提供"
)
MOST_DAYS: Final = Parameter("catalogue.extract_days", "提取数据最长有效天数", 30, int, low=1, high=365)
MOST_ROWS: Final = Parameter("catalogue.extract_rows", "单次提取最多行数", 200_000, int, low=1000, high=2_000_000)
MOST_LOST: Final = Parameter(
    "catalogue.suppressed_percent", "去标识最多舍弃的行(%)", 5, int, low=0, high=50, help="超过时先降低取值精度，再舍弃"
)
MOST_DOWNLOADS: Final = Parameter("catalogue.downloads", "每份数据最多下载次数", 5, int, low=1, high=1000)
PARAMETERS: Final = (LEAST_K, MOST_DAYS, MOST_ROWS, MOST_LOST, MOST_DOWNLOADS)


@event("catalogue.request_granted")
@dataclass(frozen=True)
class RequestGranted:
    """An extract is to be made."""

    request_id: int


@dataclass(frozen=True)
class Decision:
    """What the approver allows; ``terms`` are at most what was asked for."""

    terms: Terms
    k: int
    days: int
    note: str = ""


def ask(session: Session, principal: Principal, name: str, purpose: str, terms: Terms) -> DataRequest:
    """Hand in a request.

    Raises:
        Invalid: the dataset is not published or not shared, holds no persons, or the terms break a rule.
    """
    entry = entry_of(session, name)
    if not is_public(entry) or (entry.published or {})["share"] == "none":
        raise Invalid("catalogue.not_shared")
    definition = dataset(name)
    if not definition.personal:
        raise Invalid("catalogue.not_personal")
    check_terms(definition, terms)
    row = DataRequest(
        division_code=principal.division_code or None, line_code=None, institution_id=principal.institution_id,
        requester_id=principal.id, requester_name=principal.name, requester_unit=principal.institution_name, dataset=name,
        purpose=purpose, asked=terms.as_json(), granted=None, state=ASKED, asked_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def requests(session: Session, principal: Principal, *, mine: bool, state: str = "") -> Sequence[DataRequest]:
    """Requests the caller may see, newest first; ``mine`` only the caller's own."""
    statement = select(DataRequest).order_by(DataRequest.asked_at.desc(), DataRequest.id.desc())
    if mine:
        statement = statement.where(DataRequest.requester_id == principal.id)
    if state:
        statement = statement.where(DataRequest.state == state)
    return session.scalars(statement.limit(500)).all()


def request_of(session: Session, request_id: int) -> DataRequest:
    """
    Raises:
        NotFound: no such request in the caller's scope.
    """
    row = session.scalar(select(DataRequest).where(DataRequest.id == request_id))
    if row is None:
        raise NotFound("catalogue.request_unknown")
    return row


def grant(session: Session, platform: Platform, principal: Principal, request_id: int, decision: Decision) -> DataRequest:
    """Allow a request, or part of it.

    Raises:
        Denied: the caller asked themselves, or does not govern the division.
        Invalid: more than asked for, a k under the minimum, or too long.
    """
    row = _decidable(session, principal, request_id)
    terms = decision.terms
    check_within(terms_of(row.asked), terms)
    check_terms(dataset(row.dataset), terms)
    if not scope_of(session).covers_division(terms.division):
        raise Denied("catalogue.beyond_scope", division=terms.division or "全部")
    least = parameters.value(session, platform, LEAST_K.key)
    most = parameters.value(session, platform, MOST_DAYS.key)
    if decision.k < least:
        raise Invalid("catalogue.k", k=decision.k, least=least)
    if decision.days > most:
        raise Invalid("catalogue.days", days=decision.days, most=most)
    _decide(row, principal, GRANTED, decision.note)
    row.granted = {**terms.as_json(), "k": decision.k}
    row.expires_at = clock.now() + timedelta(days=decision.days)
    session.flush()
    publish(session, RequestGranted(row.id))
    return row


def refuse(session: Session, principal: Principal, request_id: int, note: str) -> DataRequest:
    """Say no, with the reason."""
    row = _decidable(session, principal, request_id)
    _decide(row, principal, REFUSED, note)
    session.flush()
    return row


def revoke(session: Session, principal: Principal, request_id: int, note: str) -> DataRequest:
    """Take a granted request back; its data are removed at once.

    Raises:
        Conflict: nothing is granted.
    """
    row = request_of(session, request_id)
    if row.state not in (GRANTED, READY):
        raise Conflict("catalogue.request_state", state=REQUEST_STATES[row.state])
    row.state, row.note = REVOKED, note or row.note
    session.execute(delete(Extract).where(Extract.request_id == row.id))
    session.flush()
    return row


def fetch(session: Session, platform: Platform, principal: Principal, request_id: int, address: str) -> bytes:
    """The bytes of the caller's own extract; every handing out is written down.

    Raises:
        NotFound: not the caller's. Conflict: not ready. Gone: expired. Denied: fetched too often.
    """
    row = request_of(session, request_id)
    if row.requester_id != principal.id:
        raise NotFound("catalogue.request_unknown")
    if row.state == EXPIRED or (row.expires_at and row.expires_at <= clock.now()):
        raise Gone("catalogue.expired")
    extract = session.get(Extract, row.id) if row.state == READY else None
    if extract is None:
        raise Conflict("catalogue.not_ready")
    limit = parameters.value(session, platform, MOST_DOWNLOADS.key)
    if len(downloads(session, row.id)) >= limit:
        raise Denied("catalogue.downloads", limit=limit)
    content = platform.crypto.decrypt_bytes(extract.content, context_of(row.id))
    session.add(
        Download(
            request_id=row.id, at=clock.now(), actor_id=principal.id, actor_name=principal.name, address=address,
            digest=hashlib.sha256(content).hexdigest(), division_code=row.division_code, line_code=None,
        )
    )  # fmt: skip
    return content


def downloads(session: Session, request_id: int) -> Sequence[Download]:
    """The log of one extract, newest first."""
    return session.scalars(select(Download).where(Download.request_id == request_id).order_by(Download.at.desc())).all()


def downloads_of(session: Session, request_ids: Sequence[int]) -> dict[int, list[Download]]:
    """The logs of several extracts, newest first."""
    found: dict[int, list[Download]] = {one: [] for one in request_ids}
    for row in session.scalars(select(Download).where(Download.request_id.in_(request_ids)).order_by(Download.at.desc())):
        found[row.request_id].append(row)
    return found


def expire(session: Session) -> int:
    """Remove the data of every request whose time has passed; returns how many ended."""
    ended = session.scalars(
        select(DataRequest).where(DataRequest.state.in_((GRANTED, READY)), DataRequest.expires_at <= clock.now())
    ).all()
    for row in ended:
        row.state = EXPIRED
        session.execute(delete(Extract).where(Extract.request_id == row.id))
    session.flush()
    return len(ended)


def waiting(session: Session) -> int:
    """How many requests wait for a decision."""
    return session.scalar(select(func.count(DataRequest.id)).where(DataRequest.state == ASKED)) or 0


def context_of(request_id: int) -> str:
    """Names the use of the keys: extracts cannot be exchanged, and pseudonyms of different requests do not match."""
    return f"catalogue.extract.{request_id}"


def narrowed(asked: Terms, **changes: object) -> Terms:
    """The terms an approver allows, starting from what was asked."""
    return replace(asked, **{key: value for key, value in changes.items() if value is not None})  # type: ignore[arg-type]


def _decidable(session: Session, principal: Principal, request_id: int) -> DataRequest:
    row = request_of(session, request_id)
    if row.requester_id == principal.id:
        raise Denied("catalogue.own_request")
    if row.state != ASKED:
        raise Conflict("catalogue.request_state", state=REQUEST_STATES[row.state])
    return row


def _decide(row: DataRequest, principal: Principal, state: str, note: str) -> None:
    row.state, row.note = state, note
    row.decided_by, row.decider_name, row.decided_at = principal.id, principal.name, clock.now()
