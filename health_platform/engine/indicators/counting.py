"""Asking the warehouse: one scan for all indicators over a register or form, narrowed to what the caller may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from health_platform.datasets.api import dataset, table
from health_platform.engine.definitions.application import Application
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.indicators import Indicator, Rows
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk, parameter_key
from health_platform.engine.indicators.measures import Pair, Plan, compiled, plan
from health_platform.engine.indicators.question import Period, Question
from health_platform.engine.indicators.sources import Reading, Source, dataset_rows, form_rows, member_rows, used_names
from health_platform.engine.tables import form_table, register_table
from health_platform.expressions.api import Node
from health_platform.kernel.parameters import EVERYWHERE, ParameterValue

Sums = dict[str, list[Decimal]]
NO_TEAM = "-"
"""The key of those without a team: an empty key would be that of the total, and everybody would stand behind its cells."""
GROUPS = {
    "total": "''",
    "division": "{a}.division_code",
    "institution": "toString({a}.institution_id)",
    "team": f"if({{a}}.team = '', '{NO_TEAM}', {{a}}.team)",
    "worker": "toString({a}.worker)",
}


Over = Register | Form | Rows


@dataclass(frozen=True)
class Part:
    """A part of the region in which the same parameters are in force: a prefix without some longer ones."""

    prefix: str
    without: tuple[str, ...]
    parameters: Mapping[str, Decimal]


def parts(desk: Desk, application: Application) -> list[Part]:
    """The region cut where counties set parameters of their own; usually one part."""
    keys = [parameter_key(application, param.code) for param in application.params]
    query = select(ParameterValue.division_code).where(ParameterValue.key.in_(keys)).distinct()
    own = sorted({code for code in desk.session.scalars(query) if code != EVERYWHERE}) if keys else []
    found = []
    for prefix in ("", *own):
        inner = tuple(code for code in own if code != prefix and code.startswith(prefix))
        found.append(Part(prefix, inner, desk.parameters(application, prefix)))
    return found


@dataclass(frozen=True)
class Scan:
    """A scan to be made: the sums of a plan over one register, form or dataset."""

    over: Over
    plan: Plan

    @property
    def alias(self) -> str:
        """The alias of the table that carries division, institution, team and worker."""
        return "r" if isinstance(self.over, Register) else "s"

    def nodes(self) -> list[Node]:
        """Every expression of the plan."""
        return [node for one in self.plan.measures for node in (one.where, one.number) if node is not None]


def scans(desk: Desk, indicators: Iterable[Indicator]) -> list[Scan]:
    """One scan per register, form and dataset the indicators, and those they divide by, are over."""
    grouped: dict[str, list[Indicator]] = {}
    overs: dict[str, Over] = {}
    asked = list(indicators)
    for one in dict.fromkeys((*asked, *(one.by for one in asked if one.by))):
        if one.figure is None:
            key = f"{type(one.over).__name__}.{one.over.code}"
            grouped.setdefault(key, []).append(one)
            overs[key] = one.over
    return [Scan(overs[key], plan(some, environment_of(desk, overs[key]))) for key, some in grouped.items()]


def environment_of(desk: Desk, over: Over) -> Any:
    """The names indicators over a register, form or dataset may use."""
    if isinstance(over, Register):
        return desk.catalogue.member_environment(over)
    if isinstance(over, Rows):
        return desk.catalogue.dataset_environment(over)
    return desk.catalogue.row_environment(over)


def source_of(desk: Desk, over: Over, period: Period, part: Part, nodes: Sequence[Node], also: Sequence[str] = ()) -> Source:
    """The rows that the caller may count, within a part of the region; ``also`` are fields of a dataset to be read besides."""
    warehouse = desk.platform.warehouse
    reading = Reading(desk.catalogue, warehouse.place, desk.principal.scope, period, part.parameters)
    used = used_names(list(nodes)) | frozenset(also)
    if isinstance(over, Register):
        found = member_rows(reading, over, used)
    else:
        found = dataset_rows(reading, over, used) if isinstance(over, Rows) else form_rows(reading, over)
    alias = "r" if isinstance(over, Register) else "s"
    conditions, values = list(found.conditions), dict(found.parameters)
    if part.prefix:
        conditions.append(f"startsWith({alias}.division_code, %(part_in)s)")
        values["part_in"] = part.prefix
    for place, code in enumerate(part.without):
        conditions.append(f"NOT startsWith({alias}.division_code, %(part_out{place})s)")
        values[f"part_out{place}"] = code
    return Source(found.sql, found.columns, tuple(conditions), values)


def ready(desk: Desk, over: Over) -> None:
    """Make sure the tables are there: before the first submission or upload there are none."""
    warehouse = desk.platform.warehouse
    if isinstance(over, Register):
        warehouse.ensure_table(register_table(over))
        for form in over.all_forms:
            warehouse.ensure_table(form_table(form))
    elif isinstance(over, Rows):
        warehouse.ensure_table(table(dataset(over.dataset)))
    else:
        warehouse.ensure_table(form_table(over))


def count(desk: Desk, application: Application, scan: Scan, question: Question) -> Sums:
    """The sums of a scan by key; parts of the region with parameters of their own are added up."""
    found: Sums = {}
    ready(desk, scan.over)
    for part in parts(desk, application):
        for key, *values in _rows(desk, scan, question, part):
            before = found.get(str(key), [Decimal(0)] * len(values))
            found[str(key)] = [old + Decimal(str(new or 0)) for old, new in zip(before, values, strict=True)]
    return found


def _rows(desk: Desk, scan: Scan, question: Question, part: Part) -> list[tuple[Any, ...]]:
    source = source_of(desk, scan.over, question.period, part, scan.nodes())
    sums = compiled(scan.plan, source.columns, question.period.end, part.parameters)
    conditions, values = list(source.conditions), {**source.parameters, **sums.parameters}
    if question.under:
        conditions.append(f"startsWith({scan.alias}.division_code, %(under)s)")
        values["under"] = question.under
    sql = (  # made of definitions; whatever a caller says is a parameter
        f"SELECT {GROUPS[question.by].format(a=scan.alias)} AS k, {', '.join(sums.items)} FROM {source.sql}"  # noqa: S608
        f" WHERE {' AND '.join(conditions)} GROUP BY k"
    )
    return desk.platform.warehouse.execute(sql, values, {"join_use_nulls": 1})


def pair_of(scan: Scan, indicator: Indicator) -> Pair:
    """The measures of an indicator in a scan."""
    return next(one for one in scan.plan.pairs if one.indicator.code == indicator.code)


def table_of(desk: Desk, over: Over) -> str:
    """The quoted table of a register, form or dataset."""
    if isinstance(over, Rows):
        return desk.platform.warehouse.place.table(over.dataset)
    spec = register_table(over) if isinstance(over, Register) else form_table(over)
    return desk.platform.warehouse.place.table(spec.name)
