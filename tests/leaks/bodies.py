"""A body that passes a schema, so that a call gets as far as looking for the rows it names."""

from __future__ import annotations

import random
from typing import Any

import marshmallow as ma
from marshmallow import fields


def body_for(schema: type[ma.Schema], ids: dict[str, list[Any]], chance: random.Random) -> dict[str, Any]:
    """Every required field and half of the others, filled by type; ``*_id`` fields with ids of the city."""
    found = {}
    for name, field in schema().load_fields.items():
        if field.required or chance.random() < 0.5:
            found[field.data_key or name] = _value(name, field, ids, chance)
    return found


def _value(name: str, field: fields.Field, ids: dict[str, list[Any]], chance: random.Random) -> Any:
    if allowed := _allowed(field):
        return chance.choice(allowed)
    if isinstance(field, fields.List):
        return [_value(name.removesuffix("s"), field.inner, ids, chance)]
    if isinstance(field, fields.Nested):
        one = body_for(field.schema.__class__, ids, chance)
        return [one] if field.many else one
    pool = ids.get(name) or (ids["id"] if name.endswith("_id") or name == "id" else None)
    if pool:
        return str(chance.choice(pool))
    return next((make for kind, make in _PLAIN.items() if isinstance(field, kind)), "测试")


def _allowed(field: fields.Field) -> list[Any]:
    rules = [*field.validators] if hasattr(field, "validators") else []
    return [
        choice for rule in rules if isinstance(rule, ma.validate.OneOf) for choice in rule.choices if choice not in ("", None)
    ]


_PLAIN: dict[type[fields.Field], Any] = {
    fields.Boolean: True,
    fields.Integer: 3,
    fields.Number: 3,
    fields.AwareDateTime: "2026-11-22T08:00:00+08:00",
    fields.DateTime: "2026-11-22T08:00:00+08:00",
    fields.Date: "2026-11-22",
    fields.Dict: {},
}
