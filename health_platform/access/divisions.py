"""How a 12-digit division code (GB/T 2260, GB/T 10114) becomes the prefix of everything under it."""

from __future__ import annotations

PREFIX_LENGTHS = (2, 4, 6, 9, 12)  # province, city, county, township, village


def prefix_of(division_code: str) -> str:
    """``411502000000`` -> ``411502``: the shortest level prefix that carries all information of the code."""
    code = division_code.strip()
    for length in PREFIX_LENGTHS:
        if len(code) >= length and not code[length:].strip("0"):
            return code[:length]
    return code


def padded(prefix: str) -> str:
    """The 12-digit code of a prefix."""
    return prefix.ljust(12, "0")


def level_position(prefix: str) -> int:
    """0 for a province ... 4 for a village."""
    return next((at for at, length in enumerate(PREFIX_LENGTHS) if len(prefix) <= length), len(PREFIX_LENGTHS) - 1)
