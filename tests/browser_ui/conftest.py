"""A bare application with the page templates, for tests of macros that need no database."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from browser_ui.component import _base


@pytest.fixture
def pages() -> Flask:
    """A Flask application that can render templates; no page is installed."""
    platform: Any = SimpleNamespace(settings=SimpleNamespace(title="测试平台"), menus={}, services={})
    app = Flask("bare", template_folder=None)
    app.secret_key = "only for flashed messages in this test"
    app.register_blueprint(_base(platform))
    return app
