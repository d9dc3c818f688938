"""API descriptions generated from the definitions: JSON Schema for OpenAPI, and marshmallow for forms and envelopes."""

from __future__ import annotations

from functools import cache
from typing import Any

from marshmallow import ValidationError, fields

from health_platform.datasets.errors import BadValue
from health_platform.datasets.fields import Field
from health_platform.datasets.model import Dataset, camel
from health_platform.kernel.http import Schema


def json_schema(dataset: Dataset, *, camel_case: bool = False) -> dict[str, Any]:
    """JSON Schema (OpenAPI 3) of one row; ``camel_case`` names the fields as the data API does."""
    rename = camel if camel_case else str
    return {
        "type": "object",
        "title": dataset.label,
        "description": dataset.note,
        "required": [rename(field.name) for field in dataset.fields if field.required],
        "properties": {rename(field.name): {**field.facts(), "title": field.label, **_note(field)} for field in dataset.fields},
        "additionalProperties": False,
    }


@cache
def row_schema(dataset: Dataset) -> type[Schema]:
    """A marshmallow schema of one row as people and forms write it; unknown fields are refused."""
    members: dict[str, Any] = {field.name: _Value(field) for field in dataset.fields}
    return type(f"{dataset.entity[:1].upper()}{dataset.entity[1:]}Row", (Schema,), members)


class _Value(fields.Field[Any]):
    """A marshmallow field that asks the dataset field, so that there is one meaning of a value."""

    def __init__(self, definition: Field) -> None:
        super().__init__(required=definition.required, allow_none=True, metadata={"title": definition.label})
        self.definition = definition

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            self.definition.parse(value)
        except BadValue as bad:
            raise ValidationError(str(bad)) from bad
        return value


def _note(field: Field) -> dict[str, str]:
    return {"description": field.note} if field.note else {}
