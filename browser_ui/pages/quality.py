"""Pages of upload quality: findings of an institution, the daily monitor, rules and their administration."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Response, jsonify
from marshmallow import fields, validate

from browser_ui.forms import FormField, choices, form_of
from browser_ui.tables import Column, Page
from browser_ui.units import units_named
from etl.quality import api as quality
from etl.quality.ranking import api as ranking
from health_platform.datasets.api import catalogue
from health_platform.expressions.api import usage
from health_platform.kernel import clock
from health_platform.kernel.errors import NotFound, PlatformError
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.platform import Button, MenuItem, Platform
from health_platform.records.api import InstitutionDirectory

blp = Blueprint("pages_quality", __name__, url_prefix="/console/quality", description="数据质量页面")

STATES = {
    "error": ("无法判断", "warn"), "failed": ("不合格", "bad"), "passed": ("合格", "ok"), "not_applicable": ("不适用", ""),
}  # fmt: skip
DAY_STATES = {
    "uploaded": ("传", "ok"), "late": ("迟", "warn"), "missing": ("缺", "bad"), "abnormal": ("异", "warn"), "nothing": ("", ""),
}  # fmt: skip
DIMENSIONS = {each.value: each.label for each in quality.Dimension}
ORIGINS = {each.value: each.label for each in quality.Origin}
VERSION_STATES = {
    "draft": ("待审核", "warn"), "active": ("使用中", "ok"), "retired": ("已停用", ""), "refused": ("未通过", "bad"),
}  # fmt: skip
FINDINGS = (
    Column("dataset_label", "数据集"), Column("dimension", "维度"),
    Column("label", "规则", href="/console/quality/finding?{link}"), Column("severity", "严重程度"),
    Column("failed", "不合格", kind="number"), Column("applicable", "已判断", kind="number"), Column("share", "不合格率"),
    Column("lost", "扣分"), Column("state", "状态", kind="badge", badges=STATES),
)  # fmt: skip
RULES = (
    Column("code", "规则编码", href="/console/quality/rules/{code}"), Column("dataset", "数据集"), Column("dimension", "维度"),
    Column("label", "说明"), Column("severity", "严重程度"), Column("weight", "权重"), Column("origin", "来源"),
)  # fmt: skip
_RULE_ROWS = 50


class PeriodSearch(Schema):
    """Which institution and days."""

    first = fields.Date(load_default=None, metadata={"label": "起始日期", "kind": "date"})
    last = fields.Date(load_default=None, metadata={"label": "截止日期", "kind": "date"})
    institution_id = IdField(load_default=None, metadata={"label": "机构"})
    status = fields.String(load_default="failed", metadata={"label": "状态", "kind": "select"})


class FindingSearch(Schema):
    """One finding."""

    rule = fields.String(required=True)
    institution_id = IdField(required=True)
    first = fields.Date(load_default=None)
    last = fields.Date(load_default=None)


class MonthSearch(Schema):
    """A month of the calendar."""

    month = fields.String(
        load_default="", validate=validate.Regexp(r"(\d{4}-\d{2})?\Z"), metadata={"label": "月份（如 2026-10）"}
    )
    institution_id = IdField(load_default=None, metadata={"label": "机构"})


class RuleFilter(Schema):
    """Filters of the rule list."""

    text = fields.String(load_default="", metadata={"label": "编码、说明或表达式"})
    dataset = fields.String(load_default="", metadata={"label": "数据集", "kind": "select"})
    dimension = fields.String(load_default="", metadata={"label": "维度", "kind": "select"})
    origin = fields.String(load_default="", metadata={"label": "来源", "kind": "select"})
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1000), metadata={"kind": "hidden"})


class EditorQuery(Schema):
    """A rule being written."""

    code = fields.String(load_default="", validate=validate.Length(0, 120))
    dataset = fields.String(load_default="")
    label = fields.String(load_default="")
    applies = fields.String(load_default="")
    fails = fields.String(load_default="")
    mend = fields.String(load_default="")
    dimension = fields.String(load_default="logic")
    severity = fields.String(load_default="2")
    weight = fields.String(load_default="1")
    valid_from = fields.String(load_default="")
    valid_to = fields.String(load_default="")


@endpoint(
    blp, "GET", "", permission="quality.result.read", label="质控结果页面", template="quality/findings.html", query=PeriodSearch
)
def findings_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What was found at an institution, worst first, with the score and how it came about."""
    period = _period(query)
    institution = query["institution_id"] or _own(call)
    shown: dict[str, Any] = {
        "columns": FINDINGS, "query": {**query, "first": period.first, "last": period.last}, "period": period,
        "fields": _of_caller(
            call, institution, _filters(PeriodSearch, status={state: label for state, (label, _) in STATES.items()})
        ),
        "institution": institution,
    }  # fmt: skip
    if institution is None:
        scores = quality.stored_scores(call.session, period.first)
        names = _names(call, (row.institution_id for row in scores))
        return {**shown, "scores": scores, "names": names}
    score = quality.score(call.platform, call.session, period, institution)
    lost = {part.rule: part.lost for part in score.parts}
    found = quality.results(call.platform, call.session, period, institution)
    rows = [_finding(each, lost, period) for each in found if not query["status"] or each.status == query["status"]]
    return {
        **shown, "score": score, "name": _names(call, [institution])[institution], "page": Page(rows, len(rows), 1,
        len(rows) or 1),
        "dimensions": [(label, score.dimensions.get(quality.Dimension(key))) for key, label in DIMENSIONS.items()],
        "missing": [catalogue()[name].label for name in score.missing if name in catalogue()],
        "trend": quality.trend(call.session, institution),
    }  # fmt: skip


def _finding(each: quality.RuleResult, lost: dict[str, Any], period: quality.Period) -> dict[str, Any]:
    share = f"{each.failed / each.applicable:.1%}" if each.applicable else ""
    link = f"rule={each.rule}&institution_id={each.institution_id}&first={period.first}&last={period.last}"
    return {
        "dataset_label": each.dataset_label, "dimension": each.dimension.label, "label": each.label, "link": link,
        "severity": each.severity.label, "failed": each.failed, "applicable": each.applicable, "share": share,
        "lost": f"{lost[each.rule]:.2f}" if lost.get(each.rule) else "", "state": each.status.value,
    }  # fmt: skip


@endpoint(
    blp, "GET", "/finding", permission="quality.result.read", label="质控问题详情页面", template="quality/finding.html",
    query=FindingSearch, audit="quality.samples.read",
)  # fmt: skip
def finding_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """One rule's finding with masked samples and how to mend it."""
    period = _period(query)
    found = quality.results(call.platform, call.session, period, query["institution_id"])
    result = next((each for each in found if each.rule == query["rule"]), None)
    if result is None:
        raise NotFound("quality.rule", rule=query["rule"])
    call.audit(object_kind="quality_rule", object_id=result.rule, institution=str(result.institution_id))
    rows = quality.sample_rows(call.platform, call.session, call.principal, result)
    return {
        "result": result, "rows": rows, "heads": list(rows[0].values) if rows else [], "period": period,
        "state": STATES[result.status.value],
        "refused": sum(key.startswith("#") for key in result.samples), "name": _names(call,
        [result.institution_id])[result.institution_id],
        "sentence": quality.sentence(quality.rule_of(call.session, result.rule)),
        "history": quality.history(call.platform, call.session, result, 12),
    }  # fmt: skip


@endpoint(
    blp, "GET", "/calendar", permission="quality.monitor.read", label="每日上传监测页面", template="quality/calendar.html",
    query=MonthSearch,
)  # fmt: skip
def calendar_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """A month of days: datasets of one institution, or all institutions with the worst state of their datasets."""
    month = date.fromisoformat(f"{query['month']}-01") if query["month"] else clock.today().replace(day=1)
    period = quality.Period.month_of(month)
    institution = query["institution_id"] or _own(call)
    cells = quality.calendar(call.platform, call.session, period, institution)
    rows: dict[Any, dict[date, Any]] = {}
    for cell in cells:
        line = rows.setdefault(cell.dataset if institution else cell.institution_id, {})
        line[cell.day] = _worse(line.get(cell.day), cell)
    names = _names(call, (cell.institution_id for cell in cells))
    labels = {name: each.label for name, each in catalogue().items()} if institution else names
    return {
        "days": list(period.days()), "rows": [(key, labels.get(key, key), line) for key, line in rows.items()],
        "states": DAY_STATES,
        "institution": institution, "name": _names(call, [institution])[institution] if institution else "", "month": month,
        "before": (month - timedelta(days=1)).strftime("%Y-%m"), "after": (month + timedelta(days=31)).strftime("%Y-%m"),
        "legend": [(state.label, DAY_STATES[state.value]) for state in quality.DayState if state.value != "nothing"],
        "fields": _of_caller(call, institution, form_of(MonthSearch)), "query": {**query, "month": month.strftime("%Y-%m")},
        "declared_fields": form_of(quality.DeclaredIn), "today": clock.today(),
        "silent": [] if institution else _silent(call, rows),
    }  # fmt: skip


class UnitQuery(Schema):
    """Part of an institution's name."""

    text = fields.String(load_default="", validate=validate.Length(max=60))


@endpoint(blp, "GET", "/units", permission="quality.result.read", label="查找质控机构", query=UnitQuery, raw=True)
def units(call: Call, query: dict[str, Any]) -> Response:
    """Institutions of the caller's jurisdiction by name."""
    return jsonify(units_named(call.session, query["text"]))


def _silent(call: Call, seen: Container[int]) -> list[ranking.Unit]:
    """The ranked institutions in scope of which the calendar has nothing to show: they must not disappear from it."""
    return [unit for unit in ranking.institution_units(call.session) if unit.institution_id not in seen]


_BADNESS = ("nothing", "uploaded", "late", "abnormal", "missing")


def _worse(one: quality.DayCell | None, other: quality.DayCell) -> quality.DayCell:
    if one is None:
        return other
    return max(one, other, key=lambda cell: _BADNESS.index(cell.state.value))


@endpoint(
    blp,
    "GET",
    "/rules",
    permission="quality.rule.read",
    label="质控规则页面",
    scope="reference",
    template="quality/rules.html",
    query=RuleFilter,
)
def rules_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Rules in force, and drafts that wait for review."""
    wanted = {key: value for key, value in query.items() if key != "page"}
    found = quality.find_rules(call.session, quality.RuleSearch(**wanted))
    start = (query["page"] - 1) * _RULE_ROWS
    rows = [
        {
            "code": rule.code, "dataset": catalogue()[rule.dataset].label, "dimension": rule.dimension.label, "label": rule.label,
            "severity": rule.severity.label, "weight": rule.weight, "origin": rule.origin.label,
        }
        for rule in found[start : start + _RULE_ROWS]
    ]  # fmt: skip
    datasets = {name: each.label for name, each in catalogue().items()}
    return {
        "columns": RULES, "page": Page(rows, len(found), query["page"], _RULE_ROWS), "query": query,
        "fields": _filters(RuleFilter, dataset=datasets, dimension=DIMENSIONS, origin=ORIGINS),
        "drafts": quality.drafts(call.session),
    }  # fmt: skip


@endpoint(
    blp,
    "GET",
    "/rules/<path:code>",
    permission="quality.rule.read",
    label="质控规则详情页面",
    scope="reference",
    template="quality/rule.html",
)
def rule_page(call: Call, code: str) -> dict[str, Any]:
    """One rule with its sentence and versions."""
    rule = quality.rule_of(call.session, code)
    return {
        "rule": rule, "dataset": catalogue()[rule.dataset].label, "sentence": quality.sentence(rule), "states": VERSION_STATES,
        "versions": quality.versions(call.session, code), "me": call.principal.name,
    }  # fmt: skip


@endpoint(
    blp,
    "GET",
    "/editor",
    permission="quality.rule.write",
    label="编写质控规则页面",
    template="quality/editor.html",
    query=EditorQuery,
)
def editor_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Write a rule and try it on the last thirty days before it is sent to review."""
    if query["code"] and not query["fails"]:
        query = _prefilled(call, query)
    trial, problem = _tried(call, query) if query["fails"] and query["dataset"] in catalogue() else (None, "")
    names = _names(call, (each[0] for each in trial.institutions)) if trial else {}
    return {
        "query": query, "trial": trial, "problem": problem, "names": names, "usage": usage(), "fields": _editor_fields(),
        "known": quality.fields_of(query["dataset"]) if query["dataset"] in catalogue() else [],
    }  # fmt: skip


def _prefilled(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    rule = quality.rule_of(call.session, query["code"])
    kept = ("code", "dataset", "label", "applies", "fails", "mend")
    values = {name: getattr(rule, name) for name in kept}
    return {**query, **values, "dimension": rule.dimension.value, "severity": str(int(rule.severity)), "weight": str(rule.weight)}


def _tried(call: Call, query: dict[str, Any]) -> tuple[quality.Trial | None, str]:
    code = query["code"] or f"{query['dataset']}.preview"
    draft = quality.RuleDraft(
        code, query["dataset"], query["label"] or code, query["mend"] or code, quality.Dimension(query["dimension"]),
        query["fails"],
        query["applies"],
    )  # fmt: skip
    try:
        return quality.preview(call.platform, call.session, draft), ""
    except PlatformError as error:
        return None, error.message


def _editor_fields() -> tuple[FormField, ...]:
    return form_of(
        quality.RuleIn,
        dataset={"kind": "select", "choices": choices({name: each.label for name, each in catalogue().items()})},
        dimension={"kind": "select", "choices": choices(DIMENSIONS)},
        fails={"kind": "textarea", "hint": "成立即不合格，如 discharge_date < admission_date；未填写的值无法判断，不计入"},
        applies={"kind": "textarea", "hint": "只对符合此条件的记录判断；空则适用于所有记录"},
        code={"hint": "以数据集名开头，如 visit.my_rule；与已有规则同名则为该规则的新版本"},
    )


def _period(query: dict[str, Any]) -> quality.Period:
    first, last = query["first"], query["last"]
    if first is None and last is None:
        return quality.Period.month_of(clock.today())
    return quality.Period(first or last, last or first)


def _own(call: Call) -> int | None:
    """The caller's institution if he works for its rows alone; administrators of an area begin with the list."""
    allowed, own = call.principal.scope.institutions, call.principal.institution_id
    return own if allowed is not None and own in allowed else None


def _names(call: Call, institutions: Iterable[int]) -> dict[int, str]:
    wanted = sorted(set(institutions))
    directory = call.platform.services.get(InstitutionDirectory.__qualname__)
    found: dict[int, str] = directory.names(call.session, wanted) if directory else {}
    return {each: found.get(each, f"机构 {each}") for each in wanted}


def _filters(schema: type[Schema], **options: dict[str, str]) -> tuple[FormField, ...]:
    described = form_of(schema, **{name: {"choices": choices(pairs)} for name, pairs in options.items()})
    return tuple(item for item in described if item.kind != "hidden")


def _of_caller(call: Call, institution: int | None, described: Iterable[FormField]) -> tuple[FormField, ...]:
    """A unit's officer has no institution to choose; an administrator finds one by its name."""
    if _own(call):
        return tuple(item for item in described if item.name != "institution_id")
    named = choices(_names(call, [institution]) if institution else ())
    return tuple(
        replace(item, kind="lookup", lookup="/console/quality/units", choices=named) if item.name == "institution_id" else item
        for item in described
    )


MENUS = (
    MenuItem("quality.findings", "数据质量", "/console/quality", "quality.result.read", "数据管理", 330),
    MenuItem("quality.calendar", "每日上传监测", "/console/quality/calendar", "quality.monitor.read", "数据管理", 332, (
        Button("declare", "申报每日业务量", "quality.declared.write"),
    )),
    MenuItem("quality.rules", "质控规则", "/console/quality/rules", "quality.rule.read", "数据管理", 334, (
        Button("write", "编写、试运行与停用", "quality.rule.write"), Button("review", "审核", "quality.rule.review"),
    )),
)  # fmt: skip


def install(platform: Platform) -> None:
    """Serve the pages and offer their menus."""
    platform.blueprint(blp)
    for item in MENUS:
        platform.menu(item)
