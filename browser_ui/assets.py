"""Static files: addresses with the hash of their content, so that browsers may keep them for ever.

The record is opened in frames on slow lines and old machines: what it needs comes as one style sheet and one script
(``BUNDLES``), and text goes out compressed. Only public files are compressed here; pages carry secrets and are not, because the
length of a compressed page tells what is in it.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Response, request, send_from_directory

from health_platform.kernel.http import EndpointSpec

STATIC = Path(__file__).parent / "static"
PREFIX = "/ui-static"
HTMX: Final = "vendor/htmx-2.0.11/htmx.min.js"
BUNDLES: Final = {
    "bundle/record.css": ("css/base.css", "css/record.css"),
    "bundle/record.js": (HTMX, "js/ui.js", "js/record.js"),
    "bundle/frame.js": (HTMX, "js/ui.js", "js/record.js", "js/launch.js"),
}
"""Files that are always asked for together, in their order."""
_TEXTS: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def content(path: str) -> bytes:
    """A static file, or the files of a bundle one after the other.

    Raises:
        FileNotFoundError: there is no such file.
    """
    return b"\n".join((STATIC / part).read_bytes() for part in BUNDLES.get(path, (path,)))


@cache
def asset(path: str) -> str:
    """The address of a static file or bundle.

    Raises:
        FileNotFoundError: there is no such file; a page with a broken link must not be served.
    """
    return f"{PREFIX}/{path}?v={hashlib.sha256(content(path)).hexdigest()[:10]}"


def serve(path: str) -> Response:
    """A static file. Public and without a unit of work: there is nothing in it to protect or to record."""
    answer: Any = _text(path) if path in _texts() else send_from_directory(STATIC, path)
    if "v" in request.args and answer.status_code == 200:
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer  # type: ignore[no-any-return]


@cache
def _texts() -> frozenset[str]:
    """The bundles and every text file there is; only these are read by the name a caller gives."""
    files = {found.relative_to(STATIC).as_posix() for found in STATIC.rglob("*") if found.suffix in _TEXTS}
    return frozenset(files | BUNDLES.keys())


def _text(path: str) -> Response:
    """A text file, compressed for whoever takes it."""
    answer = Response(content_type=_TEXTS[Path(path).suffix], headers={"Vary": "Accept-Encoding"})
    answer.data = content(path)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.data = _packed(path)
        answer.headers["Content-Encoding"] = "gzip"
    return answer


@cache
def _packed(path: str) -> bytes:
    return gzip.compress(content(path), 9, mtime=0)


serve.endpoint_spec = EndpointSpec(  # type: ignore[attr-defined]
    name="browser_ui.serve",
    method="GET",
    rule=f"{PREFIX}/<path:path>",
    permission="public",
    label="静态文件",
    scope="public",
    raw=True,
)
