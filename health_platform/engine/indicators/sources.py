"""The rows indicators are counted over, as SQL: submissions of a form, or members with their tallies of a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from health_platform.datasets.api import Dataset, dataset
from health_platform.engine.catalogue import Catalogue
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.indicators import Rows, Tally
from health_platform.engine.definitions.registers import Register
from health_platform.engine.environments import Environment
from health_platform.engine.indicators.question import Period
from health_platform.engine.tables import form_table, register_table
from health_platform.expressions.api import Node, compile, condition, names
from health_platform.kernel.clock import LOCAL_ZONE
from health_platform.kernel.scope import Scope
from health_platform.kernel.warehouse.api import Place, text


@dataclass(frozen=True)
class Source:
    """A FROM clause with what belongs to it: the names expressions use, the conditions, the parameters."""

    sql: str
    columns: dict[str, str]
    conditions: tuple[str, ...]
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """What every source needs: definitions, where tables stand, whose rows may be counted, the period, the parameters."""

    catalogue: Catalogue
    place: Place
    scope: Scope
    period: Period
    parameters: Mapping[str, Decimal]


def scope_conditions(scope: Scope, alias: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The caller's jurisdiction as conditions; a caller without one counts nothing."""
    if scope.everything:
        return (), {}
    if not scope.divisions:
        return ("0",), {}
    found: list[str] = []
    values: dict[str, Any] = {}
    if "" not in scope.divisions:
        tests = [f"startsWith({alias}.division_code, %(scope_d{place})s)" for place, _ in enumerate(scope.divisions)]
        values |= {f"scope_d{place}": prefix for place, prefix in enumerate(scope.divisions)}
        found.append(f"({' OR '.join(tests)})")
    if scope.lines is not None:
        found.append(f"({alias}.line_code IN %(scope_lines)s)")
        values["scope_lines"] = ("", *sorted(scope.lines))
    if scope.institutions is not None:
        found.append(f"({alias}.institution_id IN %(scope_units)s)")
        values["scope_units"] = (0, *sorted(scope.institutions)) if not scope.institutions else tuple(sorted(scope.institutions))
    return tuple(found), values


def form_rows(reading: Reading, form: Form) -> Source:
    """The submissions of a period."""
    conditions, values = scope_conditions(reading.scope, "s")
    kinds = reading.catalogue.row_environment(form).kinds
    table = reading.place.table(form_table(form).name)
    inside = "s.day BETWEEN toDate32(%(start)s) AND toDate32(%(end)s)"
    columns = {name: f"s.{name}" for name in kinds}
    return Source(f"{table} AS s FINAL", columns, (inside, *conditions), {**values, **_days(reading.period)})


def dataset_rows(reading: Reading, rows: Rows, used: frozenset[str]) -> Source:
    """The rows of a regional dataset in a period, under the names of places that submissions have; ``used`` fields only."""
    found = dataset(rows.dataset)
    conditions, values = scope_conditions(reading.scope, "s")
    kept = sorted((used & set(found.by_name)) | {"birth_date"} & set(found.by_name))
    places = "patient_key, division_code, institution AS institution_id, line AS line_code, '' AS team, 0 AS worker"
    began = _local(found, rows.day)
    ended = _local(found, rows.until) if rows.until else "CAST(NULL AS Nullable(Date32))"
    current = f"ifNull({found.void}, 0) = 0" if found.void else "1"
    inner = (
        f"(SELECT {', '.join((places, *kept))}, {began} AS r_began, {ended} AS r_ended"  # noqa: S608  # made of definitions
        f" FROM {reading.place.table(found.name)} FINAL WHERE {current}) AS s"
    )
    inside: tuple[str, ...] = ("s.r_began BETWEEN toDate32(%(start)s) AND toDate32(%(end)s)",)
    if rows.until:
        inside = ("s.r_began <= toDate32(%(end)s)", "(s.r_ended IS NULL OR s.r_ended >= toDate32(%(start)s))")
    return Source(inner, _row_columns(rows, kept), (*inside, *conditions), {**values, **_days(reading.period)})


def _local(found: Dataset, name: str) -> str:
    """The local day of a time field."""
    column = f"if({name} IS NULL, NULL, {name})"
    return column if found.by_name[name].kind == "day" else f"toDate32({column}, {text(LOCAL_ZONE.key)})"


def _row_columns(rows: Rows, kept: Sequence[str]) -> dict[str, str]:
    """SQL of the names expressions over a dataset may use.

    A span occupies the nights of the period it covers; the day it ends is not counted, unless it began that day (health
    statistics: an inpatient who leaves on the day of admission occupies a bed for one day).
    """
    start, end = "toDate32(%(start)s)", "toDate32(%(end)s)"
    last = f"least(ifNull(s.r_ended, addDays({end}, 1)), addDays({end}, 1))"
    nights = f"dateDiff('day', greatest(s.r_began, {start}), {last})"
    age = "if(s.birth_date IS NULL, NULL, age('year', s.birth_date, s.r_began))" if "birth_date" in kept else "NULL"
    return {
        **{name: f"s.{name}" for name in kept},
        "day": "s.r_began",
        "age": f"toInt32OrNull(toString({age}))",
        "period_start": start,
        "period_end": end,
        **({"stay": f"toInt32(if(s.r_ended = s.r_began, 1, greatest({nights}, 0)))"} if rows.until else {}),
    }


def member_rows(reading: Reading, register: Register, used: frozenset[str]) -> Source:
    """The members of a period; tallies that ``used`` names are joined, form by form."""
    application = reading.catalogue.home("register", register.code)
    conditions, values = scope_conditions(reading.scope, "r")
    values |= _days(reading.period)
    joins: list[str] = []
    columns = _member_columns(register)
    for form in register.all_forms:
        tallies = [one for one in application.tallies if one.form == form and one.code in used]
        if tallies:
            joins.append(_join(reading, form, tallies, values))
            columns |= {one.code: _tally_column(form, one) for one in tallies}
    table = reading.place.table(register_table(register).name)
    inside = (
        "r.enrolled_on <= toDate32(%(end)s)",
        "(r.closed_on IS NULL OR r.closed_on >= toDate32(%(start)s))",
    )
    return Source(f"{table} AS r FINAL {' '.join(joins)}", columns, (*inside, *conditions), values)


def _days(period: Period) -> dict[str, Any]:
    return {"start": period.start.isoformat(), "end": period.end.isoformat(), "first_quarter": _next_quarter(period.start)}


def _next_quarter(day: date) -> str:
    """First day of the first quarter that begins on ``day`` or later."""
    start = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    if start == day:
        return start.isoformat()
    return (date(start.year, start.month + 3, 1) if start.month < 10 else date(start.year + 1, 1, 1)).isoformat()


def _member_columns(register: Register) -> dict[str, str]:
    """SQL of the facts of a member. ``quarters``: whole quarters of the period that are over and were spent in the register."""
    last = "least(ifNull(r.closed_on, toDate32(%(end)s)), toDate32(%(end)s))"
    begun = "if(toStartOfQuarter(r.enrolled_on) = r.enrolled_on, r.enrolled_on, addQuarters(toStartOfQuarter(r.enrolled_on), 1))"
    first = f"greatest(toDate32({begun}), toDate32(%(first_quarter)s))"
    over = f"toStartOfQuarter(addDays({last}, 1))"
    age = "if(r.birth_date IS NULL, NULL, age('year', r.birth_date, toDate32(%(end)s)))"
    return {
        "enrolled_on": "r.enrolled_on",
        "closed_on": "r.closed_on",
        "close_reason": "r.close_reason",
        "birth_date": "r.birth_date",
        "sex": "r.sex",
        "age": f"toInt32OrNull(toString({age}))",
        "active": "toUInt8(r.closed_on IS NULL OR r.closed_on > toDate32(%(end)s))",
        "quarters": f"toInt32(greatest(dateDiff('quarter', {first}, {over}), 0))",
        "period_start": "toDate32(%(start)s)",
        "period_end": "toDate32(%(end)s)",
        **{f"entry_{field.code}": f"r.entry_{field.code}" for field in register.entry.fields},
    }


def _join(reading: Reading, form: Form, tallies: list[Tally], values: dict[str, Any]) -> str:
    """The tallies of one form, one row per member."""
    environment = reading.catalogue.row_environment(form)
    columns = {name: f"s.{name}" for name in environment.kinds}
    items = [_tally(reading, environment, one, columns, values) for one in tallies]
    table = reading.place.table(form_table(form).name)
    return (
        f"LEFT JOIN (SELECT s.enrolment_id AS member, {', '.join(items)} FROM {table} AS s FINAL"  # noqa: S608  # made of definitions
        " WHERE s.day BETWEEN toDate32(%(start)s) AND toDate32(%(end)s) GROUP BY s.enrolment_id)"
        f" AS f_{form.code} ON f_{form.code}.member = r.id"
    )


def _tally(reading: Reading, environment: Environment, tally: Tally, columns: dict[str, str], values: dict[str, Any]) -> str:
    node = environment.node(tally.value) if tally.value else None
    prefix = f"t_{tally.code}_"
    if tally.how == "count":
        if node is None:
            return f"count() AS {tally.code}"
        found = condition(node, columns, today=reading.period.end, params=reading.parameters, prefix=prefix)
        values |= found.parameters
        return f"countIf({found.sql}) AS {tally.code}"
    assert node is not None  # noqa: S101  # the definition says so
    made = compile(node, columns, today=reading.period.end, params=reading.parameters, prefix=prefix)
    values |= made.parameters
    if tally.how == "sum":
        return f"sum(ifNull({made.sql}, 0)) AS {tally.code}"
    if tally.how == "distinct":
        return f"uniqExact({made.sql}) AS {tally.code}"
    # A tuple keeps an unknown last value: argMax would skip it and take an older one.
    return f"tupleElement(argMax(tuple({made.sql}), (s.day, s.version)), 1) AS {tally.code}"


def _tally_column(form: Form, tally: Tally) -> str:
    """A member without any submission has tallied nothing, and no last value."""
    column = f"f_{form.code}.{tally.code}"
    return column if tally.how == "latest" else f"ifNull({column}, 0)"


def used_names(nodes: list[Node]) -> frozenset[str]:
    """Every name these expressions use."""
    return frozenset(name for node in nodes for name in names(node))
