"""The meaning of an expression, in memory: plain, slow and the reference for the compiled form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from health_platform.expressions.limits import FIELD_DIGITS
from health_platform.expressions.nodes import Call, Field, Kind, Literal, Node, Parameter, Total, Value
from health_platform.expressions.numbers import added, cut, divide
from health_platform.expressions.parsing import milliseconds
from health_platform.expressions.vocabulary import FUNCTIONS, TODAY
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid

Row = Mapping[str, object]
_TOO_LARGE: Final = Decimal(10) ** FIELD_DIGITS


@dataclass(frozen=True)
class _Reader:
    today: date
    parameters: Mapping[str, object] = field(default_factory=dict)

    def value(self, node: Node, row: Row) -> Any:
        match node:
            case Literal():
                return node.value
            case Field():
                return known(row.get(node.name), node.kind)
            case Parameter():
                return self.parameter(node)
            case Call(function=function) if function == TODAY:
                return self.today
            case Call():
                return self._call(node, row)
            case Total():
                raise TypeError("a total needs rows: use aggregate()")

    def parameter(self, node: Parameter) -> Any:
        if node.name not in self.parameters:
            raise Invalid("expression.parameter", name=node.name)
        return known(self.parameters[node.name], node.kind)

    def _call(self, node: Call, row: Row) -> Any:
        return self.apply(node, [self.value(each, row) for each in node.arguments])

    def apply(self, node: Call, values: list[Any]) -> Any:
        function = FUNCTIONS[node.function]
        if not function.lazy and None in values:
            return None
        found = function.compute(*values)
        return None if found == "" else found

    def over(self, node: Node, rows: list[Row]) -> Any:
        match node:
            case Total():
                return self._total(node, rows)
            case Call(function=function) if function != TODAY:
                return self.apply(node, [self.over(each, rows) for each in node.arguments])
            case _:
                return self.value(node, {})

    def _total(self, node: Total, rows: list[Row]) -> Any:
        chosen = [row for row in rows if node.where is None or self.value(node.where, row) is True]
        if node.argument is None:
            return Decimal(len(chosen))
        values = [value for row in chosen if (value := self.value(node.argument, row)) is not None]
        return _TOTALS[node.function](values)


_TOTALS: Final[Mapping[str, Callable[[list[Any]], Any]]] = {
    "sum": added,
    "avg": lambda values: divide(added(values), Decimal(len(values))),
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "distinct": lambda values: Decimal(len(set(values))),
}


def evaluate(
    node: Node, row: Row, *, today: date | None = None, params: Mapping[str, object] | None = None
) -> bool | Decimal | str | date | datetime | None:
    """The value of an expression for one row; ``None`` is unknown.

    ``row`` holds numbers as int, Decimal or float, flags as bool or 0/1, moments as aware datetime. ``today`` is the
    platform's day if not given.

    Raises:
        Invalid: ``expression.parameter``, a parameter is missing.
    """
    found: Value = _Reader(today or clock.today(), params or {}).value(node, row)
    return found


def aggregate(
    node: Node, rows: Iterable[Row], *, today: date | None = None, params: Mapping[str, object] | None = None
) -> bool | Decimal | str | date | datetime | None:
    """The value of an aggregate expression over rows: a sum of nothing is 0, its mean, least and greatest are unknown."""
    found: Value = _Reader(today or clock.today(), params or {}).over(node, list(rows))
    return found


def known(raw: object, kind: Kind) -> Any:
    """A field's or parameter's value as the language sees it."""
    if raw is None or raw == "":
        return None
    return _READ[kind](raw)


def _number(raw: Any) -> Decimal | None:
    """A number that a field can hold; no field holds infinity, or more than nineteen digits before the point."""
    value = raw if isinstance(raw, Decimal) else Decimal(str(raw))
    return cut(value) if value.is_finite() and abs(value) < _TOO_LARGE else None


def _moment(raw: Any) -> datetime:
    return milliseconds(raw if raw.tzinfo else raw.replace(tzinfo=UTC))


def _day(raw: Any) -> date:
    return raw.date() if isinstance(raw, datetime) else raw


_READ: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.TEXT: str,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: bool,
    Kind.DAY: _day,
    Kind.INSTANT: _moment,
}
