"""The JSON API of local code mapping."""

from typing import Any

from flask import Response

from health_platform.kernel.errors import Invalid
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.sheets import Heading, download, write_xlsx
from registry.fields import ImportOut, SheetIn
from registry.importing import ImportResult
from registry.paging import Paged
from registry.standards import confirming, deciding, mapping, source_files
from registry.standards import schemas as s
from registry.standards import sources as source_systems
from registry.standards.deciding import Decision
from registry.standards.dictionaries import SHEET, Table, import_dictionary
from registry.standards.mapping import Coverage, LocalFilter, Seen
from registry.standards.models import LocalCode, MappingLog, SourceSystem
from registry.standards.sources import SourceDraft, SourceFilter
from registry.standards.suggest import Suggestion

READ, EDIT = "registry.mapping.read", "registry.mapping.edit"

EXPORT = (
    Heading("system_code", "代码表"),
    *SHEET,
    Heading("rows_seen", "数据行数"),
    Heading("state", "状态"),
    Heading("target_version", "标准版本"),
    Heading("reason", "依据"),
)

blp = Blueprint("mappings", __name__, url_prefix="/api/v1/mappings", description="本地代码对照")


@endpoint(blp, "GET", "/sources", permission=READ, label="来源系统列表", response=s.SourceOut, many=True)
def sources(call: Call) -> list[SourceSystem]:
    return source_systems.sources(call.session)


@endpoint(blp, "POST", "/sources", permission=EDIT, label="登记来源系统", body=s.SourceIn, response=s.SourceOut)
def put_source(call: Call, body: dict[str, Any]) -> SourceSystem:
    return source_systems.register_source(call.session, SourceDraft(**body))


@endpoint(blp, "GET", "/sources/export", permission=READ, label="导出来源系统", query=s.SourcesQuery)
def export_sources(call: Call, query: dict[str, Any]) -> Response:
    found = source_systems.found_sources(call.session, SourceFilter(query["text"], query["sort"], size=100_000))
    rows = source_files.rows_of(call.session, found.rows)
    return download(write_xlsx("来源系统", source_files.SHEET, rows), "来源系统.xlsx")


@endpoint(blp, "POST", "/sources/import", permission=EDIT, label="导入来源系统", body=SheetIn, response=ImportOut)
def load_sources(call: Call, body: dict[str, Any]) -> ImportResult:
    """Register or change one source system per row of a file."""
    return source_files.import_file(call.session, body["file"].read(), body["apply"])


@endpoint(blp, "POST", "/sources/<code>/codes", permission=EDIT, label="上报本地代码", body=s.ReportIn, response=s.CountOut)
def report(call: Call, body: dict[str, Any], code: str) -> dict[str, int]:
    seen = [Seen(**one) for one in body["codes"]]
    return {"changed": mapping.report_codes(call.session, code, body["system"], seen)}


@endpoint(
    blp, "POST", "/sources/<code>/dictionary", permission=EDIT, label="导入本地字典", body=s.DictionaryIn, response=s.CountOut
)
def load(call: Call, body: dict[str, Any], code: str) -> dict[str, int]:
    result = import_dictionary(call.session, call.principal, Table(code, body["system"]), body["file"].read())
    if result.findings:
        raise Invalid("mapping.dictionary", count=len(result.findings), findings=_flat(result.findings)[:100])
    return {"changed": result.added + result.changed}


@endpoint(blp, "GET", "", permission=READ, label="本地代码列表", query=s.LocalQuery, response=s.LocalsOut)
def local_codes(call: Call, query: dict[str, Any]) -> Paged[LocalCode]:
    return mapping.local_codes(call.session, LocalFilter(**query))


@endpoint(blp, "GET", "/export", permission=READ, label="导出本地代码对照", query=s.LocalQuery)
def export(call: Call, query: dict[str, Any]) -> Response:
    found = mapping.local_codes(call.session, LocalFilter(**{**query, "page": 1, "size": 100_000}))
    words = [
        {
            **{heading.key: getattr(row, heading.key) for heading in EXPORT},
            "state": s.LOCAL_STATES[row.state],
            "reason": s.REASONS.get(row.reason or "", ""),
        }
        for row in found.rows
    ]
    return download(write_xlsx("代码对照", EXPORT, words), "代码对照.xlsx")


@endpoint(blp, "GET", "/<int:local_id>/suggestions", permission=READ, label="对照建议", response=s.SuggestionOut, many=True)
def suggestions(call: Call, local_id: int) -> list[Suggestion]:
    return deciding.suggestions(call.session, local_id)


@endpoint(blp, "GET", "/<int:local_id>/history", permission=READ, label="对照记录", response=s.MappingLogOut, many=True)
def history(call: Call, local_id: int) -> list[MappingLog]:
    return mapping.history(call.session, local_id)


@endpoint(blp, "POST", "/<int:local_id>/decide", permission=EDIT, label="确认对照", body=s.OneDecisionIn, response=s.CountOut)
def decide_one(call: Call, body: dict[str, Any], local_id: int) -> dict[str, int]:
    decision = Decision(local_id, body["target"], body["reason"])
    return {"changed": deciding.decide(call.session, call.principal, [decision])}


@endpoint(blp, "POST", "/decisions", permission=EDIT, label="批量确认对照", body=s.DecisionsIn, response=s.CountOut)
def decide(call: Call, body: dict[str, Any]) -> dict[str, int]:
    decisions = [Decision(**one) for one in body["decisions"]]
    return {"changed": deciding.decide(call.session, call.principal, decisions)}


@endpoint(blp, "POST", "/bulk", permission=EDIT, label="确认高把握建议", body=s.BulkIn, response=s.CountOut)
def bulk(call: Call, body: dict[str, Any]) -> dict[str, int]:
    plan = deciding.bulk_plan(call.session, body["source"], body["system"], body["from_score"])
    shown = set(body["shown"])
    chosen = [(row, best) for row, best in plan.proposed if f"{row.id}:{best.target.code}" in shown]
    decisions = [Decision(row.id, best.target.code, best.reason, best.score) for row, best in chosen]
    return {"changed": deciding.decide(call.session, call.principal, decisions)}


@endpoint(blp, "GET", "/sure.xlsx", permission=READ, label="导出高把握建议", query=s.TableIn)
def export_sure(call: Call, query: dict[str, Any]) -> Response:
    """Every sure suggestion to look over: rows may be struck or changed, and the file imported as a dictionary."""
    rows = [
        {
            "code": row.code,
            "name": row.name,
            "target": best.target.code,
            "target_name": best.target.name,
            "reason": s.REASONS[best.reason],
            "rows_seen": row.rows_seen,
        }
        for row, best in confirming.sure(call.session, Table(**query))
    ]
    return download(write_xlsx("待确认对照", confirming.REVIEW, rows), "待确认对照.xlsx")


@endpoint(blp, "POST", "/sure", permission=EDIT, label="确认全部高把握建议", body=s.TableIn)
def confirm_sure(call: Call, body: dict[str, Any]) -> None:
    """Have a worker confirm every sure suggestion of a table, portion by portion."""
    confirming.order(call.session, call.principal, Table(**body))


@endpoint(blp, "POST", "/adopt", permission=EDIT, label="声明直接使用标准代码", body=s.AdoptIn)
def adopt(call: Call, body: dict[str, Any]) -> None:
    mapping.adopt(call.session, call.principal, body["source"], body["system"], body["standard"])


@endpoint(blp, "POST", "/reapply", permission=EDIT, label="对已存数据重新对照", body=s.TableIn)
def reapply(call: Call, body: dict[str, Any]) -> None:
    mapping.reapply(call.session, body["source"], body["system"])


@endpoint(blp, "GET", "/coverage", permission=READ, label="对照覆盖率", query=s.CoverageQuery, response=s.CoverageOut, many=True)
def coverage(call: Call, query: dict[str, Any]) -> list[Coverage]:
    return mapping.coverage(call.session, query["system"])


def _flat(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"row": one["row"], **fault} for one in findings for fault in one["findings"]]
