"""Cutting a page so that reports of one event stay together: between two days, or at least between two moments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from health_platform.kernel.errors import Invalid
from health_platform.kernel.parsing import whole
from health_platform.records.rows import EventRow

Fetch = Callable[[int, int], Sequence[EventRow]]  # (before, in epoch ms; limit) -> rows, newest first
END_OF_TIME = 32_503_680_000_000  # 3000-01-01
_MARGIN = 40


def page_rows(fetch: Fetch, cursor: str, before: int, size: int) -> tuple[Sequence[EventRow], str]:
    """At least ``size`` rows (to the end of their day) and the cursor of the next page, "" on the last.

    Raises:
        Invalid: ``record.cursor``.
    """
    start = _start(cursor, before)
    limit = size + _MARGIN
    while True:
        rows = fetch(start, limit)
        if len(rows) < limit:
            return _to_day_end(rows, size)
        cut = _cut(rows, size)
        if cut:
            return rows[:cut], str(rows[cut - 1].at)
        limit *= 4


def first_page(newest: Sequence[EventRow], cursor: str, before: int, size: int) -> tuple[Sequence[EventRow], str] | None:
    """What ``page_rows`` makes of a record whose newest rows these are; None when they do not hold the whole page.

    Raises:
        Invalid: ``record.cursor``.
    """
    start = _start(cursor, before)
    rows = [row for row in newest if row.at < start][: size + _MARGIN]
    cut = _new_day(rows, size)
    return (rows[:cut], str(rows[cut - 1].at)) if cut else None


def _to_day_end(rows: Sequence[EventRow], size: int) -> tuple[Sequence[EventRow], str]:
    """The last stretch of a record may still be more than a page."""
    cut = _cut(rows, size) if len(rows) > size else 0
    return (rows[:cut], str(rows[cut - 1].at)) if cut else (rows, "")


def _cut(rows: Sequence[EventRow], size: int) -> int:
    """Where to cut at or after ``size``: at a new day if there is one, else at a new moment, else 0."""
    later = range(max(size, 1), len(rows))
    return _new_day(rows, size) or next((i for i in later if rows[i].at != rows[i - 1].at), 0)


def _new_day(rows: Sequence[EventRow], size: int) -> int:
    return next((i for i in range(max(size, 1), len(rows)) if rows[i].day != rows[i - 1].day), 0)


def _start(cursor: str, before: int) -> int:
    return min(before, _position(cursor)) if cursor else before


def _position(cursor: str) -> int:
    position = whole(cursor.removeprefix("-"))
    if position is None:
        raise Invalid("record.cursor", cursor=cursor)
    return -position if cursor.startswith("-") else position
