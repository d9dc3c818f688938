"""The questions of a form. A field refuses to be built wrong and knows how to read what was written into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from health_platform.engine.definitions.naming import Option, named, require
from health_platform.expressions.api import Kind
from health_platform.kernel import clock
from health_platform.kernel.parsing import whole

Answer = None | bool | str | Decimal | date


class Unreadable(ValueError):
    """A written answer breaks its field; the text says how, in Chinese."""


@dataclass(frozen=True)
class Field:
    """One question.

    Attributes:
        code: its name in expressions, documents and the warehouse.
        required: a submission without it is refused (when it is shown).
        when: expression; the question is asked, and its answer kept, only while it is true.
        value: expression; the answer is computed and cannot be typed.
        proposal: expression; the answer that stands there when nothing was typed.
        hint: a line under the question.
        carry: start from the last answer of the same person.
    """

    code: str
    label: str
    _: KW_ONLY
    required: bool = False
    when: str = ""
    value: str = ""
    proposal: str = ""
    hint: str = ""
    unit: str = ""
    wide: bool = False
    carry: bool = False

    kind: ClassVar[Kind] = Kind.TEXT
    warehouse_type: ClassVar[str] = "String"
    fhir_type: ClassVar[str] = "string"

    def __post_init__(self) -> None:
        named("field", self.code, self.label)
        require(not (self.value and self.proposal), f"field {self.code}: computed and proposed at once")

    def read(self, written: object) -> Answer:
        """The answer somebody wrote; blank is ``None``.

        Raises:
            Unreadable: it breaks the field.
        """
        if written is None or (isinstance(written, str) and not written.strip()) or written == []:
            return None
        return self._read(written)

    def _read(self, written: object) -> Answer:
        raise NotImplementedError

    def show(self, answer: object) -> str:
        """A stored answer for people."""
        return "" if answer is None else f"{answer}{self.unit and ' ' + self.unit}"

    def column(self, answer: Answer) -> object:
        """The answer as the warehouse stores it; missing text is ''."""
        return "" if answer is None else str(answer)


@dataclass(frozen=True)
class Text(Field):
    """Words. ``lines`` above one makes a box."""

    _: KW_ONLY
    max_length: int = 200
    lines: int = 1

    def _read(self, written: object) -> Answer:
        text = str(written).strip()
        if len(text) > self.max_length:
            raise Unreadable(f"最多 {self.max_length} 个字，现有 {len(text)} 个")
        return text


@dataclass(frozen=True)
class Number(Field):
    """A number within limits; ``places`` are the decimals that count; ``usual`` is what demonstration data lies between."""

    _: KW_ONLY
    low: float | None = None
    high: float | None = None
    places: int = 0
    usual: tuple[float, float] | None = None

    kind: ClassVar[Kind] = Kind.NUMBER
    warehouse_type: ClassVar[str] = "Nullable(Decimal(18, 4))"
    fhir_type: ClassVar[str] = "decimal"

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.places <= 4, f"field {self.code}: {self.places} decimals")
        require(self.low is None or self.high is None or self.low <= self.high, f"field {self.code}: low is above high")

    def _read(self, written: object) -> Answer:
        if isinstance(written, bool):
            raise Unreadable("应为数字")
        try:
            number = Decimal(str(written).strip())
        except InvalidOperation:
            raise Unreadable(f"应为数字，现为“{str(written)[:20]}”") from None
        if not number.is_finite() or number != round(number, self.places):
            raise Unreadable(f"应为{'整数' if not self.places else f'最多 {self.places} 位小数'}，现为 {str(written)[:20]}")
        if (self.low is not None and number < Decimal(str(self.low))) or (
            self.high is not None and number > Decimal(str(self.high))
        ):
            raise Unreadable(f"应在 {_plain(self.low)} 至 {_plain(self.high)} {self.unit}之间，现为 {number}")
        return number.normalize() + 0 if number == number.to_integral() else number

    def column(self, answer: Answer) -> object:
        return answer


def _plain(bound: float | None) -> str:
    return "不限" if bound is None else f"{bound:g}"


@dataclass(frozen=True)
class YesNo(Field):
    """Yes or no; unanswered is neither."""

    kind: ClassVar[Kind] = Kind.BOOLEAN
    warehouse_type: ClassVar[str] = "Nullable(UInt8)"
    fhir_type: ClassVar[str] = "boolean"
    _WORDS: ClassVar[Mapping[str, bool]] = {"true": True, "1": True, "是": True, "有": True} | dict.fromkeys(
        ("false", "0", "否", "无"), False
    )

    def _read(self, written: object) -> Answer:
        if isinstance(written, bool):
            return written
        if (found := self._WORDS.get(str(written).strip().lower())) is None:
            raise Unreadable(f"应为“是”或“否”，现为“{str(written)[:20]}”")
        return found

    def show(self, answer: object) -> str:
        return ("是" if answer else "否") if isinstance(answer, bool) else ""

    def column(self, answer: Answer) -> object:
        return answer


@dataclass(frozen=True)
class Day(Field):
    """A calendar day. ``future`` days are refused unless allowed."""

    _: KW_ONLY
    future: bool = False

    kind: ClassVar[Kind] = Kind.DAY
    warehouse_type: ClassVar[str] = "Nullable(Date32)"
    fhir_type: ClassVar[str] = "date"

    def _read(self, written: object) -> Answer:
        day = written if isinstance(written, date) else _day(str(written).strip())
        if day > clock.today() and not self.future:
            raise Unreadable(f"不能晚于今天，现为 {day}")
        return day

    def column(self, answer: Answer) -> object:
        return answer


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"应为日期（如 2026-03-09），现为“{text[:20]}”") from None


@dataclass(frozen=True)
class Choice(Field):
    """One of some options; its code counts in expressions."""

    _: KW_ONLY
    options: tuple[Option, ...]

    fhir_type: ClassVar[str] = "choice"

    def __post_init__(self) -> None:
        super().__post_init__()
        codes = [option.code for option in self.options]
        require(bool(codes) and len(set(codes)) == len(codes), f"field {self.code}: its options are empty or repeat")

    def labels(self) -> dict[str, str]:
        """Option code to label."""
        return {option.code: option.label for option in self.options}

    def _read(self, written: object) -> Answer:
        text = str(written).strip()
        found = {
            **{option.label: option.code for option in self.options},
            **{option.code: option.code for option in self.options},
        }
        if text not in found:
            raise Unreadable(f"“{text[:20]}”不在可选项内（{'、'.join(o.label for o in self.options[:8])}）")
        return found[text]

    def show(self, answer: object) -> str:
        return self.labels().get(str(answer), str(answer)) if answer is not None else ""


@dataclass(frozen=True)
class Choices(Choice):
    """Any of some options. Stored, and seen by expressions, as ``,1,3,``: ``contains(field, ',3,')``."""

    def _read(self, written: object) -> Answer:
        parts = written if isinstance(written, list | tuple) else str(written).replace("，", ",").split(",")
        chosen = {str(super(Choices, self)._read(part)) for part in parts if str(part).strip()}
        return f",{','.join(option.code for option in self.options if option.code in chosen)}," if chosen else None

    def show(self, answer: object) -> str:
        return "、".join(super(Choices, self).show(part) for part in str(answer or "").split(",") if part)


@dataclass(frozen=True)
class Coded(Field):
    """A code of a code system of the registry (diagnosis, vaccine); typed by code or name."""

    _: KW_ONLY
    system: str
    max_length: int = 64

    def _read(self, written: object) -> Answer:
        text = str(written).strip()
        if len(text) > self.max_length:
            raise Unreadable(f"最多 {self.max_length} 个字")
        return text


@dataclass(frozen=True)
class Pick(Field):
    """One entry of a register of things (a team, a service package); stored as its id."""

    _: KW_ONLY
    register: str

    def _read(self, written: object) -> Answer:
        text = str(written).strip()
        if whole(text) is None:
            raise Unreadable("请从列表中选择")
        return text


@dataclass(frozen=True)
class Unit(Field):
    """An institution of the registry; stored as its id."""

    def _read(self, written: object) -> Answer:
        text = str(written).strip()
        if whole(text) is None:
            raise Unreadable("请从列表中选择机构")
        return text
