"""Forms that are posted as a page: checked by their schema, shown again with what is wrong."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema

from health_platform.kernel import parsing
from health_platform.kernel.errors import Invalid


def posted(schema: type[Schema]) -> dict[str, Any]:
    """The checked content of the posted form.

    Raises:
        Invalid: with one finding per faulty field.
    """
    values = parsing.lists(request.form, schema)
    values.pop("csrf_token", None)
    loaded: dict[str, Any] = parsing.load(schema(), values, "form")
    return loaded


def faults(error: Exception) -> dict[str, str]:
    """What is wrong, by field, for the form macros; empty when the fault belongs to no field."""
    facts = getattr(error, "facts", {})
    findings = facts.get("findings", ()) if isinstance(error, Invalid) else ()
    return {str(one["field"]).split(".")[0]: str(one["problem"]) for one in findings}
