"""Pages of the clinical prompts: the pop-up of the workstation, rules, knowledge tables, statistics."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import g
from marshmallow import fields, validate

from applications.clinical_prompts import api as prompts
from browser_ui.charts.api import Chart, Series, bar_chart
from browser_ui.forms import FormField, choices, form_of
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from health_platform.kernel.platform import Button, MenuItem, Platform
from health_platform.launch.api import active_client, find_client
from registry.api import InstitutionFilter, list_institutions

blp = Blueprint("pages_prompts", __name__, description="智能提示页面")
READ = "prompts.read"
_ROWS = 50

SEVERITIES = {"critical": ("禁止", "bad"), "warning": ("警告", "warn"), "info": ("提醒", "info")}
RULE_COLUMNS = (
    Column("label", "规则"), Column("about", "说明"),
    Column("enabled", "状态", kind="badge", badges={True: ("启用", "ok"), False: ("停用", "bad")}),
    Column("severity", "最高级别", kind="badge", badges=SEVERITIES), Column("parameters", "参数"),
    Column("version", "版本", kind="number"), Column("changed_by", "修改人"), Column("changed_at", "修改时间", kind="moment"),
    Column("note", "修改说明"),
)  # fmt: skip
SWITCH_COLUMNS = (
    Column("institution", "机构"), Column("rule_label", "规则"),
    Column("enabled", "状态", kind="badge", badges={True: ("启用", "ok"), False: ("停用", "bad")}),
    Column("reason", "原因"), Column("changed_by", "设置人"), Column("changed_at", "设置时间", kind="moment"),
)  # fmt: skip
VERSION_COLUMNS = (
    Column("version", "版本", kind="number"),
    Column("active", "状态", kind="badge", badges={True: ("现用", "ok"), False: ("停用", "")}),
    Column("row_count", "行数", kind="number"), Column("note", "来源与说明"), Column("loaded_by", "载入人"),
    Column("loaded_at", "载入时间", kind="moment"),
)  # fmt: skip
FIGURE_COLUMNS = (
    Column("label", "规则"), Column("shown", "提示", kind="number"), Column("critical", "其中禁止", kind="number"),
    Column("accepted", "采纳", kind="number"), Column("accepted_share", "采纳率(%)", kind="number"),
    Column("overridden", "忽略", kind="number"), Column("overridden_share", "忽略率(%)", kind="number"),
    Column("ignored", "未处理", kind="number"), Column("doctors", "医师数", kind="number"),
    Column("fatigued", "状态", kind="badge", badges={True: ("多被忽略", "warn"), False: ("", "")}),
)  # fmt: skip
REASON_COLUMNS = (Column("rule", "规则"), Column("reason", "原因"), Column("count", "次数", kind="number"))


class TableQuery(Schema):
    """The page of a table."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))


@endpoint(blp, "GET", "/embed/<client_key>/prompts", permission="public", label="智能提示弹出页面",
          template="prompts/popup.html", scope="system")  # fmt: skip
def popup(call: Call, client_key: str) -> dict[str, Any]:
    """The pop-up holds nothing until its ticket is redeemed; only pages of this one institution may frame it."""
    client = active_client(find_client(call.session, client_key))
    g.frame_ancestors = tuple(client.origins)
    return {"client": client}


@endpoint(blp, "GET", "/console/prompts", permission=READ, label="智能提示规则", template="prompts/rules.html")
def rules_page(call: Call) -> dict[str, Any]:
    """Rules with their newest version, and the switches of institutions."""
    states = prompts.rules_for(call.session).values()
    labels = {rule.code: rule.label for rule in prompts.RULES}
    names = _institutions(call)
    switches = [
        {"institution": names.get(row.institution_id, str(row.institution_id)), "rule_label": labels.get(row.rule, row.rule),
         "enabled": row.enabled, "reason": row.reason, "changed_by": row.changed_by, "changed_at": row.changed_at}
        for row in prompts.switches(call.session)
    ]  # fmt: skip
    return {
        "sections": _sections("rules"), "columns": RULE_COLUMNS, "rows": [_rule(call, state) for state in states],
        "forms": {state.code: _rule_form(state) for state in states}, "switch_columns": SWITCH_COLUMNS, "switches": switches,
        "switch_fields": form_of(prompts.SwitchIn, institution_id={"choices": choices(names)}),
    }  # fmt: skip


def _rule(call: Call, state: prompts.RuleState) -> dict[str, Any]:
    newest = next(iter(prompts.history(call.session, state.code)), None)
    named = {one.key: one.label for one in state.definition.parameters}
    return {
        "code": state.code, "label": state.definition.label, "about": state.definition.about, "enabled": state.enabled,
        "severity": state.severity, "version": state.version,
        "parameters": "；".join(f"{named[key]}：{value}" for key, value in state.parameters.items()),
        "changed_by": newest.changed_by if newest else None, "changed_at": newest.changed_at if newest else None,
        "note": newest.note if newest else None,
        "now": {"enabled": state.enabled, "severity": newest.severity if newest else "", **state.parameters},
    }  # fmt: skip


def _rule_form(state: prompts.RuleState) -> tuple[FormField, ...]:
    """The fields of one rule: those every rule has, and its own parameters."""
    own = {"enabled", "severity", "note", *state.parameters}
    asked = (item for item in form_of(prompts.RuleIn) if item.name in own)
    return tuple(replace(item, key=f"{state.code}-{item.name}") for item in asked)


@endpoint(blp, "GET", "/console/prompts/tables/<key>", permission=READ, label="智能提示知识表", query=TableQuery,
          template="prompts/tables.html")  # fmt: skip
def table_page(call: Call, query: dict[str, Any], key: str) -> dict[str, Any]:
    """One knowledge table as it is in force, and its versions."""
    table, versions = prompts.table_of(key), prompts.versions(call.session, key)
    rows = prompts.rows_in_force(call.session, key)
    start = (query["page"] - 1) * _ROWS
    active = next((row for row in versions if row.active), None)
    return {
        "sections": _sections("tables"), "key": key, "table_label": table.label, "about": table.about,
        "kinds": [(one.label, f"/console/prompts/tables/{one.key}", one.key == key) for one in prompts.TABLES],
        "columns": tuple(Column(heading.key, heading.label) for heading in table.headings),
        "page": Page(rows[start : start + _ROWS], len(rows), query["page"], _ROWS), "shipped": active is None,
        "in_force": f"第 {active.version} 版" if active else "随系统提供的起步表，内容待确认，请载入本地目录",
        "version_columns": VERSION_COLUMNS, "versions": versions, "load_fields": form_of(prompts.TableIn),
    }  # fmt: skip


@endpoint(blp, "GET", "/console/prompts/statistics", permission=READ, label="提示采纳统计页面", query=prompts.SpanQuery,
          template="prompts/statistics.html")  # fmt: skip
def statistics_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """By rule: shown, cited, overridden, ignored, so that alert fatigue is seen."""
    span = prompts.span_of(**query)
    rows = prompts.by_rule(call.session, span)
    known = prompts.knowledge(call.session)
    reasons, labels = {one.code: one.label for one in known.reasons}, {rule.code: rule.label for rule in prompts.RULES}
    told = [
        {"rule": labels.get(rule, rule), "reason": reasons.get(code, code) or "未说明", "count": count}
        for rule, code, count in prompts.reasons(call.session, span)
    ]
    return {
        "sections": _sections("statistics"), "columns": FIGURE_COLUMNS, "rows": rows, "query": query,
        "made": prompts.checks(call.session, span), "fatigued": [one.label for one in rows if one.fatigued],
        "reason_columns": REASON_COLUMNS, "reasons": told, "chart": _chart(rows),
        "fields": form_of(prompts.SpanQuery, institution_id={"choices": choices(_institutions(call)), "kind": "select"}),
    }  # fmt: skip


def _chart(rows: list[prompts.RuleFigures]) -> Any:
    shown = [one for one in rows if one.shown]
    if not shown:
        return None
    shares: dict[str, list[float | None]] = {
        "采纳": [one.accepted_share for one in shown], "忽略": [one.overridden_share for one in shown],
        "未处理": [round(100 * one.ignored / one.shown, 1) for one in shown],
    }  # fmt: skip
    series = [Series(name, tuple(values)) for name, values in shares.items()]
    return bar_chart(Chart("按规则的采纳、忽略与未处理", tuple(one.label for one in shown), "%", width=900), series)


def _sections(current: str) -> list[tuple[str, str, bool]]:
    return [
        ("规则与开关", "/console/prompts", current == "rules"),
        ("知识表", f"/console/prompts/tables/{prompts.TABLES[0].key}", current == "tables"),
        ("采纳统计", "/console/prompts/statistics", current == "statistics"),
    ]


def _institutions(call: Call) -> dict[int, str]:
    return {unit.id: unit.name for unit in list_institutions(call.session, InstitutionFilter(size=500)).rows}


def install(platform: Platform) -> None:
    if "prompts.keep_days" not in platform.parameters:
        return  # a profile without the business capabilities
    platform.blueprint(blp)
    edit = Button("prompts.edit", "修改规则和知识表", "prompts.edit")
    switch = Button("prompts.switch", "设置机构开关", "prompts.switch")
    platform.menu(MenuItem("prompts", "智能提示", "/console/prompts", READ, "业务协同", 60, (edit, switch)))
