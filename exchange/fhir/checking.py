"""Reading JSON strictly and checking resources; every problem names its element."""

import json
import re
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final

import msgspec

from exchange.fhir.outcome import FhirRefused, Issue, invalid
from exchange.fhir.structures import (
    READABLE,
    Complex,
    ModelClass,
    choices,
    elements,
    model_of,
    resource_types,
    structure,
)

Resource = dict[str, Any]

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_ERROR: Final = re.compile(r"(?P<problem>.*?)(?: - at (?:key in )?`\$(?P<path>.*)`)?", re.DOTALL)
_UNMATCHED: Final = {f"Expected `str` matching regex {pattern!r}": words for pattern, words in READABLE.items()}
MAX_DEPTH: Final = 64
_LARGEST_EXPONENT: Final = 300
"""Clients read numbers as binary floating point, where a larger one is infinite and a smaller one nothing."""


class _Repeated(ValueError):
    """An object names a member twice, so two readers may see two different values."""


def _members(pairs: list[tuple[str, Any]]) -> Resource:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Repeated(next(name for name in names if names.count(name) > 1))
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:  # an exponent of more than 18 digits
        raise ValueError(f"the number {text[:20]} is out of range") from None
    if value and abs(value.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError(f"the number {text[:20]} is out of range")
    return value


def parse(raw: bytes) -> Resource:
    """Read a JSON object; decimals keep their precision.

    Raises:
        FhirRefused: 400, not UTF-8, not JSON, a repeated member, or nested deeper than 64 levels.
    """
    try:
        text = raw.decode("utf-8-sig")
        found = json.loads(text, object_pairs_hook=_members, parse_float=_decimal, parse_constant=_no_constant)
        _refuse_deep(raw)
        if _ODD_ESCAPES.search(raw):
            _refuse_odd_characters(found)
    except UnicodeDecodeError as error:
        raise invalid(f"the body is not UTF-8 (byte {error.start})", code="structure") from error
    except _Repeated as error:
        raise invalid(f"member {str(error)!r} is given twice in one object", code="structure") from error
    except RecursionError as error:
        raise invalid("the body is nested too deeply", code="too-costly") from error
    except ValueError as error:
        raise invalid(f"the body is not JSON: {error}", code="structure") from error
    if not isinstance(found, dict):
        raise invalid("the body must be one JSON object", code="structure")
    return found


def _refuse_odd_characters(content: Any) -> None:
    """R4 strings hold no control characters but tab and line ends, and half a surrogate pair is no character."""
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str) and _ODD.search(one):
            raise invalid("a text holds a control character or half a surrogate pair", code="structure")


_ODD_ESCAPES: Final = re.compile(rb"\\(?:u00[01]|u[dD][89a-fA-F]|b|f)")
_ODD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def _refuse_deep(raw: bytes) -> None:
    """Take innermost bracket pairs away, level by level; only texts with brackets inside strings need the slow count."""
    brackets = raw.translate(None, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not brackets:
            return
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    if brackets and _deepest(raw) > MAX_DEPTH:
        raise invalid(f"the body is nested deeper than {MAX_DEPTH} levels", code="too-costly")


def _deepest(raw: bytes) -> int:
    depth = deepest = 0
    for mark in _BRACKETS.findall(raw):
        depth += 1 if mark in b"{[" else -1 if mark in b"}]" else 0
        deepest = max(deepest, depth)
    return deepest


_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"{}[]"))
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]')


def dump(content: Resource) -> bytes:
    """JSON bytes of a resource; a decimal is written as it was read."""
    return _ENCODER.encode(content)


def check(resource: Any, where: str = "") -> Resource:
    """Check one resource against its R4 structure.

    Args:
        where: FHIRPath of the resource in its bundle, put before the path of a problem.

    Raises:
        FhirRefused: 400 for unknown types and structural faults.
    """
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(resource, dict) or not isinstance(kind, str) or kind not in resource_types():
        problem = "resourceType is missing" if kind is None else f"{str(kind)[:64]!r} is not an R4 resource type"
        raise invalid(problem, f"{where}.resourceType".lstrip("."), "structure")
    try:
        msgspec.convert(resource, structure(kind))
    except msgspec.ValidationError as error:
        raise _translated(error, where or kind) from None
    except RecursionError:
        raise invalid("nested too deeply", where or kind, "too-costly") from None
    _check_choices(resource, model_of(kind), where or kind)
    for index, contained in enumerate(resource.get("contained", ())):
        check(contained, f"{where or kind}.contained[{index}]")
    return resource


def _translated(error: msgspec.ValidationError, where: str) -> FhirRefused:
    match = _ERROR.fullmatch(str(error))
    path = (match["path"] or "").replace("[...]", "") if match else ""
    problem = match["problem"] if match else str(error)
    problem = _UNMATCHED.get(problem, problem)
    code = "required" if "missing required" in problem else "code-invalid" if "enum value" in problem else "structure"
    return invalid(problem, f"{where}{path}", code)


def _check_choices(content: Resource, model: ModelClass, where: str) -> None:
    for name, members, needed in choices(model):
        given = members & content.keys()
        if len(given) > 1:
            raise FhirRefused(400, Issue("structure", f"only one of {sorted(given)} may be given", f"{where}.{name}[x]"))
        if needed and not given and not any(f"_{member}" in content for member in members):
            raise FhirRefused(400, Issue("required", f"one of {name}[x] is required", f"{where}.{name}[x]"))
    for name, child, many in _descents(model):
        value = content.get(name)
        if value is None:
            continue
        for index, item in enumerate(value if many else (value,)):
            _check_choices(item, child, f"{where}.{name}[{index}]" if many else f"{where}.{name}")


@cache
def _descents(model: ModelClass) -> tuple[tuple[str, ModelClass, bool], ...]:
    """Backbone elements (their own module's classes); choices in data types are left to the structure check."""
    return tuple(
        (rule.name, rule.kind, rule.many)
        for rule in elements(model)
        if issubclass(rule.kind, Complex) and rule.kind.__module__ == model.__module__
    )
