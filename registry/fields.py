"""Schema fields the registries share: division codes, and lists that a form sends as lines of text."""

from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError, fields, validate

from health_platform.kernel.http import Schema
from registry.divisions.codes import holds, pad


class DivisionField(fields.String):
    """A division code of 2 to 12 digits, taken as twelve."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        code = pad(super()._deserialize(value, attr, data, **kwargs) or "")
        if not holds(code):
            raise ValidationError("不是有效的行政区划代码")
        return code


class Lines(fields.Field[list[Any]]):
    """A list of objects, or lines of words from a text area; ``parse`` makes one object of the words of a line."""

    def __init__(self, parse: Callable[[list[str]], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parse = parse

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, str):
            value = [line.replace(",", " ").split() for line in value.splitlines() if line.strip()]
        if not isinstance(value, list):
            raise ValidationError("应为列表")
        try:
            return [self.parse(item) if isinstance(item, list) else self.parse_object(item) for item in value]
        except (TypeError, ValueError, IndexError, KeyError) as error:
            raise ValidationError("有一行不完整") from error

    def parse_object(self, item: Any) -> Any:
        """An entry that is not a line of words: text is a line of one word, an object gives its values by name."""
        return self.parse([str(item)]) if not isinstance(item, dict) else self.parse(list(map(str, item.values())))


class FileIn(Schema):
    """A file to import; ``apply`` false only shows what it would change."""

    file = fields.Raw(required=True, metadata={"label": "文件", "kind": "file", "hint": "XLSX 或 CSV"})


class NoteIn(Schema):
    """A remark to a decision."""

    note = fields.String(load_default="", validate=validate.Length(max=500), metadata={"label": "意见", "wide": True})


class DayIn(Schema):
    """The day from which something holds."""

    day = fields.Date(required=True, metadata={"label": "生效日期"})


def label(text: str, **more: Any) -> dict[str, Any]:
    """Metadata of a field with its Chinese label."""
    return {"label": text, **more}
