"""An expression as a Chinese sentence, for hospitals and forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from health_platform.expressions.nodes import Call, Field, Literal, Node, Parameter, Total
from health_platform.expressions.vocabulary import FUNCTIONS, TOTALS
from health_platform.kernel.clock import LOCAL_ZONE

_OPPOSITES: Final = {
    "is_null": "{0}已填写",
    "in": "{0}不为{1}之一",
    "between": "{0}不在{1}至{2}之间",
    "starts_with": "{0}不以{1}开头",
    "contains": "{0}不包含{1}",
    "matches": "{0}不符合格式{1}",
    "valid_id_number": "{0}不是有效的公民身份号码",
    "valid_credit_code": "{0}不是有效的统一社会信用代码",
}


def describe(node: Node, labels: Mapping[str, str]) -> str:
    """A Chinese sentence; ``labels`` gives the Chinese names of fields and parameters (missing ones keep their names)."""
    match node:
        case Literal():
            return _value(node)
        case Field():
            return f"【{labels.get(node.name, node.name)}】"
        case Parameter():
            return f"〈{labels.get(node.name, node.name)}〉"
        case Total():
            return _total(node, labels)
        case Call():
            return _call(node, labels)


def _value(node: Literal) -> str:
    match node.value:
        case None:
            return "空"
        case bool():
            return "是" if node.value else "否"
        case Decimal():
            return format(node.value.normalize(), "f")
        case datetime():
            return node.value.astimezone(LOCAL_ZONE).strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return node.value.isoformat()
        case text:
            return f"“{text}”"


def _total(node: Total, labels: Mapping[str, str]) -> str:
    where = f"符合“{describe(node.where, labels)}”" if node.where is not None else "全部记录"
    argument = describe(node.argument, labels) if node.argument is not None else ""
    return TOTALS[node.function].format(where=where, argument=argument)


def _call(node: Call, labels: Mapping[str, str]) -> str:
    arguments = node.arguments
    match node.function:
        case "and":
            return "，且".join(_part(each, labels) for each in arguments)
        case "or":
            return "，或".join(_part(each, labels) for each in arguments)
        case "not":
            return _opposite(arguments[0], labels)
        case "in":
            return f"{describe(arguments[0], labels)}为{_listed(arguments[1:], labels)}之一"
        case "coalesce":
            return "、".join(describe(each, labels) for each in arguments) + "中第一个已填写的"
        case name:
            return FUNCTIONS[name].words.format(*(describe(each, labels) for each in arguments))


def _opposite(node: Node, labels: Mapping[str, str]) -> str:
    if not isinstance(node, Call) or node.function not in _OPPOSITES:
        return f"并非（{describe(node, labels)}）"
    if node.function == "in":
        return _OPPOSITES["in"].format(describe(node.arguments[0], labels), _listed(node.arguments[1:], labels))
    return _OPPOSITES[node.function].format(*(describe(each, labels) for each in node.arguments))


def _listed(values: Sequence[Node], labels: Mapping[str, str]) -> str:
    return "、".join(describe(each, labels) for each in values)


def _part(node: Node, labels: Mapping[str, str]) -> str:
    text = describe(node, labels)
    return f"（{text}）" if isinstance(node, Call) and node.function in ("and", "or") else text
