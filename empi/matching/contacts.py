"""Reading telephone numbers, cards and addresses."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from empi.matching.text import squeeze

_DIGITS = re.compile(r"\D+")
_RUNS = ("0123456789012345", "9876543210987654")
_REGION = re.compile(
    r"^(?:[\u4e00-\u9fff]{2,7}?(?:省|自治区))?"
    r"(?:(?P<city>[\u4e00-\u9fff]{2,6}?(?:市|自治州|地区|盟))(?!场))?"
    r"(?:(?P<county>[\u4e00-\u9fff]{1,6}?(?<![小社园新片])[区县市旗])(?!场))?"
    r"(?P<town>[\u4e00-\u9fff]{1,7}?(?:街道办事处|街道办|街道|镇|乡))?(?P<rest>.*)$"
)
FIRST_DIGIT = re.compile(r"\d")
_YARD = re.compile(r"^\d+号院")
_VILLAGE_GROUP = re.compile(r"(?:村民小组|村民组|村委会|居委会|社区居委会|生产队)$")
_NUMBERS = re.compile(r"\d+")


def read_phone(raw: str, dummies: frozenset[str] = frozenset()) -> int | None:
    """A telephone number as an integer without country code, or None when it says nothing."""
    digits = raw if raw.isascii() and raw.isdigit() else _DIGITS.sub("", squeeze(raw))
    if len(digits) > 11:
        digits = re.sub(r"^(?:00)?86", "", digits)
    if not 7 <= len(digits) <= 12 or digits in dummies:
        return None
    if len(set(digits[2:])) == 1 or digits.lstrip("0") in _RUNS[0] or digits in _RUNS[1]:
        return None
    return int(digits)


def read_card(kind: str, raw: str, local_types: frozenset[str] = frozenset()) -> tuple[str, str] | None:
    """(type, number) of a card that names one person beyond one institution, else None."""
    number, family = squeeze(raw), squeeze(kind)
    if len(number) < 4 or family in local_types or len(set(number)) == 1:
        return None
    return family, number


class AddressValue(NamedTuple):
    """An address in the parts that survive its many spellings; "" for what is not stated."""

    county: str
    town: str
    place: str
    house: str
    group: str


def read_address(raw: str) -> AddressValue | None:
    """The parts of a Chinese address, or None when nothing usable is left.

    ``place`` is the village, estate or street, ``house`` its numbers joined by "-" (building, unit, room),
    ``group`` a villagers' group number. Region and numbers are read apart and remembered, because a city repeats
    both far more often than whole addresses.
    """
    digit = FIRST_DIGIT.search(raw)
    cut = digit.start() if digit else len(raw)
    county, town, place = read_region(raw[:cut])
    yard, house, group = read_numbers(raw[cut:])
    value = AddressValue(county, town, place + yard, house, group)
    return value if county or town or place else None


@lru_cache(maxsize=100_000)
def read_region(raw: str) -> tuple[str, str, str]:
    """County, town and place of the part of an address before its first digit."""
    text = squeeze(raw)
    region = _REGION.match(text) if len(text) > 1 else None
    if region is None:
        return "", "", ""
    place = _VILLAGE_GROUP.sub("", region["rest"]).strip("第#")
    return region["county"] or region["city"] or "", region["town"] or "", place


@lru_cache(maxsize=100_000)
def read_numbers(raw: str) -> tuple[str, str, str]:
    """Yard, house numbers and group number of the part of an address from its first digit on."""
    if not raw:
        return "", "", ""
    text = squeeze(raw)
    yard = _YARD.match(text)
    if yard:
        text = text[yard.end() :]
    numbers = "-".join(part.lstrip("0") or "0" for part in _NUMBERS.findall(text)[:5])
    is_group = text.endswith(("组", "队")) and "-" not in numbers
    return yard[0] if yard else "", "" if is_group else numbers, numbers if is_group else ""
