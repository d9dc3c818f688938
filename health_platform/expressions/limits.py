"""How large expressions and their numbers may become, so that no row can make a compiled expression overflow."""

from __future__ import annotations

from typing import Final

from health_platform.expressions.nodes import Call, Field, Kind, Literal, Node, Parameter, Total

MAX_TEXT: Final = 10_000
"""Characters of a written expression."""

MAX_DEPTH: Final = 60
"""Levels of nesting; ClickHouse's own parser stops at a thousand, of which one level of ours needs several."""

PLACES: Final = 6
"""Decimal places of every number; products and quotients are cut to them."""

FIELD_DIGITS: Final = 19
"""Integer digits a number field or parameter may have (a 64-bit integer)."""

ROW_DIGITS: Final = 12
"""Digits a sum over a table can gain over its rows."""

MAX_DIGITS: Final = 58
"""Integer digits a result may reach: two numbers of six places more still fit into ClickHouse's 76 digits."""


def digits(node: Node) -> int:
    """Upper bound of the integer digits of a NUMBER node; 1 for other kinds."""
    if node.kind is not Kind.NUMBER:
        return 1
    if isinstance(node, Literal):
        return len(str(abs(int(node.value or 0))))  # type: ignore[arg-type]
    if isinstance(node, Field | Parameter):
        return FIELD_DIGITS
    if isinstance(node, Total):
        return ROW_DIGITS + (digits(node.argument) if node.argument is not None else 0)
    return _call_digits(node)


def _call_digits(node: Call) -> int:
    numbers = [digits(each) for each in node.arguments if each.kind is Kind.NUMBER]
    match node.function:
        case "+" | "-":
            return max(numbers) + 1
        case "*":
            return sum(numbers)
        case "/":
            return numbers[0] + PLACES  # the smallest divisor is a millionth
        case "ratio":
            return numbers[0] + PLACES
        case "round":
            return numbers[0] + 1
        case "negative" | "abs" | "if" | "coalesce":
            return max(numbers)
        case "number":
            return FIELD_DIGITS
        case _:
            return FIELD_DIGITS - 1  # lengths, days, years: whole numbers far below


def digits_too_many(node: Node) -> bool:
    """True if a result of the expression could become too large for the warehouse."""
    return digits(node) > MAX_DIGITS
