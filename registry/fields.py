"""Schema fields the registries share: division codes, and lists that a form sends as lines of text."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from marshmallow import ValidationError, fields, validate

from health_platform.kernel.http import FileField, Schema
from registry.divisions.codes import holds, pad


class DivisionField(fields.String):
    """A division code of 2 to 12 digits, taken as twelve."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        code = pad(super()._deserialize(value, attr, data, **kwargs) or "")
        if not holds(code):
            raise ValidationError("不是有效的行政区划代码")
        return code


class NumberText(fields.String):
    """An official number as people type it: blanks go, full-width characters and small letters become the usual ones."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        typed = super()._deserialize(value, attr, data, **kwargs) or ""
        return "".join(unicodedata.normalize("NFKC", typed).split()).upper()


class Lines(fields.Field[list[Any]]):
    """A list of objects, or lines of words from a text area.

    ``names`` says what the words of a line are; ``make`` turns the values of one entry, by name, into an object.
    """

    def __init__(self, names: Sequence[str], make: Callable[[dict[str, str]], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = names
        self.make = make

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        entries = value.splitlines() if isinstance(value, str) else value
        if not isinstance(entries, list):
            raise ValidationError("应为列表")
        try:
            return [self.make(self._named(entry)) for entry in entries if entry]
        except (TypeError, KeyError, AttributeError) as error:
            raise ValidationError("有一行不完整") from error

    def _named(self, entry: Any) -> dict[str, str]:
        if isinstance(entry, dict):
            return {str(name): str(value) for name, value in entry.items() if value is not None}
        words = str(entry).replace(",", " ").split()
        return dict(zip(self.names, words, strict=False))


class FileIn(Schema):
    """A file to import."""

    file = FileField(required=True, metadata={"label": "文件", "kind": "file", "hint": "XLSX 或 CSV"})


class SheetIn(FileIn):
    """A file to import row by row; ``apply`` false only tells what it would do."""

    apply = fields.Boolean(load_default=True, metadata={"label": "立即导入"})


class RowEffectOut(Schema):
    """What a row does: ``what`` is added, changed or same."""

    row = fields.Integer()
    what = fields.String()
    name = fields.String()
    text = fields.String()


class ImportOut(Schema):
    """What an import did, or (``applied`` false) would do."""

    applied = fields.Boolean()
    added = fields.Integer()
    changed = fields.Integer()
    same = fields.Integer()
    effects = fields.List(fields.Nested(RowEffectOut))
    findings = fields.List(fields.Dict())


class NoteIn(Schema):
    """A remark to a decision."""

    note = fields.String(load_default="", validate=validate.Length(max=500), metadata={"label": "意见", "wide": True})


class DayIn(Schema):
    """The day from which something holds."""

    day = fields.Date(required=True, metadata={"label": "生效日期"})


def label(text: str, **more: Any) -> dict[str, Any]:
    """Metadata of a field with its Chinese label."""
    return {"label": text, **more}
