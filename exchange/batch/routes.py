"""``POST /api/v1/uploads/{dataset}`` and what became of it."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, jsonify, request

from etl.api import HARD_LIMIT, Upload, accept, batch_of, findings_of
from exchange.batch.bodies import format_of, unpacked
from exchange.batch.schemas import BatchOut, FindingOut, FindingsQuery, ReceiptOut, UploadQuery
from exchange.callers.api import sender_of
from health_platform.datasets.api import catalogue, dataset, facts, json_schema
from health_platform.kernel import parsing
from health_platform.kernel.http import Blueprint, Call, endpoint

_QUERY, _RECEIPT = UploadQuery(), ReceiptOut()  # to make one copies its fields, and hospitals send all day long

blp = Blueprint("uploads", __name__, url_prefix="/api/v1/uploads", description="批量上传")


@endpoint(
    blp, "POST", "/<name>", permission="exchange.upload", label="上传数据集", scope="system", raw=True,
    audit="exchange.upload", csrf=False,
)  # fmt: skip
def upload(call: Call, name: str) -> Response:
    """Store rows of a dataset: JSON, NDJSON or CSV, plain or gzip, under the sender's message id. 202 with a receipt."""
    definition = dataset(name)
    sender = sender_of(call)
    query = parsing.load(_QUERY, parsing.lists(request.args, UploadQuery), "query")
    message_id = query["message_id"] or call.headers.get("X-Message-Id", "").strip()
    content = unpacked(call.raw(), call.headers.get("Content-Encoding", "").lower(), HARD_LIMIT)
    receipt = accept(
        call.session,
        Upload(sender, definition.name, message_id, content, format_of(request.mimetype), query["operation"], "batch"),
    )
    call.audit(object_kind="batch", object_id=receipt.batch_id, dataset=definition.name, size=len(content))
    answer = jsonify(_RECEIPT.dump(receipt))
    answer.status_code = 202
    return answer


@endpoint(blp, "GET", "/<int:batch_id>", permission="exchange.upload", label="上传结果", scope="system", response=BatchOut)
def status(call: Call, batch_id: int) -> Any:
    """What became of an upload of the caller's own institution."""
    return batch_of(call.session, sender_of(call), batch_id)


@endpoint(
    blp, "GET", "/<int:batch_id>/findings", permission="exchange.upload", label="上传问题明细", scope="system",
    query=FindingsQuery, response=FindingOut, many=True, audit="exchange.findings",
)  # fmt: skip
def findings(call: Call, batch_id: int, query: dict[str, int]) -> Any:
    """The rows of an upload that were not loaded, with field, value, rule and raw text."""
    rows = findings_of(call.session, sender_of(call), batch_id, query["page"], query["size"])
    return [{**row.__dict__, "faults": json.loads(row.faults)} for row in rows]


@endpoint(blp, "GET", "/datasets", permission="exchange.upload", label="数据集目录", scope="reference")
def datasets(call: Call) -> Any:
    """Every dataset with its fields."""
    return [facts(each) for each in catalogue().values()]


@endpoint(blp, "GET", "/datasets/<name>", permission="exchange.upload", label="数据集结构", scope="reference")
def schema(call: Call, name: str) -> Any:
    """JSON Schema of one row of a dataset."""
    return json_schema(dataset(name))
