"""Registers the demonstration command."""

from __future__ import annotations

from demonstration.command import demo
from health_platform.kernel.platform import Platform


def install(platform: Platform) -> None:
    """Register the command."""
    platform.command(demo)
