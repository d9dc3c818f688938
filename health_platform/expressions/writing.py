"""Canonical text and the stored form of an expression."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from health_platform.expressions.building import UNKNOWN, call, literal, total
from health_platform.expressions.nodes import Call, Field, Kind, Literal, Node, Parameter, Total
from health_platform.expressions.parsing import milliseconds
from health_platform.expressions.problems import Mistyped
from health_platform.expressions.vocabulary import FUNCTIONS, TOTALS
from health_platform.kernel.clock import LOCAL_ZONE
from health_platform.kernel.errors import Invalid

_OR, _AND, _NOT, _TEST, _SUM, _PRODUCT, _UNARY, _ATOM = range(1, 9)
_LEVELS: Final = {
    "or": _OR,
    "and": _AND,
    "not": _NOT,
    "in": _TEST,
    "between": _TEST,
    "is_null": _TEST,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">="), _TEST),
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "negative": _UNARY,
}
"""How tightly an operator binds; functions bind as tightly as a single value."""


def to_text(node: Node) -> str:
    """The canonical text: ``parse(to_text(node), …) == node``."""
    match node:
        case Literal():
            return written(node)
        case Field():
            return node.name
        case Parameter():
            return f":{node.name}"
        case Total():
            return _total_text(node)
        case Call():
            return _call_text(node)


def written(node: Literal) -> str:
    """A value as written in an expression."""
    match node.value:
        case None:
            return "null"
        case bool():
            return "true" if node.value else "false"
        case Decimal():
            return format(node.value.normalize(), "f")
        case datetime():
            return f"instant '{node.value.astimezone(LOCAL_ZONE).isoformat(' ')}'"
        case date():
            return f"date '{node.value.isoformat()}'"
        case text:
            return "'" + str(text).replace("'", "''") + "'"


def _total_text(node: Total) -> str:
    argument = to_text(node.argument) if node.argument is not None else ""
    where = f"where {to_text(node.where)}" if node.where is not None else ""
    return f"{node.function}({' '.join(part for part in (argument, where) if part)})"


def _call_text(node: Call) -> str:
    level = _LEVELS.get(node.function, _ATOM)
    arguments = node.arguments
    match node.function:
        case "or" | "and":
            return f" {node.function} ".join(_within(each, level + 1) for each in arguments)
        case "not":
            return f"not {_within(arguments[0], level)}"
        case "in":
            return f"{_within(arguments[0], _SUM)} in ({', '.join(to_text(each) for each in arguments[1:])})"
        case "between":
            value, low, high = (_within(each, _SUM) for each in arguments)
            return f"{value} between {low} and {high}"
        case "is_null":
            return f"{_within(arguments[0], _SUM)} is null"
        case "negative":
            return f"-{_within(arguments[0], _UNARY)}"
        case _ if level == _ATOM:
            return f"{node.function}({', '.join(to_text(each) for each in arguments)})"
        case sign:
            return f"{_within(arguments[0], max(level, _SUM))} {sign} {_within(arguments[1], max(level + 1, _SUM))}"


def _within(node: Node, least: int) -> str:
    """The text of a part, in parentheses unless it binds at least so tightly."""
    text = to_text(node)
    return text if _level(node) >= least else f"({text})"


def _level(node: Node) -> int:
    if isinstance(node, Call):
        return _LEVELS.get(node.function, _ATOM)
    negative = isinstance(node, Literal) and isinstance(node.value, Decimal) and node.value < 0
    return _UNARY if negative else _ATOM


def to_json(node: Node) -> dict[str, Any]:
    """The stored form: JSON objects, one per node."""
    match node:
        case Literal():
            return _literal_json(node)
        case Field():
            return {"field": node.name, "kind": node.kind.value}
        case Parameter():
            return {"parameter": node.name, "kind": node.kind.value}
        case Call():
            return {"call": node.function, "arguments": [to_json(each) for each in node.arguments]}
        case Total():
            parts = {"argument": node.argument, "where": node.where}
            return {"total": node.function, **{name: to_json(each) for name, each in parts.items() if each is not None}}


def _literal_json(node: Literal) -> dict[str, Any]:
    value = node.value
    if isinstance(value, Decimal):
        value = format(value.normalize(), "f")
    elif isinstance(value, date):  # and moments
        value = value.isoformat()
    return {"value": value, "kind": node.kind.value}


def from_json(stored: Mapping[str, Any]) -> Node:
    """The expression of a stored form, checked as strictly as a written one.

    Raises:
        Invalid: ``expression.stored``.
    """
    try:
        return _node(stored)
    except Mistyped as error:
        raise Invalid("expression.stored", reason=error.reason) from None
    except (KeyError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise Invalid("expression.stored", reason=f"{type(error).__name__}: {error}") from None


def _node(stored: Mapping[str, Any]) -> Node:
    if "field" in stored:
        return Field(stored["field"], Kind(stored["kind"]))
    if "parameter" in stored:
        return Parameter(stored["parameter"], Kind(stored["kind"]))
    if "call" in stored:
        if stored["call"] not in FUNCTIONS:
            raise Mistyped(f"没有函数 {stored['call']}")
        return call(stored["call"], [_node(each) for each in stored["arguments"]])
    if "total" in stored:
        if stored["total"] not in TOTALS:
            raise Mistyped(f"没有汇总函数 {stored['total']}")
        return total(stored["total"], *(_node(stored[part]) if part in stored else None for part in ("argument", "where")))
    return _stored_literal(stored["value"], Kind(stored["kind"]))


def _stored_literal(value: Any, kind: Kind) -> Literal:
    if value is None:
        return UNKNOWN
    match kind:
        case Kind.NUMBER:
            return literal(Decimal(value), kind)
        case Kind.DAY:
            return Literal(date.fromisoformat(value), kind)
        case Kind.INSTANT:
            return Literal(milliseconds(datetime.fromisoformat(value)), kind)
        case Kind.BOOLEAN:
            return Literal(bool(value), kind)
        case Kind.TEXT:
            return literal(str(value), kind)
