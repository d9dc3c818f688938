"""Reading identity documents: resident identity numbers (GB 11643), passports and permits, masked numbers."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from stdnum.cn import ric

from empi.matching.text import squeeze

RESIDENT = "01"
EARLIEST_BIRTH, LATEST_BIRTH = 1880, 2100
"""Years a resident identity number may name."""
_LABEL = re.compile(r"^(?:ID|NO|SFZ|IDCARD)[::.]?(?=\d)|^身份证号?[::]?")
_PUNCTUATION = re.compile(r"[-_.·/,'\"]")
_EIGHTEEN = re.compile(r"^\d{17}[\dX]$")
_FIFTEEN = re.compile(r"^\d{15}$")
_MASKED = re.compile(r"^[\dX*]{15,18}$")
_SEQUENCE = "01234567890123456789"


class DocumentValue(NamedTuple):
    """An identity document number as it is compared.

    ``number`` has 18 digits for a resident identity number of either length. ``valid``: the check digit holds
    (``ISO 7064 MOD 11-2``), or it was computed for a 15-digit number, and the birth date in it exists.
    ``day`` is that date as yyyymmdd (0 when there is none), ``sex`` 1 or 2 (0 unknown).
    """

    number: str
    family: str
    valid: bool = False
    masked: bool = False
    day: int = 0
    sex: int = 0


def read_document(kind: str, raw: str, dummies: frozenset[str] = frozenset()) -> DocumentValue | None:
    """The document behind a raw type and number, or None when it says nothing."""
    number = squeeze(raw)
    if not number.isalnum() or not number[:1].isdecimal():
        number = _LABEL.sub("", _PUNCTUATION.sub("", number))
    if len(number) < 4 or number in dummies or _is_filler(number):
        return None
    if _EIGHTEEN.match(number):
        return _resident(number)
    if _FIFTEEN.match(number):
        return _resident(lengthen(number))
    if "*" in number:
        return DocumentValue(number, "resident", masked=True) if _MASKED.match(number) else None
    if kind in ("", RESIDENT) and sum(map(str.isdigit, number)) >= 14:
        return DocumentValue(number, "resident")
    return DocumentValue(number, "other:" + (kind or "?"))


def lengthen(fifteen: str) -> str:
    """The 18-digit form of a 15-digit resident identity number (century 19, check digit computed)."""
    longer = fifteen[:6] + "19" + fifteen[6:]
    return longer + str(ric.calc_check_digit(longer + "0"))


def _resident(number: str) -> DocumentValue:
    valid = _is_day(number[6:14]) and str(ric.calc_check_digit(number)) == number[-1] and number[0] in "12345689"
    day = int(number[6:14]) if valid else 0
    sex = (1 if int(number[16]) % 2 else 2) if valid else 0
    return DocumentValue(number, "resident", valid=valid, day=day, sex=sex)


@lru_cache(maxsize=100_000)
def _is_day(digits: str) -> bool:
    try:
        return EARLIEST_BIRTH <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= LATEST_BIRTH
    except ValueError:
        return False


def _is_filler(number: str) -> bool:
    return number[0] * len(number) == number or number[:-1] in _SEQUENCE
