"""A stored file as an answer: whole or in part, decrypted as it is sent, shown only when it cannot carry scripts of ours."""

from __future__ import annotations

from flask import Response, stream_with_context

from etl.documents.reading import wanted
from etl.documents.store import DocumentStore

# Shown in the browser itself; everything else is only offered for saving, because it could carry scripts.
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
PDF = "application/pdf"


def file_answer(store: DocumentStore, digest: str, media_type: str, span: str) -> Response:
    """The bytes of a file; ``span`` is the Range header, a part is answered with 206.

    Raises:
        NotFound: no such file. BadRange: not a satisfiable single range.
    """
    part = wanted(span, store.size(digest))
    pieces = store.read(digest, part.start, part.length)
    answer = Response(stream_with_context(pieces), 200 if part.whole else 206, mimetype=media_type or None)
    shown = media_type in IMAGES or media_type == PDF
    answer.headers.update(
        {
            "Accept-Ranges": "bytes",
            "Content-Length": str(part.length),
            "Content-Disposition": "inline" if shown else f'attachment; filename="{digest[:12]}"',
            "Content-Security-Policy": _policy(media_type),
            "Cache-Control": "no-store",
        }
    )
    if not part.whole:
        answer.headers["Content-Range"] = part.content_range
    return answer


def _policy(media_type: str) -> str:
    """Browsers refuse to show a PDF in a sandbox; their viewer keeps a PDF apart from the page by itself."""
    if media_type == PDF:
        return "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
    return "default-src 'none'; sandbox; frame-ancestors 'self'"
