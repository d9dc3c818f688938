"""How much one caller may send: requests or messages per minute, per process, counted over a moving window.

A request too many is refused, and its sender told to come back later. A message too many is not: engines that send HL7 v2
take a refusal for their message's fault and put it aside. Its connection is slowed down instead (:meth:`CallerLimits.pause`).
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from typing import Final

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
WINDOW: Final = 60.0
"""Seconds over which is counted."""
PAUSE: Final = 5.0
"""Seconds a connection rests whose sender is over its limit: no sender gives up waiting for an answer as soon as that."""

register_messages({"exchange.too_many": "请求过于频繁，每分钟不超过 {limit} 次"})


class MovingWindow:
    """What each caller did within the last minute. Counted here because the library asked before starts a thread a request."""

    def __init__(self) -> None:
        self._moments: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def admits(self, key: str, limit: int, cost: int = 1) -> bool:
        """Count so many acts of a caller, unless they would be more than ``limit`` within a minute."""
        with self._lock:
            now, moments = time.monotonic(), self._moments[key]
            while moments and moments[0] <= now - WINDOW:
                moments.popleft()
            if len(moments) + cost > limit:
                return False
            moments.extend([now] * cost)
            return True


class CallerLimits:
    """The counters of one platform."""

    def __init__(self) -> None:
        self._window = MovingWindow()

    def count(self, call: Call, sender: Sender) -> None:
        """Count a request of an institution.

        Raises:
            TooMany: it exceeds the parameter in force for its division.
        """
        limit = int(parameters.value(call.session, call.platform, PER_MINUTE.key, sender.division_code))
        if not self._window.admits(str(sender.institution_id), limit):
            raise TooMany("exchange.too_many", limit=limit)

    def pause(self, session: Session, platform: Platform, sender: Sender, messages: int) -> float:
        """Count messages of an institution; how many seconds to leave its connections alone, 0 while it is within its limit."""
        limit = int(parameters.value(session, platform, MESSAGES_PER_MINUTE.key, sender.division_code))
        return 0.0 if self._window.admits(f"messages:{sender.institution_id}", limit, messages) else PAUSE
