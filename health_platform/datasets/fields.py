"""Field types of the dataset definitions.

A field is a value that refuses to be built wrong; it knows how to read what a sender wrote (:meth:`Field.parse`), which
ClickHouse type stores it and how OpenAPI describes it. Missing values are ``""`` in text columns and ``None`` in all
others, so that an empty string and NULL are the same thing everywhere.
"""

from __future__ import annotations

import base64
import binascii
import decimal
import re
from dataclasses import KW_ONLY, dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final

from health_platform.datasets.errors import BadValue, DefinitionError
from health_platform.datasets.moments import parse_day, parse_instant
from health_platform.datasets.value_sets import VALUE_SETS

NARRATIVE_LIMIT: Final = 200_000
"""Characters a free-text field may hold."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_CODE_LIST = re.compile(r"[|,;，；、]+")
_TRUE = ("1", "true", "t", "y", "yes", "是", "有")
_FALSE = ("0", "false", "f", "n", "no", "否", "无")
FLAG_WORDS: Final[dict[str, int]] = dict.fromkeys(_TRUE, 1) | dict.fromkeys(_FALSE, 0)

FORMATS: Final[dict[str, str]] = {
    "resident_id": "GB 11643 公民身份号码",
    "uscc": "GB 32100 统一社会信用代码",
    "phone": "电话号码",
    "icd10": "ICD-10 编码",
    "number": "数值",
}
"""Named formats judged by the quality rules (a wrong one is reported, not refused)."""


class Sensitivity(StrEnum):
    """What a value tells about a person; decides masking and encryption."""

    PLAIN = "plain"
    NAME = "name"
    ID_NUMBER = "id_number"
    PHONE = "phone"
    ADDRESS = "address"
    NARRATIVE = "narrative"
    RESTRICTED = "restricted"


@dataclass(frozen=True)
class Field:
    """One field of a dataset.

    Attributes:
        name: code name, as in uploads and as ClickHouse column.
        label: Chinese name.
        required: a row without it is refused.
        expected: the standard asks for it; its absence costs completeness, but the row is kept.
        sensitivity: what the value tells about a person.
        element: data element of WS/T 363, e.g. ``DE02.01.040.00``.
        note: a remark for the reference.
    """

    name: str
    label: str
    _: KW_ONLY
    required: bool = False
    expected: bool = False
    sensitivity: Sensitivity = Sensitivity.PLAIN
    element: str = ""
    note: str = ""

    kind: ClassVar[str] = ""
    warehouse_type: ClassVar[str] = ""
    missing: ClassVar[object] = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise DefinitionError(f"{self.name!r} is no field name")
        if not self.label:
            raise DefinitionError(f"{self.name}: a field needs a Chinese name")

    def parse(self, raw: object) -> object:
        """Read one written value; missing gives :attr:`missing`.

        Raises:
            BadValue: the value breaks the definition.
        """
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            if self.required:
                raise BadValue("required", "必填项为空")
            return self.missing
        if isinstance(raw, dict | list):
            raise BadValue("type", "应为单个值，不应为对象或数组")
        return self.read(_clean(raw))

    def read(self, text: str) -> object:
        """Read a text that is known not to be blank."""
        raise NotImplementedError

    def column_type(self) -> str:
        """ClickHouse type of the column."""
        return self.warehouse_type

    def facts(self) -> dict[str, object]:
        """JSON Schema of a written value (OpenAPI 3)."""
        return {"type": "string"}


@dataclass(frozen=True)
class Text(Field):
    """Characters. ``max_length=None`` marks free text; ``pattern`` refuses, ``format`` is judged by quality rules."""

    _: KW_ONLY
    max_length: int | None = None
    pattern: str = ""
    format: str = ""

    kind: ClassVar[str] = "text"
    warehouse_type: ClassVar[str] = "String"
    missing: ClassVar[object] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_length is not None and not 0 < self.max_length <= NARRATIVE_LIMIT:
            raise DefinitionError(f"{self.name}: max_length {self.max_length} is out of range")
        if self.format and self.format not in FORMATS:
            raise DefinitionError(f"{self.name}: unknown format {self.format!r}")
        if self.pattern:
            _compile(self.name, self.pattern)

    @property
    def limit(self) -> int:
        """Longest permitted length in characters."""
        return self.max_length or NARRATIVE_LIMIT

    def read(self, text: str) -> str:
        if len(text) > self.limit:
            raise BadValue("max_length", f"长度 {len(text)} 超过 {self.limit}")
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise BadValue("pattern", f"不符合格式 {self.pattern}")
        return text

    def facts(self) -> dict[str, object]:
        facts: dict[str, object] = {"type": "string", "maxLength": self.limit}
        if self.pattern:
            facts["pattern"] = f"^(?:{self.pattern})$"
        return facts


@dataclass(frozen=True)
class Code(Field):
    """A code out of a value set; ``display`` names the field that repeats its name, ``many`` permits a list.

    Whether the code is in the set is asked when it is mapped, not here: local codes are legal in uploads.
    """

    _: KW_ONLY
    value_set: str
    max_length: int = 50
    display: str = ""
    many: bool = False

    kind: ClassVar[str] = "code"
    warehouse_type: ClassVar[str] = "LowCardinality(String)"
    missing: ClassVar[object] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.value_set not in VALUE_SETS:
            raise DefinitionError(f"{self.name}: unknown value set {self.value_set!r}")
        if not 0 < self.max_length <= NARRATIVE_LIMIT:
            raise DefinitionError(f"{self.name}: max_length {self.max_length} is out of range")

    @property
    def limit(self) -> int:
        """Longest permitted length in characters."""
        return self.max_length

    def read(self, text: str) -> str:
        if len(text) > self.max_length:
            raise BadValue("max_length", f"长度 {len(text)} 超过 {self.max_length}")
        return text

    def split(self, text: str) -> list[str]:
        """The single codes of a value (one, unless ``many``)."""
        if not text:
            return []
        return [part for part in _CODE_LIST.split(text) if part] if self.many else [text]

    def facts(self) -> dict[str, object]:
        return {"type": "string", "maxLength": self.max_length, "x-value-set": self.value_set}


@dataclass(frozen=True)
class Instant(Field):
    """A moment; stored in UTC with milliseconds. A text without zone is Beijing time. Parsed to epoch milliseconds.

    ``after`` names a field whose moment must not be later (a quality rule).
    """

    _: KW_ONLY
    after: str = ""

    kind: ClassVar[str] = "instant"
    warehouse_type: ClassVar[str] = "Nullable(DateTime64(3, 'UTC'))"

    def read(self, text: str) -> int:
        return parse_instant(text)

    def facts(self) -> dict[str, object]:
        return {"type": "string", "example": "2026-03-01 08:30:00"}


@dataclass(frozen=True)
class Day(Field):
    """A calendar day; the time of day of a longer text is dropped. ``after`` as in :class:`Instant`."""

    _: KW_ONLY
    after: str = ""

    kind: ClassVar[str] = "day"
    warehouse_type: ClassVar[str] = "Nullable(Date32)"

    def read(self, text: str) -> date:
        return parse_day(text)

    def facts(self) -> dict[str, object]:
        return {"type": "string", "example": "2026-03-01"}


@dataclass(frozen=True)
class Integer(Field):
    """A whole number between ``minimum`` and ``maximum``, in ``unit``."""

    _: KW_ONLY
    minimum: int = 0
    maximum: int = 2**31 - 1
    unit: str = ""

    kind: ClassVar[str] = "integer"
    warehouse_type: ClassVar[str] = "Nullable(Int64)"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.minimum > self.maximum:
            raise DefinitionError(f"{self.name}: minimum is above maximum")

    def read(self, text: str) -> int:
        if len(text) > 20 or not re.fullmatch(r"[+-]?[0-9]+(\.0+)?", text):
            raise BadValue("type", "应为整数")
        value = int(text.split(".")[0])
        if not self.minimum <= value <= self.maximum:
            raise BadValue("range", f"应在 {self.minimum} 至 {self.maximum} 之间")
        return value

    def facts(self) -> dict[str, object]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True)
class Decimal(Field):
    """A decimal number with ``scale`` places, between ``minimum`` and ``maximum``, in ``unit``.

    More places than the field has are rounded half up; :meth:`shortened` says of which values, so that whoever loads them
    can keep what was written. A number of which nothing would be left is refused.
    """

    _: KW_ONLY
    scale: int = 4
    minimum: int | float = -(10**13)
    maximum: int | float = 10**13
    unit: str = ""

    kind: ClassVar[str] = "decimal"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.scale <= 4:
            raise DefinitionError(f"{self.name}: scale must be 1 to 4")
        if self.minimum > self.maximum:
            raise DefinitionError(f"{self.name}: minimum is above maximum")

    def read(self, text: str) -> decimal.Decimal:
        if len(text) > 40 or not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?", text):
            raise BadValue("type", "应为数值")
        value = decimal.Decimal(text)
        if not self.minimum <= value <= self.maximum:
            raise BadValue("range", f"应在 {self.minimum} 至 {self.maximum} 之间")
        kept = value.quantize(decimal.Decimal(1).scaleb(-self.scale), rounding=decimal.ROUND_HALF_UP)
        if value and not kept:
            raise BadValue("places", f"数值过小，保留 {self.scale} 位小数后为 0")
        return kept

    def shortened(self, raw: object, parsed: decimal.Decimal) -> str:
        """The number as written when it has more places than are kept of it; "" when nothing was lost."""
        text = _clean(raw)
        return text if decimal.Decimal(text) != parsed else ""

    def column_type(self) -> str:
        return f"Nullable(Decimal(18, {self.scale}))"

    def facts(self) -> dict[str, object]:
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True)
class Flag(Field):
    """Yes or no; parsed to 1 or 0."""

    kind: ClassVar[str] = "flag"
    warehouse_type: ClassVar[str] = "Nullable(UInt8)"

    def read(self, text: str) -> int:
        try:
            return FLAG_WORDS[text.lower()]
        except KeyError:
            raise BadValue("type", "应为 0 或 1") from None

    def facts(self) -> dict[str, object]:
        return {"type": "string", "enum": ["0", "1"]}


@dataclass(frozen=True)
class Document(Field):
    """A file sent as base64; the document store keeps its bytes, the column its digest."""

    _: KW_ONLY
    max_bytes: int = 50 * 1024 * 1024

    kind: ClassVar[str] = "document"
    warehouse_type: ClassVar[str] = "String"
    missing: ClassVar[object] = ""

    def read(self, text: str) -> bytes:
        if len(text) > self.max_bytes * 4 // 3 + 8:
            raise BadValue("max_bytes", f"文件超过 {self.max_bytes} 字节")
        try:
            return base64.b64decode("".join(text.split()), validate=True)  # MIME encoders break lines
        except (binascii.Error, ValueError):
            raise BadValue("type", "应为 base64 编码的文件内容") from None

    def facts(self) -> dict[str, object]:
        return {"type": "string", "format": "byte"}


def _clean(raw: object) -> str:
    """Text of a single JSON value without surrounding blanks.

    Raises:
        BadValue: NUL or a lone surrogate, which no store can hold.
    """
    text = _written(raw).strip()
    if "\0" in text:
        raise BadValue("characters", "含有空字符")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadValue("characters", "含有非法字符") from None
    return text


def _written(raw: object) -> str:
    if raw is True or raw is False:
        return "1" if raw else "0"
    try:
        return str(raw)
    except ValueError:  # Python refuses to print integers of more than 4300 digits
        raise BadValue("type", "数值过长") from None


def _compile(name: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise DefinitionError(f"{name}: pattern {pattern!r} is wrong: {error}") from None
