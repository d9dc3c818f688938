"""Rows of a record that can be read off its summary: all of some sections, or the newest without a gap."""

from __future__ import annotations

from collections.abc import Collection

from health_platform.records.rows import EventRow
from health_platform.records.summarising import unbroken
from health_platform.records.summary import Summary
from health_platform.records.values import Section

_BEGINNING = float("-inf")


def newest(summary: Summary, sections: Collection[Section]) -> tuple[list[EventRow], bool]:
    """The newest rows of some sections, of every class, in the order of the warehouse, as far as none is missing between them;
    and whether these are all there are."""
    end = max((_end(summary, section) for section in sections), default=_BEGINNING)
    return [row for row in _kept(summary, sections) if row.at > end], end == _BEGINNING


def _end(summary: Summary, section: Section) -> float:
    """The instant down to which, itself excluded, the summary keeps every row of a section."""
    kept = _kept(summary, (section,))
    if len(kept) >= sum(tally.total for tally in summary.tallies if tally.section == section):
        return _BEGINNING
    last = unbroken(section)
    return kept[last - 1].at if 0 < last <= len(kept) else float("inf")


def _kept(summary: Summary, sections: Collection[Section]) -> list[EventRow]:
    kept = (row for row in summary.rows if row.section in sections)
    return sorted(kept, key=lambda row: (-row.at, row.dataset, row.row_key))
