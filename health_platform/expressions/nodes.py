"""The typed tree of an expression: small, frozen, comparable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What a value is. Codes are TEXT; an empty TEXT is unknown, as everywhere in the platform.

    A NUMBER is an exact decimal of up to 19 integer digits and six places (a field with more places is cut);
    a DAY lies between 1900-01-01 and 2299-12-31; an INSTANT is an aware moment with milliseconds,
    from 1900-01-01 in UTC to the end of 2299-12-31 in Beijing.
    """

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DAY = "day"
    INSTANT = "instant"

    @property
    def label(self) -> str:
        """Chinese name."""
        return _LABELS[self]


_LABELS = {Kind.TEXT: "文本", Kind.NUMBER: "数值", Kind.BOOLEAN: "是否", Kind.DAY: "日期", Kind.INSTANT: "时间"}

Value = None | bool | Decimal | str | date | datetime


@dataclass(frozen=True)
class Literal:
    """A written value; ``None`` is the unknown of its kind."""

    value: Value
    kind: Kind


@dataclass(frozen=True)
class Field:
    """A field of the row."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Parameter:
    """A value the caller gives (``:name``)."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Call:
    """A function or operator applied to arguments; ``function`` names an entry of ``functions.FUNCTIONS``."""

    function: str
    arguments: tuple[Node, ...]
    kind: Kind


@dataclass(frozen=True)
class Total:
    """A figure over many rows: count, sum, avg, min, max or distinct of ``argument`` over the rows where ``where`` holds."""

    function: str
    argument: Node | None
    where: Node | None
    kind: Kind


Node = Literal | Field | Parameter | Call | Total


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Total):
        return tuple(child for child in (node.argument, node.where) if child is not None)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all nodes below it."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(children(current))


def names(node: Node) -> frozenset[str]:
    """The fields the expression reads."""
    return frozenset(each.name for each in walk(node) if isinstance(each, Field))


def parameters(node: Node) -> frozenset[str]:
    """The parameters the caller has to give."""
    return frozenset(each.name for each in walk(node) if isinstance(each, Parameter))


def kind(node: Node) -> Kind:
    """What the expression yields."""
    return node.kind


def depth(node: Node) -> int:
    """Levels of the tree; a single value has one."""
    level, current = 0, [node]
    while current:
        level += 1
        current = [child for each in current for child in children(each)]
    return level
