"""Reading whole columns of uploaded values quickly.

The meaning of a value is defined once, in ``Field.parse``. Each function here does the same for a list of values in a
few passes that run inside the interpreter's C code, and hands over to ``Field.parse`` as soon as one value is not
plain, so that the fast way can only ever agree with the slow one (a generated test compares them).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from health_platform.datasets.errors import BadValue
from health_platform.datasets.fields import FLAG_WORDS, Code, Day, Decimal, Field, Flag, Instant, Text
from health_platform.datasets.moments import parse_day, parse_instant

_PLAIN_TYPES = frozenset({str, type(None)})


@dataclass(frozen=True)
class Column:
    """Parsed values of one field, and the faults by row position (their values are the field's ``missing``).

    ``shortened``: by row position, numbers as written of which the field keeps fewer places.
    """

    values: list[Any]
    faults: dict[int, BadValue]
    shortened: dict[int, str] = field(default_factory=dict)


def parse_column(field: Field, raw: Sequence[Any]) -> Column:
    """Parse the values of one field in many rows."""
    if isinstance(field, Decimal):
        return _numbers(field, raw)
    if not _PLAIN_TYPES.issuperset(map(type, raw)):
        return _carefully(field, raw)
    fast = _FAST.get(type(field))
    if fast is None:
        return _carefully(field, raw)
    try:
        values = fast(field, raw)
    except (BadValue, KeyError, ValueError, OverflowError):
        return _carefully(field, raw)
    return _carefully(field, raw) if field.required and field.missing in values else Column(values, {})


def _carefully(field: Field, raw: Sequence[Any]) -> Column:
    values: list[Any] = []
    faults: dict[int, BadValue] = {}
    for position, value in enumerate(raw):
        try:
            values.append(field.parse(value))
        except BadValue as fault:
            values.append(field.missing)
            faults[position] = fault
    return Column(values, faults)


def _numbers(field: Decimal, raw: Sequence[Any]) -> Column:
    column = _carefully(field, raw)
    known = ((at, value) for at, value in enumerate(column.values) if value is not None)
    written = ((at, field.shortened(raw[at], value)) for at, value in known)
    return replace(column, shortened={at: text for at, text in written if text})


def _texts(field: Any, raw: Sequence[str | None]) -> list[str]:
    values = [value.strip() if value else "" for value in raw]
    if max(map(len, values), default=0) > field.limit:
        raise ValueError
    if getattr(field, "pattern", ""):
        raise ValueError
    joined = "".join(values)
    joined.encode()
    if "\0" in joined:
        raise ValueError
    return values


def _instants(field: Any, raw: Sequence[str | None]) -> list[int | None]:
    return [parse_instant(value.strip()) if value and not value.isspace() else None for value in raw]


def _days(field: Any, raw: Sequence[str | None]) -> list[Any]:
    return [parse_day(value.strip()) if value and not value.isspace() else None for value in raw]


def _flags(field: Any, raw: Sequence[str | None]) -> list[int | None]:
    return [FLAG_WORDS[value] if value else None for value in raw]


_FAST: dict[type[Field], Callable[[Any, Sequence[str | None]], list[Any]]] = {
    Text: _texts,
    Code: _texts,
    Instant: _instants,
    Day: _days,
    Flag: _flags,
}
