"""All functions by name, the keyword ``today()``, and the totals of aggregate expressions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from health_platform.expressions.days import DAYS
from health_platform.expressions.functions import Function, takes
from health_platform.expressions.identifiers import IDENTIFIERS
from health_platform.expressions.logic import LOGIC
from health_platform.expressions.nodes import Kind
from health_platform.expressions.numbers import NUMBERS
from health_platform.expressions.texts import TEXTS

TODAY: Final = "today"
"""Evaluated and compiled by hand, as its value comes from the caller."""

_TODAY = Function(TODAY, "today()", "当天日期", takes(gives=Kind.DAY), lambda: None, "", "当天")

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    {each.name: each for each in (*LOGIC, *NUMBERS, *TEXTS, *DAYS, *IDENTIFIERS, _TODAY)}
)

TOTALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "count": "{where}的记录数",
        "sum": "{where}的{argument}之和",
        "avg": "{where}的{argument}平均值",
        "min": "{where}的{argument}最小值",
        "max": "{where}的{argument}最大值",
        "distinct": "{where}的不同{argument}个数",
    }
)
"""Totals and their words."""

_WRITTEN_OTHERWISE = frozenset(("and", "or", "not", "in", "between", "is_null", "negative", *"+-*/=<>", "!=", "<=", ">="))

CALLABLE: Final = frozenset(FUNCTIONS) - _WRITTEN_OTHERWISE
"""Functions written as ``name(…)``."""
