"""The OpenAPI document: made when it is first asked for, with what marshmallow does not know of fields."""

from __future__ import annotations

from threading import Lock
from typing import Any

import flask_smorest
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow.fields import Field

from health_platform.kernel.http import IdField

ANSWER = "Out"
"""Schemas of answers end their names so; what they hold may always be missing, whatever a request would have to say."""


class DescribedLater(flask_smorest.Api):
    """Routes are registered at once and described at the first request for the document: most processes never are asked,
    and describing took as long as everything else of their start."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._waiting: list[flask_smorest.Blueprint] = []
        self._lock = Lock()
        super().__init__(*args, **options)

    def register_blueprint(self, blp: flask_smorest.Blueprint, **options: Any) -> None:
        """Register the routes of a blueprint; ``options`` are Flask's."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp, **options)
        self._waiting.append(blp)

    def document(self) -> dict[str, Any]:
        """The whole document as a dictionary."""
        with self._lock:
            while self._waiting:
                blueprint = self._waiting[0]
                blueprint.register_views_in_doc(self, self._app, self.spec, name=blueprint.name, parameters=None)
                self.spec.tag({"name": blueprint.name, "description": blueprint.description})
                del self._waiting[0]  # only now: one that cannot be described is never left out in silence
            return dict(self.spec.to_dict())


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
