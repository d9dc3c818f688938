"""Public door of the expression language. Start here.

One small typed language for quality rules, form conditions, indicators, prompts and alerts::

    fields = {"gender": Kind.TEXT, "birth_date": Kind.DAY, "diagnosis_code": Kind.TEXT}
    rule = parse("gender = '1' and starts_with(diagnosis_code, 'O')", fields, gives=Kind.BOOLEAN)
    evaluate(rule, {"gender": "1", "diagnosis_code": "O80"})            # True; None = unknown
    describe(rule, {"gender": "性别", "diagnosis_code": "诊断编码"})      # 【性别】等于“1”，且【诊断编码】以“O”开头
    made = condition(rule, {"gender": "gender", "diagnosis_code": "diagnosis_code"})
    warehouse.execute(f"SELECT countIf({made.sql}) FROM …", made.parameters)

    rate = parse("ratio(count(where died), count())", {"died": Kind.BOOLEAN}, aggregate=True)
    aggregate(rate, rows)

``evaluate`` and ``aggregate`` are the meaning; ``compile``, ``condition`` and ``decided`` give ClickHouse SQL with the same
answers on every row (docs/adr/0021). Three-valued logic as in SQL; empty text is unknown; division by zero is unknown;
numbers are exact decimals of six places.
"""

from __future__ import annotations

from health_platform.expressions.compiling import Compiled, compile, condition, decided
from health_platform.expressions.describing import describe
from health_platform.expressions.evaluating import aggregate, evaluate
from health_platform.expressions.nodes import (
    Call,
    Field,
    Kind,
    Literal,
    Node,
    Parameter,
    Total,
    Value,
    kind,
    names,
    parameters,
    walk,
)
from health_platform.expressions.parsing import parse
from health_platform.expressions.vocabulary import CALLABLE, FUNCTIONS, TODAY
from health_platform.expressions.writing import from_json, to_json, to_text

__all__ = [
    "TODAY",
    "Call",
    "Compiled",
    "Field",
    "Kind",
    "Literal",
    "Node",
    "Parameter",
    "Total",
    "Value",
    "aggregate",
    "compile",
    "condition",
    "decided",
    "describe",
    "evaluate",
    "from_json",
    "kind",
    "names",
    "parameters",
    "parse",
    "to_json",
    "to_text",
    "usage",
    "walk",
]

_OPERATORS = ("and", "or", "not", "=", "!=", "<", "<=", ">", ">=", "in", "between", "is_null", "+", "-", "*", "/")


def usage() -> list[tuple[str, str]]:
    """How every operator and function is written and what it means, for the pages on which people write expressions."""
    return [(FUNCTIONS[name].usage, FUNCTIONS[name].meaning) for name in (*_OPERATORS, *sorted(CALLABLE))]
