"""What a function of the language is. Each is defined once: types, meaning in memory, ClickHouse form, words.

``FUNCTIONS`` in :mod:`.vocabulary` lists all of them. The two meanings must agree on every row; ``tests/expressions``
compares them on generated expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from health_platform.expressions.nodes import Call, Kind, Literal, Node, Parameter
from health_platform.expressions.problems import Mistyped

Resolve = Callable[[Sequence[Node]], Kind]


@dataclass(frozen=True)
class Term:
    """Compiled ClickHouse text of a value.

    ``width`` is 128 or 256 for a decimal of six places in so many bits, 0 for an integer or a column as it lies there;
    ``digits`` bounds the integer digits of a number. ``blank`` says that an unknown text stands as '' and not as NULL;
    ``written`` is the value when it stands in the expression itself.
    """

    text: str
    kind: Kind
    digits: int = 1
    width: int = 0
    blank: bool = False
    written: object = None


class Emitter(Protocol):
    """What a function needs of the compiler to write itself."""

    def bind(self, value: object) -> str:
        """Hand a value over as parameter; the placeholder."""

    def wide(self, term: Term, width: int) -> str:
        """The number as nullable decimal of so many bits."""


Emit = Callable[[Emitter, Call, Sequence[Term]], str | Term]


@dataclass(frozen=True)
class Function:
    """One function or operator.

    Attributes:
        name: as written; operators have their sign.
        usage, meaning: for the people who write expressions, e.g. ``length(文本)`` and 文本的字数.
        resolve: result kind of these arguments; raises ``Mistyped`` with the way out.
        compute: the meaning in memory. Without ``lazy`` it is never called with an unknown argument: the result is unknown.
        emit: ClickHouse form: a template of the argument texts, or a function of the compiler.
        words: Chinese sentence with ``{0}``, ``{1}``.
        lazy: gives an answer although an argument is unknown.
        partial: may be unknown although all arguments are known, as a division.
    """

    name: str
    usage: str
    meaning: str
    resolve: Resolve
    compute: Callable[..., Any]
    emit: str | Emit
    words: str = ""
    lazy: bool = False
    partial: bool = False


def takes(*kinds: Kind | tuple[Kind, ...], gives: Kind) -> Resolve:
    """Exactly these kinds of arguments."""

    def resolve(arguments: Sequence[Node]) -> Kind:
        if len(arguments) != len(kinds):
            raise Mistyped(f"需要 {len(kinds)} 个参数，给出了 {len(arguments)} 个")
        for number, (argument, wanted) in enumerate(zip(arguments, kinds, strict=True), 1):
            expect(argument, wanted, f"第 {number} 个参数")
        return gives

    return resolve


def expect(argument: Node, wanted: Kind | tuple[Kind, ...], place: str) -> None:
    """Raise ``Mistyped`` unless the argument is of a wanted kind."""
    allowed = wanted if isinstance(wanted, tuple) else (wanted,)
    if argument.kind not in allowed:
        named = "或".join(each.label for each in allowed)
        raise Mistyped(f"{place}应为{named}，实际为{argument.kind.label}{_way_out(argument.kind, allowed)}")


def _way_out(given: Kind, allowed: tuple[Kind, ...]) -> str:
    if {given, *allowed} == {Kind.INSTANT, Kind.DAY}:
        return "；时间取日期请用 day_of(…)"
    if given is Kind.TEXT and Kind.NUMBER in allowed:
        return "；文本转数值请用 number(…)，数字不加引号"
    if given is Kind.TEXT and Kind.DAY in allowed:
        return "；日期写作 date '2026-01-31'"
    if given is Kind.NUMBER and Kind.TEXT in allowed:
        return "；文本请加单引号，如 '01'"
    return ""


def same_kind(arguments: Sequence[Node], least: int) -> Kind:
    """The one kind all arguments share."""
    if len(arguments) < least:
        raise Mistyped(f"至少需要 {least} 个参数")
    for argument in arguments[1:]:
        expect(argument, arguments[0].kind, "各项")
    return arguments[0].kind


def fixed(argument: Node, place: str) -> None:
    """Raise ``Mistyped`` unless the argument is written out or a parameter."""
    if not isinstance(argument, Literal | Parameter):
        raise Mistyped(f"{place}应为直接写出的值")
