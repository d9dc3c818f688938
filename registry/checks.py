"""Structure and check digits of the numbers that institutions, divisions and staff are known by.

Every function is pure. Those called ``parse_*`` return ``None`` for a number that does not hold; those called
``*_faults`` return the list of what is wrong, empty when the number holds.
"""

import datetime
import re
from dataclasses import dataclass
from typing import Final

from stdnum.cn import ric, uscc

# GB 32100-2015: registering department, class, six digits of the registering division, nine characters of
# GB 11714, check character. The alphabet leaves out I, O, Z, S and V.
_CREDIT_CODE: Final = re.compile(r"[1-9ANY][0-9A-HJ-NPQRTUWXY]\d{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)
_ORGANISATION_CODE: Final = re.compile(r"[0-9A-Z]{8}[0-9X]", re.ASCII)
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_INSTITUTION_22: Final = re.compile(r"([0-9A-Z]{8}[0-9X])(\d{6})(\d{2})([A-P]\d{3})([129])", re.ASCII)
_CDC_CODE: Final = re.compile(r"\d{9}", re.ASCII)
_IDENTITY_18: Final = re.compile(r"\d{17}[\dX]", re.ASCII)
_EARLIEST_BIRTH: Final = datetime.date(1850, 1, 1)


@dataclass(frozen=True, slots=True)
class InstitutionCode:
    """The five parts of a 22-character institution code (WS 218-2002)."""

    organisation: str
    division: str
    economic_type: str
    class_code: str
    profit_class: str


def organisation_check(first8: str) -> str:
    """Check character of a GB 11714-1997 organisation code: 11 - (weighted sum mod 11); 10 is X and 11 is 0."""
    total = sum(int(char, 36) * weight for char, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True))
    rest = (11 - total % 11) % 11
    return "X" if rest == 10 else str(rest)


def organisation_code_holds(code: str) -> bool:
    """Whether a nine-character organisation code has the right shape and check character."""
    return bool(_ORGANISATION_CODE.fullmatch(code)) and organisation_check(code[:8]) == code[8]


def credit_code_holds(code: str) -> bool:
    """Whether an 18-character unified social credit code (GB 32100-2015) has the right shape and check character.

    The shape is checked here because the library refuses the letters A, N and Y which the standard allows first.
    """
    return bool(_CREDIT_CODE.fullmatch(code)) and uscc.calc_check_digit(code[:17]) == code[17]


def parse_institution_22(code: str) -> InstitutionCode | None:
    """Take a 22-character institution code apart, or ``None`` when its shape or organisation check is wrong."""
    match = _INSTITUTION_22.fullmatch(code)
    if match is None or not organisation_code_holds(match[1]):
        return None
    return InstitutionCode(*match.groups())


def cdc_code_holds(code: str) -> bool:
    """Whether a nine-digit disease-control institution code (six of a county, three serial) has the right shape."""
    return bool(_CDC_CODE.fullmatch(code))


def identity_number_holds(number: str, today: datetime.date) -> bool:
    """Whether an 18-character resident identity number (GB 11643-1999) holds.

    The birth date must exist and lie between 1850 and ``today``. The area prefix is not checked: numbers keep the
    code of a division that may have been gone for decades.
    """
    if not _IDENTITY_18.fullmatch(number) or ric.calc_check_digit(number) != number[17]:
        return False
    born = identity_birth_date(number)
    return born is not None and _EARLIEST_BIRTH <= born <= today


def identity_birth_date(number: str) -> datetime.date | None:
    """Birth date written in an 18-character identity number, or ``None`` when there is no such day."""
    try:
        return datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def identity_sex(number: str) -> str:
    """Sex by GB/T 2261.1 (1 male, 2 female): the parity of the 17th digit."""
    return "1" if int(number[16]) % 2 else "2"
