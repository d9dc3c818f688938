"""Installs the pages: every module of ``browser_ui.pages`` that offers ``install(platform)``."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from flask import Blueprint as PlainBlueprint
from flask import g, request

from browser_ui import assets, filters, identity, pages, tables
from browser_ui.frame import Frame, frame_of, here_with
from health_platform.kernel.http import ANONYMOUS, Blueprint
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal


def install(platform: Platform) -> None:
    """Add templates, static files and all pages to the platform."""
    identity.bind(platform)
    platform.blueprint(_base(platform))
    for module in pkgutil.iter_modules(pages.__path__):
        importlib.import_module(f"{pages.__name__}.{module.name}").install(platform)


def _base(platform: Platform) -> Blueprint:
    """The blueprint that carries templates, static files, filters and the context of every page."""
    base = Blueprint(
        "browser_ui",
        __name__,
        template_folder="templates",
        description="页面",
    )
    for name, function in filters.FILTERS.items():
        base.add_app_template_filter(function, name)
    for name, value in _GLOBALS.items():
        base.add_app_template_global(value, name)
    base.app_context_processor(lambda: _context(platform))
    PlainBlueprint.add_url_rule(base, f"{assets.PREFIX}/<path:path>", "serve", assets.serve)
    return base


_GLOBALS = {
    "asset": assets.asset,
    "here_with": here_with,
    "drawn": tables.drawn,
}


def _context(platform: Platform) -> dict[str, Any]:
    principal: Principal = request.environ.get("hp.principal", ANONYMOUS) if request else ANONYMOUS
    if "frame" not in g:
        g.frame = frame_of(platform, principal)
    frame: Frame = g.frame
    return {"ui": frame, "principal": principal, "csrf_token": principal.csrf_token or ""}
