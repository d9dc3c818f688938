"""Registers the person index with the platform."""

from __future__ import annotations

from empi import models
from health_platform.kernel.platform import Capability, Platform

__all__ = ["install", "models"]


def install(platform: Platform) -> None:
    """Install the person index."""
    platform.capability(Capability(("A10",), "empi", "working"))
