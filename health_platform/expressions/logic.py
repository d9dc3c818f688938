"""and, or, not, comparisons, in, is null, if, coalesce: SQL's three-valued logic, where ``None`` is unknown."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from health_platform.expressions.functions import Emitter, Function, Term, expect, fixed, same_kind
from health_platform.expressions.nodes import Call, Kind, Node
from health_platform.expressions.problems import Mistyped

_SMALL: Final = 10**8
"""Below this a whole number beside a Decimal(18, 6) cannot overflow its 64 bits."""

CLICKHOUSE_TYPES: Final = {
    Kind.TEXT: "Nullable(String)",
    Kind.NUMBER: "Nullable(Decimal(38, 6))",
    Kind.BOOLEAN: "Nullable(UInt8)",
    Kind.DAY: "Nullable(Date32)",
    Kind.INSTANT: "Nullable(DateTime64(3, 'UTC'))",
}


def all_of(*values: bool | None) -> bool | None:
    """False if one is false, else unknown if one is unknown."""
    if any(value is False for value in values):
        return False
    return None if None in values else True


def any_of(*values: bool | None) -> bool | None:
    """True if one is true, else unknown if one is unknown."""
    if any(value is True for value in values):
        return True
    return None if None in values else False


def _conditions(arguments: Sequence[Node]) -> Kind:
    for argument in arguments:
        expect(argument, Kind.BOOLEAN, "条件")
    return Kind.BOOLEAN


def _equality(arguments: Sequence[Node]) -> Kind:
    same_kind(arguments, 2)
    return Kind.BOOLEAN


def _order(arguments: Sequence[Node]) -> Kind:
    if same_kind(arguments, 2) is Kind.BOOLEAN:
        raise Mistyped("是否型只能用 = 或 != 比较")
    return Kind.BOOLEAN


def _membership(arguments: Sequence[Node]) -> Kind:
    same_kind(arguments, 2)
    for argument in arguments[1:]:
        fixed(argument, "in 列表中的每一项")
    return Kind.BOOLEAN


def _choice(arguments: Sequence[Node]) -> Kind:
    if len(arguments) != 3:
        raise Mistyped("if 需要 3 个参数：if(条件, 成立时的值, 否则的值)")
    expect(arguments[0], Kind.BOOLEAN, "if 的条件")
    return same_kind(arguments[1:], 2)


def _compare(sign: str) -> Callable[[Emitter, Call, Sequence[Term]], str]:
    def emit(emitter: Emitter, call: Call, terms: Sequence[Term]) -> str:
        left, right = comparable(emitter, terms)
        return f"({left} {sign} {right})"

    return emit


def comparable(emitter: Emitter, terms: Sequence[Term]) -> list[str]:
    """Texts that compare exactly: numbers of different make are brought to one width.

    A column or integer beside a written number stays as it is: ClickHouse compares these exactly, and cheaper.
    """
    if terms[0].kind is not Kind.NUMBER:
        return [term.text for term in terms]
    if sum(term.width == 0 for term in terms) == 1 and all(term.width in (0, 128) for term in terms):
        return [_whole(term) for term in terms]
    width = max(128, *(term.width for term in terms))
    return [emitter.wide(term, width) for term in terms]


def _whole(term: Term) -> str:
    """A small whole number as integer: beside an integer this spares ClickHouse to widen every row to a decimal."""
    value = term.written
    if isinstance(value, Decimal) and value == int(value) and abs(value) < _SMALL:
        return f"toInt32({int(value)})"
    return term.text


def _emit_membership(emitter: Emitter, call: Call, terms: Sequence[Term]) -> str:
    first, *others = terms
    if first.kind is Kind.TEXT:
        return f"({first.text} IN ({', '.join(term.text for term in others)}))"
    pairs = (comparable(emitter, (first, other)) for other in others)
    return "(" + " OR ".join(f"({left} = {right})" for left, right in pairs) + ")"


def _emit_between(emitter: Emitter, call: Call, terms: Sequence[Term]) -> str:
    value, low, high = terms
    first, second = comparable(emitter, (value, low)), comparable(emitter, (value, high))
    return f"(({first[0]} >= {first[1]}) AND ({second[0]} <= {second[1]}))"


def _between(value: Any, low: Any, high: Any) -> bool | None:
    return all_of(_known(operator.ge, value, low), _known(operator.le, value, high))


def _known(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool | None:
    return None if left is None or right is None else compare(left, right)


def _within(value: Any, *listed: Any) -> bool | None:
    return any_of(*(_known(operator.eq, value, each) for each in listed))


def _order3(arguments: Sequence[Node]) -> Kind:
    if len(arguments) != 3:
        raise Mistyped("between 需要下限和上限")
    return _order(arguments)


def _one(arguments: Sequence[Node]) -> Kind:
    if len(arguments) != 1:
        raise Mistyped("需要 1 个参数")
    return Kind.BOOLEAN


def uniform(emitter: Emitter, terms: Sequence[Term]) -> tuple[list[str], int]:
    """Texts of one ClickHouse type, and the width when they are numbers."""
    if terms[0].kind is not Kind.NUMBER:
        return [f"CAST({term.text} AS {CLICKHOUSE_TYPES[term.kind]})" for term in terms], 0
    width = max(128, *(term.width for term in terms))
    return [emitter.wide(term, width) for term in terms], width


def _emit_choice(emitter: Emitter, call: Call, terms: Sequence[Term]) -> Term:
    (yes, no), width = uniform(emitter, terms[1:])
    digits = max(term.digits for term in terms[1:])
    return Term(f"if(ifNull({terms[0].text}, 0), {yes}, {no})", call.kind, digits, width)


def _emit_coalesce(emitter: Emitter, call: Call, terms: Sequence[Term]) -> Term:
    texts, width = uniform(emitter, terms)
    return Term(f"coalesce({', '.join(texts)})", call.kind, max(term.digits for term in terms), width)


def _joined(sign: str) -> Callable[[Emitter, Call, Sequence[Term]], str]:
    return lambda emitter, call, terms: "(" + f" {sign} ".join(term.text for term in terms) + ")"


def _comparison(sign: str, compute: Callable[[Any, Any], bool], words: str, *, ordered: bool = True) -> Function:
    return Function(
        sign, f"甲 {sign} 乙", words.format("甲", "乙"), _order if ordered else _equality, compute, _compare(sign), words
    )


LOGIC: Final = (
    Function(
        "and",
        "条件 and 条件",
        "两个条件都成立",
        _conditions,
        all_of,
        _joined("AND"),
        lazy=True,
    ),
    Function(
        "or",
        "条件 or 条件",
        "至少一个条件成立",
        _conditions,
        any_of,
        _joined("OR"),
        lazy=True,
    ),
    Function(
        "not",
        "not 条件",
        "条件不成立",
        _conditions,
        operator.not_,
        "(NOT {0})",
        "并非（{0}）",
    ),
    _comparison("=", operator.eq, "{0}等于{1}", ordered=False),
    _comparison("!=", operator.ne, "{0}不等于{1}", ordered=False),
    _comparison(
        "<",
        operator.lt,
        "{0}小于{1}",
    ),
    _comparison(
        "<=",
        operator.le,
        "{0}不大于{1}",
    ),
    _comparison(
        ">",
        operator.gt,
        "{0}大于{1}",
    ),
    _comparison(
        ">=",
        operator.ge,
        "{0}不小于{1}",
    ),
    Function(
        "in",
        "字段 in (甲, 乙)",
        "取值在所列之中",
        _membership,
        _within,
        _emit_membership,
        lazy=True,
    ),
    Function(
        "between",
        "甲 between 乙 and 丙",
        "在乙与丙之间（含两端）",
        _order3,
        _between,
        _emit_between,
        "{0}在{1}至{2}之间",
        lazy=True,
    ),
    Function(
        "is_null",
        "字段 is null",
        "没有填写",
        _one,
        lambda value: value is None,
        "(({0}) IS NULL)",
        "{0}为空",
        lazy=True,
    ),
    Function(
        "if",
        "if(条件, 甲, 乙)",
        "条件成立取甲，否则（含无法判断）取乙",
        _choice,
        lambda condition, yes, no: yes if condition else no,
        _emit_choice,
        "（若{0}则{1}，否则{2}）",
        lazy=True,
    ),
    Function(
        "coalesce",
        "coalesce(甲, 乙, …)",
        "第一个已填写的值",
        lambda arguments: same_kind(arguments, 1),
        lambda *values: next((value for value in values if value is not None), None),
        _emit_coalesce,
        lazy=True,
    ),
)
