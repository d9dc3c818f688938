"""Registers the watched folders."""

from __future__ import annotations

from exchange.folders.commands import upload_file, watch_folders
from health_platform.kernel.platform import Capability, Platform, Process


def install(platform: Platform) -> None:
    """Register the watched folders with the platform."""
    platform.command(watch_folders)
    platform.command(upload_file)
    platform.process(Process("folders", ("folders",), "文件夹接收"))
    platform.capability(Capability(("A11",), "exchange/folders", "working"))
