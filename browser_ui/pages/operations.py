"""Pages of the operating team: events under way, scheduled jobs, caching, run-time parameters."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from browser_ui.forms import FormField, form_of
from browser_ui.tables import Column
from health_platform.kernel import cache_rules, claims, operations, parameters
from health_platform.kernel.errors import Denied
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from health_platform.kernel.platform import MenuItem, Platform
from registry.api import division_names

blp = Blueprint("pages_operations", __name__, url_prefix="/console/operations", description="运行管理页面")

STATES = {"dead": ("已搁置", "bad"), "waiting": ("等待", "warn"), "running": ("处理中", "info"), "done": ("完成", "ok")}
OUTCOMES = {"done": ("成功", "ok"), "failed": ("失败", "bad"), "running": ("运行中", "info"), "aborted": ("已中断", "bad")}

DELIVERIES = (
    Column("event", "事件", kind="mono"),
    Column("consumer", "接收方", kind="mono"),
    Column("state", "状态", kind="badge", badges=STATES),
    Column("attempts", "尝试次数", kind="number"),
    Column("occurred_at", "发生时间", kind="moment"),
    Column("due_at", "下次尝试", kind="moment"),
    Column("last_error", "最近错误"),
)
JOBS = (
    Column("label", "任务", href="/console/operations/jobs/{name}"),
    Column("name", "名称", kind="mono"),
    Column("every_seconds", "间隔(秒)", kind="number"),
    Column("paused", "已暂停", kind="flag"),
    Column("last_started_at", "上次运行", kind="moment"),
    Column("last_outcome", "结果", kind="badge", badges=OUTCOMES),
    Column("due_at", "下次运行", kind="moment"),
)
RUNS = (
    Column("started_at", "开始", kind="moment"),
    Column("ended_at", "结束", kind="moment"),
    Column("seconds", "用时(秒)", kind="number"),
    Column("outcome", "结果", kind="badge", badges=OUTCOMES),
    Column("error", "错误"),
)
CACHE = (
    Column("purpose", "用途"),
    Column("name", "函数", kind="mono"),
    Column("seconds", "保留秒数", kind="number"),
    Column("entries", "保留条数", kind="number"),
    Column("where", "存放位置"),
    Column("calls", "调用", kind="number"),
    Column("hit_percent", "命中率(%)", kind="number"),
    Column("mean", "平均耗时(毫秒)", kind="number"),
    Column("saved", "节省(秒)", kind="number"),
)
PARAMETERS = (
    Column("label", "参数"),
    Column("key", "名称", kind="mono"),
    Column("default", "默认值"),
    Column("now", "当前值"),
    Column("range", "允许范围"),
    Column("help", "说明"),
)


class DeliverySearch(Schema):
    """Which deliveries to show."""

    state = fields.String(
        load_default="dead",
        validate=validate.OneOf(list(STATES), [label for label, _ in STATES.values()]),
        metadata={"label": "状态"},
    )


@endpoint(
    blp,
    "GET",
    "/events",
    permission="operations.outbox.view",
    label="查看事件投递",
    scope="reference",
    template="operations/events.html",
    query=DeliverySearch,
)
def events_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Backlog by state and the deliveries of one state."""
    backlog = {"waiting": 0, "running": 0, "dead": 0, **claims.backlog(call.session)}
    tiles = [(STATES[state][0], count, f"/console/operations/events?state={state}") for state, count in backlog.items()]
    rows = operations.deliveries(call.session, query["state"], 100)
    return {
        "columns": DELIVERIES,
        "rows": [_short(row) for row in rows],
        "tiles": tiles,
        "query": query,
        "fields": form_of(DeliverySearch),
    }


def _short(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "last_error": _last_line(row["last_error"])}


def _last_line(error: str | None) -> str | None:
    """Of a traceback the line that says what happened."""
    return (error or "").strip().rsplit("\n", 1)[-1] or None


@endpoint(
    blp,
    "GET",
    "/jobs",
    permission="operations.job.view",
    label="查看定时任务",
    scope="reference",
    template="operations/jobs.html",
)
def jobs_page(call: Call) -> dict[str, Any]:
    """Scheduled jobs with their last runs."""
    return {"columns": JOBS, "rows": operations.job_lines(call.session, call.platform)}


@endpoint(
    blp,
    "GET",
    "/jobs/<name>",
    permission="operations.job.view",
    label="查看任务运行记录",
    scope="reference",
    template="operations/job.html",
)
def job_page(call: Call, name: str) -> dict[str, Any]:
    """One job: its past runs, newest first, and why those failed that did."""
    runs = operations.job_runs(call.session, call.platform, name, 100)
    return {"columns": RUNS, "rows": [_timed(run) for run in runs], "job": call.platform.jobs[name]}


def _timed(run: dict[str, Any]) -> dict[str, Any]:
    took = run["ended_at"] - run["started_at"] if run["ended_at"] else None
    return {**run, "seconds": round(took.total_seconds(), 1) if took is not None else None, "error": _last_line(run["error"])}


@endpoint(
    blp,
    "GET",
    "/cache",
    permission="operations.cache.view",
    label="查看缓存",
    scope="reference",
    template="operations/cache.html",
)
def cache_page(call: Call) -> dict[str, Any]:
    """What could be cached, what is, and what it saves."""
    lines = [
        {
            **line,
            "where": cache_rules.PLACES[line["place"]],
            "hit_percent": round(line["hit_rate"] * 100, 1),
            "mean": round(line["mean_ms"], 2),
            "saved": round(line["seconds_saved"], 1),
        }
        for line in cache_rules.overview(call.session)
    ]
    return {"columns": CACHE, "rows": lines, "fields": form_of(cache_rules.CacheRuleIn)}


@endpoint(
    blp,
    "GET",
    "/parameters",
    permission="operations.parameter.view",
    label="查看运行参数",
    scope="reference",
    template="operations/parameters.html",
)
def parameters_page(call: Call) -> dict[str, Any]:
    """Every run-time parameter with the values in force."""
    place = _own_place(call)
    code = place.ljust(12, "0")
    whole = place == parameters.EVERYWHERE
    where = "全平台" if whole else division_names(call.session, [code]).get(code, place)
    lines = parameters.overview(call.session, call.platform)
    rows = [{**_parameter(line, place, where), "mine": place and (whole or line["local"])} for line in lines]
    return {"columns": PARAMETERS, "rows": rows}


def _own_place(call: Call) -> str:
    """Where the caller may set parameters; "" for who may only read them."""
    if not call.principal.may("operations.parameter.edit"):
        return ""
    try:
        return parameters.place_of(call.session, call.principal)
    except Denied:
        return ""


def _parameter(line: dict[str, Any], place: str, where: str) -> dict[str, Any]:
    """A row; what stands in its form is what was set for the place."""
    values = [f"{v['value']}" + ("" if v["division"] == parameters.EVERYWHERE else f"({v['division']})") for v in line["values"]]
    bounds = "、".join(map(str, line["choices"])) if line["choices"] else f"{line['low']} – {line['high']}"
    kind = {"int": "number", "float": "number"}.get(line["kind"], "text")
    fields_ = (FormField("value", f"{where}取值（留空则不另设）", kind=kind, step="any" if line["kind"] == "float" else ""),)
    return {
        **line,
        "fields": fields_,
        "given": next((one["value"] for one in line["values"] if one["division"] == place), None),
        "now": "、".join(values) or line["default"],
        "range": bounds if bounds != "None – None" else None,
    }


def install(platform: Platform) -> None:
    """Offer the pages."""
    platform.blueprint(blp)
    for order, (key, label, permission) in enumerate(
        (
            ("events", "事件投递", "operations.outbox.view"),
            ("jobs", "定时任务", "operations.job.view"),
            ("cache", "缓存管理", "operations.cache.view"),
            ("parameters", "运行参数", "operations.parameter.view"),
        )
    ):
        platform.menu(MenuItem(f"operations.{key}", label, f"/console/operations/{key}", permission, "运行管理", 10 + order))
