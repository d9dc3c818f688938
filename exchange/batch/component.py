"""Registers the batch API."""

from __future__ import annotations

from exchange.batch.routes import blp
from health_platform.kernel.platform import Capability, Platform


def install(platform: Platform) -> None:
    """Register the batch API with the platform."""
    platform.blueprint(blp)
    platform.capability(Capability(("A11", "A06"), "exchange/batch", "working"))
