"""Public door: ``sender_of(call)`` gives the institution behind a request and counts the request against its limit,
``counted(view)`` counts all requests of institutions to a view; ``CallerLimits.pause`` counts messages of ways in that have
no requests."""

from exchange.callers.limits import MESSAGES_PER_MINUTE, PER_MINUTE, CallerLimits
from exchange.callers.senders import counted, sender_of

__all__ = ["MESSAGES_PER_MINUTE", "PER_MINUTE", "CallerLimits", "counted", "sender_of"]
