"""From written text to the typed tree. The grammar is ``grammar.lark``; what is wrong is said in Chinese with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Tree, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from health_platform.expressions.building import UNKNOWN, call, check_mode, known_total, literal, total
from health_platform.expressions.days import day_of, in_range
from health_platform.expressions.functions import expect
from health_platform.expressions.limits import MAX_TEXT
from health_platform.expressions.nodes import Field, Kind, Literal, Node, Parameter
from health_platform.expressions.problems import Mistyped, problem
from health_platform.expressions.vocabulary import CALLABLE, TOTALS
from health_platform.kernel.clock import LOCAL_ZONE
from health_platform.kernel.errors import Invalid

_FULL_WIDTH = str.maketrans("，（）；：＝＜＞＋－＊／‘’“”＇", ",();:=<>+-*/'''''")


@dataclass(frozen=True)
class Place:
    """What is being read and which names it may use."""

    text: str
    fields: Mapping[str, Kind]
    parameters: Mapping[str, Kind]

    def fail(self, code: str, meta: Meta | Token, **facts: Any) -> Invalid:
        """The error at a place of the text."""
        return problem(code, getattr(meta, "start_pos", 0) or 0, self.text, **facts)


def parse(
    text: str,
    fields: Mapping[str, Kind],
    *,
    aggregate: bool = False,
    params: Mapping[str, Kind] | None = None,
    gives: Kind | None = None,
) -> Node:
    """Read an expression over ``fields``.

    ``aggregate`` asks for a figure over many rows (``count(where …)``); ``gives`` for a certain kind of result.

    Raises:
        Invalid: ``expression.syntax``, ``expression.field``, ``expression.type``, ``expression.function`` or
            ``expression.size``, with ``position`` (from one), the ``text`` there and a ``reason`` that tells the way out.
    """
    if len(text) > MAX_TEXT:
        raise Invalid("expression.size", reason=f"长度 {len(text)} 超过 {MAX_TEXT} 个字符，请拆成多个表达式")
    place = Place(text, fields, params or {})
    try:
        node: Node = _Reader(place).transform(_tree(place))
    except VisitError as error:
        raise error.orig_exc from None
    try:
        if node is UNKNOWN:
            raise Mistyped("null 不能单独使用")
        check_mode(node, aggregate)
        if gives is not None:
            expect(node, gives, "整个表达式")
    except Mistyped as error:
        raise problem("expression.type", 0, text, reason=error.reason) from None
    return node


@cache
def _parser() -> Lark:
    grammar = files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=False)


@lru_cache(maxsize=2_000)
def _parsed(text: str) -> Tree[Token]:
    """One text is an expression over many sets of names: every edition of a form, every platform of a process."""
    return _parser().parse(text)


def _tree(place: Place) -> Tree[Token]:
    try:
        return _parsed(place.text)
    except UnexpectedInput as error:
        position = len(place.text) if _at_end(error) else error.pos_in_stream or 0
        raise problem("expression.syntax", position, place.text, reason=_syntax_reason(error, place.text, position)) from None


def _at_end(error: UnexpectedInput) -> bool:
    return isinstance(error, UnexpectedToken) and error.token.type == "$END"


def _syntax_reason(error: UnexpectedInput, text: str, position: int) -> str:
    if _at_end(error):
        return "表达式不完整，请检查括号和引号是否成对" if text.strip() else "表达式为空"
    sign = text[position]
    if sign.translate(_FULL_WIDTH) != sign:
        return f"“{sign}”是全角符号，请改用半角“{sign.translate(_FULL_WIDTH)}”"
    if sign == '"':
        return "文本请用单引号"
    if sign == "'":
        return "引号没有成对，或文本之前缺少比较符号"
    if isinstance(error, UnexpectedCharacters) and sign.isdecimal():
        return "数值最多 19 位整数和 6 位小数"
    if isinstance(error, UnexpectedCharacters):
        return f"无法识别“{sign}”；字段名由小写字母、数字和下划线组成，文本请加单引号"
    if text[max(0, position - 1) : position + 2].count("=") > 1:
        return "相等请写一个等号"
    return f"“{_word(text, position)}”不应出现在这里，请检查前后是否缺少比较符号、逗号或 and/or"


def _word(text: str, position: int) -> str:
    found = re.match(r"\w+|.", text[position:])
    return found[0] if found else ""


@v_args(meta=True)
class _Reader(Transformer_NonRecursive[Token, Node]):
    """Builds the typed tree from the parse tree; one method for each rule of the grammar."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place

    def _make(self, meta: Meta, function: str, arguments: list[Any]) -> Node:
        try:
            return call(function, arguments)
        except Mistyped as error:
            raise self._place.fail("expression.type", meta, reason=error.reason) from None

    def start(self, meta: Meta, children: list[Node]) -> Node:
        return children[0]

    def disjunction(self, meta: Meta, children: list[Any]) -> Node:
        return self._make(meta, "or", children)

    def conjunction(self, meta: Meta, children: list[Any]) -> Node:
        return self._make(meta, "and", children)

    def negated(self, meta: Meta, children: list[Any]) -> Node:
        return self._make(meta, "not", children)

    def comparison(self, meta: Meta, children: list[Any]) -> Node:
        left, sign, right = children
        return self._make(meta, "!=" if sign == "<>" else str(sign), [left, right])

    def within(self, meta: Meta, children: list[Any]) -> Node:
        return self._make(meta, "in", children)

    def not_within(self, meta: Meta, children: list[Any]) -> Node:
        return self._make(meta, "not", [self._make(meta, "in", children)])

    def between(self, meta: Meta, children: list[Any]) -> Node:
        return self._make(meta, "between", children)

    def not_between(self, meta: Meta, children: list[Any]) -> Node:
        return self._make(meta, "not", [self._make(meta, "between", children)])

    def is_null(self, meta: Meta, children: list[Any]) -> Node:
        return self._make(meta, "is_null", children)

    def is_not_null(self, meta: Meta, children: list[Any]) -> Node:
        return self._make(meta, "not", [self._make(meta, "is_null", children)])

    def sum(self, meta: Meta, children: list[Any]) -> Node:
        return self._chain(meta, children)

    def product(self, meta: Meta, children: list[Any]) -> Node:
        return self._chain(meta, children)

    def _chain(self, meta: Meta, children: list[Any]) -> Node:
        result: Node = children[0]
        for sign, operand in zip(children[1::2], children[2::2], strict=True):
            result = self._make(meta, str(sign), [result, operand])
        return result

    def minus(self, meta: Meta, children: list[Any]) -> Node:
        return self._make(meta, "negative", children[1:])

    def number(self, meta: Meta, children: list[Any]) -> Node:
        return literal(Decimal(children[0]), Kind.NUMBER)

    def text(self, meta: Meta, children: list[Any]) -> Node:
        try:
            return literal(_unquoted(children[0]), Kind.TEXT)
        except Mistyped as error:
            raise self._place.fail("expression.type", meta, reason=error.reason) from None

    def day(self, meta: Meta, children: list[Any]) -> Node:
        try:
            found = in_range(date.fromisoformat(_inside(children[0])))
        except ValueError:
            found = None
        if found is None:
            raise self._place.fail("expression.syntax", meta, reason="日期应为 1900 至 2299 年的真实日期，写作 date '2026-01-31'")
        return Literal(found, Kind.DAY)

    def instant(self, meta: Meta, children: list[Any]) -> Node:
        try:
            found = datetime.fromisoformat(_inside(children[0]))
            moment = milliseconds(found if found.tzinfo else found.replace(tzinfo=LOCAL_ZONE))
            known = in_range(moment.date()) and in_range(day_of(moment))
        except (ValueError, OverflowError):
            known = None
        if known is None:
            raise self._place.fail("expression.syntax", meta, reason="时间写作 instant '2026-01-31 08:30:00'（北京时间）")
        return Literal(moment, Kind.INSTANT)

    def true(self, meta: Meta, children: list[Any]) -> Node:
        return Literal(True, Kind.BOOLEAN)

    def false(self, meta: Meta, children: list[Any]) -> Node:
        return Literal(False, Kind.BOOLEAN)

    def null(self, meta: Meta, children: list[Any]) -> Node:
        return UNKNOWN

    def field(self, meta: Meta, children: list[Any]) -> Node:
        name = str(children[0]).lower()
        if name not in self._place.fields:
            raise self._place.fail("expression.field", meta, name=name, reason=_near(name, self._place.fields))
        return Field(name, self._place.fields[name])

    def parameter(self, meta: Meta, children: list[Any]) -> Node:
        name = str(children[0]).lower()
        if name not in self._place.parameters:
            raise self._place.fail("expression.field", meta, name=f":{name}", reason=_near(name, self._place.parameters))
        return Parameter(name, self._place.parameters[name])

    def where(self, meta: Meta, children: list[Any]) -> _Where:
        return _Where(children[0])

    def call(self, meta: Meta, children: list[Any]) -> Node:
        name, *arguments = children
        function = str(name).lower()
        if known_total(function):
            return self._total(meta, function, arguments)
        if function not in CALLABLE:
            raise self._place.fail("expression.function", meta, name=function, reason=_near(function, (*CALLABLE, *TOTALS)))
        if any(isinstance(each, _Where) for each in arguments):
            raise self._place.fail("expression.syntax", meta, reason="where 只能用在 count、sum 等汇总函数中")
        return self._make(meta, function, arguments)

    def _total(self, meta: Meta, function: str, arguments: list[Any]) -> Node:
        conditions = [each.condition for each in arguments if isinstance(each, _Where)]
        values = [each for each in arguments if not isinstance(each, _Where)]
        if len(values) > 1:
            raise self._place.fail("expression.type", meta, reason=f"{function} 只需要一个字段")
        try:
            return total(function, values[0] if values else None, conditions[0] if conditions else None)
        except Mistyped as error:
            raise self._place.fail("expression.type", meta, reason=error.reason) from None


@dataclass(frozen=True)
class _Where:
    condition: Node


def milliseconds(moment: datetime) -> datetime:
    """The moment in UTC, cut to milliseconds as the warehouse keeps it."""
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _inside(token: str) -> str:
    return token[token.index("'") + 1 : -1].strip()


def _unquoted(token: str) -> str:
    return token[1:-1].replace("''", "'")


def _near(name: str, known: Any) -> str:
    close = get_close_matches(name, list(known), 3, 0.6)
    return f"是否想用：{'、'.join(close)}" if close else "请在可用名称列表中查找"
