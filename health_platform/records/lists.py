"""Lists of a record: pages of events, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from health_platform.kernel.errors import register_messages
from health_platform.kernel.warehouse.api import load_query
from health_platform.records.filters import EVERY_SECTION, filters_of, is_narrow
from health_platform.records.freshness import absent
from health_platform.records.kept import newest
from health_platform.records.overviews import counted, freshness_seen
from health_platform.records.paging import first_page, page_rows
from health_platform.records.reading import Reading
from health_platform.records.rows import EventRow, milliseconds, row_of
from health_platform.records.shaping import events_of
from health_platform.records.values import Event, Excerpt, Freshness, Page, Section, Window
from health_platform.records.visibility import withheld

register_messages({"record.cursor": "翻页位置无效"})

_EXCERPT = load_query(__package__, "event_excerpt.sql")
_EXCERPT_ROWS = 3_000
_REACHING = frozenset({"everywhere", "divisions", "every_line", "lines"})
_NO_SECTION = ("",)  # where ClickHouse wants a list that is not empty
_SMALLEST_PAGE, _LARGEST_PAGE = 1, 500

_Rows = tuple[Sequence[EventRow], str]
"""Rows of a page, and the cursor of the next, "" on the last."""


class Lists(Reading):
    """What a caller may page through."""

    def section(
        self,
        section: Section,
        *,
        window: Window | None = None,
        cursor: str = "",
        page_size: int = 50,
        abnormal: bool = False,
    ) -> Page:
        """A page of one section, newest first. ``abnormal`` keeps what the source flagged.

        Raises:
            Invalid: ``record.cursor``.
        """
        return self.timeline((section,), window=window, cursor=cursor, page_size=page_size, abnormal=abnormal)

    def timeline(
        self,
        sections: Sequence[Section] = EVERY_SECTION,
        *,
        window: Window | None = None,
        cursor: str = "",
        page_size: int = 50,
        abnormal: bool = False,
    ) -> Page:
        """A page of events of several sections together, newest first.

        Raises:
            Invalid: ``record.cursor``.
        """
        return self._page(filters_of(sections, window, abnormal=abnormal), cursor, page_size)

    def latest(self, sections: Sequence[Section], *, cursor: str = "", page_size: int = 50) -> Page:
        """A page like that of ``timeline``, from the summary row when that keeps everything the page shows.

        It is as new as the overview: a row shows when its mark has been delivered, a moment after it can be read.

        Raises:
            Invalid: ``record.cursor``.
        """
        filters = filters_of(sections)
        return self._shown_page(filters, *self._kept_or_read(filters, sections, cursor, page_size))

    def newest(self, sections: Sequence[Section], *, cursor: str = "", page_size: int = 50) -> tuple[tuple[Event, ...], str]:
        """The events of a page of ``latest`` and the cursor of the next, without what stands around a list.

        Raises:
            Invalid: ``record.cursor``.
        """
        rows, following = self._kept_or_read(filters_of(sections), sections, cursor, page_size)
        return self._events(rows), following

    def search(self, words: str, *, sections: Sequence[Section] = EVERY_SECTION, cursor: str = "", page_size: int = 50) -> Page:
        """Events whose title, code, value or note contains every word."""
        return self._page(filters_of(sections, None, words=words.split()), cursor, page_size)

    def excerpt(self, lasting: Sequence[Section], recent: Sequence[Section], since: datetime) -> Excerpt:
        """Everything of the ``lasting`` sections and what the ``recent`` ones hold since an instant, in one reading.

        Of each section and class the newest 3,000 rows are read, so that many results crowd out no allergy.
        """
        if not self._pairs or not (lasting or recent):
            return Excerpt((), 0)
        reach = {name: value for name, value in self.view.parameters().items() if name in _REACHING}
        values = {
            **reach, "pairs": tuple(self._pairs), "lasting": list(lasting or _NO_SECTION),
            "recent": list(recent or _NO_SECTION), "since": milliseconds(since), "limit": _EXCERPT_ROWS,
        }  # fmt: skip
        rows = [row_of(row) for row in self._warehouse.query(_EXCERPT, values)]
        seen = self._seen(rows)
        shown = self._shown(seen)
        return Excerpt(events_of(shown, self._names_in(shown)), len(rows) - len(seen))

    def freshness(self) -> tuple[Freshness, ...]:
        """How far each institution's uploads reach."""
        return freshness_seen(self._summary, self.view, self._background)

    def _page(self, filters: dict[str, Any], cursor: str, size: int) -> Page:
        return self._shown_page(filters, *self._read(filters, cursor, size))

    def _read(self, filters: dict[str, Any], cursor: str, size: int) -> _Rows:
        return page_rows(partial(self._rows, filters), cursor, filters["before"], _within(size))

    def _kept_or_read(self, filters: dict[str, Any], sections: Sequence[Section], cursor: str, size: int) -> _Rows:
        """Rows from the summary when it keeps all that the page shows, else from the warehouse."""
        before, within = filters["before"], _within(size)
        rows, all_of_them = newest(self._summary, frozenset(sections))
        seen = self._seen(rows)
        if all_of_them:
            return page_rows(lambda until, limit: [row for row in seen if row.at < until][:limit], cursor, before, within)
        page = first_page(seen, cursor, before, within)
        return self._read(filters, cursor, size) if page is None else page

    def _seen(self, rows: Sequence[EventRow]) -> list[EventRow]:
        return [row for row in rows if self.view.fate(row.section, row.sensitive, row.division, row.line) == "seen"]

    def _shown_page(self, filters: dict[str, Any], rows: Sequence[EventRow], following: str) -> Page:
        sections = frozenset(Section(name) for name in filters["sections"])
        counts = self._counts(filters) if is_narrow(filters) else counted(self._summary, self.view, sections)
        return Page(
            events=self._events(rows),
            total=sum(count for _, _, fate, count in counts if fate == "seen"),
            cursor=following,
            withheld=withheld(counts),
            absent=absent(self.freshness(), sections),
        )


def _within(size: int) -> int:
    return max(_SMALLEST_PAGE, min(size, _LARGEST_PAGE))
