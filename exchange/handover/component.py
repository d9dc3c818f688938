"""Registers the handover of counties."""

from __future__ import annotations

from exchange.handover import models
from exchange.handover.commands import county
from exchange.handover.routes import blp, carry_out
from health_platform.kernel.platform import Capability, Platform

__all__ = ["install", "models"]


def install(platform: Platform) -> None:
    """Register export and import of counties."""
    platform.blueprint(blp)
    platform.command(county)
    platform.consume("county.export_ordered", "county.export", carry_out, leased=True)
    platform.capability(Capability(("A03",), "exchange/handover", "working", "县区自建平台时整县数据迁出与接入"))
