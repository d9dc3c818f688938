"""From indicators to the sums one scan computes: each distinct (condition, number) once, under a name of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from health_platform.engine.definitions.indicators import Indicator
from health_platform.engine.environments import Environment
from health_platform.expressions.api import Call, Kind, Node, compile, condition, to_text


@dataclass(frozen=True)
class Measure:
    """A count of rows, or the sum of a number over them; ``None`` means every row."""

    where: Node | None
    number: Node | None


@dataclass(frozen=True)
class Pair:
    """The measures an indicator is made of, by place; the denominator of a population is not counted here."""

    indicator: Indicator
    numerator: int
    denominator: int | None


@dataclass
class Plan:
    """Every measure of one scan, and which indicator uses which."""

    measures: list[Measure] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    _places: dict[tuple[str, str], int] = field(default_factory=dict)

    def place(self, measure: Measure) -> int:
        """The place of a measure; the same one is computed once, whoever asks for it."""
        key = (_text(measure.where), _text(measure.number))
        if key not in self._places:
            self._places[key] = len(self.measures)
            self.measures.append(measure)
        return self._places[key]


def _text(node: Node | None) -> str:
    return "" if node is None else to_text(node)


def plan(indicators: Iterable[Indicator], environment: Environment) -> Plan:
    """The measures of indicators over one register or form."""
    made = Plan()
    for indicator in indicators:
        numerator, denominator = _measures(indicator, environment)
        bottom = made.place(denominator) if denominator is not None else None
        made.pairs.append(Pair(indicator, made.place(numerator), bottom))
    return made


def _measures(indicator: Indicator, environment: Environment) -> tuple[Measure, Measure | None]:
    among = environment.node(indicator.among) if indicator.among else None
    if indicator.total:
        total = Measure(among, environment.node(indicator.total))
        if indicator.per:
            return total, Measure(among, environment.node(indicator.per))
        return total, Measure(among, None) if indicator.mean else None
    if indicator.share:
        return Measure(both(among, environment.node(indicator.share)), None), Measure(among, None)
    return Measure(among, None), None


def both(first: Node | None, second: Node) -> Node:
    """Both conditions at once."""
    return second if first is None else Call("and", (first, second), Kind.BOOLEAN)


@dataclass(frozen=True)
class Sums:
    """The measures as select items, with their parameters."""

    items: tuple[str, ...]
    parameters: dict[str, Any]


def compiled(made: Plan, columns: Mapping[str, str], today: date, parameters: Mapping[str, Decimal]) -> Sums:
    """Every measure as ``sumIf``/``countIf`` over ``columns`` (name → SQL of its column)."""
    items: list[str] = []
    values: dict[str, Any] = {}
    conditions: dict[str, str] = {}
    for place, measure in enumerate(made.measures):
        where = "1"
        if measure.where is not None:
            text = to_text(measure.where)
            if text not in conditions:
                found = condition(measure.where, columns, today=today, params=parameters, prefix=f"w{place}_")
                conditions[text] = found.sql
                values |= found.parameters
            where = conditions[text]
        if measure.number is None:
            items.append(f"countIf({where}) AS m{place}")
        else:
            number = compile(measure.number, columns, today=today, params=parameters, prefix=f"n{place}_")
            values |= number.parameters
            items.append(f"sumIf(ifNull({number.sql}, 0), {where}) AS m{place}")
    return Sums(tuple(items), values)
