"""Public door: ``sender_of(call)`` gives the institution behind a request and counts the request against its limit."""

from exchange.callers.limits import PER_MINUTE, CallerLimits
from exchange.callers.senders import sender_of

__all__ = ["PER_MINUTE", "CallerLimits", "sender_of"]
