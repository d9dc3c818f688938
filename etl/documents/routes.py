"""``GET /api/v1/documents/{digest}``: a stored file, whole or in part, decrypted as it is sent."""

from __future__ import annotations

from flask import Response, request, stream_with_context

from etl.documents.reading import readable, wanted
from etl.documents.store import DocumentStore
from etl.models import StoredDocument
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.records.api import PersonIndex

blp = Blueprint("documents", __name__, url_prefix="/api/v1/documents", description="图文文档")

# Shown in the browser itself; everything else is only offered for saving, because it could carry scripts.
INLINE = frozenset({"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp"})


@endpoint(
    blp, "GET", "/<digest>", permission="record.document.read", label="读取图文文档", scope="relationship", raw=True,
    audit="record.document.read",
)  # fmt: skip
def read_document(call: Call, digest: str) -> Response:
    """The bytes of a file; a Range header gets a part of it with status 206."""
    index = call.platform.services.get(PersonIndex.__qualname__)
    row = readable(call.session, index, call.principal, digest)
    call.audit(object_kind="document", object_id=row.digest, dataset=row.dataset, row=row.row_key)
    store: DocumentStore = call.platform.service(DocumentStore)
    part = wanted(request.headers.get("Range", ""), store.size(digest))
    pieces = store.read(digest, part.start, part.length)
    answer = Response(stream_with_context(pieces), 200 if part.whole else 206, mimetype=row.media_type or None)
    answer.headers.update(_headers(row, part.length))
    if not part.whole:
        answer.headers["Content-Range"] = part.content_range
    return answer


def _headers(row: StoredDocument, length: int) -> dict[str, str]:
    shown = row.media_type in INLINE
    return {
        "Accept-Ranges": "bytes",
        "Content-Length": str(length),
        "Content-Disposition": "inline" if shown else f'attachment; filename="{row.digest[:12]}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }
