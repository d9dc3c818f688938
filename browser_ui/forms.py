"""Form fields for templates, described by hand or derived from a marshmallow schema.

The schema that checks a request is also the form that asks for it, so label, length, choices and "required" are said
once. Metadata keys understood: ``label``, ``hint``, ``kind`` (overrides the derived one), ``wide``, ``autocomplete``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import Schema, fields, validate


@dataclass(frozen=True)
class Choice:
    """One entry of a select, radio or checkbox group; entries of one ``group`` stand together under its heading."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True)
class FormField:
    """One input of a form.

    ``kind`` is one of text, password, textarea, number, date, datetime-local, select, radio, checks, checkbox, file,
    hidden, email, tel, color, lookup. A lookup finds an institution by name at the address ``lookup`` and sends its id;
    ``choices`` then name the one that stands there. Its page loads ``js/units.js``.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    choices: tuple[Choice, ...] = ()
    hint: str = ""
    max_length: int | None = None
    minimum: str = ""
    maximum: str = ""
    step: str = ""
    wide: bool = False
    autocomplete: str = "off"
    accept: str = ""
    key: str = ""
    lookup: str = ""

    @property
    def id(self) -> str:
        """The element id; ``key`` tells apart the same field in several forms of one page."""
        return f"f-{self.key or self.name}"


def choices(pairs: Mapping[Any, str] | Iterable[tuple[Any, str]]) -> tuple[Choice, ...]:
    """Choices from a mapping or from pairs of (value, label)."""
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    return tuple(Choice(str(value), label) for value, label in items)


def form_of(schema: Schema | type[Schema], **changes: Mapping[str, Any]) -> tuple[FormField, ...]:
    """The form fields of a schema, in its order; dump-only fields are left out.

    ``changes`` overrides attributes of single fields, e.g. ``form_of(UserIn, role={"choices": choices(roles)})``.
    """
    instance = schema() if isinstance(schema, type) else schema
    described = (_describe(name, item) for name, item in instance.fields.items() if not item.dump_only)
    return tuple(replace(item, **changes.get(item.name, {})) for item in described)


def keyed(described: Iterable[FormField], key: str) -> tuple[FormField, ...]:
    """The same fields with element ids of their own, for a form that stands on a page several times."""
    return tuple(replace(item, key=f"{key}-{item.name}") for item in described)


def _describe(name: str, item: fields.Field[Any]) -> FormField:
    about = item.metadata
    options = _choices_of(item)
    return FormField(
        name=item.data_key or name,
        label=about.get("label", name),
        kind=about.get("kind") or _kind_of(item, options),
        required=item.required,
        choices=options,
        hint=about.get("hint") or about.get("description", ""),
        max_length=_longest(item),
        step="any" if isinstance(item, fields.Float | fields.Decimal) else "",
        wide=bool(about.get("wide")),
        autocomplete=about.get("autocomplete", "off"),
        **_bounds(item),
    )


def _kind_of(item: fields.Field[Any], options: tuple[Choice, ...]) -> str:
    if isinstance(item, fields.List):
        return "checks" if options else "textarea"
    if options:
        return "select"
    for kind, types in _KINDS:
        if isinstance(item, types):
            return kind
    return "textarea" if (_longest(item) or 0) > 200 else "text"


_KINDS: tuple[tuple[str, tuple[type[Any], ...]], ...] = (
    ("checkbox", (fields.Boolean,)),
    ("datetime-local", (fields.DateTime,)),
    ("date", (fields.Date,)),
    ("number", (fields.Float, fields.Decimal)),
    ("email", (fields.Email,)),
)


def _validators(item: fields.Field[Any]) -> list[Any]:
    inner = item.inner.validators if isinstance(item, fields.List) else []
    return [*item.validators, *inner]


def _choices_of(item: fields.Field[Any]) -> tuple[Choice, ...]:
    for rule in _validators(item):
        if isinstance(rule, validate.OneOf | validate.ContainsOnly):
            labels = list(rule.labels) or [str(value) for value in rule.choices]
            return choices(zip(rule.choices, labels, strict=False))
    return ()


def _longest(item: fields.Field[Any]) -> int | None:
    lengths = [rule.max or rule.equal for rule in _validators(item) if isinstance(rule, validate.Length)]
    return next((length for length in lengths if length), None)


def _bounds(item: fields.Field[Any]) -> dict[str, str]:
    for rule in item.validators:
        if isinstance(rule, validate.Range):
            return {
                "minimum": "" if rule.min is None else str(rule.min),
                "maximum": "" if rule.max is None else str(rule.max),
            }
    return {}
