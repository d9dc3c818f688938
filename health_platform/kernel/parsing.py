"""Reading request bodies: strict JSON, and faults that name the field, the value's problem and the rule."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import marshmallow
from werkzeug.datastructures import MultiDict

from health_platform.kernel import wording  # noqa: F401 - findings are told in Chinese
from health_platform.kernel.errors import Invalid

MAX_DEPTH = 64
LARGEST = 2**63 - 1
"""The largest whole number any of the databases can be asked for."""


def strict_json(body: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """Parse JSON, refusing what parsers disagree about: duplicate keys, NaN, deep nesting, huge numbers, bad UTF-8.

    Raises:
        Invalid: ``request.json`` with the reason.
    """
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Invalid("request.json", reason=str(error)[:200] or type(error).__name__) from error
    if _depth(value, max_depth) > max_depth:
        raise Invalid("request.json", reason=f"nested deeper than {max_depth}")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:20]} is out of range")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key {repeated!r} appears twice")
    return result


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _depth(value: Any, limit: int) -> int:
    level, depth = [value], 0
    while level and depth <= limit:
        level = [child for item in level for child in _children(item)]
        depth += 1
    return depth


def _children(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def whole(text: str) -> int | None:
    """The whole number written in ``text`` with plain digits, as ids and positions stand in addresses and forms.

    None when it is none or no column holds it: ``str.isdigit`` alone takes "²" and numbers that a database driver fails on.
    """
    if not text.isascii() or not text.isdigit() or len(text) > len(str(LARGEST)):
        return None
    number = int(text)
    return number if number <= LARGEST else None


def lists(values: MultiDict[str, Any], schema: type[marshmallow.Schema] | None) -> dict[str, Any]:
    """A query string or form as a plain dict: repeated names stay lists only where the schema wants a list."""
    fields = schema._declared_fields if schema else {}
    wanted = {(field.data_key or name) for name, field in fields.items() if isinstance(field, marshmallow.fields.List)}
    found = {key: values.getlist(key) if key in wanted else values.get(key) for key in values}
    return {key: value for key, value in found.items() if value != ""}


def load(schema: marshmallow.Schema, data: Any, where: str) -> Any:
    """Validate ``data`` and return what the schema makes of it.

    Raises:
        Invalid: ``request.invalid`` with one finding per fault: field path, problem.
    """
    try:
        found = schema.load(data)
    except marshmallow.ValidationError as error:
        findings = [{"field": path, "problem": text} for path, text in _flatten(error.messages)]
        raise Invalid("request.invalid", where=where, findings=findings) from error
    if oversized := [{"field": path, "problem": "数值过大"} for path in _oversized(found)]:
        raise Invalid("request.invalid", where=where, findings=oversized)
    return found


def _oversized(value: Any, path: str = "") -> Iterator[str]:
    """Paths of whole numbers that no database column holds; a driver would fail on them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _oversized(inner, f"{path}.{key}".strip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _oversized(inner, path)
    elif isinstance(value, int) and not -LARGEST <= value <= LARGEST:
        yield path


def _flatten(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _flatten(inner, f"{path}.{key}".strip("."))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flatten(inner, path)
    else:
        yield path, str(messages)
