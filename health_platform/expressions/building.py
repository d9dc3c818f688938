"""Typed construction: the only way a tree comes into being, from text or from its stored form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from health_platform.expressions.functions import expect
from health_platform.expressions.limits import MAX_DEPTH, digits_too_many
from health_platform.expressions.nodes import Call, Field, Kind, Literal, Node, Parameter, Total, depth, walk
from health_platform.expressions.problems import Mistyped
from health_platform.expressions.vocabulary import FUNCTIONS, TOTALS

UNKNOWN = Literal(None, Kind.TEXT)
"""``null`` as written, before its neighbours tell its kind."""

_FLATTENED = ("and", "or")
_TAKES_UNKNOWN = ("if", "coalesce")


def literal(value: str | bool | Decimal, kind: Kind) -> Literal:
    """A written value.

    Raises:
        Mistyped: an empty text, which would equal nothing.
    """
    if value == "":
        raise Mistyped("空文本与任何值都不相等，请用 is null 或 is not null 判断是否填写")
    return Literal(value + 0 if isinstance(value, Decimal) else value, kind)


def call(function: str, arguments: Sequence[Node]) -> Node:
    """A function applied to arguments.

    Raises:
        Mistyped: the arguments do not fit, or the result could become too large.
    """
    given = _flat(function, arguments) if function in _FLATTENED else tuple(arguments)
    if any(each is UNKNOWN for each in given):
        given = _with_kinds(function, given)
    if any(_aggregate(each) for each in given) and any(_per_row(each) for each in given):
        raise Mistyped("汇总值不能与单条记录的字段混用；字段应写在 count、sum 等汇总函数之内")
    if function == "negative" and len(given) == 1 and isinstance(given[0], Literal) and isinstance(given[0].value, Decimal):
        return Literal(-given[0].value + 0, Kind.NUMBER)
    made = Call(function, given, FUNCTIONS[function].resolve(given))
    return _limited(made)


def total(function: str, argument: Node | None, where: Node | None) -> Total:
    """A figure over many rows.

    Raises:
        Mistyped: as :func:`call`.
    """
    if argument is UNKNOWN or where is UNKNOWN:
        raise Mistyped("null 不能用在这里")
    if any(_aggregate(each) for each in (argument, where) if each is not None):
        raise Mistyped("汇总函数不能嵌套")
    if where is not None:
        expect(where, Kind.BOOLEAN, "where 之后的条件")
    made = Total(function, argument, where, _total_kind(function, argument))
    _limited(made)
    return made


def _total_kind(function: str, argument: Node | None) -> Kind:
    if function == "count":
        if argument is not None:
            raise Mistyped("count 只写条件：count(where 条件)；不重复计数用 distinct(字段)")
        return Kind.NUMBER
    if argument is None:
        raise Mistyped(f"{function} 需要一个字段，如 {function}(字段 where 条件)")
    if function in ("sum", "avg"):
        expect(argument, Kind.NUMBER, f"{function} 的字段")
    if function in ("min", "max") and argument.kind is Kind.BOOLEAN:
        raise Mistyped(f"{function} 不能用于是否型字段")
    return argument.kind if function in ("min", "max") else Kind.NUMBER


def known_total(function: str) -> bool:
    """True for a figure over many rows."""
    return function in TOTALS


def _flat(function: str, arguments: Sequence[Node]) -> tuple[Node, ...]:
    parts: list[Node] = []
    for each in arguments:
        parts.extend(each.arguments if isinstance(each, Call) and each.function == function else (each,))
    return tuple(parts)


def _with_kinds(function: str, arguments: tuple[Node, ...]) -> tuple[Node, ...]:
    """Give ``null`` the kind of its neighbours."""
    if function not in _TAKES_UNKNOWN:
        raise Mistyped("与 null 比较永远无法判断，请用 is null 或 is not null")
    first = 1 if function == "if" else 0
    kinds = [each.kind for each in arguments[first:] if each is not UNKNOWN]
    if not kinds or (arguments[0] is UNKNOWN and first):
        raise Mistyped("null 的旁边需要一个有值的分支")
    return tuple(replace(UNKNOWN, kind=kinds[0]) if each is UNKNOWN else each for each in arguments)


def _aggregate(node: Node) -> bool:
    return any(isinstance(each, Total) for each in walk(node))


def _per_row(node: Node) -> bool:
    """True if a field stands outside a total."""
    if isinstance(node, Total):
        return False
    if isinstance(node, Call):
        return any(_per_row(each) for each in node.arguments)
    return isinstance(node, Field)


def check_mode(node: Node, aggregate: bool) -> None:
    """Refuse a field outside totals in an aggregate expression, and totals in any other.

    Raises:
        Mistyped: with the way out.
    """
    if aggregate and _per_row(node):
        raise Mistyped("这里需要汇总值；字段应写在 count、sum 等汇总函数之内")
    if not aggregate and _aggregate(node):
        raise Mistyped("这里按单条记录判断，不能使用汇总函数")


def _limited(node: Call | Total) -> Node:
    if depth(node) > MAX_DEPTH:
        raise Mistyped(f"嵌套超过 {MAX_DEPTH} 层，请拆成多个表达式")
    if digits_too_many(node):
        raise Mistyped("数值可能过大，请减少连乘或连除")
    return node


__all__ = ["UNKNOWN", "Field", "Parameter", "call", "check_mode", "known_total", "literal", "total"]
