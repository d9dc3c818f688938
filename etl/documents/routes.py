"""``GET /api/v1/documents/{digest}``: a stored file, whole or in part, decrypted as it is sent."""

from __future__ import annotations

from flask import Response, request

from etl.documents.answering import file_answer
from etl.documents.reading import readable
from etl.documents.store import DocumentStore
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.records.api import PersonIndex

blp = Blueprint("documents", __name__, url_prefix="/api/v1/documents", description="图文文档")


@endpoint(
    blp, "GET", "/<digest>", permission="record.document.read", label="读取图文文档", scope="relationship", raw=True,
    audit="record.document.read",
)  # fmt: skip
def read_document(call: Call, digest: str) -> Response:
    """The bytes of a file; a Range header gets a part of it with status 206."""
    index = call.platform.services.get(PersonIndex.__qualname__)
    row = readable(call.session, index, call.principal, digest)
    call.audit(object_kind="document", object_id=row.digest, dataset=row.dataset, row=row.row_key)
    return file_answer(call.platform.service(DocumentStore), digest, row.media_type or "", request.headers.get("Range", ""))
