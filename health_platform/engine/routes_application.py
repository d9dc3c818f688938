"""The addresses of an application as a whole: indicators, the people behind them, population figures, alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Response
from marshmallow import fields, validate

from health_platform.access.api import mask_of
from health_platform.engine import alerts, lists, views
from health_platform.engine import schemas as s
from health_platform.engine.declaring import declare
from health_platform.engine.definitions.application import Application
from health_platform.engine.definitions.indicators import Indicator, Rows
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk, desk_of
from health_platform.engine.indicators import figures
from health_platform.engine.indicators.asking import Behind, ask, happened, people
from health_platform.engine.indicators.question import By, Line, Period, Question
from health_platform.engine.protecting import refuse_lists
from health_platform.engine.sheets import EXPORTED, rows_file
from health_platform.kernel import clock
from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, IdField, Schema
from health_platform.kernel.scope import Principal, Scope
from health_platform.kernel.sheets import Heading, download, write_xlsx


class IndicatorQuery(Schema):
    """Which figures, of when, by what. Without days: this year until today."""

    start = fields.Date(load_default=None, metadata=s.label("从"))
    end = fields.Date(load_default=None, metadata=s.label("到"))
    by = fields.String(
        load_default="",
        validate=validate.OneOf(
            ["total", "month", "division", "institution", "team", "worker"], ["合计", "月份", "区划", "机构", "团队", "人员"]
        ),
        metadata=s.label("分组"),
    )
    level = fields.Integer(
        load_default=None, validate=validate.OneOf([4, 6, 9, 12], ["市", "县", "乡镇", "村"]), metadata=s.label("区划级别")
    )
    under = fields.String(load_default="", validate=validate.Regexp(r"^\d{0,12}$"), metadata=s.label("所在区划代码"))
    codes = fields.String(load_default="", metadata=s.label("指标"))


class PeopleQuery(IndicatorQuery):
    """Which people behind a cell."""

    key = fields.String(load_default="")
    which = fields.String(load_default="all", validate=validate.OneOf(["counted", "missing", "all"]))
    page = fields.Integer(load_default=1, validate=validate.Range(min=1))


class HappenedOut(Schema):
    """One row of a regional dataset behind a cell; the name is masked as the caller may see it."""

    day = fields.Date()
    institution_id = IdField()
    institution = fields.String()
    name = fields.String()
    sex = fields.String()
    age = fields.Integer(allow_none=True)


class HappenedsOut(Schema):
    total = fields.Integer()
    page = fields.Integer()
    rows = fields.List(fields.Nested(HappenedOut))


class CellOut(Schema):
    """A value with the sums it is made of; ``value`` is null when there is no denominator."""

    numerator = fields.Decimal(as_string=True)
    denominator = fields.Decimal(as_string=True, allow_none=True)
    value = fields.Decimal(as_string=True, allow_none=True)


class LineOut(Schema):
    """One group."""

    key = fields.String()
    label = fields.String()
    cells = fields.Dict(keys=fields.String(), values=fields.Nested(CellOut))


class FigureIn(Schema):
    """A population figure."""

    population = fields.String(required=True)
    division_code = fields.String(required=True, validate=validate.Regexp(r"^\d{2,12}$"), metadata=s.label("区划代码"))
    year = fields.Integer(required=True, validate=validate.Range(1990, 2100), metadata=s.label("年份"))
    value = fields.Integer(required=True, validate=validate.Range(min=0), metadata=s.label("人数"))


class FigureOut(Schema):
    """A population figure as entered."""

    id = IdField()
    population = fields.String()
    division_code = fields.String()
    year = fields.Integer()
    value = fields.Integer()
    changed_by = fields.String(allow_none=True)


class YearQuery(Schema):
    year = fields.Integer(load_default=None, metadata=s.label("年份"))


def add_application(blp: Blueprint, application: Application) -> None:
    """Declare the addresses of an application as a whole."""
    if application.indicators:
        _indicators(blp, application)
    if application.populations:
        _figures(blp, application)
    _alerts(blp, application)


def question_of(application: Application, query: dict[str, Any], principal: Principal) -> Question:
    """The question of a query; unknown indicator codes are left out, none means all.

    Without a grouping a unit sees its total, and an administrator the divisions right below his own.
    """
    by: By = query["by"] or ("division" if principal.scope.institutions is None else "total")
    level = query["level"] or next_level(principal.scope)
    end = query["end"] or clock.today()
    start = query["start"] or date(end.year, 1, 1)
    wanted = {code for code in query.get("codes", "").split(",") if code}
    chosen = tuple(one for one in application.indicators if not wanted or one.code in wanted)
    return Question(chosen, Period(start, end), by, level, figures.prefix_of(query["under"]))


def next_level(scope: Scope) -> int:
    """The level of divisions below the widest the caller may see."""
    own = min((len(prefix) for prefix in scope.divisions), default=4)
    return next((level for level in (4, 6, 9, 12) if level > own), 12)


def indicator_of(application: Application, code: str) -> Indicator:
    """An indicator by code.

    Raises:
        NotFound: ``engine.definition``.
    """
    found = next((one for one in application.indicators if one.code == code), None)
    if found is None:
        raise NotFound("engine.definition", name=code)
    return found


def _indicators(blp: Blueprint, application: Application) -> None:
    read = f"program.{application.code}.read"

    @declare(blp, "indicators", "GET", "/indicators", permission=read, label=f"{application.label}指标",
             query=IndicatorQuery, response=LineOut, many=True)  # fmt: skip
    def indicators(call: Call, query: dict[str, Any]) -> Sequence[Line]:
        return ask(desk_of(call), application, question_of(application, query, call.principal))

    @declare(blp, "indicators_export", "GET", "/indicators/export", permission=read, label=f"{application.label}指标导出",
             query=IndicatorQuery, audit=f"{application.code}.indicators.export")  # fmt: skip
    def export(call: Call, query: dict[str, Any]) -> Response:
        question = question_of(application, query, call.principal)
        lines = ask(desk_of(call), application, question)
        return download(indicator_file(application, question, lines), f"{application.label}指标.xlsx")

    @declare(blp, "indicator_people", "GET", "/indicators/<indicator>/people", permission=read,
             label=f"{application.label}指标人员", query=PeopleQuery, response=s.MembersOut,
             audit=f"{application.code}.indicators.people")  # fmt: skip
    def behind(call: Call, query: dict[str, Any], indicator: str) -> dict[str, Any]:
        return people_view(desk_of(call), application, indicator, query)

    @declare(blp, "indicator_people_export", "GET", "/indicators/<indicator>/people/export", permission=read,
             label=f"{application.label}指标人员导出", query=PeopleQuery,
             audit=f"{application.code}.indicators.people.export")  # fmt: skip
    def names(call: Call, query: dict[str, Any], indicator: str) -> Response:
        one = indicator_of(application, indicator)
        content = people_file(desk_of(call), application, one, query)
        return download(content, f"{one.label}人员.xlsx")

    if application.datasets:

        @declare(blp, "indicator_rows", "GET", "/indicators/<indicator>/rows", permission=read,
                 label=f"{application.label}指标明细", query=PeopleQuery, response=HappenedsOut,
                 audit=f"{application.code}.indicators.rows")  # fmt: skip
        def rows(call: Call, query: dict[str, Any], indicator: str) -> dict[str, Any]:
            return happened_view(desk_of(call), application, indicator, query)


def happened_view(desk: Desk, application: Application, code: str, query: dict[str, Any]) -> dict[str, Any]:
    """A page of the rows of a dataset behind a cell."""
    indicator = indicator_of(application, code)
    if indicator.figure or not isinstance(indicator.over, Rows):
        raise NotFound("engine.definition", name=code)
    wanted = Behind(indicator, query["key"], query["which"], query["page"])
    page = happened(desk, application, question_of(application, query, desk.principal), wanted)
    names = desk.institution_names(sorted({row.institution_id for row in page.rows}))
    mask = mask_of(desk.principal)
    rows = [
        {
            "day": row.day, "institution_id": row.institution_id, "institution": names.get(row.institution_id, ""),
            "name": mask("name", row.name) or "", "sex": views.SEXES.get(row.sex, ""), "age": row.age,
        }
        for row in page.rows
    ]  # fmt: skip
    return {"total": page.total, "page": page.page, "rows": rows}


def people_file(desk: Desk, application: Application, indicator: Indicator, query: dict[str, Any]) -> bytes:
    """The people behind a cell as a sheet, to send to those who have to see to them; at most 20,000."""
    register = _whose(application, indicator)
    refuse_lists(desk, register)
    wanted = Behind(indicator, query["key"], query["which"], 1, EXPORTED)
    page = people(desk, application, question_of(application, query, desk.principal), wanted)
    return rows_file(desk, register, page.rows)


def _whose(application: Application, indicator: Indicator) -> Register:
    """The register of the people behind an indicator.

    Raises:
        NotFound: it counts rows of datasets or is an entered figure; nobody is behind it.
    """
    over = indicator.over
    register = None if isinstance(over, Rows) else over if isinstance(over, Register) else application.register_of(over)
    if indicator.figure or register is None:
        raise NotFound("engine.definition", name=indicator.code)
    return register


def people_view(desk: Desk, application: Application, code: str, query: dict[str, Any]) -> dict[str, Any]:
    """A page of the people behind a cell."""
    indicator = indicator_of(application, code)
    register = _whose(application, indicator)
    refuse_lists(desk, register)
    wanted = Behind(indicator, query["key"], query["which"], query["page"])
    page = people(desk, application, question_of(application, query, desk.principal), wanted)
    return {"total": page.total, "page": page.page, "rows": views.member_views(desk, register, page.rows)}


def indicator_file(application: Application, question: Question, lines: Sequence[Line]) -> bytes:
    """The lines as a sheet: values, and the numerators and denominators of shares."""
    columns = [Heading("label", "分组")]
    rows: list[dict[str, Any]] = [{"label": line.label} for line in lines]
    for one in question.indicators:
        columns.append(Heading(one.code, f"{one.label}{f'（{one.shown_unit}）' if one.shown_unit else ''}"))
        if one.is_ratio:
            columns += [Heading(f"{one.code}.n", f"{one.label}·分子"), Heading(f"{one.code}.d", f"{one.label}·分母")]
        for row, line in zip(rows, lines, strict=True):
            cell = line.cells[one.code]
            row |= {
                one.code: _plain(cell.value),
                f"{one.code}.n": _plain(cell.numerator),
                f"{one.code}.d": _plain(cell.denominator),
            }
    return write_xlsx(application.label, columns, rows)


def _plain(value: Any) -> float | None:
    return None if value is None else float(value)


def _figures(blp: Blueprint, application: Application) -> None:
    code = application.code

    @declare(blp, "figures", "GET", "/figures", permission=f"program.{code}.read", label=f"{application.label}人口数",
             query=YearQuery, response=FigureOut, many=True)  # fmt: skip
    def listed(call: Call, query: dict[str, Any]) -> Any:
        return figures.listed(desk_of(call), application, query["year"] or clock.today().year)

    @declare(blp, "figure_enter", "PUT", "/figures", permission=f"program.{code}.figure",
             label=f"{application.label}填报人口数", body=FigureIn, response=FigureOut)  # fmt: skip
    def enter(call: Call, body: dict[str, Any]) -> Any:
        if body["population"] not in {one.code for one in application.populations}:
            raise NotFound("engine.definition", name=body["population"])
        call.audit(**body)
        return figures.enter(desk_of(call), **body)


def _alerts(blp: Blueprint, application: Application) -> None:
    code = application.code

    @declare(blp, "alerts", "GET", "/alerts", permission=f"program.{code}.read", label=f"{application.label}提醒",
             query=s.AlertQuery, response=s.AlertsOut, audit=f"{code}.alerts")  # fmt: skip
    def listed(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        page = lists.alerts(desk_of(call), code, lists.AlertFilter(**query))
        return {"total": page.total, "rows": [views.alert_view(row) for row in page.rows]}

    @declare(blp, "alert_deal", "POST", "/alerts/<int:alert_id>/deal", permission=f"program.{code}.deal",
             label=f"{application.label}处理提醒", body=s.NoteIn, response=s.AlertOut)  # fmt: skip
    def deal(call: Call, body: dict[str, Any], alert_id: int) -> dict[str, Any]:
        row = alerts.deal(desk_of(call), code, alert_id, body["note"])
        call.audit(person_id=row.person_id, note=body["note"])
        return views.alert_view(row)
