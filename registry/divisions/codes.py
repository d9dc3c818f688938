"""Twelve-digit division codes: province 2, city 2, county 2 (GB/T 2260), township 3 (GB/T 10114), village 3.

The code of a division above village level is padded with zeros; its prefix without the padding is what jurisdictions
are written with. A managed area (a development zone that lies in a county but is no division by law) has ``M`` and two
digits in the township group, so that the jurisdiction of its county covers it.
"""

import re
from enum import IntEnum
from typing import Final


class Level(IntEnum):
    """Levels of the statutory tree; the value is the length of the code prefix."""

    PROVINCE = 2
    CITY = 4
    COUNTY = 6
    TOWN = 9
    VILLAGE = 12


_SHAPE: Final = re.compile(r"[1-9]\d{11}|[1-9]\d{5}M\d{2}000", re.ASCII)
_LEVELS: Final = tuple(Level)


def pad(code: str) -> str:
    """Write a code of 2, 4, 6, 9 or 12 digits in twelve; other text is returned as it is and fails ``holds``."""
    text = code.strip()
    return text.ljust(12, "0") if len(text) in _LEVELS else text


def holds(code: str) -> bool:
    """Whether a twelve-character code has the right shape and no gap (a village of township 000 does not exist)."""
    if not _SHAPE.fullmatch(code):
        return False
    prefix = prefix_of(code)
    return not any(int(code[start:end], 36) == 0 for start, end in _groups(len(prefix)))


def level_of(code: str) -> Level:
    """The level of a twelve-digit code: the last group that is not all zeros."""
    for end, begin in ((12, 9), (9, 6), (6, 4), (4, 2)):
        if code[begin:end].strip("0"):
            return Level(end)
    return Level.PROVINCE


def prefix_of(code: str) -> str:
    """The code without its padding; every division under it starts with this prefix."""
    return code[: level_of(code)]


def parent_of(code: str) -> str | None:
    """The code of the division directly above, or ``None`` for a province."""
    level = level_of(code)
    if level is Level.PROVINCE:
        return None
    return pad(code[: _LEVELS[_LEVELS.index(level) - 1]])


def lineage(code: str) -> tuple[str, ...]:
    """The code and those of all divisions above it, from the province down."""
    return tuple(pad(code[:level]) for level in _LEVELS if level <= level_of(code))


def common_parent(codes: tuple[str, ...]) -> str | None:
    """The lowest division that contains every one of ``codes`` and is none of them; ``None`` when there is none."""
    shared = set.intersection(*(set(lineage(code)[:-1]) for code in codes)) if codes else set()
    return max(shared, key=level_of, default=None)


def recode(code: str, old: str, new: str) -> str:
    """Carry a division of ``old`` over to ``new``: the prefix is replaced, the rest of the code stays."""
    prefix, target = prefix_of(old), prefix_of(new)
    return target + code[len(prefix) :] if len(prefix) == len(target) else new


def _groups(length: int) -> tuple[tuple[int, int], ...]:
    starts = (0, *_LEVELS[:-1])
    return tuple((start, int(end)) for start, end in zip(starts, _LEVELS, strict=True) if end <= length)
