"""``/api/v1/etl``: channels, uploads and quarantine, for operators."""

from __future__ import annotations

from typing import Any

from flask import Response

from etl import channels, quarantine, reading
from etl.schemas import (
    BatchQuery,
    BatchRowOut,
    ChannelOut,
    ChannelQuery,
    CorrectionIn,
    DoneOut,
    FiguresOut,
    FiguresQuery,
    PauseIn,
    QuarantinedOut,
    QuarantineQuery,
    ReplayedOut,
    ReplayIn,
    SummaryOut,
)
from health_platform.kernel.http import Blueprint, Call, endpoint

blp = Blueprint("etl", __name__, url_prefix="/api/v1/etl", description="数据接收与入库")


@endpoint(blp, "GET", "/summary", permission="etl.channel.read", label="入库概况", response=SummaryOut)
def summary(call: Call) -> Any:
    """Backlog, failures and today's rows over everything the caller sees."""
    return channels.summary(call.session)


@endpoint(
    blp, "GET", "/channels", permission="etl.channel.read", label="数据通道", query=ChannelQuery, response=ChannelOut,
    many=True,
)  # fmt: skip
def list_channels(call: Call, query: dict[str, Any]) -> Any:
    """Channels with state, backlog, failures and delay."""
    return channels.channels(call.session, channels.ChannelFilter(**query))[0]


@endpoint(
    blp, "POST", "/channels/<int:channel_id>/pause", permission="etl.channel.manage", label="暂停数据通道", body=PauseIn,
    audit="etl.channel.pause",
)  # fmt: skip
def pause(call: Call, channel_id: int, body: dict[str, Any]) -> None:
    """Stop loading; uploads are still accepted and wait."""
    channels.pause(call.session, channel_id, body["reason"])


@endpoint(
    blp, "POST", "/channels/<int:channel_id>/resume", permission="etl.channel.manage", label="恢复数据通道",
    audit="etl.channel.resume",
)  # fmt: skip
def resume(call: Call, channel_id: int) -> None:
    """Go on with a paused channel."""
    channels.resume(call.session, channel_id)


@endpoint(
    blp, "POST", "/channels/<int:channel_id>/replay", permission="etl.channel.manage", label="重新处理数据通道",
    body=ReplayIn, response=ReplayedOut, audit="etl.channel.replay",
)  # fmt: skip
def replay(call: Call, channel_id: int, body: dict[str, Any]) -> Any:
    """Send failed uploads, or all since a time, through again."""
    return {"batches": channels.replay_channel(call.session, channel_id, body["since"])}


@endpoint(
    blp, "GET", "/figures", permission="etl.channel.read", label="接收统计", query=FiguresQuery, response=FiguresOut,
    many=True,
)  # fmt: skip
def figures(call: Call, query: dict[str, Any]) -> Any:
    """Rows per institution, dataset and day."""
    return channels.figures_by_day(call.session, query["institution_id"], query["first"], query["last"])


@endpoint(
    blp, "GET", "/batches", permission="etl.batch.read", label="上传列表", query=BatchQuery, response=BatchRowOut, many=True
)
def list_batches(call: Call, query: dict[str, Any]) -> Any:
    """Uploads, newest first."""
    return reading.batches(call.session, reading.BatchFilter(**query))[0]


@endpoint(
    blp, "POST", "/batches/<int:batch_id>/replay", permission="etl.batch.replay", label="重新处理上传",
    response=BatchRowOut, audit="etl.batch.replay",
)  # fmt: skip
def replay_batch(call: Call, batch_id: int) -> Any:
    """Send one upload through again."""
    return quarantine.replay_batch(call.session, batch_id)


@endpoint(
    blp, "GET", "/batches/<int:batch_id>/content", permission="etl.quarantine.read", label="下载上传原文", raw=True,
    audit="etl.batch.content",
)  # fmt: skip
def batch_content(call: Call, batch_id: int) -> Response:
    """The bytes of an upload as its sender sent them."""
    batch, content = quarantine.content_of(call.session, batch_id)
    call.audit(object_kind="batch", object_id=batch.id, dataset=batch.channel, size=len(content))
    answer = Response(content, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{batch.id}.{batch.format}"'
    return answer


@endpoint(
    blp, "GET", "/quarantine", permission="etl.quarantine.read", label="隔离数据", query=QuarantineQuery,
    response=QuarantinedOut, many=True, audit="etl.quarantine.read",
)  # fmt: skip
def list_quarantine(call: Call, query: dict[str, Any]) -> Any:
    """Rows that were not loaded, with raw text and faults."""
    return reading.quarantined(call.session, reading.QuarantineFilter(**query))[0]


@endpoint(
    blp, "GET", "/quarantine/<int:row_id>", permission="etl.quarantine.read", label="隔离数据详情", response=QuarantinedOut,
    audit="etl.quarantine.read",
)  # fmt: skip
def one_row(call: Call, row_id: int) -> Any:
    """One row that was not loaded, with its whole raw text."""
    return quarantine.quarantined_row(call.session, row_id)


@endpoint(
    blp, "POST", "/quarantine/<int:row_id>/correct", permission="etl.quarantine.correct", label="更正隔离数据",
    body=CorrectionIn, response=DoneOut, audit="etl.quarantine.correct",
)  # fmt: skip
def correct(call: Call, row_id: int, body: dict[str, Any]) -> Any:
    """Upload a corrected row in place of a quarantined one."""
    return quarantine.correct(call.session, row_id, body["values"], call.principal)


@endpoint(
    blp, "POST", "/quarantine/<int:row_id>/replay", permission="etl.quarantine.correct", label="重新处理隔离数据",
    response=DoneOut, audit="etl.quarantine.replay",
)  # fmt: skip
def replay_row(call: Call, row_id: int) -> Any:
    """Send one row through again as it was sent."""
    row = quarantine.open_row(call.session, row_id)
    quarantine.replay(call.session, [row], call.principal.name)
    return row


@endpoint(
    blp, "POST", "/quarantine/<int:row_id>/discard", permission="etl.quarantine.correct", label="放弃隔离数据",
    response=DoneOut, audit="etl.quarantine.discard",
)  # fmt: skip
def discard(call: Call, row_id: int) -> Any:
    """Give a row up."""
    return quarantine.discard(call.session, row_id, call.principal)
