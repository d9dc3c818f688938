"""The audit page: who did what about whom, when and from where."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from typing import Any

from marshmallow import fields, validate

from browser_ui.audit_words import AuditWords, words_of
from browser_ui.forms import form_of
from browser_ui.tables import Column
from health_platform.kernel import audit_query
from health_platform.kernel.audit import AuditEntry
from health_platform.kernel.audit_query import AuditQuestion
from health_platform.kernel.clock import LOCAL_ZONE
from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.platform import MenuItem, Platform

blp = Blueprint("pages_audit", __name__, url_prefix="/console/audit", description="日志审计页面")

KINDS = {"login": "登录", "operation": "操作", "browse": "调阅", "interface": "接口"}
COLUMNS = (
    Column("at", "时间", kind="moment", href="/console/audit/{id}"),
    Column("kind", "类别", kind="badge", badges={key: (label, "info") for key, label in KINDS.items()}),
    Column("actor_name", "操作人"),
    Column("institution_name", "所属机构"),
    Column("action_label", "操作"),
    Column("object_label", "对象"),
    Column("object_id", "对象编号", kind="mono", href="/console/audit?object_kind={object_kind}&object_id={object_id}"),
    Column("person_id", "居民编号", kind="mono", href="/console/audit?person_id={person_id}"),
    Column("outcome", "结果", kind="badge", badges={"ok": ("成功", "ok"), "refused": ("拒绝", "bad")}),
    Column("address", "来源地址", kind="mono"),
    Column("purpose", "事由"),
)


class AuditSearch(Schema):
    """The search form of the page; every part is optional."""

    actor_name = fields.String(metadata={"label": "操作人"})
    institution_name = fields.String(metadata={"label": "所属机构"})
    person_id = IdField(metadata={"label": "居民编号"})
    object_kind = fields.String(metadata={"label": "对象"})
    object_id = fields.String(metadata={"label": "对象编号"})
    action = fields.String(metadata={"label": "操作"})
    kind = fields.String(validate=validate.OneOf(list(KINDS), list(KINDS.values())), metadata={"label": "类别"})
    outcome = fields.String(validate=validate.OneOf(["ok", "refused"], ["成功", "拒绝"]), metadata={"label": "结果"})
    since = fields.Date(metadata={"label": "起始日期"})
    until = fields.Date(metadata={"label": "截止日期"})
    before = IdField()


@endpoint(
    blp,
    "GET",
    "",
    permission="audit.entry.view",
    label="查询操作日志",
    template="operations/audit.html",
    query=AuditSearch,
    audit="audit.query",
)
def audit_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Newest entries first, fifty a page."""
    words = words_of(call.platform)
    question = AuditQuestion(**{**query, **_instants(query), **_codes(query, words)})
    rows = audit_query.find(call.session, question)
    more = rows[-1].id if len(rows) == question.limit else None
    shown = [_line(row, words) for row in rows]
    return {"columns": COLUMNS, "rows": shown, "more": more, "query": query, "fields": form_of(AuditSearch(exclude=("before",)))}


@endpoint(
    blp,
    "GET",
    "/<int:entry_id>",
    permission="audit.entry.view",
    label="查看一条日志",
    template="operations/audit_entry.html",
    audit="audit.query",
)
def entry_page(call: Call, entry_id: int) -> dict[str, Any]:
    """One entry with everything that was written down."""
    entry = call.session.get(AuditEntry, entry_id)
    if entry is None:
        raise NotFound("request.not_found")
    detail = [(name, _readable(value)) for name, value in sorted((entry.detail or {}).items())]
    return {"entry": _line(entry, words_of(call.platform)), "detail": detail, "kinds": KINDS}


def _readable(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _line(entry: AuditEntry, words: AuditWords) -> dict[str, Any]:
    shown = {column.name: getattr(entry, column.name) for column in AuditEntry.__table__.columns}
    return {**shown, "action_label": words.action(entry.action), "object_label": words.object(entry.object_kind)}


def _codes(query: dict[str, Any], words: AuditWords) -> dict[str, tuple[str, ...]]:
    """People type the word they see; the log keeps codes."""
    found = {}
    if action := query.get("action"):
        found["action"] = tuple(words.codes(action))
    if kind := query.get("object_kind"):
        found["object_kind"] = tuple(words.kinds(kind))
    return found


def _instants(query: dict[str, Any]) -> dict[str, datetime]:
    """Local days of the form as instants; the last day is included."""
    found = {}
    if since := query.get("since"):
        found["since"] = datetime.combine(since, time(), LOCAL_ZONE)
    if until := query.get("until"):
        found["until"] = datetime.combine(until + timedelta(days=1), time(), LOCAL_ZONE)
    return found


def install(platform: Platform) -> None:
    """Offer the page."""
    platform.blueprint(blp)
    platform.menu(MenuItem("audit", "操作日志", "/console/audit", "audit.entry.view", "安全审计", 10))
