"""Lists of keys in statements: every database limits their length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

Key = TypeVar("Key", int, tuple[int, int])
IN_LIMIT = 500


def chunks(keys: Iterable[Key], size: int = IN_LIMIT) -> Iterator[list[Key]]:
    """Distinct keys in ascending order, ``size`` at a time."""
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
