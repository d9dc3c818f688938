"""Ordering the export of a county, and its progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from exchange.handover.exporting import Export, export_county
from exchange.handover.models import CountyExport
from health_platform.counties.api import may_open
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Denied, NotFound, register_messages
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.outbox import event, publish
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

ORDER, READ = "registry.county.open", "registry.county.read"
STATES = {"ordered": "等待", "running": "导出中", "done": "完成", "failed": "失败"}
blp = Blueprint("county_exports", __name__, url_prefix="/api/v1/counties/exports", description="县区数据迁出")

register_messages({"county.export_running": "该县区的数据正在导出"})


class ExportIn(Schema):
    division_code = fields.String(required=True, validate=validate.Regexp(r"^\d{6}000000$", error="须为县级区划的 12 位代码"),
                                  metadata={"label": "县区"})  # fmt: skip
    reason = fields.String(required=True, validate=validate.Length(min=5, max=400),
                           metadata={"label": "依据（批文等）", "kind": "textarea"})  # fmt: skip


class ExportOut(Schema):
    """``folder`` is the archive's folder under ``HP_HOME/exports`` on the server; it is not served over the network."""

    id = IdField()
    division_code = fields.String()
    state = fields.String()
    folder = fields.String()
    files_done = fields.Integer()
    files_total = fields.Integer()
    rows_done = fields.Integer()
    ordered_at = fields.AwareDateTime()
    ordered_by = fields.String()
    finished_at = fields.AwareDateTime(allow_none=True)
    problem = fields.String(allow_none=True)


@event("county.export_ordered")
@dataclass(frozen=True)
class ExportOrdered:
    """The data of a county is to be written out."""

    export_id: int


@endpoint(blp, "GET", "", permission=READ, label="县区数据迁出进度", response=ExportOut, many=True)
def listing(call: Call) -> Sequence[CountyExport]:
    return exports(call.session)


@endpoint(blp, "POST", "", permission=ORDER, label="迁出县区数据", body=ExportIn, response=ExportOut, status=201,
          audit="county.export")  # fmt: skip
def ordering(call: Call, body: dict[str, Any]) -> CountyExport:
    """Write all data of a county into an archive on the server; a worker does it."""
    code = body["division_code"]
    if not call.principal.scope.covers_division(code):
        raise NotFound("request.not_found")
    if not may_open(call.principal, code):
        raise Denied("county.city_only")
    running = (CountyExport.division_code == code, CountyExport.state.in_(("ordered", "running")))
    if call.session.scalar(select(CountyExport.id).where(*running)):
        raise Conflict("county.export_running")
    row = CountyExport(
        division_code=code, state="ordered", folder=f"{code}-{call.now:%Y%m%d%H%M%S}", ordered_at=call.now,
        ordered_by=call.principal.name, reason=body["reason"],
    )  # fmt: skip
    call.session.add(row)
    call.session.flush()
    publish(call.session, ExportOrdered(row.id))
    call.audit(object_kind="county", object_id=code, reason=body["reason"])
    return row


def exports(session: Session) -> Sequence[CountyExport]:
    """Exports of the caller's jurisdiction, newest first."""
    return session.scalars(select(CountyExport).order_by(CountyExport.ordered_at.desc()).limit(50)).all()


def carry_out(platform: Platform, ordered: ExportOrdered) -> None:
    """The worker's part; repeating it writes the same archive again."""
    with platform.database.unit_of_work(system_scope("county export")) as session:
        row = session.get(CountyExport, ordered.export_id)
        if row is None or row.state == "done":
            return
        row.state, code, folder = "running", row.division_code or "", row.folder
    wanted = Export(code, platform.settings.home / "exports" / folder, partial(_progress, platform, ordered.export_id))
    try:
        export_county(platform, wanted)
    except Exception as error:
        _set(platform, ordered.export_id, state="failed", problem=str(error)[:400])
        raise
    _set(platform, ordered.export_id, state="done", problem=None, finished_at=clock.now())


def _progress(platform: Platform, export_id: int, done: int, total: int, rows: int) -> None:
    _set(platform, export_id, files_done=done, files_total=total, rows_done=rows)


def _set(platform: Platform, export_id: int, **values: Any) -> None:
    with platform.database.unit_of_work(system_scope("county export")) as session:
        session.execute(update(CountyExport).where(CountyExport.id == export_id).values(**values))
