"""What a reading of the event index asks for, as parameters of its queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from health_platform.records.flags import RAISED
from health_platform.records.paging import END_OF_TIME
from health_platform.records.rows import milliseconds
from health_platform.records.values import Section, Window

START_OF_TIME: Final = -5_364_662_400_000  # 1800-01-01
EVERY_SECTION: Final = tuple(Section)
NO_FILTER: Final = {"abnormal": 0, "words": [""], "parent": "", "raised": RAISED}
FILTERING: Final = NO_FILTER.keys()


def filters_of(
    sections: Sequence[Section], window: Window | None = None, *, abnormal: bool = False, words: Sequence[str] = ()
) -> dict[str, Any]:
    since = window.since if window else None
    until = window.until if window else None
    span = {
        "sections": [str(section) for section in sections],
        "since": milliseconds(since) if since else START_OF_TIME,
        "before": milliseconds(until) if until else END_OF_TIME,
    }
    if not abnormal and not words:
        return span
    return {**span, **NO_FILTER, "abnormal": int(abnormal), "words": list(words) or [""]}


def is_narrow(filters: Mapping[str, Any]) -> bool:
    """Whether filters ask for less than everything in their sections."""
    whole = filters["since"] <= START_OF_TIME and filters["before"] >= END_OF_TIME
    return not whole or bool(FILTERING & filters.keys())
