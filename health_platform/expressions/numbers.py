"""Arithmetic on exact decimals of six places. ClickHouse computes in Decimal128 and in Decimal256 where it could overflow."""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import reduce
from typing import Final

from health_platform.expressions.functions import Emitter, Function, Term, expect, fixed, takes
from health_platform.expressions.limits import FIELD_DIGITS, PLACES
from health_platform.expressions.nodes import Call, Kind, Literal, Node
from health_platform.expressions.problems import Mistyped

_EXACT = decimal.Context(prec=170, rounding=decimal.ROUND_DOWN)
_UNIT = Decimal(1).scaleb(-PLACES)
_WRITTEN_NUMBER = r"[+-]?[0-9]{1,19}(\.[0-9]{0,6})?"
_SAFE_128 = 38


def cut(value: Decimal) -> Decimal:
    """The number with six places, the rest cut off."""
    return _EXACT.plus(_EXACT.quantize(value, _UNIT))


def divide(left: Decimal, right: Decimal) -> Decimal | None:
    """The quotient cut to six places; unknown for a divisor of zero."""
    return cut(_EXACT.divide(left, right)) if right else None


def added(values: Iterable[Decimal]) -> Decimal:
    """The exact sum; Python's own would round to 28 digits."""
    return reduce(_EXACT.add, values, Decimal(0))


def half_up(value: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    """Rounded half away from zero."""
    return value.quantize(Decimal(1).scaleb(-int(places)), decimal.ROUND_HALF_UP, _EXACT)


def _read(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(_WRITTEN_NUMBER, text) else None


def _width(digits: int) -> int:
    return 128 if digits <= _SAFE_128 else 256


def _sum(sign: str) -> Callable[[Emitter, Call, Sequence[Term]], Term]:
    def emit(emitter: Emitter, call: Call, terms: Sequence[Term]) -> Term:
        digits = max(term.digits for term in terms) + 1
        width = max(_width(digits + PLACES), *(term.width for term in terms))
        left, right = (emitter.wide(term, width) for term in terms)
        return Term(f"({left} {sign} {right})", Kind.NUMBER, digits, width)

    return emit


def _product(emitter: Emitter, call: Call, terms: Sequence[Term]) -> Term:
    digits = sum(term.digits for term in terms)
    width = max(_width(digits + 2 * PLACES), *(term.width for term in terms))
    left, right = (emitter.wide(term, width) for term in terms)
    exact = Term(f"({left} * {right})", Kind.NUMBER, digits)
    return Term(emitter.wide(exact, width), Kind.NUMBER, digits, width)


def quotient(emitter: Emitter, call: Call, terms: Sequence[Term]) -> Term:
    """Division; the dividend gains six digits before and six places inside ClickHouse's own division."""
    digits = terms[0].digits + PLACES
    width = max(_width(digits + 2 * PLACES), *(term.width for term in terms))
    left, right = (emitter.wide(term, width) for term in terms)
    return Term(f"({left} / nullIf({right}, toDecimal{width}(0, {PLACES})))", Kind.NUMBER, digits, width)


def _same(template: str) -> Callable[[Emitter, Call, Sequence[Term]], Term]:
    def emit(emitter: Emitter, call: Call, terms: Sequence[Term]) -> Term:
        width = max(128, terms[0].width)
        return Term(template.format(emitter.wide(terms[0], width)), Kind.NUMBER, terms[0].digits, width)

    return emit


def _round_kind(arguments: Sequence[Node]) -> Kind:
    if len(arguments) not in (1, 2):
        raise Mistyped("round 需要 1 或 2 个参数：round(数值, 小数位数)")
    for argument in arguments:
        expect(argument, Kind.NUMBER, "round 的参数")
    if len(arguments) == 2:
        places = arguments[1]
        fixed(places, "小数位数")
        if not isinstance(places, Literal) or places.value not in range(PLACES + 1):
            raise Mistyped(f"小数位数应为 0 至 {PLACES} 的整数")
    return Kind.NUMBER


def _emit_round(emitter: Emitter, call: Call, terms: Sequence[Term]) -> Term:
    width = max(128, terms[0].width)
    places = call.arguments[1].value if len(call.arguments) == 2 and isinstance(call.arguments[1], Literal) else 0
    text = f"round({emitter.wide(terms[0], width)}, {int(places)})"  # type: ignore[arg-type]  # a number, see _round_kind
    return Term(text, Kind.NUMBER, terms[0].digits + 1, width)


def _emit_read(emitter: Emitter, call: Call, terms: Sequence[Term]) -> Term:
    text = terms[0].text
    pattern = emitter.bind(rf"\A{_WRITTEN_NUMBER}\z")
    readable = f"match({text}, {pattern})"
    return Term(f"if({readable}, toDecimal128OrNull({text}, {PLACES}), NULL)", Kind.NUMBER, FIELD_DIGITS, 128)


_TWO = takes(Kind.NUMBER, Kind.NUMBER, gives=Kind.NUMBER)
_ONE = takes(Kind.NUMBER, gives=Kind.NUMBER)

NUMBERS: Final = (
    Function(
        "+",
        "甲 + 乙",
        "相加",
        _TWO,
        _EXACT.add,
        _sum("+"),
        "{0}加{1}",
    ),
    Function(
        "-",
        "甲 - 乙",
        "相减",
        _TWO,
        _EXACT.subtract,
        _sum("-"),
        "{0}减{1}",
    ),
    Function(
        "*",
        "甲 * 乙",
        "相乘，保留六位小数",
        _TWO,
        lambda a, b: cut(_EXACT.multiply(a, b)),
        _product,
        "{0}乘以{1}",
    ),
    Function(
        "/",
        "甲 / 乙",
        "相除，保留六位小数；除数为零时无法判断",
        _TWO,
        divide,
        quotient,
        "{0}除以{1}",
        partial=True,
    ),
    Function(
        "ratio",
        "ratio(甲, 乙)",
        "甲与乙之比；乙为零时无法判断",
        _TWO,
        divide,
        quotient,
        "{0}与{1}之比",
        partial=True,
    ),
    Function(
        "negative",
        "-甲",
        "相反数",
        _ONE,
        _EXACT.minus,
        _same("(-({0}))"),
        "负的{0}",
    ),
    Function(
        "abs",
        "abs(数值)",
        "绝对值",
        _ONE,
        _EXACT.abs,
        _same("abs({0})"),
        "{0}的绝对值",
    ),
    Function(
        "round",
        "round(数值, 位数)",
        "四舍五入",
        _round_kind,
        half_up,
        _emit_round,
        "四舍五入后的{0}",
    ),
    Function(
        "number",
        "number(文本)",
        "把文本读作数值；读不出时为空",
        takes(Kind.TEXT, gives=Kind.NUMBER),
        _read,
        _emit_read,
        "{0}的数值",
        partial=True,
    ),
)
