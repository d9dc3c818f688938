"""Names, labels and spans of time every definition uses."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal

from health_platform.kernel.errors import DefinitionError

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


def require(fact: bool, message: str) -> None:
    """Refuse a definition that contradicts itself."""
    if not fact:
        raise DefinitionError(message)


def named(kind: str, code: str, label: str) -> None:
    """A code is what columns, permissions and addresses are called; a label is what people read."""
    require(bool(_CODE.fullmatch(code)), f"{kind} {code!r}: a code is a small letter, then at most 31 letters, digits and _")
    require(bool(label.strip()), f"{kind} {code}: needs a Chinese label")


@dataclass(frozen=True)
class Option:
    """One answer of a choice."""

    code: str
    label: str


def options(*texts: str) -> tuple[Option, ...]:
    """``options("1 控制满意", "2 控制不满意")``: code, blank, label."""
    return tuple(Option(*(text.split(" ", 1) if " " in text else (text, text))) for text in texts)


@dataclass(frozen=True)
class Span:
    """A length of time. ``amount`` is a number or the code of a parameter that holds one."""

    amount: int | str
    unit: Literal["days", "months", "hours"]

    def amount_in(self, parameters: dict[str, object]) -> int:
        """The number in force."""
        found = parameters[self.amount] if isinstance(self.amount, str) else self.amount
        return int(Decimal(str(found)))

    def after(self, day: date, parameters: dict[str, object]) -> date:
        """The day this long after ``day``; a month later is the same day of the month, or the month's last."""
        amount = self.amount_in(parameters)
        if self.unit == "months":
            return add_months(day, amount)
        return day + timedelta(days=amount if self.unit == "days" else -(-amount // 24))

    def before(self, day: date, parameters: dict[str, object]) -> date:
        """The day this long before ``day``."""
        amount = self.amount_in(parameters)
        return add_months(day, -amount) if self.unit == "months" else day - timedelta(days=amount)


def days(amount: int | str) -> Span:
    return Span(amount, "days")


def months(amount: int | str) -> Span:
    return Span(amount, "months")


def hours(amount: int | str) -> Span:
    return Span(amount, "hours")


def add_months(day: date, count: int) -> date:
    """The same day ``count`` months on, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Param:
    """A number of the rules that a county may set within limits; written ``:code`` in expressions."""

    code: str
    label: str
    default: float
    low: float
    high: float
    unit: str = ""
    basis: str = ""

    def __post_init__(self) -> None:
        named("parameter", self.code, self.label)
        require(self.low <= self.default <= self.high, f"parameter {self.code}: {self.default} is not in {self.low}..{self.high}")
