"""Registers what the collaboration has beside its definition."""

from __future__ import annotations

from applications.collaboration import routes
from health_platform.kernel.platform import Platform


def install(platform: Platform) -> None:
    platform.blueprint(routes.blp)
