"""``POST``/``DELETE …/hclient/emr/receive/{entity}`` and the health page of the data API."""

from __future__ import annotations

from flask import Response

from etl.api import Decoders, Sender
from exchange.callers.api import sender_of
from exchange.data_api.receiving import Delivery, receive
from health_platform.datasets.api import by_entity
from health_platform.kernel.http import Blueprint, Call, endpoint

PREFIX = "/hclient/emr/receive"

blp = Blueprint("data_api", __name__, description="医院前置软件数据接口")


@endpoint(
    blp, "POST", f"{PREFIX}/<entity>", permission="exchange.upload", label="接收数据(新增或更新)", scope="system", raw=True,
    audit="exchange.upload", csrf=False,
)  # fmt: skip
def put_rows(call: Call, entity: str) -> Response:
    """Insert or update rows by their key."""
    return _take(call, entity, delete=False)


@endpoint(
    blp, "DELETE", f"{PREFIX}/<entity>", permission="exchange.upload", label="接收数据(删除)", scope="system", raw=True,
    audit="exchange.delete", csrf=False,
)  # fmt: skip
def delete_rows(call: Call, entity: str) -> Response:
    """Withdraw rows by their key."""
    return _take(call, entity, delete=True)


@endpoint(blp, "GET", "/status.html", permission="public", label="数据接口状态", scope="public", raw=True)
def status(call: Call) -> Response:
    """The page hospitals' monitors look at."""
    return Response("<!doctype html><title>status</title>OK", mimetype="text/html")


def _take(call: Call, entity: str, *, delete: bool) -> Response:
    dataset = by_entity(entity)
    sender: Sender = sender_of(call)
    delivery = Delivery(dataset, call.raw(), "delete" if delete else "upsert", call.headers.get("X-Message-Id", "").strip())
    answer = receive(call.session, call.platform.service(Decoders), sender, delivery)
    call.audit(object_kind=dataset.name, object_id=answer.id[:64] or None, result=answer.result)
    return answer.response()
