"""A text in a body of the JSON API."""

from __future__ import annotations

from marshmallow import fields, validate


def text(label: str, length: int = 80, required: bool = False) -> fields.String:
    """A text of at most ``length`` characters; empty where it is left out and not ``required``."""
    bounds = validate.Length(min=1 if required else 0, max=length)
    if required:
        return fields.String(required=True, validate=bounds, metadata={"label": label})
    return fields.String(load_default="", validate=bounds, metadata={"label": label})
