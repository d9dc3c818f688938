"""Shared documents over HTTP: hospitals hand theirs in, entitled callers read a person's record as one."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, jsonify

from empi.api import golden_of_visible, in_use, value_of
from etl.api import HARD_LIMIT, Upload, accept
from exchange.batch.bodies import unpacked
from exchange.batch.schemas import ReceiptOut
from exchange.callers.api import sender_of
from exchange.cda.reading import read, rows_of
from exchange.cda.writing import Heading, summary_of
from health_platform.access.api import document_access
from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.ids import new_id
from health_platform.launch.api import purpose_label
from health_platform.records.api import open_record

blp = Blueprint("shared_documents", __name__, url_prefix="/api/v1/shared-documents", description="共享文档（CDA）")
CHANNEL: Final = "cda"
_XML: Final = "application/xml; charset=utf-8"
_FACTS: Final = ("name", "gender", "birth_date")
_REVEALED: Final = "id_no"
"""Masked on pages as well: only who may reveal it there gets it in a document."""


@endpoint(
    blp, "POST", "", permission="exchange.upload", label="上传共享文档", scope="system", raw=True, audit="exchange.upload",
    csrf=False,
)  # fmt: skip
def take(call: Call) -> Response:
    """Store a CDA document and what is coded in it. 202 with a receipt; a repeat of a version gets the same receipt."""
    sender = sender_of(call)
    content = unpacked(call.raw(), call.headers.get("Content-Encoding", "").lower(), HARD_LIMIT)
    document = read(content)
    message_id = call.headers.get("X-Message-Id", "").strip() or f"{document.number}:{document.version}"
    receipt = accept(call.session, Upload.of_rows(sender, CHANNEL, message_id, rows_of(document, content), CHANNEL))
    call.audit(object_kind="batch", object_id=receipt.batch_id, dataset="document", size=len(content))
    answer = jsonify(ReceiptOut().dump(receipt))
    answer.status_code = 202
    return answer


@endpoint(blp, "GET", "/persons/<int:person_id>/summary", permission="records.view", label="病历概要文档", raw=True,
          scope="relationship", audit="record.view")  # fmt: skip
def summary(call: Call, person_id: int) -> Response:
    """The patient summary (C0001) of a person the caller may read for a stated reason; logged as a view of the record."""
    why = purpose_label(call.session, call.principal, person_id, call.now)
    if why is None:
        raise NotFound("request.not_found")
    current = in_use(call.session, person_id)
    wishes = document_access(call.session, call.principal, current)
    record = open_record(call.platform, call.session, call.principal, current, wishes)
    heading = Heading(str(new_id()), current, _facts(call, current), call.principal.institution_name or "", call.now)
    call.audit(person_id=current, object_kind="record", object_id=current, section="summary", why=why)
    return Response(summary_of(heading, record.overview()), content_type=_XML, headers={"Cache-Control": "no-store"})


def _facts(call: Call, person_id: int) -> dict[str, Any]:
    golden = golden_of_visible(call.session, person_id)
    facts = (*_FACTS, _REVEALED) if call.principal.may("records.reveal") else _FACTS
    return {name: value_of(golden, name) for name in facts}
