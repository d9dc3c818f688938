"""Static files: addresses with the hash of their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, request, send_from_directory

from health_platform.kernel.http import EndpointSpec

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


def serve(path: str) -> Response:
    """A static file. Public and without a unit of work: there is nothing in it to protect or to record."""
    answer: Any = send_from_directory(STATIC, path)
    if "v" in request.args and answer.status_code == 200:
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer  # type: ignore[no-any-return]


serve.endpoint_spec = EndpointSpec(  # type: ignore[attr-defined]
    name="browser_ui.serve",
    method="GET",
    rule=f"{PREFIX}/<path:path>",
    permission="public",
    label="静态文件",
    scope="public",
    raw=True,
)
