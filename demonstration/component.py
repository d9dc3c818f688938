"""Registers the demonstration commands."""

from __future__ import annotations

from demonstration.checking import demo_check
from demonstration.command import demo
from health_platform.kernel.platform import Platform


def install(platform: Platform) -> None:
    """Register the commands."""
    platform.command(demo)
    platform.command(demo_check)
