"""Endpoints of the kernel: liveness, readiness, metrics, the OpenAPI document, the audit query."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, current_app
from marshmallow import fields, validate
from sqlalchemy import text

from health_platform.kernel import audit_query, metrics, operations
from health_platform.kernel.audit import AuditEntry
from health_platform.kernel.audit_query import AuditQuestion
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.platform import Platform

probes = Blueprint("probes", __name__, description="运行探针")
audits = Blueprint("audits", __name__, url_prefix="/api/v1/audit", description="日志审计")


class AuditQuery(Schema):
    """Which entries; every part is optional."""

    person_id = IdField()
    actor_id = IdField()
    actor_name = fields.String()
    institution_id = IdField()
    kind = fields.String(validate=validate.OneOf(["login", "operation", "browse", "interface"]))
    action = fields.String()
    object_kind = fields.String()
    object_id = fields.String()
    outcome = fields.String(validate=validate.OneOf(["ok", "refused"]))
    since = fields.AwareDateTime()
    until = fields.AwareDateTime()
    before = IdField()
    limit = fields.Integer(load_default=audit_query.PAGE, validate=validate.Range(1, 500))


class AuditOut(Schema):
    """One audit entry."""

    id = IdField()
    at = fields.AwareDateTime()
    kind = fields.String()
    action = fields.String()
    object_kind = fields.String()
    object_id = fields.String(allow_none=True)
    person_id = IdField(allow_none=True)
    actor_id = IdField()
    actor_kind = fields.String()
    actor_name = fields.String(allow_none=True)
    institution_id = IdField(allow_none=True)
    institution_name = fields.String(allow_none=True)
    purpose = fields.String(allow_none=True)
    outcome = fields.String()
    address = fields.String(allow_none=True)
    request_id = fields.String(allow_none=True)
    detail = fields.Dict()


@endpoint(probes, "GET", "/healthz", permission="public", label="存活探针", scope="public", raw=True)
def healthz(call: Call) -> Response:
    """The process answers and the database takes transactions."""
    return Response("ok\n", mimetype="text/plain")


@endpoint(probes, "GET", "/readyz", permission="public", label="就绪探针", scope="public", raw=True)
def readyz(call: Call) -> Response:
    """Every part this process needs is there; names the parts that are not."""
    checks = {"database": lambda: call.session.execute(text("SELECT 1")), **call.platform.ready_checks}
    if call.platform.database.dialect == "oracle":
        checks["database"] = lambda: call.session.execute(text("SELECT 1 FROM dual"))
    states = {name: _state(check) for name, check in checks.items()}
    status = 200 if all(state == "ok" for state in states.values()) else 503
    return Response(json.dumps(states), status, mimetype="application/json")


def _state(check: Any) -> str:
    try:
        check()
    except Exception as error:
        return f"away: {type(error).__name__}"
    return "ok"


@endpoint(probes, "GET", "/metrics", permission="public", label="运行指标", scope="public", raw=True)
def get_metrics(call: Call) -> Response:
    """Prometheus metrics; figures only, no personal data."""
    return Response(metrics.exposition(), mimetype="text/plain; version=0.0.4")


@endpoint(probes, "GET", "/openapi.json", permission="public", label="接口文档", scope="public", raw=True)
def openapi(call: Call) -> Response:
    """The OpenAPI 3.1 document of this platform."""
    document = current_app.extensions["openapi"].document()
    # Bounds of decimal fields are Decimal: the document says them as numbers.
    return Response(json.dumps(document, ensure_ascii=False, default=float), mimetype="application/json")


@endpoint(
    audits,
    "GET",
    "",
    permission="audit.entry.view",
    label="查询操作日志",
    query=AuditQuery,
    response=AuditOut,
    many=True,
    audit="audit.query",
)
def query_audit(call: Call, query: dict[str, Any]) -> list[AuditEntry]:
    """Who did what, when, from where; newest first. Continue with ``before`` = the last id."""
    return audit_query.find(call.session, AuditQuestion(**query))


@endpoint(
    audits,
    "GET",
    "/fhir",
    permission="audit.entry.export",
    label="导出审计事件",
    query=AuditQuery,
    raw=True,
    audit="audit.export",
)
def export_fhir(call: Call, query: dict[str, Any]) -> Response:
    """The same as newline-delimited FHIR R4 AuditEvent resources."""
    entries = audit_query.find(call.session, AuditQuestion(**query))
    lines = [json.dumps(audit_query.fhir_event(entry), ensure_ascii=False) for entry in entries]
    return Response("\n".join([*lines, ""]), mimetype="application/fhir+ndjson")


def install(platform: Platform) -> None:
    """Register the endpoints."""
    for blueprint in (probes, audits):
        platform.blueprint(blueprint)
    operations.install(platform)
    platform.ready_check("warehouse", lambda: _require(platform.warehouse.ping()))


def _require(alive: bool) -> None:
    if not alive:
        raise ConnectionError("no answer")
