"""Check digits of the two numbers every upload carries: GB 11643 (persons) and GB 32100 (organisations)."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from typing import Final

from health_platform.expressions.functions import Emit, Emitter, Function, Term, takes
from health_platform.expressions.nodes import Call, Kind

_ID_WEIGHTS: Final = tuple(2 ** (17 - place) % 11 for place in range(17))
_ID_DIGITS: Final = "10X98765432"
_ID_FORM: Final = "[1-9][0-9]{5}(19|20|21|22)[0-9]{9}[0-9Xx]"

_CREDIT_WEIGHTS: Final = tuple(3**place % 31 for place in range(17))
_CREDIT_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_FORM: Final = "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"


def valid_id_number(text: str) -> bool:
    """True for eighteen digits with a real birth date and the right check digit (GB 11643, ISO 7064 MOD 11-2)."""
    if not re.fullmatch(_ID_FORM, text) or not _real_date(int(text[6:10]), int(text[10:12]), int(text[12:14])):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _ID_WEIGHTS, strict=False))
    return _ID_DIGITS[total % 11] == text[17].upper()


def valid_credit_code(text: str) -> bool:
    """True for a unified social credit code with the right check sign (GB 32100)."""
    if not re.fullmatch(_CREDIT_FORM, text):
        return False
    total = sum(_CREDIT_SIGNS.index(sign) * weight for sign, weight in zip(text, _CREDIT_WEIGHTS, strict=False))
    return _CREDIT_SIGNS[(31 - total % 31) % 31] == text[17]


def _real_date(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _number(start: int, length: int) -> str:
    return f"toUInt16OrZero(substring({{t}}, {start}, {length}))"


_LEAP = f"if(({_number(7, 4)} %% 4 = 0 AND {_number(7, 4)} %% 100 != 0) OR {_number(7, 4)} %% 400 = 0, 29, 28)"
_MONTH_END = f"multiIf({_number(11, 2)} = 2, {_LEAP}, {_number(11, 2)} IN (4, 6, 9, 11), 30, 31)"
_ID_TOTAL = " + ".join(f"toUInt16OrZero(substring({{t}}, {place + 1}, 1)) * {weight}" for place, weight in enumerate(_ID_WEIGHTS))
_ID_CHECK = (
    f"({_number(11, 2)} BETWEEN 1 AND 12) AND ({_number(13, 2)} BETWEEN 1 AND {_MONTH_END})"
    f" AND (substring('{_ID_DIGITS}', ({_ID_TOTAL}) %% 11 + 1, 1) = upper(substring({{t}}, 18, 1)))"
)
_CREDIT_TOTAL = " + ".join(
    f"(position('{_CREDIT_SIGNS}', substring({{t}}, {place + 1}, 1)) - 1) * {weight}"
    for place, weight in enumerate(_CREDIT_WEIGHTS)
)
_CREDIT_CHECK = f"substring('{_CREDIT_SIGNS}', (31 - ({_CREDIT_TOTAL}) %% 31) %% 31 + 1, 1) = substring({{t}}, 18, 1)"


_SHORT: Final = 80
"""Characters of an argument that is written out at every use: ClickHouse computes equal texts once, but lambdas each time."""


def _checked(form: str, check: str) -> Emit:
    """The check needs the text many times; a long one is named ``t`` by a lambda. An unknown text stays unknown."""

    def emit(emitter: Emitter, call: Call, terms: Sequence[Term]) -> str:
        text = terms[0].text
        pattern = emitter.bind(rf"\A(?:{form})\z")
        filled = text if terms[0].blank else f"ifNull({text}, '')"
        if len(text) <= _SHORT:
            tested = f"(match({filled}, {pattern}) AND {check.format(t=filled)})"
        else:
            tested = f"arrayElement(arrayMap(t -> match(t, {pattern}) AND {check.format(t='t')}, [{filled}]), 1)"
        return tested if terms[0].blank else f"if(({text}) IS NULL, NULL, {tested})"

    return emit


IDENTIFIERS: Final = (
    Function(
        "valid_id_number",
        "valid_id_number(文本)",
        "18 位公民身份号码，出生日期真实且校验码正确",
        takes(Kind.TEXT, gives=Kind.BOOLEAN),
        valid_id_number,
        _checked(_ID_FORM, _ID_CHECK),
        "{0}是有效的公民身份号码",
    ),
    Function(
        "valid_credit_code",
        "valid_credit_code(文本)",
        "18 位统一社会信用代码，校验码正确",
        takes(Kind.TEXT, gives=Kind.BOOLEAN),
        valid_credit_code,
        _checked(_CREDIT_FORM, _CREDIT_CHECK),
        "{0}是有效的统一社会信用代码",
    ),
)
