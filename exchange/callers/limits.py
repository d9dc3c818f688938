"""How much one caller may send: requests per minute, per process, counted over a moving window."""

from __future__ import annotations

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from etl.api import Sender
from health_platform.kernel import parameters
from health_platform.kernel.errors import TooMany, register_messages
from health_platform.kernel.http import Call
from health_platform.kernel.platform import Parameter

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
        if not self._limiter.hit(RateLimitItemPerMinute(limit), str(sender.institution_id)):
            raise TooMany("exchange.too_many", limit=limit)
