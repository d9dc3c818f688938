"""Registers the limits of callers."""

from __future__ import annotations

from exchange.callers.limits import MESSAGES_PER_MINUTE, PER_MINUTE, CallerLimits
from health_platform.kernel.platform import Platform


def install(platform: Platform) -> None:
    """Declare the parameters and keep the counters."""
    platform.parameter(PER_MINUTE)
    platform.parameter(MESSAGES_PER_MINUTE)
    platform.bind(CallerLimits, CallerLimits())
