"""Pages of an application as a whole: where it begins, indicators and who is behind them, population figures, alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify
from markupsafe import Markup
from marshmallow import fields, validate

from browser_ui.charts.api import Chart, Series, bar_chart
from browser_ui.engine.case_pages import case_list_page
from browser_ui.engine.register_pages import task_page
from browser_ui.engine.tabs import Tabs
from browser_ui.forms import choices, form_of
from browser_ui.tables import Page
from browser_ui.units import units_named
from health_platform.engine.api import (
    AlertFilter,
    AlertQuery,
    Application,
    CaseQuery,
    Form,
    IndicatorQuery,
    Line,
    NoteIn,
    PeopleQuery,
    Register,
    Rows,
    TaskQuery,
    Unit,
    YearQuery,
    alert_view,
    ask,
    declare,
    desk_of,
    find_alerts,
    happened_view,
    list_figures,
    people_view,
    question_of,
)
from health_platform.kernel import clock
from health_platform.kernel.http import Blueprint, Call, Schema

FEW = 12
"""Up to so many groups stand side by side with an indicator per line, when there are at least as many indicators."""
LEVELS = {"urgent": ("紧急", "bad"), "warn": ("注意", "warn"), "info": ("提示", "info")}


@dataclass(frozen=True)
class Shown:
    """A cell for the table: what is read, and where the people behind it are listed."""

    text: str
    note: str
    href: str


def add_application(blp: Blueprint, application: Application) -> None:
    """Declare the pages of an application as a whole."""
    tabs = Tabs(application)
    _start(blp, tabs)
    _alerts(blp, tabs)
    if any(isinstance(field, Unit) for form in application.forms for field in form.fields):
        _units(blp, application)
    if application.indicators:
        _indicators(blp, tabs)
    if application.populations:
        _figures(blp, tabs)


def _start(blp: Blueprint, tabs: Tabs) -> None:
    """Where the work is: what is overdue, or when nothing is, what is due; else the cases, else the figures."""
    application = tabs.application
    planned = next((one for one in application.registers if one.schedules), None)
    read = f"program.{application.code}.read"
    if planned is not None:
        register = planned

        @declare(blp, "start", "GET", "", permission=read, label=application.label, template="engine/tasks.html",
                 query=TaskQuery, audit=f"{register.code}.list")  # fmt: skip
        def work(call: Call, query: dict[str, Any]) -> dict[str, Any]:
            page = task_page(call, tabs, register, query)
            if page["page"].total or query["text"] or query["schedule"]:
                return page
            due = task_page(call, tabs, register, {**query, "which": "due"})
            return due if due["page"].total else page

    elif application.workflows:
        workflow = application.workflows[0]

        @declare(blp, "start", "GET", "", permission=read, label=application.label, template="engine/cases.html",
                 query=CaseQuery, audit=f"{workflow.code}.list")  # fmt: skip
        def listed(call: Call, query: dict[str, Any]) -> dict[str, Any]:
            return case_list_page(call, tabs, workflow, query)

    else:

        @declare(blp, "start", "GET", "", permission=read, label=application.label, template="engine/indicators.html",
                 query=IndicatorQuery)  # fmt: skip
        def start(call: Call, query: dict[str, Any]) -> dict[str, Any]:
            return indicator_page(call, tabs, query)


class UnitQuery(Schema):
    """Part of an institution's name."""

    text = fields.String(load_default="", validate=validate.Length(max=60))


def _units(blp: Blueprint, application: Application) -> None:
    """Institutions by name, wherever they are: one refers across areas. Nothing but id and name is told."""

    @declare(blp, "units", "GET", "/units", permission=f"program.{application.code}.read", label="查找机构", scope="system",
             query=UnitQuery, raw=True)  # fmt: skip
    def units(call: Call, query: dict[str, Any]) -> Response:
        return jsonify(units_named(call.session, query["text"]))


def _alerts(blp: Blueprint, tabs: Tabs) -> None:
    code = tabs.application.code

    @declare(blp, "alerts", "GET", "/alerts", permission=f"program.{code}.read", label=f"{tabs.application.label}提醒",
             template="engine/alerts.html", query=AlertQuery, audit=f"{code}.alerts")  # fmt: skip
    def alerts(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        desk = desk_of(call)
        found = find_alerts(desk, code, AlertFilter(**query))
        homes = {prompt.code: tabs.application.register_of(prompt.form) for prompt in tabs.application.prompts}
        rows = [{**alert_view(row), "home": homes.get(row.prompt)} for row in found.rows]
        states = choices({"open": "待处理", "done": "已处理", "withdrawn": "已撤销"})
        described = form_of(AlertQuery, state={"choices": states, "kind": "select"})
        return {
            **tabs.of(call, None, "alerts"),
            "fields": [one for one in described if one.name == "state"],
            "query": query,
            "levels": LEVELS,
            "note_fields": form_of(NoteIn),
            "page": Page(rows, found.total, found.page, found.size),
        }


def _indicators(blp: Blueprint, tabs: Tabs) -> None:
    application = tabs.application
    read = f"program.{application.code}.read"

    @declare(blp, "indicators", "GET", "/indicators", permission=read, label=f"{application.label}指标",
             template="engine/indicators.html", query=IndicatorQuery)  # fmt: skip
    def indicators(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        return indicator_page(call, tabs, query)

    if application.datasets:
        _rows(blp, tabs)

    @declare(blp, "people", "GET", "/indicators/<indicator>/people", permission=read, label=f"{application.label}指标人员",
             template="engine/people.html", query=PeopleQuery, audit=f"{application.code}.indicators.people")  # fmt: skip
    def people(call: Call, query: dict[str, Any], indicator: str) -> dict[str, Any]:
        found = people_view(desk_of(call), application, indicator, query)
        one = next(one for one in application.indicators if one.code == indicator)
        home = next(r for r in application.registers if not found["rows"] or found["rows"][0]["register"] == r.code)
        return {
            **tabs.of(call, None, "indicators"),
            "indicator": one,
            "query": query,
            "home": home,
            "page": Page(found["rows"], found["total"], found["page"]),
            "export": f"/api/v1/apps/{application.code}/indicators/{indicator}/people/export?{_address({**query, 'page': 1})}",
            "kinds": [(label, f"?{_address({**query, 'which': which, 'page': 1})}", query["which"] == which)
                      for which, label in _kinds(one)],
        }  # fmt: skip


def indicator_page(call: Call, tabs: Tabs, query: dict[str, Any]) -> dict[str, Any]:
    """All indicators of an application by group, one of them as a chart."""
    application = tabs.application
    question = question_of(application, {**query, "codes": ""}, call.principal)
    lines = ask(desk_of(call), application, question)
    chosen = next((one for one in application.indicators if one.code == query["codes"]), _main(application))
    period = question.period
    asked = {"start": period.start, "end": period.end, "by": question.by, "level": question.level, "under": query["under"]}
    return {
        **tabs.of(call, None, "indicators"),
        "fields": tuple(one for one in form_of(IndicatorQuery) if one.name != "codes"),
        "query": asked,
        "indicators": application.indicators,
        "chosen": chosen,
        "lines": [(line, [_shown(tabs, one, line, asked) for one in application.indicators]) for line in lines],
        "chart": _chart(chosen, lines),
        "export": f"/api/v1/apps/{application.code}/indicators/export?{_address(asked)}",
        "total_only": question.by == "total",
        "turned": len(lines) <= min(FEW, len(application.indicators)),
    }


def _rows(blp: Blueprint, tabs: Tabs) -> None:
    application = tabs.application

    @declare(blp, "rows", "GET", "/indicators/<indicator>/rows", permission=f"program.{application.code}.read",
             label=f"{application.label}指标明细", template="engine/rows.html", query=PeopleQuery,
             audit=f"{application.code}.indicators.rows")  # fmt: skip
    def rows(call: Call, query: dict[str, Any], indicator: str) -> dict[str, Any]:
        found = happened_view(desk_of(call), application, indicator, query)
        one = next(one for one in application.indicators if one.code == indicator)
        return {
            **tabs.of(call, None, "indicators"),
            "indicator": one,
            "query": query,
            "page": Page(found["rows"], found["total"], found["page"]),
            "kinds": [(label, f"?{_address({**query, 'which': which, 'page': 1})}", query["which"] == which)
                      for which, label in _kinds(one)],
        }  # fmt: skip


def _main(application: Application) -> Any:
    """The indicator first shown as a chart: a share for a programme, the first one where rows of datasets are counted."""
    if application.datasets:
        return application.indicators[0]
    return next((one for one in application.indicators if one.share), application.indicators[0])


def _kinds(indicator: Any) -> list[tuple[str, str]]:
    if not indicator.share:
        return [("all", "全部")]
    return [("missing", "未达到"), ("counted", "达到"), ("all", "全部（分母）")]


def _address(query: dict[str, Any]) -> str:
    return urlencode({key: value for key, value in query.items() if value not in (None, "")})


def _shown(tabs: Tabs, indicator: Any, line: Line, asked: dict[str, Any]) -> Shown:
    cell = line.cells[indicator.code]
    if cell.value is None:
        return Shown("—", "", "")
    note = f"{cell.numerator:.0f}/{cell.denominator:.0f}" if cell.denominator is not None else ""
    which = "missing" if indicator.share else "all"
    address = _address({**asked, "key": line.key, "which": which})
    behind = _behind(tabs.application, indicator)
    href = f"{tabs.base}/indicators/{indicator.code}/{behind}?{address}" if behind else ""
    return Shown(f"{cell.value:f}", note, href)


def _behind(application: Application, indicator: Any) -> str:
    """Which list stands behind an indicator: rows, people, or none (an entered figure, the forms of a workflow)."""
    if isinstance(indicator.over, Rows):
        return "rows"
    over = indicator.over
    register = over if isinstance(over, Register) else application.register_of(over) if isinstance(over, Form) else None
    return "" if indicator.figure or register is None else "people"


def _chart(indicator: Any, lines: Sequence[Line]) -> Markup | None:
    if len(lines) < 2:
        return None
    values = tuple(None if (value := line.cells[indicator.code].value) is None else float(value) for line in lines)
    labels = tuple(line.label[:7] for line in lines)
    return bar_chart(
        Chart(indicator.label, labels, unit=indicator.shown_unit, width=860, height=240), [Series(indicator.label, values)]
    )


def _figures(blp: Blueprint, tabs: Tabs) -> None:
    application = tabs.application

    @declare(blp, "figures", "GET", "/figures", permission=f"program.{application.code}.read",
             label=f"{application.label}人口数", template="engine/figures.html", query=YearQuery)  # fmt: skip
    def figures(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        desk, year = desk_of(call), query["year"] or clock.today().year
        rows = list_figures(desk, application, year)
        labels = {one.code: one.label for one in application.populations}
        names = desk.areas.names(call.session, [row.division_code or "" for row in rows], year)
        return {
            **tabs.of(call, None, "figures"),
            "year": year,
            "fields": form_of(YearQuery),
            "populations": labels,
            "rows": [(labels[row.population], names.get(row.division_code or "", ""), row) for row in rows],
        }
