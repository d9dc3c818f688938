"""How much one caller may send: requests or messages per minute, per process, counted over a moving window.

A request too many is refused, and its sender told to come back later. A message too many is not: engines that send HL7 v2
take a refusal for their message's fault and put it aside. Its connection is slowed down instead (:meth:`CallerLimits.pause`).
"""

from __future__ import annotations

from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy.orm import Session

from etl.api import Sender
from health_platform.kernel import parameters
from health_platform.kernel.errors import TooMany, register_messages
from health_platform.kernel.http import Call
from health_platform.kernel.platform import Parameter, Platform

PER_MINUTE = Parameter(
    "exchange.requests_per_minute",
    "每机构每分钟请求数上限",
    6_000,
    int,
    low=1,
    high=10_000_000,
    local=True,
    help="每个服务进程分别计数；超过后拒绝并提示稍后重试",
)

MESSAGES_PER_MINUTE = Parameter(
    "exchange.messages_per_minute",
    "每机构每分钟HL7消息数上限",
    60_000,
    int,
    low=1,
    high=10_000_000,
    local=True,
    help="每个接收进程分别计数；超过后消息照常接收，但放慢该机构的连接，不拒收",
)
PAUSE: Final = 5.0
"""Seconds a connection rests whose sender is over its limit: no sender gives up waiting for an answer as soon as that."""

register_messages({"exchange.too_many": "请求过于频繁，每分钟不超过 {limit} 次"})


class CallerLimits:
    """The counters of one platform."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, call: Call, sender: Sender) -> None:
        """Count a request of an institution.

        Raises:
            TooMany: it exceeds the parameter in force for its division.
        """
        limit = int(parameters.value(call.session, call.platform, PER_MINUTE.key, sender.division_code))
        if not self._within(limit, str(sender.institution_id)):
            raise TooMany("exchange.too_many", limit=limit)

    def pause(self, session: Session, platform: Platform, sender: Sender, messages: int) -> float:
        """Count messages of an institution; how many seconds to leave its connections alone, 0 while it is within its limit."""
        limit = int(parameters.value(session, platform, MESSAGES_PER_MINUTE.key, sender.division_code))
        return 0.0 if self._within(limit, f"messages:{sender.institution_id}", messages) else PAUSE

    def _within(self, limit: int, key: str, cost: int = 1) -> bool:
        return self._limiter.hit(RateLimitItemPerMinute(limit), key, cost=cost)
