"""The audit page: who did what about whom, when and from where."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from marshmallow import fields, validate

from browser_ui.forms import form_of
from browser_ui.tables import Column
from health_platform.kernel import audit_query
from health_platform.kernel.audit_query import AuditQuestion
from health_platform.kernel.clock import LOCAL_ZONE
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.platform import MenuItem, Platform

blp = Blueprint("pages_audit", __name__, url_prefix="/console/audit", description="日志审计页面")

KINDS = {"login": "登录", "operation": "操作", "browse": "调阅", "interface": "接口"}
COLUMNS = (
    Column("at", "时间", kind="moment"),
    Column("kind", "类别", kind="badge", badges={key: (label, "info") for key, label in KINDS.items()}),
    Column("actor_name", "操作人"),
    Column("institution_name", "所属机构"),
    Column("action", "操作", kind="mono"),
    Column("object_kind", "对象"),
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
    question = AuditQuestion(**{**query, **_instants(query)})
    rows = audit_query.find(call.session, question)
    more = rows[-1].id if len(rows) == question.limit else None
    return {"columns": COLUMNS, "rows": rows, "more": more, "query": query, "fields": form_of(AuditSearch(exclude=("before",)))}


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
