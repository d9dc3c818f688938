"""Pages of the pipeline: channels per institution and dataset, uploads, and the rows in quarantine."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import Response, redirect, render_template, request
from marshmallow import fields, validate

from browser_ui.forms import FormField, choices, form_of
from browser_ui.tables import Column, Page, cells
from etl import api as etl
from health_platform.datasets.api import Dataset, Document, catalogue, dataset
from health_platform.kernel import clock
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.platform import Button, MenuItem, Platform
from health_platform.records.api import InstitutionDirectory

blp = Blueprint("pages_etl", __name__, url_prefix="/console/etl", description="数据接收页面")

CHANNEL_STATES = {
    "good": ("正常", "ok"), "quiet": ("超过一天无数据", "warn"), "behind": ("积压", "warn"), "failing": ("有失败", "bad"),
    "paused": ("已暂停", "info"),
}  # fmt: skip
BATCH_STATES = {
    "landed": ("等待", "warn"), "running": ("处理中", "info"), "loaded": ("已入库", "ok"), "refused": ("无法读取", "bad"),
    "failed": ("处理失败", "bad"),
}  # fmt: skip
ROW_STATES = {
    "open": ("待处理", "bad"), "waiting": ("等待所属记录", "warn"), "corrected": ("已更正", "ok"),
    "replayed": ("已重新处理", "ok"), "discarded": ("已放弃", ""),
    "overtaken": ("已重新上报", "ok"),
}  # fmt: skip
WAYS = {
    "batch": ("批量接口", ""), "data_api": ("数据接口", ""), "hl7v2": ("HL7 v2", ""), "fhir": ("FHIR", ""),
    "cda": ("共享文档", ""), "folder": ("文件夹", ""), "correction": ("更正", ""), "replay": ("重新处理", ""),
}  # fmt: skip
"""Ways in, as people call them; one that a county has added is shown under its own name."""
# States that are asked for together, as the figures above the lists count them.
BATCH_GROUPS = {"pending": "未完成", "bad": "有失败"}
ROW_GROUPS = {"unsettled": "未处理完"}
TEXT_SHOWN = 20_000
"""Characters of a raw text that a page shows; the whole of it stands in the upload, which can be fetched."""

_OF_CHANNEL = "institution_id={institution_id}"
_SENDER = f"/console/etl/figures?{_OF_CHANNEL}"
CHANNELS = (
    Column("institution", "机构", href=_SENDER),
    Column("label", "数据集", href=f"/console/etl/batches?{_OF_CHANNEL}&channel={{channel}}"),
    Column("state", "状态", kind="badge", badges=CHANNEL_STATES), Column("last_received_at", "最近接收", kind="moment"),
    Column("waiting", "待处理", kind="number"), Column("failed", "失败", kind="number"),
    Column("quarantined", "隔离行", kind="number",
           href=f"/console/etl/quarantine?{_OF_CHANNEL}&dataset={{channel}}&state=unsettled"),
    Column("loaded", "今日入库", kind="number"), Column("rejected", "今日拒收", kind="number"),
    Column("late", "今日迟报", kind="number"), Column("delay_minutes", "平均延迟", kind="duration"), Column("due", "时限"),
)  # fmt: skip
_COUNTED = (
    Column("batches", "批次", kind="number"), Column("loaded", "入库", kind="number"), Column("deleted", "撤回", kind="number"),
    Column("rejected", "拒收", kind="number"), Column("unmapped", "编码未对照", kind="number"),
    Column("late", "迟报", kind="number"), Column("late_percent", "迟报率(%)", kind="number"),
    Column("delay_minutes", "平均延迟", kind="duration"),
)  # fmt: skip
SENDERS = (Column("institution", "机构", href=_SENDER), *_COUNTED, Column("last_day", "最近接收日", kind="day"))
DATASETS = (
    Column("label", "数据集", href=f"{_SENDER}&dataset={{dataset}}"), Column("due", "时限"), *_COUNTED,
    Column("last_day", "最近接收日", kind="day"),
)  # fmt: skip
DAYS = (Column("last_day", "接收日", kind="day"), Column("institution", "机构"), Column("due", "时限"), *_COUNTED)
BATCHES = (
    Column("received_at", "接收时间", kind="moment"), Column("institution", "机构"), Column("label", "数据集"),
    Column("message_id", "消息编号", kind="mono"), Column("source", "方式", kind="badge", badges=WAYS),
    Column("state", "状态", kind="badge", badges=BATCH_STATES), Column("row_count", "行数", kind="number"),
    Column("loaded_count", "入库", kind="number"),
    Column("rejected_count", "拒收", kind="number", href="/console/etl/quarantine?batch_id={id}"),
    Column("late_count", "迟报", kind="number"), Column("error", "错误"),
)  # fmt: skip
ROWS = (
    Column("created_at", "时间", kind="moment"), Column("institution", "机构"), Column("label", "数据集"),
    Column("position", "行", kind="number"), Column("state", "状态", kind="badge", badges=ROW_STATES),
    Column("problem", "问题", href="/console/etl/quarantine/{id}"), Column("resolved_by", "处理人"),
)  # fmt: skip


class ChannelSearch(Schema):
    """Filters of the channel list."""

    channel = fields.String(load_default="", metadata={"label": "数据集", "kind": "select"})
    troubled = fields.Boolean(load_default=False, metadata={"label": "只看有失败的"})
    institution_id = IdField(load_default=None, metadata={"label": "机构编号"})
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000), metadata={"kind": "hidden"})


class BatchSearch(Schema):
    """Filters of the upload list."""

    channel = fields.String(load_default="", metadata={"label": "数据集", "kind": "select"})
    state = fields.String(load_default="", metadata={"label": "状态", "kind": "select"})
    institution_id = IdField(load_default=None, metadata={"label": "机构编号"})
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000), metadata={"kind": "hidden"})


class FiguresSearch(Schema):
    """Which days, and whose."""

    institution_id = IdField(load_default=None, metadata={"label": "机构编号"})
    dataset = fields.String(load_default="", metadata={"label": "数据集", "kind": "select"})
    days = fields.Integer(load_default=7, validate=validate.OneOf((1, 7, 31, 92), ("今日", "7 天", "31 天", "92 天")),
                          metadata={"label": "时间"})  # fmt: skip


class RowSearch(Schema):
    """Filters of the quarantine."""

    dataset = fields.String(load_default="", metadata={"label": "数据集", "kind": "select"})
    state = fields.String(load_default="", metadata={"label": "状态", "kind": "select"})
    rule = fields.String(load_default="", metadata={"label": "规则"})
    institution_id = IdField(load_default=None, metadata={"label": "机构编号"})
    batch_id = IdField(load_default=None, metadata={"label": "上传编号"})
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000), metadata={"kind": "hidden"})


@endpoint(blp, "GET", "", permission="etl.channel.read", label="数据通道页面", template="etl/channels.html", query=ChannelSearch)
def channels_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What came when, what waits, what failed."""
    rows, total = etl.channels(call.session, etl.ChannelFilter(**query))
    names = _names(call, {row.institution_id for row in rows})
    shown = [{**vars(row), "state": row.state, "due": row.due, "institution": names[row.institution_id]} for row in rows]
    return {
        "columns": CHANNELS, "page": Page(shown, total, query["page"]), "summary": etl.summary(call.session),
        "fields": _filters(ChannelSearch, channel=_datasets()), "query": query,
    }  # fmt: skip


@endpoint(
    blp, "GET", "/figures", permission="etl.channel.read", label="接收统计页面", template="etl/figures.html", query=FiguresSearch
)
def figures_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What came on which day and how late, by institution, then by its datasets, then by the days of one."""
    last = clock.today()
    span = etl.Span(last - timedelta(days=query["days"] - 1), last, query["institution_id"], query["dataset"])
    rows = etl.standings(call.session, span)
    names = _names(call, {row.institution_id for row in rows} | {span.institution_id or 0} - {0})
    shown = [{**asdict(row), "late_percent": row.late_percent, "institution": names[row.institution_id]} for row in rows]
    return {
        "columns": DAYS if span.dataset else DATASETS if span.institution_id is not None else SENDERS, "rows": shown,
        "title": "：".join(filter(None, ("接收统计", names.get(span.institution_id or 0), etl.label_of(span.dataset)))),
        "span": span, "query": query, "fields": _filters(FiguresSearch, dataset=_row_kinds()),
    }  # fmt: skip


@endpoint(
    blp, "GET", "/batches", permission="etl.batch.read", label="上传列表页面", template="etl/batches.html", query=BatchSearch
)
def batches_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Uploads, newest first."""
    rows, total = etl.batches(call.session, etl.BatchFilter(**query))
    names = _names(call, {row.institution_id for row in rows})
    shown = [
        {**cells(row, BATCHES), "id": row.id, "label": etl.label_of(row.channel), "institution": names[row.institution_id]}
        for row in rows
    ]
    states = BATCH_GROUPS | {state: label for state, (label, _) in BATCH_STATES.items()}
    return {
        "columns": BATCHES, "page": Page(shown, total, query["page"]), "query": query,
        "fields": _filters(BatchSearch, channel=_datasets(), state=states),
    }  # fmt: skip


@endpoint(
    blp, "GET", "/quarantine", permission="etl.quarantine.read", label="隔离数据页面", template="etl/quarantine.html",
    query=RowSearch, audit="etl.quarantine.read",
)  # fmt: skip
def quarantine_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Rows that were not loaded, newest first."""
    rows, total = etl.quarantined(call.session, etl.QuarantineFilter(**query))
    names = _names(call, {row.institution_id for row in rows})
    shown = [
        {
            **cells(row, ROWS), "id": row.id, "label": etl.label_of(row.dataset), "position": _line_number(row.position),
            "institution": names[row.institution_id], "problem": _first_problem(row.faults),
        }
        for row in rows
    ]  # fmt: skip
    states = ROW_GROUPS | {state: label for state, (label, _) in ROW_STATES.items()}
    return {
        "columns": ROWS, "page": Page(shown, total, query["page"]), "query": query,
        "fields": _filters(RowSearch, dataset=_datasets(), state=states),
    }  # fmt: skip


@endpoint(
    blp, "GET", "/quarantine/<int:row_id>", permission="etl.quarantine.read", label="隔离数据详情页面",
    template="etl/row.html", audit="etl.quarantine.read",
)  # fmt: skip
def row_page(call: Call, row_id: int) -> dict[str, Any]:
    """One row with its faults and, while it is open, a form to correct it."""
    row = etl.quarantined_row(call.session, row_id)
    definition = catalogue().get(row.dataset)
    return _row_shown(call, row, etl.values_of(definition, row.raw) if definition else {}, json.loads(row.faults))


def _row_shown(call: Call, row: etl.QuarantinedRow, values: dict[str, Any], faults: list[dict[str, str]]) -> dict[str, Any]:
    definition = catalogue().get(row.dataset)
    return {
        "row": row, "label": etl.label_of(row.dataset), "faults": faults, "text": row.raw[:TEXT_SHOWN],
        "deletion": row.operation == "delete", "position": _line_number(row.position), "state": ROW_STATES[row.state],
        "institution": _names(call, {row.institution_id})[row.institution_id],
        "fields": _row_fields(definition, row.operation, values, faults) if definition and row.state in etl.UNSETTLED else (),
        "values": values, "errors": {fault["field"]: fault["problem"] for fault in faults if fault["field"]},
    }  # fmt: skip


@endpoint(
    blp, "POST", "/quarantine/<int:row_id>", permission="etl.quarantine.correct", label="更正隔离数据(页面)", raw=True,
    audit="etl.quarantine.correct",
)  # fmt: skip
def correct_row(call: Call, row_id: int) -> Response:
    """Upload the corrected row, unless something is still wrong with it: then the form says what."""
    row = etl.open_row(call.session, row_id)
    definition = dataset(row.dataset)
    given = {name: value for name, value in request.form.items() if name in definition.by_name}
    kept = {name: value for name, value in etl.values_of(definition, row.raw).items() if name not in given}
    values = {**kept, **given}
    found = etl.preview(call.platform.service(etl.Decoders), etl.correction(row, values))
    if wrong := [asdict(fault) for _, faults in found.faults for fault in faults]:
        call.audit(outcome="refused")
        return Response(render_template("etl/row.html", **_row_shown(call, row, values, wrong)), 422, mimetype="text/html")
    etl.correct(call.session, row_id, values, call.principal)
    return redirect(f"/console/etl/quarantine?dataset={row.dataset}&state=unsettled", 303)  # type: ignore[return-value]


def _row_fields(
    definition: Dataset, operation: str, values: dict[str, Any], faults: list[dict[str, str]]
) -> tuple[FormField, ...]:
    """Faulty fields first, then the key and whatever was sent; of a deletion the key. A file is not shown, and kept as sent."""
    faulty = [fault["field"] for fault in faults if fault["field"] in definition.by_name]
    sent = (name for name, each in definition.by_name.items() if name in values and not isinstance(each, Document))
    shown = dict.fromkeys(definition.key if operation == "delete" else [*faulty, *definition.key, *sent])
    return tuple(
        FormField(name, each.label, required=each.required, hint=name, max_length=getattr(each, "limit", None))
        for name in shown
        if (each := definition.by_name[name])
    )


def _line_number(position: int) -> int | None:
    """Counted from 1, as people do; an upload that cannot be read at all has no rows."""
    return position + 1 if position >= 0 else None


def _first_problem(faults: str) -> str:
    found = json.loads(faults)
    if not found:
        return "（内容已过保存期限）"
    first = f"{found[0]['label'] or found[0]['field']} {found[0]['problem']}".strip()
    return f"{first} 等 {len(found)} 处" if len(found) > 1 else first


def _names(call: Call, institutions: Iterable[int]) -> dict[int, str]:
    wanted = sorted(institutions)
    directory = call.platform.services.get(InstitutionDirectory.__qualname__)
    found: dict[int, str] = directory.names(call.session, wanted) if directory else {}
    return {each: found.get(each, f"机构 {each}") for each in wanted}


def _datasets() -> dict[str, str]:
    return _row_kinds() | etl.MESSAGE_STANDARDS


def _row_kinds() -> dict[str, str]:
    return {name: each.label for name, each in catalogue().items()}


def _filters(schema: type[Schema], **options: dict[str, str]) -> tuple[FormField, ...]:
    described = form_of(schema, **{name: {"choices": choices(pairs)} for name, pairs in options.items()})
    return tuple(item for item in described if item.kind != "hidden")


MENUS = (
    MenuItem("etl.channels", "数据接收", "/console/etl", "etl.channel.read", "数据管理", 300, (
        Button("manage", "暂停、恢复与重新处理", "etl.channel.manage"),
    )),
    MenuItem("etl.figures", "接收统计", "/console/etl/figures", "etl.channel.read", "数据管理", 305),
    MenuItem("etl.batches", "上传记录", "/console/etl/batches", "etl.batch.read", "数据管理", 310, (
        Button("replay", "重新处理", "etl.batch.replay"),
    )),
    MenuItem("etl.quarantine", "隔离数据", "/console/etl/quarantine", "etl.quarantine.read", "数据管理", 320, (
        Button("correct", "更正、放弃与重新处理", "etl.quarantine.correct"),
    )),
)  # fmt: skip


def install(platform: Platform) -> None:
    """Serve the pages and offer their menus."""
    platform.blueprint(blp)
    for item in MENUS:
        platform.menu(item)
