"""Registers the data API."""

from __future__ import annotations

from exchange.data_api.answers import failed
from exchange.data_api.routes import PREFIX, blp
from exchange.data_api.server import serve_data_api
from health_platform.kernel.platform import Capability, Platform, Process


def install(platform: Platform) -> None:
    """Register the data API with the platform."""
    platform.blueprint(blp)
    platform.refusal(PREFIX, failed)
    platform.command(serve_data_api)
    platform.process(Process("data-api", ("data-api",), "医院数据接口"))
    platform.capability(Capability(("J01", "A11"), "exchange/data_api", "working"))
