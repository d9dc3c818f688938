"""The application built once for all processes of a machine that are forked from one server (``health_platform.serving``).

Reading the definitions and describing a thousand routes takes seconds of CPU; eleven processes would each spend them, and
hold the result in memory of their own. What is built here has opened no connection, so that it survives a fork.
"""

from __future__ import annotations

import gc
import os

from flask import Flask

from health_platform.app import create_app, create_platform
from health_platform.kernel.platform import Platform
from health_platform.settings import Settings, load_settings

_BUILT: list[Flask] = []
_COLLECT_AFTER = 50_000, 20, 20
"""Objects made until the youngest are looked through for cycles, and how many such looks until the older ones are. Python's own
700, 10 and 10 spend a sixth of a registration on what a process remembers between two of them."""


def build() -> None:
    """Build the application of this process's environment, for those that are forked from it."""
    _BUILT.append(create_app(load_settings(os.environ)))
    collect_seldom()


def collect_seldom() -> None:
    """Look for cycles less often, and not in what was made so far: in a child that would touch, and so copy, every page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def application_of(settings: Settings) -> Flask:
    """The application of these settings: the one that was built, or a new one."""
    return next((app for app in _BUILT if app.extensions["platform"].settings == settings), None) or create_app(settings)


def platform_of(settings: Settings) -> Platform:
    """The platform of these settings: the one that was built, or a new one."""
    built = (app.extensions["platform"] for app in _BUILT)
    return next((one for one in built if one.settings == settings), None) or create_platform(settings)
