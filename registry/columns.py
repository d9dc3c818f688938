"""The columns of a register's file, from the schema of its entry: Chinese headings, and words for coded values."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from health_platform.kernel.sheets import Heading

_YES = {True: "是", False: "否"}


def headings_of(schema: type[Schema], *without: str) -> tuple[Heading, ...]:
    """A column for every field, in its order, but for those named."""
    named = _fields(schema).items()
    return tuple(
        Heading(name, item.metadata.get("label", name), bool(item.required)) for name, item in named if name not in without
    )


def read_words(schema: type[Schema], row: Mapping[str, str]) -> dict[str, Any]:
    """The filled cells of a row as the schema takes them: words become codes, what is no word stays for the schema to judge."""
    words = {name: {word: code for code, word in found.items()} for name, found in _words(schema).items()}
    return {name: words[name].get(cell, cell) if name in words else cell for name, cell in row.items() if cell}


def in_words(schema: type[Schema], entry: Any) -> dict[str, Any]:
    """The fields of an entry (an object or a mapping) as cells: codes become words."""
    words = _words(schema)
    values = {name: entry.get(name) if isinstance(entry, Mapping) else getattr(entry, name, None) for name in _fields(schema)}
    return {name: words[name].get(value, value) if name in words else value for name, value in values.items()}


def differences(schema: type[Schema], before: Any, after: Any) -> str:
    """What differs between two entries as ``label：before → after``, in words."""
    labels = {heading.key: heading.label for heading in headings_of(schema)}
    old, new = in_words(schema, before), in_words(schema, after)
    changed = [name for name in labels if (old[name] or None) != (new[name] or None)]
    return "；".join(f"{labels[name]}：{_cell(old[name])} → {_cell(new[name])}" for name in changed)


def _fields(schema: type[Schema]) -> dict[str, fields.Field[Any]]:
    """The fields by the names under which a request gives them."""
    return {item.data_key or name: item for name, item in schema().fields.items()}


def _cell(value: Any) -> str:
    return "（空）" if value in (None, "") else str(value)


def _words(schema: type[Schema]) -> dict[str, dict[Any, str]]:
    """Per coded field its codes with their words."""
    found = ((name, _words_of(item)) for name, item in _fields(schema).items())
    return {name: words for name, words in found if words}


def _words_of(item: Any) -> dict[Any, str]:
    if isinstance(item, fields.Boolean):
        return dict(_YES)
    for rule in item.validators:
        if isinstance(rule, validate.OneOf) and rule.labels:
            return {code: word for code, word in zip(rule.choices, rule.labels, strict=False) if code and word}
    return {}
