"""How single HL7 v2 values are written in a dataset row.

A reader never refuses: what it cannot read it hands on as it was sent, so that the row is checked once, by the pipeline, and a
bad value ends in quarantine under its own name.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

Reader = Callable[[str], str]

_TIME: Final = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:(?P<hour>\d\d)(?P<minute>\d\d)?(?P<second>\d\d)?)?"
    r"(?:\.(?P<fraction>\d{1,6}))?(?P<zone>[+-]\d{4})?"
)
_CHINESE: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def plain(value: str) -> str:
    """As sent."""
    return value


@lru_cache(maxsize=4096)
def moment(value: str) -> str:
    """DTM or TS as ISO 8601; without a zone it stays local (Beijing) time."""
    match = _TIME.fullmatch(value.strip())
    if match is None:
        return value
    clock = f"{match['hour'] or '00'}:{match['minute'] or '00'}:{match['second'] or '00'}"
    fraction = f".{match['fraction'].ljust(6, '0')}" if match["fraction"] else ""
    zone = f"{match['zone'][:3]}:{match['zone'][3:]}" if match["zone"] else ""
    return f"{match['year']}-{match['month']}-{match['day']}T{clock}{fraction}{zone}"


def day(value: str) -> str:
    """The calendar day written at the start of a DT, DTM or TS, whatever its zone: a birth date has none."""
    if incomplete_day(value):
        return ""
    match = _TIME.fullmatch(value.strip())
    return f"{match['year']}-{match['month']}-{match['day']}" if match else value


def table(codes: dict[str, str], other: str | None = None) -> Reader:
    """A code of an HL7 table as the platform's code; unknown ones become ``other``, or stay as sent."""

    def read(value: str) -> str:
        return codes.get(value.strip().upper(), value if other is None else other)

    return read


def constant_if_present(code: str) -> Reader:
    """``code`` whenever the field is filled."""
    return lambda value: code if value else ""


def at_most(length: int) -> Reader:
    """Nothing, when the value is longer than the field: the row's key carries such a number in full."""
    return lambda value: value if len(value) <= length else ""


def cut(length: int) -> Reader:
    """A display name shortened to the field; the full one is kept beside it."""
    return lambda value: value[:length]


def joined(parts: list[str]) -> str:
    """Parts of a name or an address as one text: Chinese without blanks, others with them."""
    kept = [part.strip() for part in parts if part.strip()]
    return ("" if any(_CHINESE.search(part) for part in kept) else " ").join(kept)


def incomplete_day(value: str) -> str:
    """A year or a month given for a day ("1970", "197002"): kept as sent beside the day field it cannot fill."""
    return value if re.fullmatch(r"\d{4}(?:\d{2})?", value.strip()) else ""
