"""``Record``: one person's record as one caller may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from sqlalchemy.orm import Session

from health_platform.datasets import api as datasets
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import NotFound, register_messages
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, scope_of
from health_platform.kernel.warehouse.api import Warehouse, load_query
from health_platform.records import references, summary
from health_platform.records.details import children_of, read_fields
from health_platform.records.flags import RAISED
from health_platform.records.freshness import absent
from health_platform.records.gauges import gauged
from health_platform.records.labs import grid_of, item_of, series_of
from health_platform.records.medications import medications_of
from health_platform.records.merging import merged
from health_platform.records.models import RecordSummary
from health_platform.records.paging import END_OF_TIME, Fetch, page_rows
from health_platform.records.ports import InstitutionDirectory, PersonIndex, UploadClock
from health_platform.records.problems import family_of, problems_of
from health_platform.records.references import encode
from health_platform.records.rows import EventRow, milliseconds, row_of
from health_platform.records.shaping import event_of, events_of
from health_platform.records.tables import ensure_tables
from health_platform.records.values import (
    Detail,
    Event,
    Excerpt,
    Freshness,
    LabGrid,
    LabSeries,
    LifeMark,
    Medication,
    Overview,
    Page,
    Problem,
    Section,
    Window,
    Withheld,
)
from health_platform.records.visibility import Counted, View, Wishes, view_of, withheld
from health_platform.records.whole_rows import WholeRow, whole_rows
from health_platform.records.wording import plain

register_messages({"record.cursor": "翻页位置无效"})

_PAGE = load_query(__package__, "event_page.sql")
_ROWS = load_query(__package__, "event_rows.sql")
_COUNTS = load_query(__package__, "event_counts.sql")
_EXCERPT = load_query(__package__, "event_excerpt.sql")
_START_OF_TIME = -5_364_662_400_000  # 1800-01-01
_ALL = tuple(Section)
_NO_FILTER = {"abnormal": 0, "words": [""], "parent": "", "raised": RAISED}
_FILTERING = _NO_FILTER.keys()
_GRID_ROWS = 3_000
_WHOLE_ROWS = 20_000
_PROBLEM_ROWS = 1_000
_SERIES_ROWS = 500
_DRUG_DAYS = 730
_FILES_SHOWN = 20
_EXCERPT_ROWS = 3_000
_REACHING = frozenset({"everywhere", "divisions", "every_line", "lines"})
_NO_SECTION = ("",)  # where ClickHouse wants a list that is not empty
_SMALLEST_PAGE, _LARGEST_PAGE = 1, 500


class Record:
    """One person's record for one caller, within one unit of work. Read by ``open_record``.

    Every method reads the warehouse by the person's (shelf, patient key) pairs and gives only what the caller may see.
    """

    def __init__(self, platform: Platform, session: Session, person_id: int, view: View, wishes: Wishes | None) -> None:
        self.person_id = person_id
        self.view = view
        self._platform = platform
        self._session = session
        self._wishes = wishes
        index: PersonIndex = platform.service(PersonIndex)
        # A person is visible as a whole or not at all (ADR 4); which rows the caller sees is decided row by row.
        self._pairs = sorted(index.pairs(session, person_id))

    @property
    def exists(self) -> bool:
        """Whether the person has an identity in the caller's scope."""
        return bool(self._pairs)

    # -- lists

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
        sections: Sequence[Section] = _ALL,
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
        return self._page(_filters(sections, window, abnormal=abnormal), cursor, page_size)

    def latest(self, sections: Sequence[Section], *, cursor: str = "", page_size: int = 50) -> Page:
        """A page like that of ``timeline``, from the summary row when it keeps everything of these sections.

        It is as new as the overview: a row shows when its mark has been delivered, a moment after it can be read.

        Raises:
            Invalid: ``record.cursor``.
        """
        filters = _filters(sections)
        whole = summary.whole(self._summary, frozenset(sections))
        if whole is None:
            return self._page(filters, cursor, page_size)
        seen = [row for row in whole if self.view.fate(row.section, row.sensitive, row.division, row.line) == "seen"]
        return self._cut(filters, cursor, page_size, lambda before, limit: [row for row in seen if row.at < before][:limit])

    def search(self, words: str, *, sections: Sequence[Section] = _ALL, cursor: str = "", page_size: int = 50) -> Page:
        """Events whose title, code, value or note contains every word."""
        return self._page(_filters(sections, None, words=words.split()), cursor, page_size)

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
        seen = [row for row in rows if self.view.fate(row.section, row.sensitive, row.division, row.line) == "seen"]
        shown = self._shown(seen)
        return Excerpt(events_of(shown, self._names_in(shown)), len(rows) - len(seen))

    def problems(self) -> tuple[Problem, ...]:
        """The problem list from all diagnoses: the person's own, and suspicions as such, with what tells how each stands."""
        rows = self._rows(_filters((Section.PROBLEM,)), END_OF_TIME, _PROBLEM_ROWS)
        measured = summary.measured(self._wanted_summary, self.view, self._names)
        return gauged(problems_of(self._shown(rows), self._names, clock.now()), measured)

    def family_history(self) -> tuple[Event, ...]:
        """Diseases of relatives."""
        return family_of(self._shown(self._rows(_filters((Section.PROBLEM,)), END_OF_TIME, _PROBLEM_ROWS)), self._names)

    def medications(self, days: int = _DRUG_DAYS) -> tuple[Medication, ...]:
        """Medicines prescribed in the last ``days``."""
        since = milliseconds(clock.now()) - days * 86_400_000
        filters = {**_filters((Section.DRUG,)), "since": since}
        return medications_of(self._events(self._rows(filters, END_OF_TIME, _GRID_ROWS)), clock.now())

    def lab_grid(self, days: int = 12, *, window: Window | None = None) -> LabGrid:
        """Cumulative laboratory results of the newest ``days`` days."""
        filters = _filters((Section.LAB,), window)
        limit = _GRID_ROWS // 15
        while True:
            rows = self._rows(filters, filters["before"], limit)
            newest = sorted({row.day for row in rows}, reverse=True)[: days + 1]
            if len(rows) < limit or len(newest) > days or limit >= _GRID_ROWS:
                return grid_of(self._events([row for row in rows if row.day in newest[:days]]), days)
            limit = min(limit * 4, _GRID_ROWS)

    def lab_series(self, item: str) -> tuple[LabSeries, ...]:
        """All results of one item (its code or name), one series per unit; empty when it was never measured.

        An item named like a key item is found under all its names.
        """
        events = self._events(self._rows(_filters((Section.LAB,)), END_OF_TIME, _GRID_ROWS))
        wanted = {item_of(event) for event in events if item in (event.code, event.title)} | {plain(item)}
        return series_of([event for event in events if item_of(event) in wanted][:_SERIES_ROWS])

    # -- whole record

    def overview(self) -> Overview:
        """The overview from the summary row, made on the spot when there is none for these identities."""
        return self._overview

    def life(self) -> tuple[LifeMark, ...]:
        """Events by month and section."""
        return self.overview().life

    def counts(self) -> dict[Section, int]:
        """Reported rows by section."""
        return self.overview().counts

    def freshness(self) -> tuple[Freshness, ...]:
        """How far each institution's uploads reach."""
        return summary.freshness_seen(self._summary, self.view, self._background)

    def withheld(self) -> tuple[Withheld, ...]:
        """What is withheld from this caller, counted by class."""
        return self.overview().withheld

    # -- one event

    def detail(self, ref: str) -> Detail:
        """One event in full.

        Raises:
            NotFound: there is no such event, it is another person's, or the caller may not see it.
        """
        reference = references.decode(ref)
        shelf = next((shelf for shelf, key in self._pairs if key == reference.patient_key), None)
        cluster = self._cluster(reference) if shelf is not None else None
        if shelf is None or cluster is None or not self._wished(reference.section, ref):
            raise NotFound("record.event_unknown")
        event = event_of(cluster, self._names)
        fields = read_fields(self._warehouse, shelf, reference)
        content = {field.name: field.text for field in fields if field.name == "content"}
        return Detail(
            event=event,
            dataset_label=_label(reference.dataset),
            fields=tuple(field for field in fields if field.name != "content"),
            items=self._items(reference),
            others=event.origins[1:],
            content=content or None,
            division=cluster[0].division,
            files=self._files(reference, cluster[0].institution),
        )

    def _cluster(self, reference: references.Reference) -> list[EventRow] | None:
        """All visible reports of the event a reference names, the named one among them."""
        filters = {**_filters((Section(reference.section),)), "since": reference.at - 86_400_000}
        rows = self._rows(filters, reference.at + 86_400_001, _GRID_ROWS)
        wanted = (reference.dataset, reference.patient_key, reference.at, reference.row_key)
        for cluster in merged(rows):
            if any((row.dataset, row.patient_key, row.at, row.row_key) == wanted for row in cluster):
                return cluster
        return None

    def _items(self, reference: references.Reference) -> tuple[Event, ...]:
        children = children_of(reference.dataset)
        if not children:
            return ()
        filters = {**_filters(_ALL), **_NO_FILTER, "parent": reference.row_key, "since": reference.at}
        rows = self._rows(filters, reference.at + 1, _GRID_ROWS)
        mine = [row for row in rows if row.dataset in children and row.patient_key == reference.patient_key]
        return tuple(event_of([row], self._names) for row in sorted(mine, key=lambda row: row.row_key))

    def _files(self, reference: references.Reference, institution: int) -> tuple[Event, ...]:
        """Documents the same institution uploaded for this row."""
        if reference.section == Section.DOCUMENT:
            return ()
        filters = {**_filters((Section.DOCUMENT,)), **_NO_FILTER, "parent": reference.row_key}
        rows = self._rows(filters, END_OF_TIME, _FILES_SHOWN)
        return self._events([row for row in rows if row.institution == institution])

    # -- rows in full

    def rows_of(self, names: Iterable[str], limit: int = _WHOLE_ROWS) -> list[WholeRow]:
        """The newest ``limit`` rows of these datasets in full, as far as the caller may see them, newest first."""
        wanted = frozenset(names)
        shown = [row for row in self._shown(self._rows(_filters(_ALL), END_OF_TIME, limit)) if row.dataset in wanted]
        return whole_rows(self._warehouse, self._pairs, shown) if shown else []

    # -- reading

    def _page(self, filters: dict[str, Any], cursor: str, size: int) -> Page:
        return self._cut(filters, cursor, size, partial(self._rows, filters))

    def _cut(self, filters: dict[str, Any], cursor: str, size: int, fetch: Fetch) -> Page:
        size = max(_SMALLEST_PAGE, min(size, _LARGEST_PAGE))
        rows, following = page_rows(fetch, cursor, filters["before"], size)
        sections = frozenset(Section(name) for name in filters["sections"])
        counts = self._counts(filters) if _narrow(filters) else summary.counted(self._summary, self.view, sections)
        return Page(
            events=self._events(rows),
            total=sum(count for _, _, fate, count in counts if fate == "seen"),
            cursor=following,
            withheld=withheld(counts),
            absent=absent(self.freshness(), sections),
        )

    def _rows(self, filters: Mapping[str, Any], before: int, limit: int) -> list[EventRow]:
        if not self._pairs:
            return []
        query = _ROWS if _FILTERING & filters.keys() else _PAGE
        values = {**filters, **self.view.parameters(), "pairs": tuple(self._pairs), "before": before, "limit": limit}
        return [row_of(row) for row in self._warehouse.query(query, values)]

    def _counts(self, filters: Mapping[str, Any]) -> list[Counted]:
        if not self._pairs:
            return []
        values = {**_NO_FILTER, **filters, **self.view.parameters(), "pairs": tuple(self._pairs)}
        return [(row[0], row[1], row[2], row[3]) for row in self._warehouse.query(_COUNTS, values)]

    def _events(self, rows: Iterable[EventRow]) -> tuple[Event, ...]:
        return events_of(self._shown(rows), self._names)

    def _shown(self, rows: Iterable[EventRow]) -> list[EventRow]:
        return [row for row in rows if self._wished(row.section, encode(row))] if self._wishes else list(rows)

    def _wished(self, section: str, ref: str) -> bool:
        return self._wishes is None or self._wishes.shows(section, ref)

    @cached_property
    def _warehouse(self) -> Warehouse:
        ensure_tables(self._platform.warehouse)
        return self._platform.warehouse

    @cached_property
    def _overview(self) -> Overview:
        return summary.overview(self.person_id, self._wanted_summary, self.view, self._background)

    @cached_property
    def _wanted_summary(self) -> summary.Summary:
        """The summary without the documents the resident hides one by one."""
        found = self._summary
        return replace(found, rows=tuple(row for row in found.rows if not self._hidden_by_name(row)))

    def _hidden_by_name(self, row: EventRow) -> bool:
        """Whether the resident hides this one document; hidden classes are the view's business, and are counted there.

        An allergy is never hidden singly: a physician who does not know of it may kill.
        """
        if self._wishes is None or row.section == Section.ALLERGY or not self._wishes.shows(row.section):
            return False
        return not self._wishes.shows(row.section, encode(row))

    @cached_property
    def _summary(self) -> summary.Summary:
        with widened(self._session, "record summary"):
            stored = self._session.get(RecordSummary, self.person_id)
            if stored is not None and self._fits(stored):
                return summary.restored(stored.content, stored.built_at)
        return summary.build(self._warehouse, self._pairs)

    def _fits(self, stored: RecordSummary) -> bool:
        """Whether a stored summary is of these identities, and in the form of today."""
        return stored.content.get("form") == summary.FORM and stored.pairs_digest == summary.pairs_digest(self._pairs)

    @cached_property
    def _names(self) -> Mapping[int, str]:
        return self._background.names

    def _names_in(self, rows: Sequence[EventRow]) -> Mapping[int, str]:
        """Institution names for rows that do not say their own, without the summary of the person."""
        said = {row.institution: row.org_name for row in rows if row.org_name}
        silent = sorted({row.institution for row in rows if not row.org_name})
        if not silent:
            return said
        with widened(self._session, "institutions of a record"):
            names = _optional(self._platform, InstitutionDirectory, lambda port: port.names(self._session, silent))
        return {**said, **names}

    @cached_property
    def _background(self) -> summary.Background:
        index: PersonIndex = self._platform.service(PersonIndex)
        with widened(self._session, "institutions of a record"):
            homes = index.institutions_of(self._session, [key for _, key in self._pairs])
            known = set(homes.values())
            every = sorted(known | {reach.institution for reach in self._summary.reaches})
            names = _optional(self._platform, InstitutionDirectory, lambda port: port.names(self._session, every))
            uploads = _optional(self._platform, UploadClock, lambda port: port.last_uploads(self._session, every))
        said = {reach.institution: reach.name for reach in self._summary.reaches if reach.name}
        both = {**said, **names}
        return summary.Background(both, {one: both.get(one, "") for one in known}, uploads)


def open_record(
    platform: Platform, session: Session, principal: Principal, person_id: int, wishes: Wishes | None = None
) -> Record:
    """The record of a person for this caller. ``wishes`` are what the resident hides (``access``: ``document_access``).

    Raises:
        NotFound: there is no such person in the caller's scope.
    """
    record = Record(platform, session, person_id, view_of(scope_of(session), principal, person_id, wishes), wishes)
    if not record.exists:
        raise NotFound("record.person_unknown")
    return record


def _optional(platform: Platform, port: type[Any], ask: Callable[[Any], dict[int, Any]]) -> dict[int, Any]:
    bound = platform.services.get(port.__qualname__)
    return ask(bound) if bound is not None else {}


def _filters(
    sections: Sequence[Section], window: Window | None = None, *, abnormal: bool = False, words: Sequence[str] = ()
) -> dict[str, Any]:
    since = window.since if window else None
    until = window.until if window else None
    span = {
        "sections": [str(section) for section in sections],
        "since": milliseconds(since) if since else _START_OF_TIME,
        "before": milliseconds(until) if until else END_OF_TIME,
    }
    if not abnormal and not words:
        return span
    return {**span, **_NO_FILTER, "abnormal": int(abnormal), "words": list(words) or [""]}


def _narrow(filters: Mapping[str, Any]) -> bool:
    """Whether filters ask for less than everything in their sections."""
    whole = filters["since"] <= _START_OF_TIME and filters["before"] >= END_OF_TIME
    return not whole or bool(_FILTERING & filters.keys())


def _label(dataset: str) -> str:
    return datasets.dataset(dataset).label
