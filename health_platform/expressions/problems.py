"""What is wrong with a written expression, in words that tell the way out."""

from __future__ import annotations

from typing import Any

from health_platform.kernel.errors import Invalid, register_messages

register_messages(
    {
        "expression.syntax": "表达式第 {position} 个字符处有误：{reason}",
        "expression.field": "没有字段“{name}”。{reason}",
        "expression.type": "表达式第 {position} 个字符处类型不符：{reason}",
        "expression.function": "没有函数“{name}”。{reason}",
        "expression.size": "表达式过大：{reason}",
        "expression.parameter": "没有给出参数“{name}”",
        "expression.stored": "保存的表达式无法读取：{reason}",
    }
)


class Mistyped(Exception):
    """Arguments that do not fit a function; the parser adds the position."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def problem(code: str, position: int, text: str, **facts: Any) -> Invalid:
    """An error at a 0-based ``position`` of ``text``; people count from one."""
    return Invalid(code, position=position + 1, text=text[position : position + 40], **facts)
