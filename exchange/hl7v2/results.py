"""Values of OBX-5, which mean different things by the type in OBX-2."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from exchange.hl7v2.grouping import Group
from exchange.hl7v2.message import NULL, Segment

_CODED: Final = frozenset({"CE", "CWE", "CNE", "CF", "IS", "ID"})
_ATTACHED: Final = frozenset({"ED", "RP"})
_NO_QUANTITY: Final = _CODED | _ATTACHED
_RANGE: Final = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:-|~|–|—|to)\s*(-?\d+(?:\.\d+)?)\s*(?:[^\d\s].*)?")
_QUANTITY_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class Quantity:
    """The result as a number or a short text."""

    field: str

    def within(self, group: Group, name: str) -> Callable[[Segment], str | None]:
        """See ``Column.within``."""
        return self._value

    def _value(self, segment: Segment) -> str | None:
        if segment.text(2) in _NO_QUANTITY:
            return None
        text = _written(segment)
        return text if text and len(text) <= _QUANTITY_LENGTH else None


@dataclass(frozen=True, slots=True)
class Finding:
    """The result in words: the name of a coded value, or a text too long for a quantity."""

    field: str

    def within(self, group: Group, name: str) -> Callable[[Segment], str | None]:
        """See ``Column.within``."""
        return self._value

    def _value(self, segment: Segment) -> str | None:
        kind = segment.text(2)
        if kind in _ATTACHED:
            return None
        if kind in _CODED:
            return "\n".join(filter(None, (_named(segment, one) for one in segment.repetitions(5)))) or None
        text = _written(segment)
        return text if len(text) > _QUANTITY_LENGTH else None


@dataclass(frozen=True, slots=True)
class ResultCode:
    """The code of a coded value."""

    field: str

    def within(self, group: Group, name: str) -> Callable[[Segment], str | None]:
        """See ``Column.within``."""
        return self._value

    def _value(self, segment: Segment) -> str | None:
        return (segment.text(5) or None) if segment.text(2) in _CODED else None


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of the reference range in OBX-7, when it is a range of numbers."""

    field: str
    upper: bool

    def within(self, group: Group, name: str) -> Callable[[Segment], str | None]:
        """See ``Column.within``."""
        return self._value

    def _value(self, segment: Segment) -> str | None:
        limits = _limits(segment.text(7))
        return limits[self.upper] if limits else None


@lru_cache(maxsize=4096)
def _limits(text: str) -> tuple[str, str] | None:
    """Both ends of a written range; laboratories write the same few thousand again and again."""
    match = _RANGE.fullmatch(text)
    return (match[1], match[2]) if match else None


def _written(segment: Segment) -> str:
    if segment.text(2) == "SN":
        return "".join(segment.text(5, component) for component in range(1, 5))
    content = segment.raw(5)
    text = content if content.isalnum() else segment.whole(5)
    return "" if text == NULL else text.strip()


def _named(segment: Segment, repetition: str) -> str:
    return next((text for component in (2, 9, 5, 1) if (text := segment.part(repetition, component))), "")
