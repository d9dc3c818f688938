"""Values of OBX-5, which mean different things by the type in OBX-2."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from exchange.hl7v2.delimiters import Delimiters
from exchange.hl7v2.grouping import Group
from exchange.hl7v2.message import NULL, Segment

_CODED: Final = frozenset({"CE", "CWE", "CNE", "CF", "IS", "ID"})
_ATTACHED: Final = frozenset({"ED", "RP"})
_RANGE: Final = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:-|~|–|—|to)\s*(-?\d+(?:\.\d+)?)\s*(?:[^\d\s].*)?")
_QUANTITY_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class Quantity:
    """The result as a number or a short text."""

    field: str

    def within(self, group: Group, segments: Sequence[Segment]) -> list[str | None]:
        """See ``Column.within``."""
        return [_result(segment).quantity for segment in segments]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result in words: the name of a coded value, or a text too long for a quantity."""

    field: str

    def within(self, group: Group, segments: Sequence[Segment]) -> list[str | None]:
        """See ``Column.within``."""
        return [_result(segment).finding for segment in segments]


@dataclass(frozen=True, slots=True)
class ResultCode:
    """The code of a coded value."""

    field: str

    def within(self, group: Group, segments: Sequence[Segment]) -> list[str | None]:
        """See ``Column.within``."""
        return [_result(segment).code for segment in segments]


class _Result(NamedTuple):
    """What OBX-5 says, by its type: a quantity, or words and perhaps their code."""

    quantity: str | None = None
    finding: str | None = None
    code: str | None = None


def _result(segment: Segment) -> _Result:
    return _read(segment.raw(2), segment.raw(5), segment.marks, segment.codec)


@lru_cache(maxsize=4096)
def _read(kind: str, content: str, marks: Delimiters, codec: str) -> _Result:
    segment = Segment("OBX", ["OBX", "", kind, "", "", content], marks, codec)
    kind = segment.text(2)
    if kind in _ATTACHED:
        return _Result()
    if kind in _CODED:
        named = "\n".join(filter(None, (_named(segment, one) for one in segment.repetitions(5))))
        return _Result(finding=named or None, code=segment.text(5) or None)
    text = _written(segment, kind)
    if len(text) > _QUANTITY_LENGTH:
        return _Result(finding=text)
    return _Result(quantity=text or None)


def lower_limit(text: str) -> str:
    """The lower end of a reference range; empty when it is no range of numbers."""
    match = _RANGE.fullmatch(text)
    return match[1] if match else ""


def upper_limit(text: str) -> str:
    """The upper end of a reference range; empty when it is no range of numbers."""
    match = _RANGE.fullmatch(text)
    return match[2] if match else ""


def _written(segment: Segment, kind: str) -> str:
    if kind == "SN":
        return "".join(segment.text(5, component) for component in range(1, 5))
    content = segment.raw(5)
    text = content if content.isalnum() else segment.whole(5)
    return "" if text == NULL else text.strip()


def _named(segment: Segment, repetition: str) -> str:
    return next((text for component in (2, 9, 5, 1) if (text := segment.part(repetition, component))), "")
