"""Cache rules as data, and the figures every process reports, for the operator who decides (A17)."""

from __future__ import annotations

import os
import socket
import time
from datetime import datetime, timedelta
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from health_platform.kernel import clock
from health_platform.kernel.cache import CACHEABLE, CacheFigures, CacheRule
from health_platform.kernel.cache_shared import SharedAnswers, forget_ended
from health_platform.kernel.db import Base, Flag, Instant, Text_, Unscoped
from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope


class CacheRuleRow(Unscoped, Base):
    """The rule of one marked function."""

    __tablename__ = "cache_rule"

    name: Mapped[str] = mapped_column(Text_(64), primary_key=True)
    seconds: Mapped[int]
    entries: Mapped[int]
    shared: Mapped[bool] = mapped_column(Flag, default=False)
    round: Mapped[int] = mapped_column(default=0)


class CacheFigureRow(Unscoped, Base):
    """What one process reported of one function."""

    __tablename__ = "cache_figure"

    process: Mapped[str] = mapped_column(Text_(64), primary_key=True)
    name: Mapped[str] = mapped_column(Text_(64), primary_key=True)
    calls: Mapped[int]
    hits: Mapped[int]
    computing_us: Mapped[int]
    reported_at: Mapped[datetime] = mapped_column(Instant)


PLACES = {"process": "进程内存", "shared": "多进程共享"}


class CacheLine(Schema):
    """One marked function with its rule and its figures."""

    name = fields.String()
    purpose = fields.String()
    seconds = fields.Integer()
    entries = fields.Integer()
    place = fields.String()
    calls = fields.Integer()
    hits = fields.Integer()
    hit_rate = fields.Float()
    mean_ms = fields.Float()
    seconds_saved = fields.Float()


class CacheRuleIn(Schema):
    """A rule: 0 seconds switches caching off."""

    seconds = fields.Integer(required=True, validate=validate.Range(0, 86_400), metadata={"label": "保留秒数(0为不缓存)"})
    entries = fields.Integer(load_default=1000, validate=validate.Range(1, 1_000_000), metadata={"label": "保留条数"})
    place = fields.String(
        load_default="process", validate=validate.OneOf(tuple(PLACES), tuple(PLACES.values())), metadata={"label": "存放位置"}
    )


EXCHANGE_SECONDS = 5.0

blueprint = Blueprint("cache", __name__, url_prefix="/api/v1/cache", description="缓存管理")


@endpoint(
    blueprint, "GET", "", permission="operations.cache.view", label="查看缓存", scope="reference", response=CacheLine, many=True
)
def list_cache(call: Call) -> list[dict[str, Any]]:
    """Every marked function: rule, hit rate, mean time and the time caching saved."""
    return overview(call.session)


@endpoint(
    blueprint,
    "PUT",
    "/<name>",
    permission="operations.cache.edit",
    label="设置缓存",
    scope="reference",
    body=CacheRuleIn,
    response=CacheLine,
)
def set_cache(call: Call, body: dict[str, Any], name: str) -> dict[str, Any]:
    """Set the rule of one function; every process follows within seconds."""
    set_rule(call.session, name, CacheRule(body["seconds"], body["entries"], body["place"] == "shared"))
    call.audit(**body)
    return next(line for line in overview(call.session) if line["name"] == name)


@endpoint(
    blueprint,
    "POST",
    "/<name>/emptied",
    permission="operations.cache.edit",
    label="清空缓存",
    scope="reference",
    response=CacheLine,
)
def empty_cache(call: Call, name: str) -> dict[str, Any]:
    """Forget every kept answer of one function; every process follows within seconds."""
    row = call.session.get(CacheRuleRow, _known(name))
    set_rule(call.session, name, _rule(row) if row else CacheRule())
    return next(line for line in overview(call.session) if line["name"] == name)


def set_rule(session: Session, name: str, rule: CacheRule) -> None:
    """Store a rule. What was kept under the one before counts no longer.

    Raises:
        NotFound: no function is marked with this name.
    """
    row = session.get(CacheRuleRow, _known(name), with_for_update=True) or CacheRuleRow(name=name, round=0)
    row.seconds, row.entries, row.shared, row.round = int(rule.seconds), rule.entries, rule.shared, row.round + 1
    session.add(row)
    session.flush()


def _known(name: str) -> str:
    if name not in CACHEABLE:
        raise NotFound("cache.unknown", name=name)
    return name


def _rule(row: CacheRuleRow) -> CacheRule:
    return CacheRule(row.seconds, row.entries, bool(row.shared), row.round)


def overview(session: Session) -> list[dict[str, Any]]:
    """One line per marked function, figures summed over processes."""
    rules = {row.name: row for row in session.scalars(select(CacheRuleRow))}
    sums = select(
        CacheFigureRow.name, func.sum(CacheFigureRow.calls), func.sum(CacheFigureRow.hits), func.sum(CacheFigureRow.computing_us)
    ).group_by(CacheFigureRow.name)
    figures = {name: (int(calls), int(hits), int(us)) for name, calls, hits, us in session.execute(sums)}
    return [_line(name, rules.get(name), figures.get(name, (0, 0, 0))) for name in sorted(CACHEABLE)]


def _line(name: str, rule: CacheRuleRow | None, counts: tuple[int, int, int]) -> dict[str, Any]:
    figures = CacheFigures(counts[0], counts[1], counts[2] / 1e6)
    computed = figures.calls - figures.hits
    return {
        "name": name,
        "purpose": CACHEABLE[name],
        "seconds": rule.seconds if rule else 0,
        "entries": rule.entries if rule else 1000,
        "place": "shared" if rule and rule.shared else "process",
        "calls": figures.calls,
        "hits": figures.hits,
        "hit_rate": figures.hit_rate,
        "seconds_saved": figures.seconds_saved,
        "mean_ms": figures.seconds_computing * 1000 / computed if computed else 0.0,
    }


def _exchange(platform: Platform, figures: dict[str, CacheFigures]) -> dict[str, CacheRule]:
    process, now = f"{socket.gethostname()[:40]}:{os.getpid()}", clock.now()
    with platform.database.unit_of_work(system_scope("cache figures")) as session:
        session.execute(delete(CacheFigureRow).where(CacheFigureRow.reported_at < now - timedelta(days=1)))
        forget_ended(session, now)
        for name, figure in figures.items():
            session.merge(
                CacheFigureRow(
                    process=process,
                    name=name,
                    calls=figure.calls,
                    hits=figure.hits,
                    computing_us=int(figure.seconds_computing * 1e6),
                    reported_at=now,
                )
            )
        return {row.name: _rule(row) for row in session.scalars(select(CacheRuleRow))}


def exchange_now(platform: Platform) -> None:
    """Report this process's figures and its new shared answers, and take over the rules operators have set."""
    platform.service(SharedAnswers).exchange(platform.database)
    for name, rule in _exchange(platform, dict(platform.cache.figures)).items():
        platform.cache.set_rule(name, rule)


class _Regularly:
    """Exchanges every few seconds, between requests: inside one it would wait for the request's own transaction."""

    def __init__(self, platform: Platform) -> None:
        self._platform, self._due = platform, time.monotonic() + EXCHANGE_SECONDS

    def __call__(self) -> None:
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + EXCHANGE_SECONDS
            exchange_now(self._platform)


def install(platform: Platform) -> None:
    """Register the API and the exchange of rules and figures."""
    platform.blueprint(blueprint)
    answers = SharedAnswers(platform.crypto)
    platform.bind(SharedAnswers, answers)
    platform.cache.shared = answers
    platform.after_work.append(_Regularly(platform))
