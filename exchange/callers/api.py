"""Public door: ``sender_of(call)`` gives the institution behind a request and counts the request against its limit;
``CallerLimits.pause`` counts messages of ways in that have no requests."""

from exchange.callers.limits import MESSAGES_PER_MINUTE, PER_MINUTE, CallerLimits
from exchange.callers.senders import sender_of

__all__ = ["MESSAGES_PER_MINUTE", "PER_MINUTE", "CallerLimits", "sender_of"]
