"""Answers: lines of groups with a cell per indicator, and the people behind a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import func, select

from health_platform.engine.definitions.application import Application
from health_platform.engine.definitions.indicators import Indicator, Population, Rows
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk
from health_platform.engine.indicators import counting, figures
from health_platform.engine.indicators.counting import Scan, Sums, pair_of
from health_platform.engine.indicators.measures import Pair, both
from health_platform.engine.indicators.question import Cell, Line, Question, cell_of
from health_platform.engine.lists import Found
from health_platform.engine.models import Enrolment, Submission
from health_platform.expressions.api import Call, Kind, Node, condition
from health_platform.kernel.cache import cacheable

UNKNOWN = "unknown"
_CHUNK = 500  # numbers in one list: Oracle takes a thousand
Known = figures.Figures | Mapping[str, Decimal]
"""A population as entered by division, or as counted by group."""

Which = Literal["counted", "missing", "all"]


@cacheable("engine.indicators", "业务指标", ("application.code", "question"), within="desk.session")
def ask(desk: Desk, application: Application, question: Question) -> tuple[Line, ...]:
    """The indicators by group, groups in the order of their keys; one line of the total when nothing is asked by.

    Divisions are those of the year of the period: a recorded code stands under its heir; one the year does not know stands
    under "未知" and is never dropped.
    """
    if question.by == "month":
        return _months(desk, application, question)
    scans = counting.scans(desk, question.indicators)
    sums = [_grouped(desk, question, counting.count(desk, application, scan, question)) for scan in scans]
    populations = _populations(desk, application, question)
    keys = sorted({key for one in sums for key in one} | set(_figure_keys(question, populations)))
    if question.by == "total":
        keys = [""]
    lines = [Line(key, "") for key in keys]
    for line in lines:
        for indicator in question.indicators:
            line.cells[indicator.code] = _cell(desk, application, question, indicator, scans, sums, populations, line.key)
    _name(desk, question, lines)
    return tuple(lines)


def _grouped(desk: Desk, question: Question, sums: Sums) -> Sums:
    """Division codes as recorded brought into the year's version and up to the level asked for."""
    if question.by != "division":
        return sums
    known = desk.areas.carried(desk.session, sorted(sums), question.period.year)
    found: Sums = {}
    for code, values in sums.items():
        key = known[code][: question.level] if code in known else UNKNOWN
        before = found.get(key, [Decimal(0)] * len(values))
        found[key] = [old + new for old, new in zip(before, values, strict=True)]
    return found


def _populations(desk: Desk, application: Application, question: Question) -> dict[str, Known]:
    """Every population the indicators divide by: as entered, or as counted in the groups asked for."""
    named = {one.code: one for i in question.indicators for one in (i.of, i.figure) if one}
    return {code: _known(desk, one, question) for code, one in named.items()}


def _known(desk: Desk, population: Population, question: Question) -> Known:
    if population.counted is None:
        return figures.figures_of(desk, population.code, question.period.year)
    counted = population.counted(desk, question.period, question.by)
    inside = {key: [value] for key, value in counted.items() if question.by != "division" or key.startswith(question.under)}
    return {key: value for key, (value,) in _grouped(desk, question, inside).items()}


def _months(desk: Desk, application: Application, question: Question) -> tuple[Line, ...]:
    """A line per calendar month of the period, the first and last cut as the period is."""
    lines = []
    for month in question.period.months():
        (line,) = ask(desk, application, replace(question, period=month, by="total"))
        lines.append(replace(line, key=f"{month.start:%Y-%m}", label=f"{month.start:%Y-%m}"))
    return tuple(lines)


def _figure_keys(question: Question, found: Mapping[str, Known]) -> list[str]:
    """Divisions for which only an entered population is known still get a line."""
    if question.by != "division":
        return []
    entered = {
        code for one in found.values() if isinstance(one, figures.Figures) for code in one.values if len(code) >= question.level
    }
    return [key for key in {code[: question.level] for code in entered} if key.startswith(question.under)]


def _cell(
    desk: Desk,
    application: Application,
    question: Question,
    indicator: Indicator,
    scans: Sequence[Scan],
    sums: Sequence[Sums],
    populations: Mapping[str, Known],
    key: str,
) -> Cell:
    if indicator.figure:
        value = _expected(desk, application, indicator.figure, populations, question, key)
        return Cell(indicator.code, value or Decimal(0), None, None if value is None else round(value, indicator.places))
    pair, row = _place(indicator, scans, sums, key)
    numerator = row[pair.numerator] if row else Decimal(0)
    if indicator.by:
        other, under = _place(indicator.by, scans, sums, key)
        return cell_of(indicator, numerator, under[other.numerator] if under else Decimal(0))
    if indicator.of:
        return cell_of(indicator, numerator, _expected(desk, application, indicator.of, populations, question, key))
    denominator = None if pair.denominator is None else row[pair.denominator] if row else Decimal(0)
    return cell_of(indicator, numerator, denominator)


def _place(indicator: Indicator, scans: Sequence[Scan], sums: Sequence[Sums], key: str) -> tuple[Pair, list[Decimal] | None]:
    """The measures of an indicator, and the sums of a group in its scan."""
    place = next(place for place, scan in enumerate(scans) if any(one.indicator is indicator for one in scan.plan.pairs))
    return pair_of(scans[place], indicator), sums[place].get(key)


def _expected(
    desk: Desk,
    application: Application,
    population: Population,
    populations: Mapping[str, Known],
    question: Question,
    key: str,
) -> Decimal | None:
    """An entered population belongs to a division; for a unit, team or person there is none."""
    found = populations[population.code]
    if not isinstance(found, figures.Figures):
        return found.get(key)
    if question.by == "division":
        return figures.expected(desk, application, population, found, key) if key != UNKNOWN else None
    if question.by != "total":
        return None
    areas = (question.under,) if question.under else _roots(desk)
    values = [figures.expected(desk, application, population, found, area) for area in areas]
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def _roots(desk: Desk) -> tuple[str, ...]:
    """The caller's areas; a unit's population is that of its own division only when the caller sees all of it."""
    scope = desk.principal.scope
    return scope.divisions if scope.institutions is None or scope.everything else ()


def _name(desk: Desk, question: Question, lines: list[Line]) -> None:
    labels: dict[str, str] = {"": "合计", UNKNOWN: "未知"}
    keys = [line.key for line in lines if line.key not in labels]
    if question.by == "division":
        names = desk.areas.names(desk.session, [key.ljust(12, "0") for key in keys], question.period.year)
        labels |= {key: names.get(key.ljust(12, "0"), key) for key in keys}
    elif question.by == "institution":
        labels |= {str(key): name for key, name in desk.institution_names([int(key) for key in keys if key.isdecimal()]).items()}
    elif question.by == "worker":
        labels |= _workers(desk, [int(key) for key in keys if key.isdecimal()])
    elif question.by == "team":
        labels |= {key: key for key in keys if key != counting.NO_TEAM}
    for line in lines:
        line.label = labels.get(line.key) or "未指定"


def _workers(desk: Desk, ids: list[int]) -> dict[str, str]:
    found: dict[str, str] = {}
    for model in (Enrolment, Submission):
        query = select(model.worker, func.max(model.worker_name)).where(model.worker.in_(ids)).group_by(model.worker)
        found |= {str(key): name or "" for key, name in desk.session.execute(query)}
    return found


@dataclass(frozen=True)
class Behind:
    """The people behind a cell: which of them, and which page."""

    indicator: Indicator
    key: str = ""
    which: Which = "all"
    page: int = 1
    size: int = 50


def people(desk: Desk, application: Application, question: Question, behind: Behind) -> Found[Enrolment]:
    """Members behind a cell: those counted, those of the denominator that are missing, or all.

    The warehouse gives the ids within the caller's jurisdiction; the rows are read under the session's scope again.
    """
    question, behind = cell_asked(question, behind)
    ids: list[int] = []
    counting.ready(desk, behind.indicator.over)
    for part in counting.parts(desk, application):
        ids += _ids(desk, question, behind, part)
    ids = sorted(set(ids))
    shown = ids[(behind.page - 1) * behind.size : behind.page * behind.size]
    rows: list[Enrolment] = []
    for start in range(0, len(shown), _CHUNK):
        some = select(Enrolment).where(Enrolment.id.in_(shown[start : start + _CHUNK]))
        rows += desk.session.scalars(some.order_by(Enrolment.id))
    return Found(rows, len(ids), behind.page, behind.size)


def cell_asked(question: Question, behind: Behind) -> tuple[Question, Behind]:
    """The cell of a month is the total of that month."""
    if question.by != "month":
        return question, behind
    month = next((one for one in question.period.months() if f"{one.start:%Y-%m}" == behind.key), question.period)
    return replace(question, by="total", period=month), replace(behind, key="")


@dataclass(frozen=True)
class Happened:
    """One row of a dataset behind a cell: when, where, whose by the uploader's words."""

    day: date
    institution_id: int
    patient_key: int
    name: str
    sex: str
    age: int | None


def happened(desk: Desk, application: Application, question: Question, behind: Behind) -> Found[Happened]:
    """The rows of a dataset behind a cell, newest first, within the caller's jurisdiction; one page is read."""
    question, behind = cell_asked(question, behind)
    counting.ready(desk, behind.indicator.over)
    found: list[tuple[Any, ...]] = []
    total, until = 0, behind.page * behind.size
    for part in counting.parts(desk, application):
        sql, values = _selected(desk, question, behind, part)
        total += desk.platform.warehouse.execute(f"SELECT count() {sql}", values, {"join_use_nulls": 1})[0][0]
        page = f"{_ROW} {sql} ORDER BY s.r_began DESC, s.patient_key LIMIT {until:d}"
        found += desk.platform.warehouse.execute(page, values, {"join_use_nulls": 1})
    rows = sorted(found, key=lambda row: (-row[0].toordinal(), row[2]))[until - behind.size : until]
    return Found([Happened(*row) for row in rows], total, behind.page, behind.size)


_ROW = "SELECT s.r_began, s.institution_id, s.patient_key, s.patient_name, s.gender, age('year', s.birth_date, s.r_began)"
_ROW_FIELDS = ("patient_name", "gender", "birth_date")


def _ids(desk: Desk, question: Question, behind: Behind, part: counting.Part) -> list[int]:
    column = "r.id" if isinstance(behind.indicator.over, Register) else "s.enrolment_id"
    sql, values = _selected(desk, question, behind, part)
    found = desk.platform.warehouse.execute(f"SELECT DISTINCT {column} {sql}", values, {"join_use_nulls": 1})
    return [row[0] for row in found]


def _selected(desk: Desk, question: Question, behind: Behind, part: counting.Part) -> tuple[str, dict[str, Any]]:
    """FROM and WHERE of the rows behind a cell, with the parameters."""
    indicator = behind.indicator
    environment = counting.environment_of(desk, indicator.over)
    wanted = _wanted(indicator, behind.which, environment)
    also = _ROW_FIELDS if isinstance(indicator.over, Rows) else ()
    source = counting.source_of(desk, indicator.over, question.period, part, [wanted] if wanted else [], also)
    conditions, values = list(source.conditions), dict(source.parameters)
    if wanted is not None:
        found = condition(wanted, source.columns, today=question.period.end, params=part.parameters, prefix="w")
        conditions.append(found.sql)
        values |= found.parameters
    alias = "r" if isinstance(indicator.over, Register) else "s"
    if question.under:
        conditions.append(f"startsWith({alias}.division_code, %(under)s)")
        values["under"] = question.under
    conditions += _of_key(desk, question, behind, alias, values)
    return f"FROM {source.sql} WHERE {' AND '.join(conditions)}", values  # parts of the definitions


def _wanted(indicator: Indicator, which: Which, environment: Any) -> Node | None:
    among = environment.node(indicator.among) if indicator.among else None
    if not indicator.share or which == "all":
        return among
    share = environment.node(indicator.share)
    if which == "counted":
        return both(among, share)
    unknown_too = Call("coalesce", (share, environment.node("false")), Kind.BOOLEAN)
    return both(among, Call("not", (unknown_too,), Kind.BOOLEAN))


def _of_key(desk: Desk, question: Question, behind: Behind, alias: str, values: dict[str, Any]) -> list[str]:
    """The group of a cell; a division's group are the recorded codes whose heir of the year stands under it."""
    if not behind.key or question.by == "total":
        return []
    if question.by != "division":
        values["key"] = behind.key
        return [f"{counting.GROUPS[question.by].format(a=alias)} = %(key)s"]
    table = counting.table_of(desk, behind.indicator.over)
    recorded = [row[0] for row in desk.platform.warehouse.execute(f"SELECT DISTINCT division_code FROM {table}")]  # noqa: S608  # a table of the definitions
    known = desk.areas.carried(desk.session, sorted(recorded), question.period.year)
    fitting = [code for code in recorded if (known[code][: question.level] if code in known else UNKNOWN) == behind.key]
    values["codes"] = tuple(fitting) or ("-",)
    return [f"{alias}.division_code IN %(codes)s"]
