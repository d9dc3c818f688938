"""The same meaning as ClickHouse SQL. Every written value and parameter is bound; only column names are text."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from health_platform.expressions.evaluating import known
from health_platform.expressions.functions import Term
from health_platform.expressions.limits import FIELD_DIGITS, PLACES, ROW_DIGITS, digits
from health_platform.expressions.logic import CLICKHOUSE_TYPES
from health_platform.expressions.nodes import Call, Field, Kind, Literal, Node, Parameter, Total
from health_platform.expressions.numbers import quotient
from health_platform.expressions.vocabulary import FUNCTIONS, TODAY
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid

_NEGATED: Final = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_TEXT_TESTS: Final = frozenset(
    (*_NEGATED, "starts_with", "contains", "matches", "in", "between", "valid_id_number", "valid_credit_code")
)
_READ_BLANK: Final = frozenset(("length", "number"))
"""Functions that read '' as unknown by themselves."""
_DIGITS_128: Final = 38


@dataclass(frozen=True)
class Compiled:
    """A ClickHouse expression with its parameters, for ``Warehouse.execute``. Parameter names begin with the prefix."""

    sql: str
    parameters: dict[str, object]


def compile(
    node: Node,
    columns: Mapping[str, str],
    *,
    today: date | None = None,
    params: Mapping[str, object] | None = None,
    prefix: str = "x",
) -> Compiled:
    """The expression as SQL over ``columns`` (field → trusted SQL text of its column). NULL where the reference says unknown.

    Columns are String, integers or Decimal, UInt8 flags, Date32 and DateTime64(3), each Nullable or not. ``prefix`` keeps
    the parameters of several expressions in one statement apart.

    Raises:
        Invalid: ``expression.parameter``, a parameter is missing.
        KeyError: a field has no column.
    """
    writer = _Writer(columns, today or clock.today(), params or {}, prefix)
    return Compiled(writer.term(node).text, writer.values)


def condition(
    node: Node,
    columns: Mapping[str, str],
    *,
    today: date | None = None,
    params: Mapping[str, object] | None = None,
    prefix: str = "x",
) -> Compiled:
    """A boolean expression as plain 0 or 1: 1 where it is known to hold. Cheaper than ``compile`` in counts and filters."""
    writer = _Writer(columns, today or clock.today(), params or {}, prefix)
    return Compiled(writer.holds(node, True), writer.values)


def decided(
    node: Node,
    columns: Mapping[str, str],
    *,
    today: date | None = None,
    params: Mapping[str, object] | None = None,
    prefix: str = "x",
) -> Compiled:
    """1 where the expression has an answer, 0 where it is unknown; as ``compile`` and IS NOT NULL, but cheaper."""
    writer = _Writer(columns, today or clock.today(), params or {}, prefix)
    return Compiled(writer.decided(node), writer.values)


@dataclass
class _Writer:
    columns: Mapping[str, str]
    today: date
    parameters: Mapping[str, object]
    prefix: str
    values: dict[str, object] = field(default_factory=dict)

    # -- what functions need

    def bind(self, value: object) -> str:
        name = f"{self.prefix}{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def wide(self, term: Term, width: int) -> str:
        if term.width == width:
            return term.text
        return f"CAST({term.text} AS Nullable(Decimal({38 if width == 128 else 76}, {PLACES})))"

    # -- values, NULL when unknown

    def term(self, node: Node) -> Term:
        match node:
            case Literal():
                return self._written(node.value, node.kind)
            case Field():
                return self._column(node)
            case Parameter():
                if node.name not in self.parameters:
                    raise Invalid("expression.parameter", name=node.name)
                return self._written(known(self.parameters[node.name], node.kind), node.kind)
            case Call(function=function) if function == TODAY:
                return self._written(self.today, Kind.DAY)
            case Call():
                return self._call(node)
            case Total():
                return self._total(node)

    def _column(self, node: Field) -> Term:
        text = self.columns[node.name]
        if node.kind is Kind.TEXT:
            return Term(f"nullIf({text}, '')", Kind.TEXT)
        return Term(text, node.kind, FIELD_DIGITS if node.kind is Kind.NUMBER else 1)

    def _written(self, value: object, kind: Kind) -> Term:
        if value is None:
            return Term(f"CAST(NULL AS {CLICKHOUSE_TYPES[kind]})", kind, 1, 128 if kind is Kind.NUMBER else 0)
        match kind:
            case Kind.NUMBER:
                assert isinstance(value, Decimal)  # noqa: S101  # kinds are checked when the tree is built
                return self._number(value)
            case Kind.BOOLEAN:
                return Term(f"toUInt8({self.bind(int(bool(value)))})", kind)
            case Kind.DAY:
                return Term(f"toDate32({self.bind(str(value))})", kind)
            case Kind.INSTANT:
                assert isinstance(value, datetime)  # noqa: S101
                return Term(f"toDateTime64({self.bind(value.strftime('%Y-%m-%d %H:%M:%S.%f')[:-3])}, 3, 'UTC')", kind)
            case Kind.TEXT:
                return Term(self.bind(value), kind)

    def _number(self, value: Decimal) -> Term:
        text = f"toDecimal128({self.bind(format(value, 'f'))}, {PLACES})"
        return Term(text, Kind.NUMBER, digits(Literal(value, Kind.NUMBER)), 128, written=value)

    def _call(self, node: Call) -> Term:
        blank = node.function in _READ_BLANK and _made_of_columns(node.arguments[0])
        terms = [self._blank(each) if blank else self.term(each) for each in node.arguments]
        emit = FUNCTIONS[node.function].emit
        made = emit.format(*(term.text for term in terms)) if isinstance(emit, str) else emit(self, node, terms)
        return made if isinstance(made, Term) else Term(made, node.kind, digits(node))

    # -- conditions, 0 or 1

    def holds(self, node: Node, wanted: bool) -> str:
        """1 where the condition is known to be ``wanted``, else 0; never NULL."""
        if isinstance(node, Call):
            match node.function:
                case "not":
                    return self.holds(node.arguments[0], not wanted)
                case "and" | "or" as sign:
                    joined = " AND " if (sign == "and") is wanted else " OR "
                    return "(" + joined.join(self.holds(each, wanted) for each in node.arguments) + ")"
                case "is_null":
                    return self._absent(node.arguments[0], wanted)
                case name if name in _TEXT_TESTS and _plain_texts(node):
                    return self._text_test(node, wanted)
                case name if name in _NEGATED and not wanted:
                    return self.holds(Call(_NEGATED[name], node.arguments, Kind.BOOLEAN), True)
        text = self.term(node).text
        return f"ifNull({text}, 0)" if wanted else f"ifNull(NOT {text}, 0)"

    def _absent(self, argument: Node, wanted: bool) -> str:
        if isinstance(argument, Field) and argument.kind is Kind.TEXT:
            return f"(ifNull({self.columns[argument.name]}, '') {'=' if wanted else '!='} '')"
        return f"(({self.term(argument).text}) IS {'' if wanted else 'NOT '}NULL)"

    def _text_test(self, node: Call, wanted: bool) -> str:
        """A test of texts made of columns against written texts, without the detour over NULL."""
        terms = [self._blank(each) for each in node.arguments]
        filled = [f"({term.text} != '')" for term in terms if term.blank]
        emit = FUNCTIONS[node.function].emit
        test = emit.format(*(term.text for term in terms)) if isinstance(emit, str) else emit(self, node, terms)
        parts = [str(test) if wanted else f"(NOT {test})", *filled]
        if wanted and node.function in ("=", "in") and len(filled) == 1:
            parts = parts[:1]  # a written text is never empty, so equality to it says that the column is filled
        return "(" + " AND ".join(parts) + ")"

    def _blank(self, node: Node) -> Term:
        """A text of which :func:`_made_of_columns` holds, '' where it is unknown; or a written text."""
        match node:
            case Field():
                return Term(f"ifNull({self.columns[node.name]}, '')", Kind.TEXT, blank=True)
            case Call():
                term = self._blank(node.arguments[0])
                emit = FUNCTIONS[node.function].emit
                text = emit.format(term.text) if isinstance(emit, str) else emit(self, node, [term])
                return Term(str(text), Kind.TEXT, blank=True)
            case _:
                return self.term(node)

    # -- whether there is an answer at all, 0 or 1

    def decided(self, node: Node) -> str:
        """1 where the value is known, without computing it where that can be told from the fields."""
        match node:
            case Literal():
                return str(int(node.value is not None))
            case Field():
                return self._absent(node, False)
            case Call(function="not"):
                return self.decided(node.arguments[0])
            case Call(function="is_null" | "today"):
                return "1"
            case Call(function="and" | "or"):
                return self._joint(node)
            case Call(function="in" | "between") if all(_written(each) for each in node.arguments[1:]):
                return self.decided(node.arguments[0])
            case Call() if not (FUNCTIONS[node.function].lazy or FUNCTIONS[node.function].partial):
                return _all(self.decided(each) for each in node.arguments)
            case _ if _made_of_columns(node):
                return f"({self._blank(node).text} != '')"
            case _:
                return f"(({self.term(node).text}) IS NOT NULL)"

    def _joint(self, node: Call) -> str:
        """``and`` is known where all parts are, or one is false; ``or`` where all are, or one is true."""
        each_decided = [self.decided(each) for each in node.arguments]
        parts = _all(each_decided)
        if len(set(each_decided)) == 1:
            return parts
        settled = [self.holds(each, node.function == "or") for each in node.arguments]
        return f"({parts} OR {' OR '.join(settled)})"

    # -- totals

    def _total(self, node: Total) -> Term:
        where = self.holds(node.where, True) if node.where is not None else "1"
        if node.argument is None:
            return Term(f"toInt64(countIf({where}))", Kind.NUMBER, ROW_DIGITS)
        argument = self.term(node.argument)
        match node.function:
            case "distinct":
                return Term(f"toInt64(uniqExactIf({argument.text}, {where}))", Kind.NUMBER, ROW_DIGITS)
            case "min" | "max":
                text = f"{node.function}If(toNullable({argument.text}), {where})"
                return Term(text, node.kind, argument.digits, argument.width)
            case "sum":
                return self._sum(argument, where)
            case _:
                known_rows = Term(f"toInt64(countIf({where} AND ({argument.text}) IS NOT NULL))", Kind.NUMBER, ROW_DIGITS)
                return quotient(self, Call("/", (), Kind.NUMBER), [self._sum(argument, where), known_rows])

    def _sum(self, argument: Term, where: str) -> Term:
        total = argument.digits + ROW_DIGITS
        width = 128 if total + PLACES <= _DIGITS_128 and argument.width < 256 else 256
        text = f"coalesce(sumIf({self.wide(argument, width)}, {where}), toDecimal{width}(0, {PLACES}))"
        return Term(text, Kind.NUMBER, total, width)


def _all(conditions: Iterable[str]) -> str:
    """All of them, each once; "1" when there is nothing to ask."""
    asked = [each for each in dict.fromkeys(conditions) if each != "1"]
    return f"({' AND '.join(asked)})" if len(asked) > 1 else "".join(asked) or "1"


def _written(node: Node) -> bool:
    return isinstance(node, Literal) and node.value is not None


def _plain_texts(node: Call) -> bool:
    """True for texts made of columns beside written texts (a parameter may be unknown, so it does not count).

    ``between`` with a column as limit is not plain: it can be false although that column is unknown.
    """
    made = [_made_of_columns(each) for each in node.arguments]
    if node.function == "between" and made != [True, False, False]:
        return False
    written = (_written(each) for each in node.arguments)
    return any(made) and all(each.kind is Kind.TEXT for each in node.arguments) and all(map(operator.or_, made, written))


def _made_of_columns(node: Node) -> bool:
    """True for a text field, and what is cut out of one."""
    if isinstance(node, Call) and node.function in ("upper", "trim", "substring"):
        return _made_of_columns(node.arguments[0])
    return isinstance(node, Field) and node.kind is Kind.TEXT
