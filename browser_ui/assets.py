"""Addresses of static files with the hash of their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
PREFIX = "/ui-static"


@cache
def asset(path: str) -> str:
    """The address of a static file.

    Raises:
        FileNotFoundError: there is no such file; a page with a broken link must not be served.
    """
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:10]
    return f"{PREFIX}/{path}?v={digest}"
