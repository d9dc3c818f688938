"""Registers what the referral has beside its definition."""

from __future__ import annotations

from applications.referral import routes
from health_platform.kernel.platform import Platform


def install(platform: Platform) -> None:
    platform.blueprint(routes.blp)
