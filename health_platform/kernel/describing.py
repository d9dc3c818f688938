"""What the OpenAPI document says of fields beyond what marshmallow knows, so that it describes what is really answered."""

from __future__ import annotations

from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow.fields import Field

from health_platform.kernel.http import IdField

ANSWER = "Out"
"""Schemas of answers end their names so; what they hold may always be missing, whatever a request would have to say."""


def describe_answers(plugin: MarshmallowPlugin) -> None:
    """Teach a plugin that is in use numbers that travel as text, and values of an answer that may be null."""
    converter: Any = plugin.converter
    converter.add_attribute_function(_number_as_text)
    converter.add_attribute_function(_null_in_answers)


def _number_as_text(converter: OpenAPIConverter, field: Field[Any], *, ret: dict[str, Any]) -> dict[str, Any]:
    if not getattr(field, "as_string", False):
        return {}
    nullable = isinstance(ret.get("type"), list)
    pattern = "^-?[0-9]+$" if isinstance(field, IdField) else r"^-?[0-9]+(\.[0-9]+)?$"
    return {"type": ["string", "null"] if nullable else "string", "pattern": pattern}


def _null_in_answers(converter: OpenAPIConverter, field: Field[Any], *, ret: dict[str, Any]) -> dict[str, Any]:
    answered = type(field.parent).__name__.endswith(ANSWER)
    if not answered or not isinstance(ret.get("type"), str):
        return {}
    said = {"type": [ret["type"], "null"]}
    return {**said, "enum": [*ret["enum"], None]} if "enum" in ret and None not in ret["enum"] else said
